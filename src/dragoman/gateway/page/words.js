// The generated text in what workers stream, in the forms that language models answer in.

import { dataOf } from "./sse.js";

/** The text of one item or output: a string, events, choices of OpenAI's or of a worker's; "" where there is none. */
export function words(item) {
  if (typeof item === "string") return item.startsWith("data:") ? ofEvents(item) : item;
  if (Array.isArray(item)) return item.map(words).join("");
  const choice = item?.choices?.[0];
  if (!choice || typeof choice !== "object") return "";
  const found = choice.delta?.content ?? choice.message?.content ?? choice.text ?? choice.tokens;
  return Array.isArray(found) ? found.filter((part) => typeof part === "string").join("") : text(found);
}

function ofEvents(events) {
  return dataOf(events).map(ofEvent).join("");
}

function ofEvent(data) {
  try {
    return words(JSON.parse(data));
  } catch {
    return "";
  }
}

const text = (value) => (typeof value === "string" ? value : "");
