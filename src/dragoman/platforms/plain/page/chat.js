// A conversation with the model, measured.

import { advice } from "./advice.js";
import { Conversation, Turn } from "./conversation.js";
import { byId, element, setText } from "./dom.js";
import { Options } from "./options.js";
import { Pace } from "./pace.js";

const PATH = "v1/chat/completions";
const GREETING = "Hello!";

export class Chat extends Conversation {
  #options = new Options();
  #open = false;

  /** `live` is told how fast the answer comes. */
  constructor(worker, live) {
    super(worker);
    this.live = live;
  }

  /** Whether the worker would answer. */
  set open(open) {
    this.#open = open;
    byId("chat-send").disabled = !open;
    setText(byId("chat-hint"), open ? "Enter sends, Shift+Enter starts a line" : "You can send when the worker is ready");
  }

  ready() {
    return this.#open && this.#options.valid();
  }

  turn(role) {
    return new MeasuredTurn(role);
  }

  /** The request that sending would be now. */
  request() {
    const typed = this.text.value.trim();
    const before = this.messages;
    const last = before.findLastIndex(({ role }) => role === "user");
    const asked = typed || last < 0 ? [...before, { role: "user", content: typed || GREETING }] : before.slice(0, last + 1);
    return { kind: "chat", path: PATH, body: this.#body(asked) };
  }

  post(messages, signal) {
    this.pace = new Pace();
    return this.api.send(PATH, { method: "POST", body: JSON.stringify(this.#body(messages)), signal });
  }

  piece(answer, chunk) {
    this.pace.hear(chunk);
    answer.measure(this.pace);
    this.live.measure(this.pace);
  }

  complaint(error) {
    return advice(error);
  }

  #body(messages) {
    const { system, ...others } = this.#options.values;
    const model = byId("model").value;
    return {
      ...(model ? { model } : {}),
      messages: [...(system ? [{ role: "system", content: system }] : []), ...messages],
      ...others,
      stream: true,
      stream_options: { include_usage: true },
    };
  }
}

class MeasuredTurn extends Turn {
  #figures;

  constructor(role) {
    const figures = element("span", { className: "figures" });
    super(role, figures);
    this.#figures = figures;
  }

  measure(pace) {
    setText(this.#figures, pace.words);
  }
}
