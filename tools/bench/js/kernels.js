// What JavaScript engines are often measured by, in small: a scheduler's tasks, constraints, regular expressions, a splay
// tree, numbers, strings. Prints a line for each: its name, a tab, nanoseconds for one run.

// Tasks that pass packets to each other through queues.
function tasks() {
  class Packet { constructor(kind, data) { this.kind = kind; this.data = data; this.next = null; } }
  class Task {
    constructor(id, priority) { this.id = id; this.priority = priority; this.queue = null; this.handled = 0; }
    put(packet) { if (this.queue === null) this.queue = packet; else { let at = this.queue; while (at.next) at = at.next; at.next = packet; } }
    take() { const packet = this.queue; if (packet) { this.queue = packet.next; packet.next = null; } return packet; }
  }
  class Worker extends Task { run(all) { const p = this.take(); p.data = (p.data * 31 + this.id) % 1009; this.handled++; all[(this.id + p.kind) % all.length].put(p); } }
  class Device extends Task { run(all) { const p = this.take(); p.kind = p.kind === 1 ? 2 : 1; this.handled++; all[(this.id + 1) % all.length].put(p); } }
  const all = [new Worker(0, 3), new Device(1, 2), new Worker(2, 1), new Device(3, 4)];
  for (let i = 0; i < 8; i++) all[i % 4].put(new Packet(1 + (i % 2), i));
  for (let round = 0; round < 3000; round++) {
    let best = null;
    for (const task of all) if (task.queue && (best === null || task.priority + (round % 5) > best.priority)) best = task;
    best.run(all);
  }
  return all.reduce((sum, task) => sum + task.handled, 0);
}

// One-way constraints between variables, planned and then solved again for each input.
function constraints() {
  class Variable { constructor(value) { this.value = value; this.users = []; this.mark = 0; } }
  class Scale { constructor(from, to, by, offset) { Object.assign(this, { from, to, by, offset }); from.users.push(this); } solve() { this.to.value = this.from.value * this.by.value + this.offset.value; } }
  const by = new Variable(2), offset = new Variable(1);
  const chain = Array.from({ length: 60 }, () => new Variable(0));
  for (let i = 1; i < chain.length; i++) new Scale(chain[i - 1], chain[i], i % 2 ? by : offset, offset);
  const plan = (start, mark) => {
    const steps = []; const open = [start];
    while (open.length > 0) for (const constraint of open.pop().users) if (constraint.to.mark !== mark) { constraint.to.mark = mark; steps.push(constraint); open.push(constraint.to); }
    return steps;
  };
  let sum = 0;
  for (let round = 1; round <= 40; round++) {
    chain[0].value = round % 3;
    for (const step of plan(chain[0], round)) step.solve();
    sum = (sum + chain[chain.length - 1].value) % 1000003;
  }
  return sum;
}

function expressions() {
  const text = Array.from({ length: 60 }, (_, i) => `192.168.${i}.${255 - i} - user${i} [28/Nov/2026:12:00:${i}] "GET /page/${i}?q=a+b HTTP/1.1" 200 ${i * 37}`).join('\n');
  let found = 0;
  for (const { groups } of text.matchAll(/^(?<ip>(?:\d{1,3}\.){3}\d{1,3}) - (?<user>\w+) \[(?<time>[^\]]+)\] "(?<verb>[A-Z]+) (?<path>[^? ]+)(?:\?[^ ]*)? [^"]+" (?<code>\d+) (?<size>\d+)$/gm)) found += Number(groups.size) + groups.path.length;
  found += text.replace(/(\w+)\.(\w+)/g, '$2.$1').split(/[\s,;]+/).length + (text.match(/(?:ab|a+b|[xyz]|user\d)+/g) ?? []).length;
  return found;
}

// A tree whose nodes move to the root when they are used.
function splay() {
  class Node { constructor(key) { this.key = key; this.left = null; this.right = null; this.payload = { list: [key, key + 1], text: `key ${key}` }; } }
  let root = null;
  const move = (key) => {
    const dummy = new Node(-1); let left = dummy, right = dummy, at = root;
    for (;;) {
      if (key < at.key) { if (!at.left) break; if (key < at.left.key) { const up = at.left; at.left = up.right; up.right = at; at = up; if (!at.left) break; } right.left = at; right = at; at = at.left; }
      else if (key > at.key) { if (!at.right) break; if (key > at.right.key) { const up = at.right; at.right = up.left; up.left = at; at = up; if (!at.right) break; } left.right = at; left = at; at = at.right; }
      else break;
    }
    left.right = at.left; right.left = at.right; at.left = dummy.right; at.right = dummy.left; root = at;
  };
  const insert = (key) => {
    if (!root) { root = new Node(key); return; }
    move(key); if (root.key === key) return;
    const node = new Node(key);
    if (key > root.key) { node.left = root; node.right = root.right; root.right = null; } else { node.right = root; node.left = root.left; root.left = null; }
    root = node;
  };
  let seed = 49734321; const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648);
  for (let i = 0; i < 300; i++) insert(random() % 5000);
  let depth = 0; for (let i = 0; i < 300; i++) { move(random() % 5000); depth += root.key; }
  return depth;
}

function numbers() {
  const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
  const sieve = new Uint8Array(5000); let primes = 0;
  for (let i = 2; i < sieve.length; i++) if (!sieve[i]) { primes++; for (let j = i * i; j < sieve.length; j += i) sieve[j] = 1; }
  let x = 0.5; for (let i = 0; i < 5000; i++) x = 3.7 * x * (1 - x);
  return fibonacci(15) + primes + x;
}

function strings() {
  const words = new Map();
  for (let i = 0; i < 1500; i++) { const word = `w${(i * 7919) % 211}`; words.set(word, (words.get(word) ?? 0) + 1); }
  const json = JSON.stringify([...words].map(([word, count]) => ({ word, count, tags: [word.slice(1), word.toUpperCase()] })));
  return JSON.parse(json).sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1)).map(({ word }) => word).join().length;
}

const [wanted = '300'] = process.argv.slice(2);
for (const [name, kernel] of Object.entries({ richards: tasks, deltablue: constraints, regexp: expressions, splay, numbers, strings })) {
  const expected = kernel();
  let runs = 0;
  const start = process.hrtime.bigint();
  const limit = BigInt(wanted) * 1000000n;
  let now = start;
  while (now - start < limit) {
    if (kernel() !== expected) throw new Error(`${name}: another result`);
    runs++;
    now = process.hrtime.bigint();
  }
  console.log(`${name}\t${Number(now - start) / runs}`);
}
