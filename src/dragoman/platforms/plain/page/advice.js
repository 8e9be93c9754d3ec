// Errors in words, with what can be done.

import { Refused, Unreachable } from "./api.js";

const AGAIN = "Send it again when the worker is ready.";
const BY_STATUS = {
  401: "Enter one of the worker's keys.",
  403: "Ask whoever runs the worker.",
  404: "Choose another model above.",
  413: "Send less, or clear the conversation.",
  422: "Send something else, or wait.",
  503: AGAIN,
  504: "Ask for less, or send it again later.",
};
const BY_WORDS = [
  [/chat template/i, "This model only completes text: use /v1/completions, or start the worker with --chat-template."],
  [/context length|max_tokens|max_completion_tokens|too long/i, "Clear the conversation, or ask for fewer tokens."],
];

/** What went wrong, and what to do. */
export function advice(error) {
  if (error instanceof Unreachable) return `${error.message} This page finds the worker again by itself.`;
  if (error instanceof TypeError) return `The answer has broken off, as when the engine dies. ${AGAIN}`;
  if (!(error instanceof Refused)) return error.message;
  return [sentence(error.message), todo(error)].filter(Boolean).join(" ");
}

function todo({ status, message, retryAfter }) {
  if (status === 429) return `Send it again${retryAfter ? ` in ${retryAfter} s` : " later"}.`;
  const found = status === 400 && BY_WORDS.find(([words]) => words.test(message));
  if (found) return found[1];
  return BY_STATUS[status] ?? (status >= 500 ? `${AGAIN} The worker's log says more.` : "");
}

const sentence = (text) => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
