// What came with the later editions: static blocks, private names, ES2023 arrays, iterator helpers, sets of Unicode, Promise.try.
class Registry { static #all = []; static { Registry.#all.push('first'); } static add(name) { return Registry.#all.push(name); } static get all() { return [...this.#all]; } static #secret() { return 's'; } static peek() { return this.#secret(); } accessor = 1; }
console.log(Registry.add('second'), Registry.all, Registry.peek(), Object.keys(new Registry()));
const { a: { b }, ...rest } = { a: { b: 1 }, c: 2, d: 3 }; console.log(b, rest);
const key = 'k'; const { [key]: [first], ...others } = { k: [7], l: 8 }; console.log(first, others);
for (const bad of ['let x; let x', 'let x; var x', 'const a = 1, a = 2', 'class A {} let A']) { try { new Function(bad); console.log('accepted', bad); } catch (e) { console.log(e.name); } }
console.log(new Function('x', 'var x; var x; { let x = 2 } return x')(5), new Function('function f() { return 1 } function f() { return 2 } return f()')());
console.log([1, 2, 3].findLast((n) => n < 3), [1, 2, 3].findLastIndex((n) => n > 5), [3, 1, 2].toSorted(), [1, 2, 3].toSpliced(1, 1, 'x', 'y'), [1, 2, 3].with(-1, 9), 'abc'.at(-1));
function* count() { let n = 0; try { for (;;) yield n++; } finally { console.log('closed at', n); } }
console.log(count().filter((n) => n % 2).map((n) => n * n).drop(1).take(3).toArray());
console.log([1, 2, 3].values().reduce((a, b) => a + b), count().some((n) => n > 2), Iterator.from({ next: () => ({ done: true }) }).toArray(), [1, 2].values().flatMap((n) => [n, n]).toArray());
const sets = [new Set([1, 2, 3]), new Set([2, 3, 4])];
console.log(sets[0].difference(sets[1]), sets[0].symmetricDifference(sets[1]), sets[0].isSubsetOf(sets[1]), new Set([2]).isSubsetOf(sets[1]), sets[0].isDisjointFrom(new Set([9])));
console.log(/[\p{L}--[a-z]]/v.test('a'), /[\p{L}--[a-z]]/v.test('B'), /[[0-9]&&[5-9]]/v.test('4'), /(?<y>\d{4})-(?<m>\d\d)/.exec('2026-11').groups.m, 'x1y2'.replace(/(?<=x)\d/, '*'));
console.log(Object.hasOwn({ q: 1 }, 'q'), Array.from({ length: 2 }, () => 0), Object.groupBy([1, 2, 3], (n) => (n > 1 ? 'big' : 'small')).big, 'a-b-c'.replaceAll('-', '+'), 'ab'.isWellFormed(), '\ud800'.toWellFormed() === '\ufffd');
let z = null; z ??= 5; let t = 1; t &&= 6; let f = 0; f ||= 7; console.log(z, t, f, 1_000_000, 2 ** 10, -5 % 3, 7n / 2n, 0.1 + 0.2);
loop: for (const i of [1, 2, 3]) { switch (i) { case 2: continue loop; case 3: break loop; } console.log('turn', i); }
block: { if (z) break block; console.log('never'); }
const weak = new WeakRef({}); console.log(typeof weak.deref(), typeof FinalizationRegistry, typeof Atomics, typeof SharedArrayBuffer, typeof Temporal);
console.log(new Error('a', { cause: 'b' }).cause, new AggregateError([1, 2]).errors, (() => { try { throw new TypeError('t', { cause: { code: 3 } }); } catch ({ cause: { code } }) { return code; } })());
console.log(new Date('2026-11-28').getTime(), new Date('2026-11-28T10:00').toISOString(), new Date('2026-11-28T10:00+02:00').toISOString(), new Date('nonsense').getTime(), new Date(2026, 1, 29).getDate(), new Date(0).toString());
console.log(Symbol.for('x').description, Symbol.iterator.toString(), Object(Symbol.asyncIterator) == Symbol.asyncIterator, [..."a😀"].length, String.raw`\n${1}`, `${[1, [2]]}`);
const getters = { n: 1, get twice() { return this.n * 2; }, set twice(v) { this.n = v / 2; }, ['x' + 1]() { return super.toString === Object.prototype.toString; } }; getters.twice = 10; console.log(getters.n, getters.x1());
(async () => {
  console.log(await Promise.try((x) => x + 1, 1));
})();
(async () => {
  const stream = { async *[Symbol.asyncIterator]() { try { yield 1; yield 2; } finally { console.log('stream closed'); } } };
  for await (const item of stream) { console.log('item', item); break; }
  const results = await Promise.allSettled([import('./modules/data.json', { with: { type: 'json' } }), Promise.reject(new Error('r'))]);
  console.log(results.map((r) => r.status));
})();
