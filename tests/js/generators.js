// Generators, iterators, async functions, async generators, for await.
function* numbers() { const got = yield 1; console.log('got', got); try { yield 2; } finally { console.log('cleanup'); } }
const g = numbers(); console.log(g.next(), g.next('hi'), g.return(9), g.next());
function* both() { yield* [1, 2]; const r = yield* inner(); yield r; } function* inner() { yield 'i'; return 'result'; }
console.log([...both()]);
const range = { from: 1, to: 4, *[Symbol.iterator]() { for (let i = this.from; i <= this.to; i++) yield i; } };
console.log([...range], Math.max(...range), Array.from(range, (x) => x * x));
for (const [key, value] of Object.entries({ a: 1, b: 2 })) console.log(key, value);
const infinite = (function* () { let i = 0; for (;;) yield i++; })();
for (const n of infinite) if (n > 3) break; else console.log(n);
console.log(infinite.next());
const wait = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
async function* ticker() { for (let i = 0; i < 3; i++) yield await wait(1, i); }
(async () => {
  for await (const tick of ticker()) console.log('tick', tick);
  for await (const value of [Promise.resolve('p'), 'q']) console.log(value);
  try { await Promise.reject(new Error('rejected')); } catch (error) { console.log(error.message); } finally { console.log('finally'); }
  console.log(await Promise.all([1, wait(2, 'two'), Promise.resolve(3)]));
  console.log(await Promise.allSettled([Promise.reject(1), 2]));
  console.log(await Promise.race([wait(50, 'slow'), wait(1, 'fast')]), await Promise.any([Promise.reject(0), wait(1, 'any')]));
  try { await Promise.any([Promise.reject(1)]); } catch (error) { console.log(error.name, error.errors); }
  const { promise, resolve } = Promise.withResolvers(); setTimeout(resolve, 1, 'with'); console.log(await promise);
})();
console.log('first'); queueMicrotask(() => console.log('micro')); Promise.resolve().then(() => console.log('then'));
setTimeout(() => console.log('macro'), 0);
