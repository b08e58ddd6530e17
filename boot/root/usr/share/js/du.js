// Shows how much the files below a directory take, the largest first.
//     js /usr/share/js/du.js [DIRECTORY [COUNT]]
const [root = '.', count = '10'] = process.argv.slice(2);
const unit = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`);

const files = fs.readdirSync(root, { recursive: true })
  .map((name) => ({ name, stat: fs.lstatSync(`${root}/${name}`, { throwIfNoEntry: false }) }))
  .filter(({ stat }) => stat?.isFile())
  .map(({ name, stat }) => ({ name, size: stat.size }))
  .sort((a, b) => b.size - a.size);
for (const { name, size } of files.slice(0, Number(count))) console.log(unit(size).padStart(10), name);
console.log(unit(files.reduce((sum, { size }) => sum + size, 0)).padStart(10), `in ${files.length} files`);
