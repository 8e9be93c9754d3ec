// The table of jobs: newest first, a page at a time, of one status or all.

import { byId, element, setHidden, setText } from "./dom.js";
import { Rows } from "./rows.js";
import { hashOf, selected } from "./side.js";
import { lasting, moment, status } from "./times.js";

const A_PAGE = 50;

export class Jobs {
  #table = byId("job-table");
  #filter = byId("filter");
  #pages = [null];
  #next = null;
  #rows = new Rows(this.#table.tBodies[0], row);

  /** `changed` is called when the user wants to see other jobs. */
  constructor(changed) {
    this.changed = changed;
    this.#filter.addEventListener("change", () => this.#turn([null]));
    byId("newer").addEventListener("click", () => this.#turn(this.#pages.slice(0, -1)));
    byId("older").addEventListener("click", () => this.#turn([...this.#pages, this.#next]));
    this.#table.tBodies[0].addEventListener("click", open);
    this.#table.tBodies[0].addEventListener("keydown", walk);
  }

  /** The path of what is to be seen. */
  get path() {
    const query = new URLSearchParams({ limit: A_PAGE });
    const before = this.#pages.at(-1);
    if (before !== null) query.set("before", before);
    if (this.#filter.value) query.set("status", this.#filter.value);
    return `requests?${query}`;
  }

  /** Shows the answer to `path`, unless the user has turned the page since. */
  update(path, { requests, next }) {
    if (path !== this.path) return;
    this.#next = next;
    this.#rows.show(requests, (job) => job.id, fill);
    setHidden(this.#table, !requests.length);
    this.#sayEmpty(!requests.length);
    this.#showPages();
  }

  /** Marks the selected job's row. */
  select(id) {
    for (const link of this.#table.querySelectorAll("a")) mark(link, id);
  }

  focus(id) {
    const link = [...this.#table.querySelectorAll("a")].find((each) => each.textContent === id);
    (link ?? byId("jobs")).focus({ preventScroll: !link });
  }

  #turn(pages) {
    this.#pages = pages;
    this.changed();
  }

  #sayEmpty(empty) {
    setHidden(byId("no-jobs"), !empty);
    const filtered = this.#filter.value || this.#pages.length > 1;
    setText(byId("no-jobs"), filtered ? "No such jobs." : "No jobs yet. Send one with New job, Chat or curl.");
  }

  #showPages() {
    const number = this.#pages.length;
    setHidden(byId("pages"), number === 1 && this.#next === null);
    setText(byId("page-number"), `page ${number}`);
    byId("newer").disabled = number === 1;
    byId("older").disabled = this.#next === null;
  }
}

function row() {
  return element(
    "tr",
    {},
    element("td", { className: "state" }, element("span", { className: "status" })),
    element("td", {}, element("a")),
    element("td", { className: "wide kind" }),
    element("td", { className: "when" }, element("time")),
    element("td", { className: "number wide wait" }),
    element("td", { className: "number ran" }),
    element("td", { className: "wide worker" }, element("code")),
    element("td", { className: "number wide retries" }),
  );
}

function fill(row, job) {
  const [state, id, kind, created, waited, ran, worker, retries] = row.cells;
  state.firstChild.dataset.status = job.status;
  setText(state.firstChild, status(job.status));
  id.firstChild.href = hashOf(job.id);
  id.firstChild.title = job.id;
  setText(id.firstChild, job.id);
  mark(id.firstChild, selected());
  setText(kind, job.kind);
  created.firstChild.dateTime = new Date(job.createdAt).toISOString();
  created.firstChild.title = new Date(job.createdAt).toLocaleString("en-GB");
  setText(created.firstChild, moment(job.createdAt));
  setText(waited, lasting(job.delayTime, job.status === "IN_QUEUE", job.createdAt));
  setText(ran, lasting(job.executionTime, job.status === "IN_PROGRESS", job.startedAt));
  setText(worker.firstChild, job.workerId ?? "–");
  worker.title = job.workerId ?? "";
  setText(retries, job.retries || "–");
}

function mark(link, id) {
  const chosen = link.textContent === id;
  link.closest("tr").classList.toggle("chosen", chosen);
  link.ariaCurrent = chosen ? "true" : null;
}

/** A click anywhere in a row opens its job, unless it ends a selection of text. */
function open(event) {
  const link = event.target.closest("tr")?.querySelector("a");
  if (link && !event.target.closest("a") && getSelection().isCollapsed) location.hash = link.hash;
}

/** Up and down walk from row to row. */
function walk(event) {
  const row = event.target.closest("tr");
  const next = { ArrowUp: row.previousElementSibling, ArrowDown: row.nextElementSibling }[event.key];
  if (!next) return;
  event.preventDefault();
  next.querySelector("a").focus();
}
