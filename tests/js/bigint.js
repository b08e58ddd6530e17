// BigInt and numbers.
console.log(2n ** 100n, -7n / 2n, -7n % 2n, 0xffn, BigInt('0b101'), BigInt.asIntN(8, 255n), BigInt.asUintN(8, -1n), 1n << 70n, -5n >> 1n);
let f = 1n; for (let i = 1n; i <= 30n; i++) f *= i; console.log(f, String(f).length, typeof f, f.toString(36));
console.log(1n == 1, 1n === 1, 2n > 1, [3n, 1, 2n].sort((a, b) => (a < b ? -1 : 1)), 10n > 9, BigInt(Number.MAX_SAFE_INTEGER) + 2n);
for (const bad of [() => 1n + 1, () => BigInt(1.5), () => BigInt('x'), () => 1n / 0n, () => Math.max(1n), () => JSON.stringify(1n)]) {
  try { bad(); } catch (error) { console.log(error.name); }
}
console.log(0.1 + 0.2, 1e21, 1e-7, (25).toString(2), (255).toString(16), (0.5).toString(3).slice(0, 12), 5e-324, Number.MAX_VALUE);
console.log((1234.5678).toFixed(2), (0.000001234).toExponential(2), (1234.5678).toPrecision(6), (1e21).toFixed(2), (-1.5).toFixed(0));
console.log(parseInt('12px'), parseFloat('3.14abc'), Number(''), Number('0x1f'), Number('1_0'), 1_000_000, 0o17, +true, +[], +{}, -'5');
console.log(Number.isInteger(5.0), Number.EPSILON > 0, Object.is(-0, 0), Math.sign(-3), Math.trunc(-4.7), Math.hypot(3, 4), Math.cbrt(27), Math.clz32(1), Math.fround(5.5), Math.imul(3, 4));
console.log(7 & 3, 7 | 8, 5 ^ 1, ~5, 1 << 31, -1 >>> 0, -16 >> 2, 2 ** 0.5, 2 ** -1, 5 % -3, -5 % 3);
