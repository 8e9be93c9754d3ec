// Text of any length.

import { element, setText } from "./dom.js";

const MOST_SHOWN = 200_000;

/** A box with text: a browser lays out the first part of it, and the rest when it is asked for. */
export class LongText {
  #text = "";
  #all = false;
  #pre = element("pre", { tabIndex: 0 });
  #more = element("button", { type: "button", className: "quiet", hidden: true });

  constructor(parent, label) {
    this.#pre.setAttribute("aria-label", label);
    this.#more.addEventListener("click", () => this.#showAll());
    parent.replaceChildren(this.#pre, this.#more);
  }

  set(text) {
    if (text === this.#text) return;
    this.clear();
    this.append(text);
  }

  clear() {
    this.#text = "";
    this.#all = false;
    this.#pre.textContent = "";
    this.#more.hidden = true;
  }

  /** `follow`: whoever has read to the end sees what comes. */
  append(text, follow = false) {
    if (!text) return;
    const atEnd = follow && this.#pre.scrollTop + this.#pre.clientHeight > this.#pre.scrollHeight - 24;
    const room = this.#all ? text.length : Math.max(0, MOST_SHOWN - this.#text.length);
    this.#text += text;
    if (room > 0) this.#pre.append(text.slice(0, room));
    this.#more.hidden = this.#all || this.#text.length <= MOST_SHOWN;
    setText(this.#more, `Show all ${this.#text.length.toLocaleString("en")} characters`);
    if (atEnd) this.#pre.scrollTop = this.#pre.scrollHeight;
  }

  #showAll() {
    this.#all = true;
    this.#pre.textContent = this.#text;
    this.#more.hidden = true;
    this.#pre.focus();
  }
}
