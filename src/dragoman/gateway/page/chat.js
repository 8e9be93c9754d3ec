// A conversation with the model behind the endpoint, through its OpenAI API.

import { Conversation, Turn } from "./conversation.js";
import { byId, element, setText } from "./dom.js";
import { hashOf } from "./side.js";

const COMPLETIONS = "openai/v1/chat/completions";

export class Chat extends Conversation {
  #models = null;

  turn(role) {
    return new JobTurn(role);
  }

  head(answer, response) {
    answer.job(response.headers.get("x-request-id"));
  }

  post(messages, signal) {
    const model = byId("chat-model").value;
    const body = JSON.stringify({ ...(model ? { model } : {}), messages, stream: true });
    return this.api.send(COMPLETIONS, { method: "POST", body, signal });
  }

  /** The user looks at the chat: only now its models are asked for, since each such request is a job. */
  async open() {
    if (this.#models) return;
    const control = new AbortController();
    this.#models = control;
    this.#sayModels("Asking a worker for its models…");
    try {
      this.#fill(await this.api.get("openai/v1/models", { signal: control.signal }));
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
}

class JobTurn extends Turn {
  #link;

  constructor(role) {
    const link = element("a", { textContent: "its job", hidden: true });
    super(role, link);
    this.#link = link;
  }

  job(id) {
    this.#link.href = hashOf(id ?? "");
    this.#link.hidden = !id;
  }
}
