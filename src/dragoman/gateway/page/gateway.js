// The gateway's API: requests with the key, answers as values, failures as two kinds of error.

import { parse } from "./json.js";

/** The gateway has answered, but not as wished. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The gateway has not answered. */
export class Unreachable extends Error {}

const PATIENCE = 15_000;

export class Gateway {
  #endpoint = null;

  constructor(key) {
    this.key = key;
  }

  /** The endpoint's id and the lines that start a worker for it, asked once. */
  async endpoint() {
    this.#endpoint ??= await this.#fetch("/page/endpoint.json", {}).then(value);
    return this.#endpoint;
  }

  /** The URL of one of the endpoint's paths. */
  async url(path) {
    return `/v2/${encodeURIComponent((await this.endpoint()).id)}/${path}`;
  }

  get(path, options = {}) {
    return this.send(path, { method: "GET", ...options }).then(value);
  }

  post(path, body = "", options = {}) {
    return this.send(path, { method: "POST", body, ...options }).then(value);
  }

  /** The response itself, whatever its status: for answers that stream. Asks for a key where one is wanted. */
  async send(path, options) {
    const url = await this.url(path);
    for (;;) {
      const key = this.key.value;
      const response = await this.#fetch(url, options, key);
      if (response.status !== 401 || !(await this.key.ask(key))) return response;
    }
  }

  async #fetch(url, options, key = null) {
    const headers = { ...(options.body ? { "content-type": "application/json" } : {}), ...authorization(key) };
    const signal = options.signal ?? AbortSignal.timeout(PATIENCE);
    try {
      return await fetch(url, { ...options, headers, signal, cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable("The gateway cannot be reached.");
    }
  }
}

/** Headers are bytes: a key goes as UTF-8, as other clients send it. */
function authorization(key) {
  return key ? { authorization: `Bearer ${String.fromCharCode(...new TextEncoder().encode(key))}` } : {};
}

/** The JSON value of a response. Throws Refused where it is an error. */
export async function value(response) {
  const text = await read(response);
  if (!response.ok) throw new Refused(response.status, complaint(response, text));
  return parse(text);
}

async function read(response) {
  try {
    return await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("The gateway's answer broke off.");
  }
}

function complaint(response, text) {
  try {
    const { error } = JSON.parse(text);
    const message = error?.message ?? error;
    if (typeof message === "string" && message) return message;
  } catch {
    // Not the gateway's own words: its status has to do.
  }
  return `The gateway has answered ${response.status} ${response.statusText}`.trim();
}
