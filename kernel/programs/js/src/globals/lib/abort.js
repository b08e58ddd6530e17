// AbortController and AbortSignal (DOM Standard, 3).
(function () {
  'use strict';
  const key = {};
  const failure = (name, message) => Object.assign(new Error(message), { name });

  class AbortSignal {
    #aborted = false;
    #reason = undefined;
    #listeners = new Set();
    onabort = null;

    constructor(given) {
      if (given !== key) throw new TypeError('a signal comes from an AbortController');
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    addEventListener(type, listener, options) {
      if (type === 'abort' && typeof listener === 'function') this.#listeners.add({ listener, once: options?.once });
    }
    removeEventListener(type, listener) {
      for (const entry of this.#listeners) if (entry.listener === listener) this.#listeners.delete(entry);
    }
    static abort(reason) {
      const controller = new AbortController();
      controller.abort(reason);
      return controller.signal;
    }
    static timeout(milliseconds) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(failure('TimeoutError', 'the time is over')), milliseconds);
      return controller.signal;
    }
    static any(signals) {
      const controller = new AbortController();
      for (const signal of signals) {
        if (signal.aborted) controller.abort(signal.reason);
        signal.addEventListener('abort', () => controller.abort(signal.reason));
      }
      return controller.signal;
    }
    static abortWith(signal, reason) {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? failure('AbortError', 'This operation was aborted') : reason;
      const event = { type: 'abort', target: signal };
      signal.onabort?.(event);
      for (const entry of [...signal.#listeners]) entry.listener.call(signal, event);
      signal.#listeners.clear();
    }
  }
  const abortWith = AbortSignal.abortWith;
  delete AbortSignal.abortWith;

  class AbortController {
    #signal = new AbortSignal(key);
    get signal() { return this.#signal; }
    abort(reason) { abortWith(this.#signal, reason); }
  }
  return { AbortController, AbortSignal };
})
