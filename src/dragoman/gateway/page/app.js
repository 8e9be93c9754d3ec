// Puts the page together: asks the gateway every second while somebody looks, and shows what it says.

import { Refused, Unreachable } from "./api.js";
import { Chat } from "./chat.js";
import { copy } from "./clipboard.js";
import { byId, setHidden, setText } from "./dom.js";
import { count } from "./format.js";
import { Gateway } from "./gateway.js";
import { JobView } from "./job.js";
import { Jobs } from "./jobs.js";
import { Key } from "./key.js";
import { Overview } from "./overview.js";
import { Poll } from "./poll.js";
import { selected, Side } from "./side.js";
import { Submission } from "./submission.js";
import { Workers } from "./workers.js";

const EVERY = 1000;
const AFTER_FAILURE = 2000;

const gateway = new Gateway(new Key("gateway"));
const poll = new Poll(look);
const changed = () => poll.now();
const overview = new Overview();
const workers = new Workers();
const jobs = new Jobs(changed);
const job = new JobView(gateway, changed);
const chat = new Chat(gateway);
new Submission(gateway);
const side = new Side(turn);

/** Asks for everything once; says when to ask again. */
async function look() {
  try {
    await ask();
    setLink("live", "live");
    setNotice("");
    return EVERY;
  } catch (error) {
    return complain(error);
  }
}

async function ask() {
  const { id, workerLines } = await gateway.endpoint();
  setText(byId("endpoint"), id);
  setText(byId("worker-lines"), workerLines.join("\n"));
  const path = jobs.path;
  const [health, { workers: known }, page] = await Promise.all(["health", "workers", path].map((each) => gateway.get(each)));
  overview.update(health);
  workers.update(known);
  jobs.update(path, page);
  job.hear(page.requests);
  await job.update();
  setHidden(byId("forget-key"), !gateway.key.value);
}

function complain(error) {
  if (error instanceof Refused && error.status === 401) {
    setLink("locked", "locked");
    setNotice("The gateway wants a key.", true);
    return null;
  }
  const reached = error instanceof Refused;
  if (!reached && !(error instanceof Unreachable)) console.error(error);
  setLink(reached ? "failing" : "lost", reached ? "failing" : "not reached");
  setNotice(`${error.message} Trying again every ${AFTER_FAILURE / 1000} seconds.`);
  return AFTER_FAILURE;
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

/** The address has changed: another job, or another tool. */
function turn(view) {
  const before = document.querySelector(".chosen a")?.textContent;
  job.select(selected());
  jobs.select(selected());
  if (view === "chat") chat.open();
  else chat.close();
  if (view === null && before) jobs.focus(before);
  poll.now();
}

async function purge() {
  const dialog = byId("purge-dialog");
  const waiting = byId("tiles").querySelector('[data-count="jobs.inQueue"]').textContent;
  setText(byId("purge-text"), `Jobs in the queue: ${waiting}. They will be cancelled; running jobs go on.`);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "purge") return;
  await say(gateway.post("purge-queue").then(({ removed }) => `${count(removed, "job")} removed from the queue.`));
  changed();
}

let quiet = null;

/** Shows what becomes of something for a while. */
async function say(news) {
  const status = byId("status");
  const text = await Promise.resolve(news).catch((error) => error.message);
  setText(status, text);
  clearTimeout(quiet);
  quiet = setTimeout(() => setText(status, ""), 6000);
}

byId("purge").addEventListener("click", purge);
byId("notice-key").addEventListener("click", changed);
byId("forget-key").addEventListener("click", () => {
  gateway.key.forget();
  changed();
});
byId("copy-lines").addEventListener("click", async () => {
  if (await copy(byId("worker-lines").textContent)) say("Copied.");
});

side.show(false);
