// Typed arrays, buffers, DataView, arrays, Date, JSON.
const buffer = new ArrayBuffer(8); const view = new DataView(buffer); view.setInt16(0, -2); view.setFloat32(4, 1.5, true);
console.log(new Uint8Array(buffer), view.getUint16(0), view.getFloat32(4, true), new Float64Array([1, 2.5]), new Uint8ClampedArray([300, -5]));
console.log(Uint8Array.from('123'), new Int32Array([3, 1, 2]).sort(), new Uint8Array([1, 2, 3]).subarray(1), new Uint8Array([1, 2, 3]).at(-1), new BigInt64Array([1n, -1n]));
console.log([3, 1, 10].sort(), [3, 1, 10].toSorted((a, b) => a - b), [1, [2, [3, [4]]]].flat(Infinity), [1, 2, 3].at(-1), [1, 2, 3].with(0, 9), [5, 1].toReversed());
console.log([1, 2, 3, 4].findLast((x) => x % 2), Array.from({ length: 3 }, (_, i) => i), Array.of(7), [1, 2, 3].includes(NaN), [NaN].includes(NaN), [, 1].length, [1, 2, 3].copyWithin(0, 1), [3, 4].entries().next());
console.log([1, 2, 3].reduceRight((a, b) => a + '-' + b), ['b', 'a'].join(), [1, 2, 3, 4].splice(1, 2), Array.isArray([]), [..."ab"].keys().next(), [0, 1].flatMap((x) => [x, x]));
const d = new Date(Date.UTC(2026, 10, 28, 12, 34, 56, 789));
console.log(d.toISOString(), d.getTime(), d.getUTCDay(), d.toJSON(), new Date('2026-02-30T00:00:00Z').getTime(), new Date(NaN).getTime(), new Date(0).getTimezoneOffset());
console.log(new Date(2026, 0, 31, 1).toISOString(), Date.parse('2026-01-01'), new Date(8.64e15 + 1).getTime(), String(new Date(0)), new Date(0).toUTCString());
console.log(JSON.stringify({ a: [1, { b: undefined, c: () => 1, d: NaN }], e: new Date(0), f: 'é\u2028"\\' }), JSON.stringify([undefined, Symbol('x')]), JSON.stringify({ a: 1, b: [2] }, null, 2));
console.log(JSON.parse('{"a":[1,2,{"b":null}],"c":"\\u00e9"}', (k, v) => (typeof v === 'number' ? v * 10 : v)), JSON.stringify({ x: 1, y: 2, z: 3 }, ['x', 'z']), JSON.stringify({ toJSON: () => 'custom' }));
for (const bad of ['{', '[1,]', "{'a':1}", '01', 'undefined', '"\n"']) { try { JSON.parse(bad); console.log('accepted', bad); } catch (error) { console.log(error.name); } }
const loop = {}; loop.self = loop; try { JSON.stringify(loop); } catch (error) { console.log(error.name); }
