// What stands beside the jobs: one job, a new job or the chat. The address says which.

import { byId, setHidden } from "./dom.js";

const JOB = "#job/";
const VIEWS = ["job", "new", "chat"];
const narrow = matchMedia("(max-width: 1079px)");

export const hashOf = (id) => JOB + encodeURIComponent(id);

/** The id of the job in the address; null where there is none. */
export function selected() {
  if (!location.hash.startsWith(JOB)) return null;
  try {
    return decodeURIComponent(location.hash.slice(JOB.length));
  } catch {
    return null;
  }
}

export class Side {
  /** `changed(view)` is called with the name of the view that is shown now, null where the address names none. */
  constructor(changed) {
    this.changed = changed;
    addEventListener("hashchange", () => this.show(true));
    narrow.addEventListener("change", () => this.show(false));
    byId("side").addEventListener("keydown", (event) => this.#escape(event));
  }

  show(focus) {
    const view = current();
    document.body.dataset.view = view ?? "jobs";
    const shown = view ?? (narrow.matches ? null : "new");
    for (const name of VIEWS) setHidden(byId(`${name}-view`), name !== shown);
    for (const name of ["new", "chat"]) byId(`open-${name}`).ariaCurrent = name === shown ? "true" : null;
    byId("main").inert = narrow.matches && view !== null;
    this.changed(view);
    if (focus && view) byId(`${view}-title`).focus({ preventScroll: true });
  }

  #escape(event) {
    if (event.key === "Escape" && narrow.matches) location.hash = "#jobs";
  }
}

function current() {
  if (selected() !== null) return "job";
  return { "#new": "new", "#chat": "chat" }[location.hash] ?? null;
}
