// A tool: reads a folder of JSON files, transforms them, writes a report.
const folder = process.argv[2] ?? '/tmp/tool';
fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(`${folder}/a.json`, JSON.stringify({ name: 'ada', score: 3 }));
fs.writeFileSync(`${folder}/b.json`, JSON.stringify({ name: 'bob', score: 12, tags: ['x'] }));
fs.writeFileSync(`${folder}/broken.json`, '{ "name": ');
const people = [];
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  try {
    people.push(JSON.parse(fs.readFileSync(`${folder}/${file}`, 'utf8')));
  } catch (error) {
    console.error(`${file}: ${error.name}`);
  }
}
const report = people.map(({ name, score }) => ({ name: name.toUpperCase(), double: score * 2 })).sort((a, b) => b.double - a.double);
fs.writeFileSync(`${folder}/report.json`, JSON.stringify(report, null, 2) + '\n');
fs.appendFileSync(`${folder}/report.json`, '// end\n');
console.log(fs.readFileSync(`${folder}/report.json`).toString());
console.table(report);
console.log(fs.statSync(folder).isDirectory(), fs.existsSync(`${folder}/nope`), fs.statSync(`${folder}/a.json`).size);
fs.renameSync(`${folder}/a.json`, `${folder}/c.json`); fs.rmSync(`${folder}/b.json`);
fs.promises.readdir(folder).then((names) => { console.log(names); fs.rmSync(folder, { recursive: true }); console.log(fs.existsSync(folder)); });
fs.readFile(`${folder}/nope`).catch((error) => console.log(error.code));
