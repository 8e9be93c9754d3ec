// A conversation with a model: what is said by turns, and answers that come word by word.

import { Refused, Unreachable } from "./api.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { events } from "./sse.js";

const BROKEN_OFF = "The answer has broken off.";

/** What pages have in common; those that extend it say how a request is `post`ed, and may watch an answer's `head` and `piece`s. */
export class Conversation {
  #turns = [];
  #control = null;
  #log = byId("chat-log");
  #empty = this.#log.firstElementChild;

  constructor(api) {
    this.api = api;
    this.text = byId("chat-text");
    byId("chat-form").addEventListener("submit", (event) => this.#submit(event));
    byId("chat-stop").addEventListener("click", () => this.#control?.abort());
    byId("chat-clear").addEventListener("click", () => this.clear());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("chat-form").requestSubmit();
    });
  }

  /** The conversation as the engine is to see it. */
  get messages() {
    return this.#turns.filter(({ content }) => content).map(({ role, content }) => ({ role, content }));
  }

  get busy() {
    return this.#control !== null;
  }

  /** Whether a message may be sent now. */
  ready() {
    return true;
  }

  /** A new turn. */
  turn(role) {
    return new Turn(role);
  }

  head(answer, response) {}

  piece(answer, chunk) {}

  /** What is said of an error. */
  complaint(error) {
    return error instanceof TypeError ? BROKEN_OFF : error.message;
  }

  changed() {}

  clear() {
    this.#control?.abort();
    this.#turns = [];
    this.#log.replaceChildren(this.#empty);
    this.text.focus();
    this.changed();
  }

  async #submit(event) {
    event.preventDefault();
    const said = this.text.value.trim();
    if (!said || this.busy || !this.ready()) return;
    this.text.value = "";
    const question = this.#add("user");
    question.say(said);
    const answer = this.#add("assistant");
    await this.#work(answer, (signal) => this.#ask(answer, signal));
    if (!answer.content) {
      // An unanswered question is no part of the conversation that the next one continues.
      this.#turns = this.#turns.filter((turn) => turn !== question && turn !== answer);
      this.text.value ||= said;
    }
    this.changed();
  }

  async #work(answer, work) {
    this.#control = new AbortController();
    this.#showBusy(true);
    try {
      await work(this.#control.signal);
      if (!answer.content) answer.note("The model has said nothing.");
    } catch (error) {
      if (error.name === "AbortError") answer.note("Stopped.");
      else answer.note(this.complaint(error), true);
    } finally {
      this.#control = null;
      this.#showBusy(false);
    }
  }

  async #ask(answer, signal) {
    const response = await this.post(this.messages, signal);
    this.head(answer, response);
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (response.ok && streams) await this.#read(response, answer);
    else this.#hear(answer, await this.api.value(response), "message");
  }

  async #read(response, answer) {
    let done = false;
    for await (const data of events(response.body)) {
      // Not the end yet: who leaves before the server has ended counts as one that has left.
      done ||= data === "[DONE]";
      if (done) continue;
      const chunk = parsed(data);
      if (chunk.error) throw new Refused(chunk.error.code ?? 500, chunk.error.message ?? String(chunk.error));
      this.#hear(answer, chunk, "delta");
    }
    if (!done) throw new Unreachable(BROKEN_OFF);
  }

  #hear(answer, chunk, part) {
    const choice = chunk.choices?.[0];
    const end = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    answer.think(choice?.[part]?.reasoning ?? choice?.[part]?.reasoning_content ?? "");
    answer.say(choice?.[part]?.content ?? "");
    if (choice?.finish_reason === "length") answer.note("Cut at the longest answer that the worker gives.");
    this.piece(answer, chunk);
    if (end) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #add(role) {
    const turn = this.turn(role);
    this.#turns.push(turn);
    this.#empty.remove();
    this.#log.append(turn.element);
    this.#log.scrollTop = this.#log.scrollHeight;
    return turn;
  }

  #showBusy(busy) {
    this.#log.ariaBusy = String(busy);
    setHidden(byId("chat-stop"), !busy);
    setHidden(byId("chat-send"), busy);
    this.text.focus();
  }
}

export class Turn {
  #thought = element("p", { className: "thought", hidden: true });
  #said = element("p", { className: "said" });
  #note = element("p", { className: "note", hidden: true });

  /** `more` stands beside who speaks. */
  constructor(role, ...more) {
    this.role = role;
    this.content = "";
    const who = element("h3", { textContent: role === "user" ? "You" : "Model" });
    const head = element("header", {}, who, ...more);
    this.element = element("article", { className: `turn ${role}` }, head, this.#thought, this.#said, this.#note);
  }

  say(text) {
    this.content += text;
    if (text) this.#said.append(text);
  }

  think(text) {
    if (!text) return;
    this.#thought.append(text);
    this.#thought.hidden = false;
  }

  note(text, wrong = false) {
    setText(this.#note, text);
    this.#note.hidden = false;
    this.#note.classList.toggle("wrong", wrong);
  }
}

function parsed(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return { error: { message: "The worker has sent an event that is no JSON." } };
  }
}
