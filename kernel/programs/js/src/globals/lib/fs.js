// fs: the names of Node.js. `x()` gives a promise (or calls back), `xSync()` a value.
(function (host) {
  'use strict';
  const encodings = ['utf8', 'utf-8', 'latin1', 'binary', 'ascii', 'hex', 'base64'];

  // What a file holds: bytes that know their text.
  class Bytes extends Uint8Array {
    toString(encoding = 'utf8') {
      switch (encoding) {
        case 'utf8': case 'utf-8': return new TextDecoder().decode(this);
        case 'latin1': case 'binary': case 'ascii': return Array.from(this, (byte) => String.fromCharCode(byte)).join('');
        case 'hex': return Array.from(this, (byte) => byte.toString(16).padStart(2, '0')).join('');
        case 'base64': return btoa(this.toString('latin1'));
        default: throw new TypeError(`unknown encoding '${encoding}'; known are ${encodings.join(', ')}`);
      }
    }
    static get [Symbol.species]() { return Uint8Array; }
  }

  class Stats {
    constructor(facts) {
      const { kind, ...numbers } = facts;
      Object.assign(this, numbers);
      for (const name of ['atime', 'mtime', 'ctime']) this[name] = new Date(this[name + 'Ms']);
      Object.defineProperty(this, 'kind', { value: kind });
    }
    isFile() { return this.kind === 'file'; }
    isDirectory() { return this.kind === 'directory'; }
    isSymbolicLink() { return this.kind === 'symlink'; }
    isCharacterDevice() { return this.kind === 'device'; }
    isFIFO() { return this.kind === 'fifo'; }
    isSocket() { return this.kind === 'socket'; }
  }

  class Dirent {
    constructor(name, kind, parentPath) {
      this.name = name;
      this.parentPath = parentPath;
      Object.defineProperty(this, 'kind', { value: kind });
    }
  }
  for (const method of Object.getOwnPropertyNames(Stats.prototype)) {
    if (method !== 'constructor') Dirent.prototype[method] = Stats.prototype[method];
  }

  const pathOf = (path) => {
    if (path === 0) return '/dev/stdin';
    if (path instanceof Uint8Array) return new TextDecoder().decode(path);
    if (typeof path === 'object' && path !== null && typeof path.href === 'string') {
      if (!path.href.startsWith('file://')) throw new TypeError(`not a file: ${path.href}`);
      return decodeURIComponent(path.pathname);
    }
    return path;
  };
  const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);
  const join = (folder, name) => (folder.endsWith('/') ? folder + name : `${folder}/${name}`);

  const sync = {
    readFile(path, options) {
      const bytes = new Bytes(host.read(pathOf(path)).buffer);
      const encoding = encodingOf(options);
      return encoding ? bytes.toString(encoding) : bytes;
    },
    writeFile(path, data, options) {
      host.write(pathOf(path), data, options?.flag === 'a');
    },
    appendFile(path, data) {
      host.write(pathOf(path), data, true);
    },
    readdir(path, options) {
      const root = pathOf(path);
      const list = [];
      const walk = (folder, prefix) => {
        for (const [name, kind] of host.entries(folder)) {
          list.push(options?.withFileTypes ? new Dirent(name, kind, folder) : prefix + name);
          if (options?.recursive && kind === 'directory') walk(join(folder, name), `${prefix}${name}/`);
        }
      };
      walk(root, '');
      return list;
    },
    stat(path, options) {
      return quiet(options, () => new Stats(host.stat(pathOf(path), true)));
    },
    lstat(path, options) {
      return quiet(options, () => new Stats(host.stat(pathOf(path), false)));
    },
    exists(path) {
      try {
        host.stat(pathOf(path), true);
        return true;
      } catch {
        return false;
      }
    },
    access(path) {
      host.stat(pathOf(path), true);
    },
    mkdir(path, options) {
      const whole = pathOf(path);
      if (!options?.recursive) return host.mkdir(whole);
      let first;
      const parts = whole.split('/');
      for (let end = 1; end <= parts.length; end++) {
        const folder = parts.slice(0, end).join('/');
        if (folder === '' || sync.exists(folder)) continue;
        host.mkdir(folder);
        first ??= folder;
      }
      // As mkdir -p: what is there has to be a directory.
      host.entries(whole);
      return first;
    },
    rmdir(path) {
      host.rmdir(pathOf(path));
    },
    unlink(path) {
      host.unlink(pathOf(path));
    },
    rm(path, options) {
      const whole = pathOf(path);
      let kind;
      try {
        kind = host.stat(whole, false).kind;
      } catch (error) {
        if (options?.force && error.code === 'ENOENT') return;
        throw error;
      }
      if (kind !== 'directory') return host.unlink(whole);
      if (!options?.recursive) {
        throw Object.assign(new Error(`EISDIR: is a directory, rm '${whole}'; recursive: true removes it`), { code: 'EISDIR', path: whole });
      }
      for (const [name] of host.entries(whole)) sync.rm(join(whole, name), options);
      host.rmdir(whole);
    },
    rename(from, to) {
      host.rename(pathOf(from), pathOf(to));
    },
    copyFile(from, to) {
      host.write(pathOf(to), host.read(pathOf(from)), false);
    },
    symlink(target, path) {
      host.symlink(pathOf(target), pathOf(path));
    },
    readlink(path) {
      return host.readlink(pathOf(path));
    },
    realpath(path) {
      return host.realpath(pathOf(path));
    },
    truncate(path, size) {
      host.truncate(pathOf(path), size);
    },
  };

  function quiet(options, make) {
    try {
      return make();
    } catch (error) {
      if (options?.throwIfNoEntry === false && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  const fs = { promises: {} };
  for (const [name, call] of Object.entries(sync)) {
    fs[name + 'Sync'] = call;
    fs.promises[name] = async (...values) => call(...values);
    fs[name] = (...values) => {
      const back = typeof values.at(-1) === 'function' ? values.pop() : undefined;
      const promise = fs.promises[name](...values);
      if (!back) return promise;
      // `exists` alone has no error to pass.
      if (name === 'exists') promise.then(back);
      else promise.then((value) => queueMicrotask(() => back(null, value)), (error) => queueMicrotask(() => back(error)));
    };
  }
  return { fs };
})
