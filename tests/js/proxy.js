// Proxy, Reflect, Symbol, WeakRef, Map, Set, WeakMap.
const log = [];
const proxy = new Proxy({ a: 1 }, {
  get: (target, key, receiver) => (log.push(`get ${String(key)}`), Reflect.get(target, key, receiver)),
  set: (target, key, value) => (log.push(`set ${key}`), Reflect.set(target, key, value)),
  has: (target, key) => (log.push(`has ${key}`), key in target),
  deleteProperty: (target, key) => (log.push(`delete ${key}`), delete target[key]),
  ownKeys: (target) => (log.push('keys'), Reflect.ownKeys(target)),
});
proxy.b = proxy.a + 1; 'a' in proxy; delete proxy.a; Object.keys(proxy); console.log(log);
const callable = new Proxy(function (x) { return x; }, { apply: (f, self, [x]) => f(x) * 2, construct: () => ({ made: true }) });
console.log(callable(21), new callable());
const { proxy: gone, revoke } = Proxy.revocable({}, {}); revoke(); try { gone.x; } catch (error) { console.log(error.name); }
console.log(Reflect.ownKeys({ b: 1, 2: 1, a: 1, 1: 1, [Symbol('s')]: 1 }), Reflect.has([], 'length'), Reflect.apply(Math.max, null, [1, 2]));
const tagged = { [Symbol.toPrimitive]: (hint) => (hint === 'number' ? 42 : `hint ${hint}`) };
console.log(+tagged, `${tagged}`, tagged + '', Symbol.for('k') === Symbol.for('k'), Symbol.keyFor(Symbol.for('k')), Symbol('d').description);
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0; } } console.log(2 instanceof Even, 3 instanceof Even);
const map = new Map([['a', 1], [NaN, 2], [{}, 3]]); map.set('a', 10).delete('zz');
console.log(map, map.get(NaN), map.size, [...map.keys()].length, Map.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')));
const set = new Set([1, 2, 2, 3]); console.log(set, set.has(2), [...set].reverse(), new Set([1, 2]).union(new Set([2, 3])), new Set([1, 2]).intersection(new Set([2])));
for (const n of set) { if (n < 3) set.add(n + 10); } console.log([...set]);
const key = {}; const weak = new WeakMap([[key, 'v']]); console.log(weak.get(key), weak.has({}), new WeakRef(key).deref() === key, new WeakSet([key]).has(key));
console.log(Object.freeze([1]), Object.isFrozen(Object.freeze({})), Object.fromEntries([['x', 1]]), Object.groupBy(['a', 'bb'], (s) => s.length));
