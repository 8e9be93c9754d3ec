// One job: its input, its stream as it comes, its output or error, and what can be done with it.

import { Refused } from "./api.js";
import { copy } from "./clipboard.js";
import { again } from "./curl.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { explain } from "./failure.js";
import { count } from "./format.js";
import { pretty } from "./json.js";
import { LongText } from "./longtext.js";
import { Rows } from "./rows.js";
import { FINAL, lasting, moment, status } from "./times.js";
import { words } from "./words.js";

const RETRIED = new Set(["FAILED", "TIMED_OUT"]);

export class JobView {
  #id = null;
  #job = null;
  #after = 0;
  #complete = false;
  #count = 0;
  #spoken = false;
  #facts = new Rows(byId("job-facts"), fact);
  #input = new LongText(byId("job-input-text"), "Input");
  #output = new LongText(byId("job-output-text"), "Output");
  #error = new LongText(byId("job-error-text"), "Error");
  #text = new LongText(byId("job-stream-text"), "Stream as text");
  #items = new LongText(byId("job-stream-items"), "Stream as items");

  /** `changed` is called when something was done to the job. */
  constructor(gateway, changed) {
    this.gateway = gateway;
    this.changed = changed;
    byId("job-cancel").addEventListener("click", () => this.#act("cancel", cancelled));
    byId("job-retry").addEventListener("click", () => this.#act("retry", () => "Back in the queue."));
    byId("job-curl").addEventListener("click", () => this.#copy());
    byId("job-stream-as-text").addEventListener("click", () => this.#choose(true));
    byId("job-stream-as-items").addEventListener("click", () => this.#choose(false));
  }

  /** Turns to another job; null: to none. */
  select(id) {
    if (id === this.#id) return;
    this.#id = id;
    this.#job = null;
    this.#say("");
    this.#forgetStream();
    setText(byId("job-id"), id ?? "");
    setText(byId("job-status"), "");
    setHidden(byId("job-body"), true);
    setHidden(byId("job-gone"), true);
  }

  /** What the table says of the selected job: news of it makes the next `update` ask again. */
  hear(requests) {
    const heard = requests.find(({ id }) => id === this.#id);
    const { status, retries } = this.#job ?? {};
    if (heard && (heard.status !== status || heard.retries !== retries)) this.#complete = false;
  }

  /** Asks for what is new, until the job is final and its stream read to the end. */
  async update() {
    const id = this.#id;
    while (id !== null && id === this.#id && !this.#complete) {
      const answer = await this.#ask(id);
      if (id !== this.#id) return;
      if (answer === null || this.#take(answer)) return;
    }
  }

  async #ask(id) {
    // The input stays what it was, and may be large.
    const query = `after=${this.#after}&input=${this.#job === null}`;
    try {
      return await this.gateway.get(`requests/${encodeURIComponent(id)}?${query}`);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      this.#lose();
      return null;
    }
  }

  /** Shows an answer; false: ask again at once. */
  #take({ request, stream }) {
    const anew = this.#job && (request.retries !== this.#job.retries || reopened(this.#job, request));
    this.#job = { ...this.#job, output: undefined, error: undefined, ...request };
    if ("input" in request) this.#input.set(pretty(request.input));
    if (anew && this.#after) {
      this.#forgetStream();
      return false;
    }
    const final = FINAL.has(request.status);
    this.#append(stream, !final);
    this.#show(this.#job);
    this.#complete = final && !stream.length;
    return !final || this.#complete;
  }

  #show(job) {
    setHidden(byId("job-gone"), true);
    setHidden(byId("job-body"), false);
    byId("job-status").dataset.status = job.status;
    setText(byId("job-status"), status(job.status));
    byId("job-cancel").disabled = FINAL.has(job.status);
    byId("job-retry").disabled = !RETRIED.has(job.status);
    this.#facts.show(facts(job), ([name]) => name, (row, [, value]) => setText(row.lastChild, value));
    this.#showOutput(job);
    this.#showError(job);
  }

  #showOutput(job) {
    setHidden(byId("job-output"), job.output === undefined);
    setText(byId("job-output-name"), FINAL.has(job.status) ? "Output" : "Progress");
    this.#output.set(typeof job.output === "string" ? job.output : pretty(job.output));
  }

  #showError(job) {
    setHidden(byId("job-error"), !job.error);
    const { code, text } = explain(job.error ?? "");
    setText(byId("job-error-code"), code);
    this.#error.set(text);
  }

  #append(stream, follow) {
    if (!stream.length) return;
    const said = stream.map(({ output }) => words(output)).join("");
    this.#after = stream.at(-1).number;
    this.#count += stream.length;
    setText(byId("job-stream-count"), count(this.#count, "item"));
    // Before there is text in it: what is hidden cannot be scrolled.
    setHidden(byId("job-stream"), false);
    if (!this.#spoken) this.#choose(Boolean(said));
    this.#spoken ||= Boolean(said);
    setHidden(byId("job-stream-choice"), !this.#spoken);
    this.#text.append(said, follow);
    this.#items.append(stream.map(({ output }) => `${JSON.stringify(output)}\n`).join(""), follow);
  }

  #forgetStream() {
    this.#after = 0;
    this.#count = 0;
    this.#complete = false;
    this.#spoken = false;
    this.#text.clear();
    this.#items.clear();
    setHidden(byId("job-stream"), true);
    setHidden(byId("job-stream-choice"), true);
  }

  #choose(asText) {
    byId("job-stream-as-text").ariaPressed = String(asText);
    byId("job-stream-as-items").ariaPressed = String(!asText);
    setHidden(byId("job-stream-text"), !asText);
    setHidden(byId("job-stream-items"), asText);
  }

  #lose() {
    this.#complete = true;
    setHidden(byId("job-body"), true);
    setHidden(byId("job-gone"), false);
    setText(byId("job-gone"), "The gateway does not keep this job: it has expired, or there never was one.");
    setText(byId("job-status"), "");
  }

  async #act(what, words) {
    const id = this.#id;
    this.#say("…");
    try {
      const answer = await this.gateway.post(`${what}/${encodeURIComponent(id)}`);
      if (id === this.#id) this.#say(words(answer));
    } catch (error) {
      if (id === this.#id) this.#say(error.message, true);
    }
    this.#complete = false;
    this.changed();
  }

  async #copy() {
    const url = location.origin + (await this.gateway.url(""));
    const copied = await copy(again(this.#job, url, Boolean(this.gateway.key.value)));
    this.#say(copied ? "Copied." : "");
  }

  #say(text, wrong = false) {
    setText(byId("job-result"), text);
    byId("job-result").classList.toggle("wrong", wrong);
  }
}

const reopened = (before, now) => FINAL.has(before.status) && !FINAL.has(now.status);

const cancelled = (answer) => (answer.status === "CANCELLED" ? "Cancelled." : `It is ${status(answer.status)} already.`);

const IDS = new Set(["Worker", "Webhook"]);

function fact([name]) {
  const value = element("dd", { className: IDS.has(name) ? "code" : "" });
  return element("div", {}, element("dt", { textContent: name }), value);
}

function facts(job) {
  const found = [
    ["Kind", job.kind],
    ["Created", moment(job.createdAt)],
    ["Waited", lasting(job.delayTime, job.status === "IN_QUEUE", job.createdAt)],
    ["Ran", lasting(job.executionTime, job.status === "IN_PROGRESS", job.startedAt)],
    ["Ended", moment(job.endedAt)],
    ["Worker", job.workerId ?? "–"],
    ["Retries", job.retries],
  ];
  return job.webhook ? [...found, ["Webhook", job.webhook]] : found;
}
