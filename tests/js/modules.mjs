// Modules: imports of all kinds, cycles, JSON, import.meta, dynamic import, top-level await.
import main, { answer, increment, counter as live, default as again } from './modules/lib.mjs';
import * as everything from './modules/lib.mjs';
import { isEven } from './modules/even.mjs';
import data from './modules/data.json' with { type: 'json' };
import './modules/side.js';
console.log(main('x'), answer, again === main, Object.keys(everything), everything[Symbol.toStringTag]);
increment(); increment(); console.log(live, everything.counter);
try { live = 5; } catch (error) { console.log(error.name); }
console.log(isEven(10), data, import.meta.url.endsWith('/modules.mjs'), typeof import.meta.dirname, this);
const later = await import('./modules/lib.mjs'); console.log(later.answer === answer, later === everything);
for (const bad of ['./modules/none.mjs', 'left-pad', './modules/broken.mjs', './modules/throws.mjs']) {
  try { await import(bad); } catch (error) { console.log(bad, error.name); }
}
export const exported = await Promise.resolve('awaited'); console.log(exported);
