// Reads JSON files, picks what an expression says of each, and writes it back or shows it. `it` is a file's content.
//     js /usr/share/js/pick.js EXPRESSION [FILE...]            shows it: pick.js 'it.hosts.filter((h) => h.up)' net.json
//     js /usr/share/js/pick.js -w EXPRESSION FILE...           writes it: pick.js -w '({ ...it, port: 8080 })' app.json
const words = process.argv.slice(2);
const writes = words[0] === '-w';
const [expression, ...files] = writes ? words.slice(1) : words;
if (expression === undefined || (writes && files.length === 0)) {
  console.error("pick: usage: js /usr/share/js/pick.js [-w] EXPRESSION [FILE...]; for instance: pick.js 'it.name' a.json");
  process.exit(2);
}
const pick = new Function('it', `return (${expression}\n);`);
const text = (value) => (typeof value === 'string' && !writes ? value : JSON.stringify(value, null, 2) ?? 'undefined');

for (const file of files.length > 0 ? files : ['-']) {
  try {
    const picked = text(pick(JSON.parse(file === '-' ? process.stdin.read() : fs.readFileSync(file, 'utf8'))));
    if (!writes) {
      console.log(picked);
      continue;
    }
    // Whole or not at all: the new content takes the old one's place in one step.
    fs.writeFileSync(`${file}.new`, `${picked}\n`);
    fs.renameSync(`${file}.new`, file);
  } catch (error) {
    console.error(`pick: ${file}: ${error.message}`);
    process.exitCode = 1;
  }
}
