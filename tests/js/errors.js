// Errors: cause, aggregate, stacks; tagged templates; getters; iterator closing; Intl is absent.
const error = new TypeError('outer', { cause: new Error('inner') });
console.log(error.name, error.message, error.cause.message, error instanceof TypeError, String(error), Object.prototype.toString.call(error));
class MyError extends Error { constructor(message) { super(message); this.name = 'MyError'; this.code = 7; } }
try { throw new MyError('mine'); } catch ({ name, message, code }) { console.log(name, message, code); }
console.log((() => { try { return 'try'; } finally { console.log('finally runs'); } })(), (() => { try { throw 1; } catch { return 'caught'; } })());
console.log((() => { for (const x of [1]) { try { continue; } finally { return 'overridden'; } } })());
console.log(new AggregateError([new Error('one')], 'many').errors.length, typeof new Error('x').stack);
const tag = (strings, ...values) => strings.raw.join('|') + values.join(','); console.log(tag`a${1}\n${2}c`, String.raw`\u00e9${'x'}`);
const memo = { get value() { delete this.value; return (this.value = 'computed'); } }; console.log(memo.value, Object.getOwnPropertyDescriptor(memo, 'value').writable);
const closing = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { console.log('closed'); return {}; } }) };
for (const x of closing) break; const [only] = closing;
for (const bad of ['a +', '1 = 2', 'return 1', 'for (;;', '`${', 'class { }', 'var 1a', '"use strict"; with (a) {}']) {
  try { new Function(bad === 'return 1' ? 'return' : bad); if (bad === 'return 1') console.log('fine'); else console.log('accepted', bad); } catch (e) { console.log(e.name); }
}
for (const bad of [() => null.x, () => undefinedName, () => (1)(), () => [].reduce((a) => a), () => new Array(-1), () => 'x'.repeat(-1), () => (123).toString(1), () => decodeURIComponent('%'), () => Symbol() + '', () => { 'use strict'; Object.freeze([]).push(1); }]) {
  try { bad(); console.log('no error'); } catch (e) { console.log(e.name); }
}
try { Intl.NumberFormat(); } catch (e) { console.log(e.name, e.message); }
console.log(typeof globalThis, (1.5).toLocaleString(), eval('1 + 1'), new Function('a', 'b', 'return a * b')(6, 7), void 0, typeof null, (function () { return typeof this; })());
let output = ''; switch (3) { case 1: output += 'one'; case 3: output += 'three'; case 4: output += 'four'; break; default: output += 'never'; } console.log(output);
var [p = 1, { q = 2 } = {}] = []; console.log(p, q, [1, 2, 3].map(String), encodeURIComponent('é &'), escape('é'), isNaN('x'));
