// The gateway's key: asked for when it is wanted, kept in this tab only.

import { byId, setHidden, setText } from "./dom.js";

const NAME = "dragoman-gateway-key";

export class Key {
  #asking = null;
  #dialog = byId("key-dialog");
  #input = byId("key-input");
  #fault = byId("key-fault");

  constructor() {
    byId("key-form").addEventListener("submit", (event) => this.#use(event));
    byId("key-cancel").addEventListener("click", () => this.#dialog.close(""));
    this.#input.addEventListener("input", () => setHidden(this.#fault, true));
  }

  get value() {
    return sessionStorage.getItem(NAME);
  }

  forget() {
    sessionStorage.removeItem(NAME);
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
    this.#complain(refused ? "The gateway has refused that key." : "");
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
      sessionStorage.setItem(NAME, key);
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
