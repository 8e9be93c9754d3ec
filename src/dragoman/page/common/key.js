// The key: asked for when it is wanted, kept in this tab only.

import { byId, setHidden, setText } from "./dom.js";

export class Key {
  #asking = null;
  #dialog = byId("key-dialog");
  #input = byId("key-input");
  #fault = byId("key-fault");

  /** `server` is what the key opens, in words and in the name under which it is kept. */
  constructor(server) {
    this.server = server;
    this.name = `dragoman-${server}-key`;
    byId("key-form").addEventListener("submit", (event) => this.#use(event));
    byId("key-cancel").addEventListener("click", () => this.#dialog.close(""));
    this.#input.addEventListener("input", () => setHidden(this.#fault, true));
  }

  get value() {
    return sessionStorage.getItem(this.name);
  }

  forget() {
    sessionStorage.removeItem(this.name);
  }

  /** Asks for a key in place of `refused`; true when there is another one now. Several askers share one dialog. */
  async ask(refused) {
    if (this.value !== refused) return true;
    this.#asking ??= this.#open(refused).finally(() => (this.#asking = null));
    return this.#asking;
  }

  #open(refused) {
    this.forget();
    this.#input.value = "";
    this.#complain(refused ? `The ${this.server} has refused that key.` : "");
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    this.#input.focus();
    return new Promise((resolve) =>
      this.#dialog.addEventListener("close", () => resolve(this.#dialog.returnValue === "use"), { once: true }),
    );
  }

  #use(event) {
    const key = this.#input.value.trim();
    if (key) {
      sessionStorage.setItem(this.name, key);
      return;
    }
    event.preventDefault();
    this.#complain("Type the key first.");
    this.#input.focus();
  }

  #complain(text) {
    setText(this.#fault, text);
    setHidden(this.#fault, !text);
  }
}
