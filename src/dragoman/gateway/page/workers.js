// The workers that the gateway knows.

import { byId, element, setHidden, setText } from "./dom.js";
import { Rows } from "./rows.js";
import { ago } from "./times.js";

const STATES = { INITIALIZING: "starting" };

export class Workers {
  #table = byId("workers");
  #rows = new Rows(this.#table, rows);

  update(workers) {
    setHidden(this.#table, !workers.length);
    setHidden(byId("no-workers"), workers.length > 0);
    this.#rows.show(workers, (worker) => worker.id, fill);
  }
}

/** Two rows: the worker, and below it what is wrong with it. */
function rows() {
  const worker = element(
    "tr",
    {},
    element("td", { className: "state" }, element("span", { className: "status" })),
    element("td", {}, element("code")),
    element("td", { className: "number" }),
    element("td", { className: "seen" }),
    element("td", { className: "wide version" }),
  );
  const problem = element("td", { className: "problem", colSpan: 4, tabIndex: 0 });
  return element("tbody", {}, worker, element("tr", { hidden: true }, problem));
}

function fill(body, worker) {
  const [row, below] = body.rows;
  const [state, name, jobs, seen, version] = row.cells;
  const kind = worker.state.toUpperCase();
  const word = STATES[kind] ?? kind.toLowerCase();
  state.firstChild.dataset.status = kind;
  setText(state.firstChild, worker.leaving ? `${word}, leaving` : word);
  setText(name.firstChild, worker.id);
  name.title = worker.managed ? `${worker.id}, started by this gateway` : worker.id;
  setText(jobs, worker.jobs);
  setText(seen, ago(worker.lastSeen));
  setText(version, worker.version ?? "–");
  setText(below.firstChild, worker.problem ?? "");
  setHidden(below, !worker.problem);
}
