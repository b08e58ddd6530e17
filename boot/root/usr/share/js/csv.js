// Turns lines of comma-separated values into JSON: the first line names the columns.
//     js /usr/share/js/csv.js < table.csv
function cells(line) {
  const found = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    found.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return found;
}

const [head, ...lines] = process.stdin.read().split(/\r?\n/).filter(Boolean);
if (head === undefined) {
  console.error('csv: no input; usage: js /usr/share/js/csv.js < table.csv');
  process.exit(1);
}
const names = cells(head);
const value = (text) => (text !== '' && !isNaN(text) ? Number(text) : text);
const rows = lines.map((line) => Object.fromEntries(cells(line).map((text, at) => [names[at] ?? at, value(text)])));
console.log(JSON.stringify(rows, null, 2));
