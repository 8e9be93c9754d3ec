// A request as programs for a shell and for Python.

import { copy, curl, harmless, quoted } from "./clipboard.js";
import { byId, setHidden, setText } from "./dom.js";

const ROOT = new URL("./", document.baseURI);
const NO_KEY = '"none"';
const FIRST_KEY = 'os.environ["DRAGOMAN_API_KEY"].split(",")[0]';

export class Code {
  #language = "curl";
  #request = null;
  #buttons = [...byId("language").querySelectorAll("button")];

  constructor(key) {
    this.key = key;
    for (const button of this.#buttons) button.addEventListener("click", () => this.#choose(button.value));
    byId("copy").addEventListener("click", () => this.#copy());
  }

  show(request) {
    this.#request = request;
    const hasKey = Boolean(this.key.value);
    setText(byId("code"), WRITTEN[this.#language](request, hasKey));
    setHidden(byId("code-key"), !hasKey);
  }

  #choose(language) {
    this.#language = language;
    for (const button of this.#buttons) button.ariaPressed = String(button.value === language);
    this.show(this.#request);
  }

  async #copy() {
    if (!(await copy(byId("code").textContent))) return;
    setText(byId("status"), "Copied.");
    setTimeout(() => setText(byId("status"), ""), 3000);
  }
}

/** The command; `request` has the kind, the path below `root` and the body. */
export function asCurl({ kind, path, body }, hasKey, root = ROOT) {
  const url = new URL(path, root).href;
  if (kind === "transcription") return `${curl(url, undefined, hasKey)} \\\n  --form-string ${quoted(`model=${body.model ?? ""}`)} -F file=@speech.wav`;
  return curl(url, JSON.stringify(body, null, 2), hasKey, kind === "chat" ? "-N " : "");
}

/** The program, with OpenAI's client where that has the route. */
export function asPython({ kind, path, body }, hasKey, root = ROOT) {
  const key = hasKey ? FIRST_KEY : NO_KEY;
  const imports = hasKey ? "import os\n\n" : "";
  const client = `${imports}from openai import OpenAI\n\nclient = OpenAI(\n    base_url=${literal(new URL("v1", root).href)},\n    api_key=${key},\n)\n`;
  const fields = Object.entries(body).map(([name, value]) => `    ${name}=${literal(value, 1)},\n`).join("");
  if (kind === "chat") return `${client}stream = client.chat.completions.create(\n${fields})\n${PRINT_CHAT}`;
  if (kind === "embeddings") return `${client}response = client.embeddings.create(\n${fields})\n${PRINT_EMBEDDINGS}`;
  if (kind === "transcription") return `${client}with open("speech.wav", "rb") as file:\n    print(client.audio.transcriptions.create(model=${literal(body.model ?? "")}, file=file).text)\n`;
  const headers = hasKey ? `\n    headers={"Authorization": "Bearer " + ${key}},` : "";
  return `${imports}import httpx\n\nresponse = httpx.post(\n    ${literal(new URL(path, root).href)},${headers}\n    json=${literal(body, 1)},\n)\nprint(response.json())\n`;
}

const WRITTEN = { curl: asCurl, python: asPython };
const PRINT_CHAT = `for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`;
const PRINT_EMBEDDINGS = `for item in response.data:
    print(len(item.embedding), item.embedding[:4])
`;

/** A JSON value as Python writes it: strings have the same escapes. */
function literal(value, depth = 0) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return harmless(JSON.stringify(value));
  if (typeof value !== "object") return String(value);
  const list = Array.isArray(value);
  const items = list ? value.map((item) => literal(item, depth + 1)) : Object.entries(value).map(([name, item]) => `${literal(name)}: ${literal(item, depth + 1)}`);
  const [open, close] = list ? "[]" : "{}";
  const nested = Object.values(value).some((item) => item !== null && typeof item === "object") || (list && items.length > 1);
  if (!nested) return open + items.join(", ") + close;
  const pad = "    ".repeat(depth + 1);
  return `${open}\n${items.map((item) => `${pad}${item},\n`).join("")}${"    ".repeat(depth)}${close}`;
}
