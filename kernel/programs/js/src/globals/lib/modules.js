// Built-in modules by Node.js' names, and require (CommonJS).
(function (host) {
  'use strict';
  const { fs, process } = globalThis;

  const normalize = (text) => {
    if (text === '') return '.';
    const parts = [];
    for (const part of text.split('/')) {
      if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
      else if (part === '..' && !text.startsWith('/')) parts.push(part);
      else if (part !== '' && part !== '.' && part !== '..') parts.push(part);
    }
    const whole = (text.startsWith('/') ? '/' : '') + parts.join('/');
    return (whole || '.') + (text.endsWith('/') && parts.length > 0 ? '/' : '');
  };
  const resolve = (...parts) => {
    let whole = '';
    for (const part of [process.cwd(), ...parts]) whole = part.startsWith('/') ? part : `${whole}/${part}`;
    return normalize(whole).replace(/(?<=.)\/$/, '');
  };
  const basename = (text, suffix = '') => {
    const name = text.replace(/\/+$/, '').split('/').at(-1);
    return suffix !== name && name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : name;
  };
  const dirname = (text) => {
    const trimmed = text.replace(/(?<=.)\/+$/, '');
    const at = trimmed.lastIndexOf('/');
    return at < 0 ? '.' : trimmed.slice(0, at).replace(/\/+$/, '') || '/';
  };
  const extname = (text) => /[^/](\.[^./]*)\/*$/.exec(text)?.[1] ?? '';
  const path = {
    sep: '/',
    delimiter: ':',
    normalize,
    resolve,
    basename,
    dirname,
    extname,
    join: (...parts) => normalize(parts.filter((part) => part !== '').join('/')),
    isAbsolute: (text) => text.startsWith('/'),
    relative: (from, to) => {
      const [a, b] = [from, to].map((text) => resolve(text).split('/').filter(Boolean));
      let same = 0;
      while (same < a.length && same < b.length && a[same] === b[same]) same++;
      return [...a.slice(same).fill('..'), ...b.slice(same)].join('/');
    },
    parse: (text) => {
      const [base, ext] = [basename(text), extname(text)];
      const dir = text.includes('/') ? dirname(text) : '';
      return { root: text.startsWith('/') ? '/' : '', dir, base, ext, name: basename(base, ext) };
    },
    format: ({ root = '', dir, base, name = '', ext = '' }) => {
      const file = base ?? name + ext;
      return dir ? (dir === root ? dir + file : `${dir}/${file}`) : root + file;
    },
  };
  path.posix = path;

  const makers = {
    fs: () => fs,
    'fs/promises': () => fs.promises,
    path: () => path,
    process: () => process,
    'timers/promises': () => ({
      setTimeout: (delay, value) => new Promise((done) => setTimeout(done, delay, value)),
      setImmediate: (value) => new Promise((done) => setImmediate(done, value)),
    }),
    url: () => ({
      URL,
      URLSearchParams,
      fileURLToPath: (url) => decodeURIComponent(new URL(String(url)).pathname),
      pathToFileURL: (text) => new URL(encodeURI(resolve(text)).replace(/[?#]/g, encodeURIComponent), 'file:///'),
    }),
  };
  const made = new Map();
  const builtin = (specifier) => {
    const name = specifier.replace(/^node:/, '');
    if (!Object.hasOwn(makers, name)) return undefined;
    if (!made.has(name)) made.set(name, makers[name]());
    return made.get(name);
  };

  const absent = (message) => Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' });
  const isFile = (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  const find = (name, folder) => {
    if (!/^(\.\.?)?\//.test(name) && name !== '.' && name !== '..') {
      const known = Object.keys(makers).join(', ');
      throw absent(`Cannot find module '${name}': there are no packages, only ${known}; a path begins with './', '../' or '/'`);
    }
    const base = resolve(folder, name);
    const found = [base, `${base}.js`, `${base}.json`, `${base}/index.js`].find(isFile);
    if (found === undefined) throw absent(`Cannot find module '${name}' from ${folder}`);
    return found;
  };

  const cache = Object.create(null);
  const script = process.argv[1] ?? '';
  const main = { id: '.', filename: script, exports: {}, loaded: false };
  const load = (file) => {
    if (cache[file]) return cache[file].exports;
    if (file.endsWith('.mjs')) throw new Error(`${file} is an ECMAScript module: use import()`);
    const module = { id: file, filename: file, exports: {}, loaded: false };
    cache[file] = module;
    try {
      const text = fs.readFileSync(file, 'utf8');
      if (file.endsWith('.json')) module.exports = JSON.parse(text);
      else host.compile(text, file)(module.exports, requireFrom(dirname(file)), module, file, dirname(file));
    } catch (error) {
      delete cache[file];
      throw error;
    }
    module.loaded = true;
    return module.exports;
  };
  const requireFrom = (folder) => {
    const require = (name) => {
      if (typeof name !== 'string') throw new TypeError('the name of a module has to be a string');
      return builtin(name) ?? load(find(name, folder));
    };
    require.resolve = (name) => (builtin(name) ? name : find(name, folder));
    require.cache = cache;
    require.main = main;
    return require;
  };
  return {
    builtin,
    require: requireFrom(script.startsWith('/') ? dirname(script) : process.cwd()),
    module: main,
    exports: main.exports,
  };
})
