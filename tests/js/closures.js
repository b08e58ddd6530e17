// Closures, default and rest parameters, destructuring, spread, labelled loops, hoisting.
const counter = () => { let n = 0; return { next: () => ++n, reset() { n = 0; } }; };
const c = counter(); c.next(); c.next();
console.log(c.next());
const adders = []; for (let i = 0; i < 3; i++) adders.push((x) => x + i);
console.log(adders.map((f) => f(10)));
function rest(a, b = a * 2, ...more) { return [a, b, more, arguments.length]; }
console.log(rest(1), rest(1, 2, 3, 4));
const { x, y: { z = 5, ...others } = {} } = { x: 1, y: { p: 2, q: 3 }, r: 4 };
console.log(x, z, others);
const { r, ...remaining } = { x: 1, r: 4, s: 5 }; console.log(r, remaining);
const [first, , third = 'three', ...tail] = [1, 2, undefined, 4, 5];
console.log(first, third, tail);
let a = 1, b = 2; [a, b] = [b, a]; console.log(a, b);
console.log(Math.max(...[3, 1, 2], ...new Set([9])), [...'héllo'], { ...{ k: 1 }, ...[7] });
outer: for (let i = 0; i < 3; i++) {
  for (let j = 0; j < 3; j++) {
    if (j === 1) continue outer;
    if (i === 2) break outer;
    console.log(i, j);
  }
}
console.log(hoisted(), typeof later); function hoisted() { return 'hoisted'; } var later = 1;
try { tdz; let tdz = 1; } catch (error) { console.log(error.name); }
console.log(((a, b) => a ?? b)(null, 'fallback'), { a: { b: null } }.a?.b?.c?.(), (undefined ?? 0) || "or");
