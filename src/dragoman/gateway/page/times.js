// Times and statuses as words.

import { duration } from "./format.js";

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

const STATUSES = {
  IN_QUEUE: "in queue",
  IN_PROGRESS: "in progress",
  COMPLETED: "completed",
  FAILED: "failed",
  CANCELLED: "cancelled",
  TIMED_OUT: "timed out",
};

export const FINAL = new Set(["COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"]);

export const status = (name) => STATUSES[name] ?? String(name).toLowerCase().replaceAll("_", " ");

/** A moment: the time of day, with the date where it was another day. */
export function moment(milliseconds) {
  if (milliseconds == null) return "–";
  const date = new Date(milliseconds);
  const today = date.toDateString() === new Date().toDateString();
  return today ? time.format(date) : `${day.format(date)} ${time.format(date).slice(0, 5)}`;
}

/** A duration that is known, or that of what still goes on. */
export function lasting(known, goesOn, since) {
  return duration(known ?? (goesOn && since != null ? Math.max(0, Date.now() - since) : null));
}

/** How long ago something was, in words that do not change every second once it is long. */
export function ago(milliseconds, now = Date.now()) {
  if (milliseconds == null) return "never";
  const passed = now - milliseconds;
  return passed < 2000 ? "now" : `${passed < 60_000 ? `${Math.round(passed / 1000)} s` : duration(passed)} ago`;
}
