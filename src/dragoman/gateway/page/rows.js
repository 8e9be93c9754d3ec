// Lists whose elements stay what they are when the list changes.

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
