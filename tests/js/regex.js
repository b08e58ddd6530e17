// Regular expressions: named groups, lookbehind, sticky, unicode, dotAll, indices, matchAll, replace.
const date = /(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)/u;
console.log(date.exec('on 2026-11-28.').groups.month, '2026-11-28'.replace(date, '$<day>.$<month>.$<year>'));
console.log('price: $42 and €17'.match(/(?<=\$)\d+/g), 'a1b2'.match(/(?<!a)\d/)[0], 'foobar'.match(/foo(?!baz)/)[0]);
const sticky = /\w/y; sticky.lastIndex = 2; console.log(sticky.test('ab cd'), sticky.lastIndex, (sticky.lastIndex = 3, sticky.exec('ab cd')[0]));
console.log(/a.c/s.test('a\nc'), /a.c/.test('a\nc'), /^b/m.test('a\nb'), /\u{1F600}/u.test('😀'), /^.$/u.test('😀'), /^.$/.test('😀'));
console.log([...'a1b22'.matchAll(/([a-z])(\d+)/g)].map((m) => [m.index, ...m]));
console.log('aXbXc'.replaceAll('X', (m, at) => `[${at}]`), 'x'.replace(/x/, '$$&$&'), 'John Smith'.replace(/(\w+)\s(\w+)/, '$2, $1'));
console.log('a, b ,c'.split(/\s*,\s*/), 'abc'.split(/(b)/), ''.split(/x/), 'abc'.search(/c/));
console.log(/(a)|(b)/d.exec('b').indices, /\p{Script=Greek}/u.test('λ'), /\p{Lu}/u.test('É'), /[^\d]/.source, /x/gimsuy.flags);
console.log(/(?:(a)|b)*/.exec('ab'), /(z)((a+)?(b+)?(c))*/.exec('zaacbbbcac'), /\1(a)/.exec('aa'), /(?=(a+))a*b\1/.exec('baaabac'));
try { new RegExp('('); } catch (error) { console.log(error.name); }
const re = /a/g; console.log(re.test('aa'), re.lastIndex, re.test('aa'), re.test('aa'), String(new RegExp('/', 'g')), RegExp('a', 'i').test('A'));
console.log('ΑΣ'.toLowerCase(), 'ß'.toUpperCase(), 'İ'.toLowerCase().length, 'é'.normalize('NFD').length, 'z'.localeCompare('a'));
