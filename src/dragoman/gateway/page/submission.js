// The form that sends a job.

import { byId, setHidden, setText } from "./dom.js";
import { fault } from "./json.js";
import { hashOf } from "./side.js";
import { status } from "./times.js";

const LONGEST_WAIT = 300_000;

export class Submission {
  #input = byId("new-input");
  #stop = byId("new-stop");
  #buttons = [...byId("new-form").querySelectorAll("[type=submit]")];

  constructor(gateway) {
    this.gateway = gateway;
    byId("new-form").addEventListener("submit", (event) => this.#submit(event));
    this.#input.addEventListener("input", () => this.#complain(null));
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("new-form").requestSubmit(this.#buttons[0]);
    });
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#buttons[0].disabled) return;
    const mistake = fault(this.#input.value);
    this.#complain(mistake);
    if (mistake) return;
    const operation = event.submitter?.value ?? "run";
    await this.#busy((signal) => this.#send(operation, signal));
  }

  async #send(operation, signal) {
    const waits = operation === "runsync";
    this.#say(waits ? "Waiting for the result…" : "Sending…");
    setHidden(this.#stop, !waits);
    const path = waits ? `runsync?wait=${LONGEST_WAIT}` : "run";
    const answer = await this.gateway.post(path, body(this.#input.value), { signal });
    this.#say(waits ? `The job is ${status(answer.status)}.` : "Sent.");
    location.hash = hashOf(answer.id);
  }

  async #busy(work) {
    const control = new AbortController();
    this.#stop.onclick = () => control.abort();
    for (const button of this.#buttons) button.disabled = true;
    try {
      await work(control.signal);
    } catch (error) {
      const stopped = error.name === "AbortError";
      this.#say(stopped ? "Not waiting any more. The job goes on." : error.message, !stopped);
    } finally {
      for (const button of this.#buttons) button.disabled = false;
      setHidden(this.#stop, true);
    }
  }

  #complain(mistake) {
    this.#input.ariaInvalid = mistake ? "true" : null;
    setHidden(byId("new-fault"), !mistake);
    this.#say("");
    if (!mistake) return;
    setText(byId("new-fault-text"), `Line ${mistake.line}, column ${mistake.column}: ${mistake.message}.`);
    setText(byId("new-fault-place"), mistake.excerpt);
    setHidden(byId("new-fault-place"), false);
    this.#input.focus();
    this.#input.setSelectionRange(mistake.offset, mistake.offset + 1);
  }

  #say(text, wrong = false) {
    setText(byId("new-result"), text);
    byId("new-result").classList.toggle("wrong", wrong);
  }
}

/** The request's body: the text as it was typed, so that long numbers keep their digits. */
function body(text) {
  const typed = JSON.parse(text);
  const whole = typed !== null && typeof typed === "object" && !Array.isArray(typed) && Object.hasOwn(typed, "input");
  return whole ? text : `{"input":${text}}`;
}
