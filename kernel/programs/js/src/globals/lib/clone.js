// structuredClone (HTML, 2.7.3 and 2.7.6), with ArrayBuffer as what can be transferred.
(function (host) {
  'use strict';
  const errors = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const opaque = [Promise, WeakMap, WeakSet, WeakRef];
  const TypedArray = Object.getPrototypeOf(Uint8Array);

  const refuse = (what) => {
    throw Object.assign(new Error(`${what} cannot be cloned`), { name: 'DataCloneError', code: 25 });
  };

  class Cloner {
    #seen = new Map();
    #transfer;

    constructor(transfer) {
      this.#transfer = new Set(transfer);
      for (const item of this.#transfer) {
        if (!(item instanceof ArrayBuffer)) refuse('what is to be transferred and is no ArrayBuffer');
      }
    }

    clone(value) {
      if (typeof value === 'symbol') refuse(String(value));
      if (typeof value === 'function') refuse(`the function ${value.name || '(anonymous)'}`);
      if (typeof value !== 'object' || value === null) return value;
      if (this.#seen.has(value)) return this.#seen.get(value);
      const copy = this.#copy(value);
      this.#seen.set(value, copy);
      this.#fill(value, copy);
      return copy;
    }

    // Without what it holds: that may lead back here.
    #copy(value) {
      if (Array.isArray(value)) return new Array(value.length);
      if (value instanceof Map) return new Map();
      if (value instanceof Set) return new Set();
      if (value instanceof Date) return new Date(value.getTime());
      if (value instanceof RegExp) return new RegExp(value.source, value.flags);
      if (value instanceof ArrayBuffer) return this.#transfer.has(value) ? host.transfer(value) : value.slice(0);
      if (value instanceof TypedArray || value instanceof DataView) {
        const length = value instanceof DataView ? value.byteLength : value.length;
        const Kind = value instanceof DataView ? DataView : globalThis[value[Symbol.toStringTag]];
        // What is transferred is empty afterwards: these come first.
        const offset = value.byteOffset;
        return new Kind(this.clone(value.buffer), offset, length);
      }
      if (value instanceof Error) return this.#error(value);
      for (const Wrapper of [Boolean, Number, String, BigInt]) {
        if (value instanceof Wrapper) return Object(value.valueOf());
      }
      for (const Kind of opaque) if (value instanceof Kind) refuse(`a ${Kind.name}`);
      return {};
    }

    #error(value) {
      const Kind = errors.find((kind) => kind.name === value.name) ?? Error;
      const copy = new Kind();
      for (const name of ['message', 'stack']) {
        if (value[name] === undefined) continue;
        Object.defineProperty(copy, name, { value: String(value[name]), writable: true, configurable: true });
      }
      return copy;
    }

    #fill(value, copy) {
      if (copy instanceof Map) {
        for (const [key, item] of [...value]) copy.set(this.clone(key), this.clone(item));
      } else if (copy instanceof Set) {
        for (const item of [...value]) copy.add(this.clone(item));
      } else if (copy instanceof Error) {
        if (!Object.hasOwn(value, 'cause')) return;
        Object.defineProperty(copy, 'cause', { value: this.clone(value.cause), writable: true, configurable: true });
      } else if (Array.isArray(copy) || Object.getPrototypeOf(copy) === Object.prototype) {
        for (const key of Object.keys(value)) copy[key] = this.clone(value[key]);
      }
    }

    finish() {
      for (const buffer of this.#transfer) if (!this.#seen.has(buffer)) host.transfer(buffer);
    }
  }

  const structuredClone = function (value, options) {
    if (arguments.length === 0) throw new TypeError('structuredClone needs a value');
    const cloner = new Cloner(options?.transfer ?? []);
    const copy = cloner.clone(value);
    cloner.finish();
    return copy;
  };
  return { structuredClone };
})
