// fetch and what belongs to it (Fetch Standard), over HTTP without TLS; http.get and http.Get as eggos had it.
(function (host) {
  'use strict';
  const status = (code) => code >= 200 && code <= 299;

  class Headers {
    #values = new Map();
    constructor(init) {
      if (init === undefined || init === null) return;
      const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
    }
    static #name(name) {
      name = String(name).toLowerCase();
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) throw new TypeError(`not a header's name: ${JSON.stringify(name)}`);
      return name;
    }
    static #value(value) {
      value = String(value).trim();
      if (/[\0\r\n]/.test(value)) throw new TypeError('a header may not contain a line break');
      return value;
    }
    append(name, value) {
      const key = Headers.#name(name);
      const before = this.#values.get(key);
      value = Headers.#value(value);
      this.#values.set(key, before === undefined ? value : `${before}, ${value}`);
    }
    set(name, value) { this.#values.set(Headers.#name(name), Headers.#value(value)); }
    get(name) { return this.#values.get(Headers.#name(name)) ?? null; }
    has(name) { return this.#values.has(Headers.#name(name)); }
    delete(name) { this.#values.delete(Headers.#name(name)); }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() { yield* [...this.#values].sort((a, b) => (a[0] < b[0] ? -1 : 1)); }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }

  const bytesOf = (body) => {
    if (body === undefined || body === null) return new Uint8Array(0);
    if (body instanceof ArrayBuffer) return new Uint8Array(body);
    if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
    return new TextEncoder().encode(String(body));
  };

  class Body {
    #bytes;
    #used = false;
    constructor(body) { this.#bytes = bytesOf(body); }
    get bodyUsed() { return this.#used; }
    #take() {
      if (this.#used) throw new TypeError('the body was read before');
      this.#used = true;
      return this.#bytes;
    }
    async bytes() { return this.#take().slice(); }
    async arrayBuffer() { return this.#take().slice().buffer; }
    async text() { return new TextDecoder().decode(this.#take()); }
    async json() { return JSON.parse(await this.text()); }
    peek() { return this.#bytes; }
  }
  const peek = Body.prototype.peek;
  delete Body.prototype.peek;

  class Request extends Body {
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : undefined;
      super(init.body ?? (from && peek.call(from)));
      this.url = from ? from.url : new URL(String(input)).href;
      this.method = String(init.method ?? from?.method ?? 'GET').toUpperCase();
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Z]+$/.test(this.method)) throw new TypeError(`not a method: ${this.method}`);
      this.headers = new Headers(init.headers ?? from?.headers);
      this.signal = init.signal ?? from?.signal ?? null;
      this.redirect = init.redirect ?? from?.redirect ?? 'follow';
      if (init.body != null && (this.method === 'GET' || this.method === 'HEAD')) {
        throw new TypeError(`a ${this.method} request has no body`);
      }
      const kinds = [[typeof init.body === 'string', 'text/plain'], [init.body instanceof URLSearchParams, 'application/x-www-form-urlencoded']];
      const kind = kinds.find(([is]) => is)?.[1];
      if (kind && !this.headers.has('content-type')) this.headers.set('content-type', `${kind};charset=UTF-8`);
    }
  }

  class Response extends Body {
    constructor(body, init = {}) {
      super(body);
      this.status = init.status ?? 200;
      this.statusText = init.statusText ?? '';
      this.headers = new Headers(init.headers);
      this.url = init.url ?? '';
      this.redirected = init.redirected ?? false;
      this.type = 'default';
    }
    get ok() { return status(this.status); }
    clone() {
      if (this.bodyUsed) throw new TypeError('the body was read before');
      return new Response(peek.call(this).slice(), this);
    }
    static json(value, init = {}) {
      const response = new Response(JSON.stringify(value), init);
      if (!response.headers.has('content-type')) response.headers.set('content-type', 'application/json');
      return response;
    }
    static error() {
      return Object.assign(new Response(), { status: 0, type: 'error' });
    }
  }

  const fetch = async (input, init) => {
    const request = new Request(input, init);
    const protocol = new URL(request.url).protocol;
    if (protocol === 'https:') throw new TypeError(`fetch ${request.url}: https is not available, only http`);
    if (protocol !== 'http:') throw new TypeError(`fetch ${request.url}: unknown scheme ${protocol}`);
    request.signal?.throwIfAborted();
    const sent = host.send(request.method, request.url, [...request.headers].flat(), peek.call(request), request.redirect);
    const aborted = new Promise((_, reject) => {
      request.signal?.addEventListener('abort', () => {
        host.cancel(sent.id);
        reject(request.signal.reason);
      });
    });
    const answer = await (request.signal ? Promise.race([sent.promise, aborted]) : sent.promise);
    const headers = [];
    for (let at = 0; at < answer.headers.length; at += 2) headers.push([answer.headers[at], answer.headers[at + 1]]);
    return new Response(answer.body, { ...answer, headers });
  };

  const http = {
    get: (url, init) => fetch(url, { ...init, method: 'GET' }),
    post: (url, body, init) => fetch(url, { ...init, method: 'POST', body }),
    // As eggos had it: the text, at once.
    Get: (url) => {
      const target = new URL(String(url));
      if (target.protocol !== 'http:') throw new TypeError(`http.Get ${url}: only http is available`);
      const answer = host.sendNow('GET', target.href, [], new Uint8Array(0), 'follow');
      return new TextDecoder().decode(answer.body);
    },
  };
  return { fetch, Headers, Request, Response, http };
})
