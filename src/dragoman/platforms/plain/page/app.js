// Puts the page together: asks the worker how it is while somebody looks, and shows what it says.

import { advice } from "./advice.js";
import { Api, Refused } from "./api.js";
import { Boot } from "./boot.js";
import { Chat } from "./chat.js";
import { Code } from "./code.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { Key } from "./key.js";
import { Live } from "./live.js";
import { parse } from "./metrics.js";
import { Poll } from "./poll.js";
import { Start } from "./start.js";
import { formOf, Texts } from "./texts.js";

const EVERY = 1000;
// To tell its metrics costs a worker about a hundredth of a second.
const MEASURE_EVERY = 1900;
const WHILE_AWAY = 500;
const STATES = { ready: ["live", "ready"], waiting: ["failing", "not answering"] };

const worker = new Api(new Key("worker"), "worker");
const live = new Live();
const boot = new Boot();
const start = new Start();
const chat = new Chat(worker, live);
const texts = new Texts(worker);
const code = new Code(worker.key);
const poll = new Poll(look);
let form = chat;
let known = false;
let locked = false;
let measured = -Infinity;

/** Asks how the worker is; says when to ask again. */
async function look() {
  const health = await state();
  const ready = health.status === "ready";
  start.update(health);
  setLink(...(STATES[health.status] ?? [health.status, health.status === "lost" ? "not reached" : health.status]));
  chat.open = texts.open = ready;
  known &&= ready;
  boot.update(health.boot, live.lastPhases);
  try {
    if (ready && !locked) await learn();
    if (!locked) setNotice("");
  } catch (error) {
    complain(error);
  }
  setHidden(byId("forget-key"), !worker.key.value);
  return ready ? EVERY : WHILE_AWAY;
}

async function state() {
  try {
    return await worker.fetch("health").then((response) => response.json());
  } catch {
    return { status: "lost" };
  }
}

/** What only a worker that is ready tells, and only to who has a key. */
async function learn() {
  if (!known) {
    const [{ tasks }, { data }] = await Promise.all([worker.get("page/worker.json"), worker.get("v1/models")]);
    fill(data);
    choose(tasks);
    known = true;
  }
  if (performance.now() - measured < MEASURE_EVERY) return;
  measured = performance.now();
  live.update(parse(await worker.text(await worker.send("metrics", { method: "GET" }))));
}

/** The models and the adapters, which are models that say whose they are. */
function fill(models) {
  const select = byId("model");
  const chosen = select.value;
  const name = ({ id, parent }) => (parent ? `${id} (adapter)` : id);
  select.replaceChildren(...models.map((model) => element("option", { value: model.id, textContent: name(model) })));
  if (models.some(({ id }) => id === chosen)) select.value = chosen;
  setHidden(byId("model-field"), models.length === 0);
}

/** Shows the form that fits what the model does. */
function choose(tasks) {
  const described = formOf(tasks);
  if (described) texts.describe(described);
  form = described ? texts : chat;
  setHidden(byId("chat-view"), form !== chat);
  setHidden(byId("answer"), form !== chat);
  setHidden(byId("texts-view"), form !== texts);
  changed();
}

function changed() {
  code.show(form.request());
}

function complain(error) {
  locked = error instanceof Refused && error.status === 401;
  setNotice(locked ? "The worker wants a key." : advice(error), locked);
}

function setLink(state, text) {
  byId("link").dataset.state = state;
  document.body.classList.toggle("stale", state !== "live");
  setText(byId("link-text"), text);
}

function setNotice(text, key = false) {
  setText(byId("notice-text"), text);
  setHidden(byId("notice"), !text);
  setHidden(byId("notice-key"), !key);
}

function unlock() {
  locked = known = false;
  poll.now();
}

byId("notice-key").addEventListener("click", unlock);
byId("forget-key").addEventListener("click", () => {
  worker.key.forget();
  unlock();
});
byId("main").addEventListener("input", changed);
byId("model").addEventListener("change", changed);
chat.changed = changed;

changed();
poll.now();
