// What the engine's start is made of: a bar for each phase.

import { byId, element, setHidden, setText } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 0.6;

export class Boot {
  #shown = "";

  /** `boot` as the worker's health tells it, `last` the seconds of each phase of the start before. */
  update(boot, last) {
    const state = JSON.stringify([boot, last]);
    if (!boot || state === this.#shown) return;
    this.#shown = state;
    setHidden(byId("boot"), false);
    setText(byId("boot-told"), `${seconds(boot.total)}${boot.last_total ? `, ${seconds(boot.last_total)} last time` : ""}`);
    const longest = Math.max(boot.last_total ?? 0, ...boot.phases.map(({ begins, seconds }) => begins + seconds), 0.001);
    byId("phases").replaceChildren(...boot.phases.map((phase) => row(phase, 100 / longest, last[phase.name] ?? null)));
  }
}

function row({ name, begins, seconds: took }, scale, before) {
  const track = element("td", { className: "track", ariaHidden: "true" }, bar(begins * scale, Math.max(took * scale, LEAST)));
  return element("tr", {}, element("th", { scope: "row", textContent: name, title: name }), track, cell(took), cell(before));
}

const cell = (value) => element("td", { className: "number", textContent: seconds(value) });

function bar(x, width) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 10");
  svg.setAttribute("preserveAspectRatio", "none");
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: Math.min(x, 100 - LEAST), width, height: 10 })) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

const seconds = (value) => (value === null ? "–" : `${value.toFixed(value < 10 ? 2 : 1)} s`);
