// The few ways in which this page touches the document. Text goes in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Makes the nodes the children of `parent` from `first` on, and moves only those that are out of place: focus stays. */
function arrange(parent, first, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children].slice(first)) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    const there = parent.children[first + index] ?? null;
    if (there !== node) parent.insertBefore(node, there);
  });
}

/** Keeps one element a key, made when the key is new and forgotten when it is gone. */
export class Rows {
  #made = new Map();

  /** `make` makes the element of an entry among the others of `parent`'s, after those that are there already. */
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
    this.first = parent.children.length;
  }

  show(entries, key, update) {
    const kept = new Map();
    for (const entry of entries) {
      const name = key(entry);
      const row = this.#made.get(name) ?? this.make(entry);
      kept.set(name, row);
      update(row, entry);
    }
    this.#made = kept;
    arrange(this.parent, this.first, [...kept.values()]);
  }
}

const MOST_SHOWN = 200_000;

/** Text of any length in a box: a browser lays out the first part of it, and the rest when it is asked for. */
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
