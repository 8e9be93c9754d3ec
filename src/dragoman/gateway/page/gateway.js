// The gateway's API: the endpoint's paths are below an address that is asked for first.

import { Api } from "./api.js";
import { parse } from "./json.js";

export class Gateway extends Api {
  #endpoint = null;

  constructor(key) {
    super(key, "gateway", parse);
  }

  /** The endpoint's id and the lines that start a worker for it, asked once. */
  async endpoint() {
    this.#endpoint ??= await this.fetch("/page/endpoint.json").then((response) => this.value(response));
    return this.#endpoint;
  }

  /** The URL of one of the endpoint's paths. */
  async url(path) {
    return `/v2/${encodeURIComponent((await this.endpoint()).id)}/${path}`;
  }

  async send(path, options) {
    return super.send(await this.url(path), options);
  }
}
