// Runs a command again and again, until ^C.
//     js /usr/share/js/watch.js SECONDS COMMAND [ARGUMENT...]
const [seconds, program, ...words] = process.argv.slice(2);
if (!(Number(seconds) > 0) || program === undefined) {
  console.error('watch: usage: js /usr/share/js/watch.js SECONDS COMMAND [ARGUMENT...]');
  process.exit(2);
}
for (;;) {
  const { stdout, stderr, status } = await run(program, words);
  console.clear();
  console.log(`every ${seconds} s: ${[program, ...words].join(' ')} (status ${status})\n\n${stdout}${stderr}`);
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
}
