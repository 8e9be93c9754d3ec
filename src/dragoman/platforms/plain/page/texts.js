// A form for models that make something of texts, but no answer: embeddings, classes, pooled states.

import { advice } from "./advice.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { count, duration } from "./format.js";

const POOLING = {
  title: "Pooling",
  told: "This model gives numbers for each token of a text; it does not chat.",
  path: "pooling",
  heads: ["Text", "Numbers"],
  cells: ({ data }) => [shape(data)],
};
const FORMS = {
  embed: {
    title: "Embeddings",
    told: "This model makes embeddings, a list of numbers for each text, which point the same way for texts that mean the same. It does not chat.",
    kind: "embeddings",
    path: "v1/embeddings",
    heads: ["Text", "Like the first", "Numbers"],
    cells: ({ embedding }, [first]) => [cosine(embedding, first.embedding).toFixed(3), `${embedding.length}: ${some(embedding)}`],
  },
  classify: {
    title: "Classification",
    told: "This model classifies texts; it does not chat.",
    path: "classify",
    heads: ["Text", "Class", "Probability"],
    cells: ({ label, probs }) => [label ?? String(probs.indexOf(Math.max(...probs))), Math.max(...probs).toFixed(3)],
  },
  token_embed: POOLING,
  token_classify: POOLING,
  "embed&token_classify": POOLING,
  plugin: POOLING,
  transcription: {
    title: "Transcription",
    told: "This model writes down what is said in audio; it does not chat. The request beside this sends it a file.",
    kind: "transcription",
    path: "v1/audio/transcriptions",
  },
};

/** The form for what a model does; null where it chats, or where nobody knows. */
export function formOf(tasks) {
  if (tasks.includes("generate")) return null;
  const task = Object.keys(FORMS).find((name) => tasks.includes(name));
  return task ? FORMS[task] : null;
}

export class Texts {
  #form = FORMS.embed;
  #text = byId("texts");
  #send = byId("texts-send");
  #busy = false;
  #open = false;

  constructor(worker) {
    this.worker = worker;
    byId("texts-form").addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("texts-form").requestSubmit();
    });
  }

  /** Whether the worker would answer. */
  set open(open) {
    this.#open = open;
    this.#send.disabled = !open || this.#busy;
  }

  describe(form) {
    this.#form = form;
    setText(byId("texts-title"), form.title);
    setText(byId("texts-told"), form.told);
    setHidden(byId("texts-form"), !form.cells);
  }

  /** The request that sending would be now. */
  request() {
    const { kind = "post", path } = this.#form;
    const lines = this.#lines;
    const model = byId("model").value;
    return { kind, path, body: { ...(model ? { model } : {}), input: lines.length === 1 ? lines[0] : lines } };
  }

  get #lines() {
    return this.#text.value.split("\n").map((line) => line.trim()).filter(Boolean);
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#busy || !this.#open) return;
    const lines = this.#lines;
    if (!lines.length) {
      this.#say("Type a text first.", true);
      return;
    }
    this.#busy = this.#send.disabled = true;
    try {
      await this.#ask(lines);
    } catch (error) {
      this.#say(advice(error), true);
    } finally {
      this.#busy = false;
      this.#send.disabled = !this.#open;
    }
  }

  async #ask(lines) {
    this.#say("Sent.");
    const began = performance.now();
    const { path, body } = this.request();
    const { data, usage } = await this.worker.post(path, JSON.stringify(body));
    const tokens = usage?.prompt_tokens == null ? "" : `, ${count(usage.prompt_tokens, "token")}`;
    this.#say(`${count(data.length, "text")}${tokens}, ${duration(performance.now() - began)}.`);
    this.#show(lines, data);
  }

  #show(lines, data) {
    const { heads, cells } = this.#form;
    const head = element("thead", {}, element("tr", {}, ...heads.map((name) => element("th", { scope: "col", textContent: name }))));
    const rows = data.map((item, index) => element("tr", {}, ...[lines[index], ...cells(item, data)].map((textContent) => element("td", { textContent, title: textContent }))));
    byId("texts-table").replaceChildren(head, element("tbody", {}, ...rows));
    setHidden(byId("texts-table"), false);
  }

  #say(text, wrong = false) {
    setText(byId("texts-result"), text);
    byId("texts-result").classList.toggle("wrong", wrong);
  }
}

const some = (numbers) => `${numbers.slice(0, 4).map((number) => number.toFixed(3)).join(", ")}${numbers.length > 4 ? ", …" : ""}`;

function shape(data) {
  const sizes = [];
  let part = data;
  for (; Array.isArray(part); part = part[0]) sizes.push(part.length);
  return `${sizes.join(" × ")}: ${some(data.flat(Infinity))}`;
}

function cosine(one, other) {
  const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
