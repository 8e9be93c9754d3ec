// A job as a shell command.

import { curl } from "./clipboard.js";
import { pretty } from "./json.js";

/** The command that sends a job again. */
export function again(job, url, hasKey) {
  const { path, body } = request(job);
  return curl(url + path, body === undefined ? undefined : pretty(body), hasKey);
}

function request({ kind, input }) {
  const route = kind === "openai" && typeof input?.openai_route === "string" ? input.openai_route : null;
  if (route === null) return { path: kind === "runsync" ? "runsync" : "run", body: { input } };
  return { path: `openai${route}`, body: input.openai_input };
}
