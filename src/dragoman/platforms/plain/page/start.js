// What is shown while the worker does not serve.

import { byId, setHidden, setText } from "./dom.js";

const HINTS = {
  starting: ["The worker is starting", "You can type already."],
  restarting: ["The engine is being started again", "What was running has ended. The page goes on by itself when the engine is back."],
  waiting: ["The engine does not answer", "The page goes on by itself when it does."],
  draining: ["The worker is ending", "It finishes what runs and takes nothing new."],
  lost: ["The worker cannot be reached", "Is it running? The page finds it again by itself."],
};

export class Start {
  #progress = byId("start-progress");

  update({ status, phase, seconds, boot }) {
    const [title, hint] = HINTS[status] ?? [];
    setHidden(byId("start"), !title);
    if (!title) return;
    const starts = status === "starting" || status === "restarting";
    setText(byId("start-title"), title);
    setText(byId("start-hint"), hint);
    setText(byId("start-phase"), starts ? phase : "");
    setText(byId("start-times"), starts ? times(seconds, boot) : "");
    setHidden(this.#progress, !starts);
    this.#measure(boot);
  }

  /** Without a start to compare with, nobody knows how far this one is. */
  #measure(boot) {
    if (!boot?.last_total) {
      this.#progress.removeAttribute("value");
      return;
    }
    this.#progress.max = boot.last_total;
    this.#progress.value = Math.min(boot.total, boot.last_total);
  }
}

/** How long it has taken, and how long it will if it takes as long as the start before. */
export function times(seconds, boot) {
  const phase = boot?.phases.findLast(({ name }) => name !== "downloading");
  const within = phase && boot.phases.length > 1 ? `, ${Math.round(phase.seconds)} s of it in this phase` : "";
  return `${Math.round(boot?.total ?? seconds)} s so far${within}${rest(boot)}.`;
}

function rest(boot) {
  if (!boot?.last_total) return "";
  const seconds = Math.round(boot.last_total - boot.total);
  return seconds > 0 ? `; about ${seconds} s to go, as it took ${boot.last_total.toFixed(1)} s last time` : `; it took ${boot.last_total.toFixed(1)} s last time`;
}
