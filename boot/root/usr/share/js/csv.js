// Turns a table of comma-separated values (RFC 4180) into JSON: the first line names the columns.
//     js /usr/share/js/csv.js [FILE] > table.json
function table(text) {
  const rows = [];
  let row = [];
  // A cell, with what ends it: a comma, or a line's end.
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    // An empty line is none.
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

const [file] = process.argv.slice(2);
const [names, ...rows] = table(file === undefined ? process.stdin.read() : fs.readFileSync(file, 'utf8'));
if (names === undefined) {
  console.error('csv: no input; usage: js /usr/share/js/csv.js [FILE]');
  process.exit(1);
}
const value = (text) => (text.trim() !== '' && !isNaN(text) ? Number(text) : text);
const record = (row) => Object.fromEntries(row.map((text, at) => [names[at] ?? `column ${at + 1}`, value(text)]));
console.log(JSON.stringify(rows.map(record), null, 2));
