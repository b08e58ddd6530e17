// URL and URLSearchParams (URL Standard, 6); the parser is Rust's.
(function (host) {
  'use strict';
  const encode = (text) =>
    encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
  const decode = (text) => {
    text = text.replace(/\+/g, ' ');
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  const key = {};

  class URLSearchParams {
    #pairs = [];
    // Called when the pairs change: by what a URL has given out.
    #changed = () => {};

    constructor(init = '', given, changed) {
      if (typeof init === 'object' && init !== null && typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const [name, value, ...rest] = pair;
          if (value === undefined || rest.length > 0) throw new TypeError('each pair has to be a name and a value');
          this.append(name, value);
        }
      } else if (typeof init === 'object' && init !== null) {
        for (const name of Object.keys(init)) this.append(name, init[name]);
      } else {
        for (const part of String(init).replace(/^\?/, '').split('&')) {
          if (part === '') continue;
          const at = part.indexOf('=');
          this.append(decode(at < 0 ? part : part.slice(0, at)), at < 0 ? '' : decode(part.slice(at + 1)));
        }
      }
      if (given === key) this.#changed = () => changed(this);
    }

    get size() { return this.#pairs.length; }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
      this.#changed();
    }
    delete(name, value) {
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)));
      this.#changed();
    }
    get(name) { return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
    has(name, value) {
      return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
    }
    set(name, value) {
      const at = this.#pairs.findIndex((pair) => pair[0] === String(name));
      if (at < 0) return this.append(name, value);
      this.#pairs[at][1] = String(value);
      this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== String(name));
      this.#changed();
    }
    sort() {
      this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#changed();
    }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() { for (const pair of this.#pairs) yield [...pair]; }
    *keys() { for (const [name] of this.#pairs) yield name; }
    *values() { for (const [, value] of this.#pairs) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'); }
  }
  const Parser = host.parser();
  const parts = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

  class URL {
    #parsed;
    #query;

    constructor(url, base) {
      this.#parsed = base === undefined ? new Parser(String(url)) : new Parser(String(url), String(base));
    }
    get origin() { return this.#parsed.origin; }
    get searchParams() {
      this.#query ??= new URLSearchParams(this.#parsed.search, key, (query) => (this.#parsed.search = String(query)));
      return this.#query;
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
    static canParse(url, base) { return URL.parse(url, base) !== null; }
    static parse(url, base) {
      try {
        return new URL(url, base);
      } catch {
        return null;
      }
    }
    static {
      for (const part of parts) {
        Object.defineProperty(URL.prototype, part, {
          configurable: true,
          enumerable: true,
          get() { return this.#parsed[part]; },
          set(value) {
            this.#parsed[part] = String(value);
            if (part === 'href' || part === 'search') this.#query = undefined;
          },
        });
      }
    }
  }
  return { URL, URLSearchParams };
})
