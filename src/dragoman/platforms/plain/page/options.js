// What a chat may be asked with besides its messages.

import { byId, setHidden, setText } from "./dom.js";

const NUMBERS = {
  temperature: { name: "temperature", fits: (number) => number >= 0, wanted: "A number from 0 up, such as 0.7." },
  max_tokens: { name: "max tokens", fits: (number) => Number.isSafeInteger(number) && number >= 1, wanted: "A whole number from 1 up." },
  seed: { name: "seed", fits: Number.isSafeInteger, wanted: "A whole number." },
};

export class Options {
  #system = byId("system");

  constructor() {
    byId("options").addEventListener("input", () => this.#tell());
  }

  /** Those that are set and fit, by their names in a request, and the system prompt as `system`. */
  get values() {
    const set = Object.keys(NUMBERS).map((name) => [name, number(name)]);
    const system = this.#system.value.trim();
    return { ...(system ? { system } : {}), ...Object.fromEntries(set.filter(([, value]) => value != null)) };
  }

  /** Whether all fit; goes to the first that does not. */
  valid() {
    const wrong = Object.keys(NUMBERS).find((name) => number(name) === null);
    if (!wrong) return true;
    byId("options").open = true;
    byId(wrong).focus();
    return false;
  }

  #tell() {
    for (const [name, { wanted }] of Object.entries(NUMBERS)) {
      const wrong = number(name) === null;
      byId(name).ariaInvalid = wrong ? "true" : null;
      setText(byId(`${name}-fault`), wrong ? wanted : "");
      setHidden(byId(`${name}-fault`), !wrong);
    }
    const said = Object.entries(this.values).map(([name, value]) => (name === "system" ? "system prompt" : `${NUMBERS[name].name} ${value}`));
    setText(byId("options-told"), said.join(", "));
  }
}

/** A field's number; undefined where nothing is typed, null where it does not fit. */
function number(name) {
  const typed = byId(name).value.trim().replace(",", ".");
  if (!typed) return undefined;
  return Number.isFinite(Number(typed)) && NUMBERS[name].fits(Number(typed)) ? Number(typed) : null;
}
