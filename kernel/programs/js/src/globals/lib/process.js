// process: the names of Node.js.
(function (host) {
  'use strict';
  const stream = (number) => {
    const size = host.isTerminal(number);
    return {
      isTTY: size !== null,
      columns: size?.columns,
      rows: size?.rows,
      write: (data, ...rest) => {
        const done = host.write(number, data);
        const back = rest.at(-1);
        if (typeof back === 'function') queueMicrotask(() => back());
        return done;
      },
    };
  };
  const stdin = {
    isTTY: host.isTerminal(0) !== null,
    readLine: () => host.readInput(false),
    read: () => host.readInput(true) ?? '',
    async *[Symbol.asyncIterator]() {
      for (let line; (line = host.readInput(false)) !== null; ) yield line;
    },
    *[Symbol.iterator]() {
      for (let line; (line = host.readInput(false)) !== null; ) yield line;
    },
  };
  const env = new Proxy(host.env(), {
    set(target, name, value) {
      if (typeof name === 'symbol') throw new TypeError('a variable has no symbol for a name');
      target[name] = String(value);
      host.setEnv(name, target[name]);
      return true;
    },
    deleteProperty(target, name) {
      delete target[name];
      if (typeof name === 'string') host.setEnv(name);
      return true;
    },
  });
  let exitCode;
  const hrtime = (since) => {
    const [seconds, nanoseconds] = host.clock();
    if (!since) return [seconds, nanoseconds];
    const difference = (seconds - since[0]) * 1e9 + nanoseconds - since[1];
    return [Math.floor(difference / 1e9), difference % 1e9];
  };
  hrtime.bigint = () => {
    const [seconds, nanoseconds] = host.clock();
    return BigInt(seconds) * 1000000000n + BigInt(nanoseconds);
  };

  const process = {
    argv: host.argv(),
    argv0: 'js',
    env,
    pid: host.pid(),
    ppid: host.ppid(),
    platform: 'yolk',
    arch: 'x64',
    title: 'js',
    version: 'v0.1.0',
    versions: { yolk: '0.1.0', boa: '0.22.0' },
    stdin,
    stdout: stream(1),
    stderr: stream(2),
    cwd: host.cwd,
    chdir: host.chdir,
    exit: host.exit,
    uptime: host.uptime,
    cpuUsage: () => ({ user: Math.round(host.cpuTime() * 1e6), system: 0 }),
    memoryUsage: () => {
      const { used, limit, total } = host.memory();
      return { rss: used, heapUsed: used, heapTotal: limit, external: 0, arrayBuffers: 0, machine: total };
    },
    hrtime,
    nextTick: (callback, ...values) => queueMicrotask(() => callback(...values)),
  };
  Object.defineProperty(process, 'exitCode', {
    enumerable: true,
    get: () => exitCode,
    set: (code) => {
      exitCode = code;
      host.setExitCode(code);
    },
  });
  Object.defineProperty(process, Symbol.toStringTag, { value: 'process' });
  return { process };
})
