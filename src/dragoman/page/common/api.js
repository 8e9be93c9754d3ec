// Requests with the key, answers as values, failures as two kinds of error.

/** The server has answered, but not as wished. */
export class Refused extends Error {
  constructor(status, message, retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The server has not answered. */
export class Unreachable extends Error {}

const PATIENCE = 15_000;

export class Api {
  /** `key` opens the server that errors call `name`; `parse` reads its JSON. */
  constructor(key, name, parse = JSON.parse) {
    this.key = key;
    this.name = name;
    this.parse = parse;
  }

  get(url, options = {}) {
    return this.send(url, { method: "GET", ...options }).then((response) => this.value(response));
  }

  post(url, body = "", options = {}) {
    return this.send(url, { method: "POST", body, ...options }).then((response) => this.value(response));
  }

  /** The response itself, whatever its status: for answers that stream. Asks for a key where one is wanted. */
  async send(url, options) {
    for (;;) {
      const key = this.key.value;
      const response = await this.fetch(url, options, key);
      if (response.status !== 401 || !(await this.key.ask(key))) return response;
    }
  }

  async fetch(url, options = {}, key = null) {
    const headers = { ...(options.body ? { "content-type": "application/json" } : {}), ...authorization(key) };
    const signal = options.signal ?? AbortSignal.timeout(PATIENCE);
    try {
      return await fetch(url, { ...options, headers, signal, cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable(`The ${this.name} cannot be reached.`);
    }
  }

  /** The text of a response. Throws Refused where it is an error. */
  async text(response) {
    const text = await this.#read(response);
    if (!response.ok) throw new Refused(response.status, this.#complaint(response, text), response.headers.get("retry-after"));
    return text;
  }

  /** Its JSON value. */
  async value(response) {
    return this.parse(await this.text(response));
  }

  async #read(response) {
    try {
      return await response.text();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable(`The ${this.name}'s answer broke off.`);
    }
  }

  #complaint(response, text) {
    try {
      const { error } = JSON.parse(text);
      const message = error?.message ?? error;
      if (typeof message === "string" && message) return message;
    } catch {
      // Not the server's own words: its status has to do.
    }
    return `The ${this.name} has answered ${response.status} ${response.statusText}`.trim();
  }
}

/** Headers are bytes: a key goes as UTF-8, as other clients send it. */
function authorization(key) {
  return key ? { authorization: `Bearer ${String.fromCharCode(...new TextEncoder().encode(key))}` } : {};
}
