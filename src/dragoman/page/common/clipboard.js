// Text for other programs.

import { byId } from "./dom.js";

/** Copies, or shows the text to be copied by hand where the browser does not allow a page to; true when it has. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = byId("copy-text");
    box.value = text;
    byId("copy-dialog").showModal();
    box.select();
    return false;
  }
}

/** The shell command that sends JSON; the key by the name of its variable, which may hold several. */
export function curl(url, json, hasKey, options = "") {
  const key = hasKey ? ` \\\n  -H "Authorization: Bearer \${DRAGOMAN_API_KEY%%,*}"` : "";
  const target = `curl ${options}${quoted(url)}${key}`;
  return json === undefined ? target : `${target} \\\n  --json @- <<'JSON'\n${harmless(json)}\nJSON`;
}

/** A text as one word of a shell, which reads nothing in it. */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Control characters, and those that turn the direction of text, as JSON escapes: a terminal is not to act on them. */
export function harmless(json) {
  const escape = (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, escape);
}
