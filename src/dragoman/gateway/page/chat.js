// A conversation with the model behind the endpoint, through its OpenAI API.

import { byId, element, setHidden, setText } from "./dom.js";
import { Refused, Unreachable, value } from "./gateway.js";
import { hashOf } from "./side.js";
import { events } from "./sse.js";

const COMPLETIONS = "openai/v1/chat/completions";
const BROKEN_OFF = "The answer has broken off.";

export class Chat {
  #turns = [];
  #control = null;
  #models = null;
  #log = byId("chat-log");
  #text = byId("chat-text");
  #empty = this.#log.firstElementChild;

  constructor(gateway) {
    this.gateway = gateway;
    byId("chat-form").addEventListener("submit", (event) => this.#submit(event));
    byId("chat-stop").addEventListener("click", () => this.#control?.abort());
    byId("chat-clear").addEventListener("click", () => this.#clear());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("chat-form").requestSubmit();
    });
  }

  /** The user looks at the chat: only now its models are asked for, since each such request is a job. */
  async open() {
    if (this.#models) return;
    const control = new AbortController();
    this.#models = control;
    this.#sayModels("Asking a worker for its models…");
    try {
      this.#fill(await this.gateway.get("openai/v1/models", { signal: control.signal }));
      this.#sayModels("");
    } catch (error) {
      this.#models = null;
      this.#sayModels(error.name === "AbortError" ? "" : `No list of models: ${error.message}`);
    }
  }

  /** The user looks elsewhere: nobody waits for the models any more. */
  close() {
    if (byId("chat-model").length === 1) this.#models?.abort();
  }

  #fill(list) {
    const names = (list?.data ?? []).map(({ id }) => String(id));
    byId("chat-model").append(...names.map((id) => element("option", { value: id, textContent: id })));
    if (names.length) byId("chat-model").value = names[0];
  }

  #sayModels(text) {
    setText(byId("chat-models"), text);
  }

  async #submit(event) {
    event.preventDefault();
    const said = this.#text.value.trim();
    if (!said || this.#control) return;
    this.#text.value = "";
    const question = this.#turn("user", said);
    const answer = this.#turn("assistant", "");
    await this.#busy(answer, (signal) => this.#ask(answer, signal));
    if (answer.content) return;
    // An unanswered question is no part of the conversation that the next one continues.
    this.#turns = this.#turns.filter((turn) => turn !== question && turn !== answer);
    this.#text.value ||= said;
  }

  async #busy(answer, work) {
    this.#control = new AbortController();
    this.#showBusy(true);
    try {
      await work(this.#control.signal);
      if (!answer.content) answer.note("The model has said nothing.");
    } catch (error) {
      if (error.name === "AbortError") answer.note("Stopped.");
      else answer.note(error instanceof TypeError ? BROKEN_OFF : error.message, true);
    } finally {
      this.#control = null;
      this.#showBusy(false);
    }
  }

  async #ask(answer, signal) {
    const messages = this.#turns.filter(({ content }) => content).map(({ role, content }) => ({ role, content }));
    const model = byId("chat-model").value;
    const body = JSON.stringify({ ...(model ? { model } : {}), messages, stream: true });
    await this.#read(await this.gateway.send(COMPLETIONS, { method: "POST", body, signal }), answer);
  }

  async #read(response, answer) {
    answer.job(response.headers.get("x-request-id"));
    const streams = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || !streams) {
      this.#add(answer, (await value(response)).choices?.[0], "message");
      return;
    }
    let done = false;
    for await (const data of events(response.body)) {
      // Not the end yet: who leaves before the job has ended has it cancelled.
      done ||= data === "[DONE]";
      if (done) continue;
      const chunk = parsed(data);
      if (chunk.error) throw new Refused(500, chunk.error.message ?? String(chunk.error));
      this.#add(answer, chunk.choices?.[0], "delta");
    }
    if (!done) throw new Unreachable(BROKEN_OFF);
  }

  #add(answer, choice, part) {
    const end = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    answer.think(choice?.[part]?.reasoning ?? choice?.[part]?.reasoning_content ?? "");
    answer.say(choice?.[part]?.content ?? "");
    if (choice?.finish_reason === "length") answer.note("Cut at the longest answer that the worker gives.");
    if (end) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #turn(role, content) {
    const turn = new Turn(role, content);
    this.#turns.push(turn);
    this.#empty.remove();
    this.#log.append(turn.element);
    this.#log.scrollTop = this.#log.scrollHeight;
    return turn;
  }

  #clear() {
    this.#control?.abort();
    this.#turns = [];
    this.#log.replaceChildren(this.#empty);
    this.#text.focus();
  }

  #showBusy(busy) {
    this.#log.ariaBusy = String(busy);
    setHidden(byId("chat-stop"), !busy);
    setHidden(byId("chat-send"), busy);
    this.#text.focus();
  }
}

class Turn {
  #link = element("a", { textContent: "its job", hidden: true });
  #thought = element("p", { className: "thought", hidden: true });
  #said = element("p", { className: "said" });
  #note = element("p", { className: "note", hidden: true });

  constructor(role, content) {
    this.role = role;
    this.content = "";
    const who = element("h3", { textContent: role === "user" ? "You" : "Model" });
    const head = element("header", {}, who, this.#link);
    this.element = element("article", { className: `turn ${role}` }, head, this.#thought, this.#said, this.#note);
    this.say(content);
  }

  job(id) {
    this.#link.href = hashOf(id ?? "");
    this.#link.hidden = !id;
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
