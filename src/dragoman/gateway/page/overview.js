// The endpoint's health: numbers, and the queue over the last minutes.

import { byId, setText } from "./dom.js";

const SPAN = 300_000;
const GAP = 5_000;
const [WIDTH, HEIGHT] = [300, 100];

export class Overview {
  #samples = [];
  #plot = byId("plot");
  #counts = [...byId("tiles").querySelectorAll("[data-count]")];

  update(health, now = Date.now()) {
    for (const place of this.#counts) this.#tile(place, health);
    const { inQueue, inProgress } = health.jobs;
    this.#samples = this.#samples.filter((sample) => sample.at > now - SPAN - GAP);
    this.#samples.push({ at: now, queued: inQueue, running: inProgress });
    this.#draw(now);
  }

  #tile(place, health) {
    const [group, name] = place.dataset.count.split(".");
    const number = health[group][name];
    setText(place, number.toLocaleString("en"));
    place.parentElement.classList.toggle("zero", number === 0);
  }

  #draw(now) {
    const most = this.#samples.reduce((top, { queued, running }) => Math.max(top, queued, running), 0);
    const top = ceiling(most);
    const point = (at, number) => [
      (WIDTH * (1 - (now - at) / SPAN)).toFixed(2),
      (HEIGHT - 1 - (number / top) * (HEIGHT - 3)).toFixed(2),
    ];
    const stretches = unbroken(this.#samples);
    this.#path(".area", stretches.map((stretch) => area(stretch, point)));
    this.#path(".line.queued", stretches.map((stretch) => line(stretch, "queued", point)));
    this.#path(".line.running", stretches.map((stretch) => line(stretch, "running", point)));
    setText(this.#plot.querySelector(".top"), top.toLocaleString("en"));
    const last = this.#samples.at(-1);
    const said = `${last.queued} in queue and ${last.running} in progress now; at most ${most} of either`;
    this.#plot.querySelector("svg").setAttribute("aria-label", `The last five minutes: ${said}`);
  }

  #path(selector, parts) {
    this.#plot.querySelector(`path${selector}`).setAttribute("d", parts.join(""));
  }
}

/** The next round number: 4, 10, 20, 40, 100, … */
function ceiling(number) {
  let power = 1;
  for (;;) {
    for (const step of [1, 2, 4]) if (step * power >= Math.max(4, number)) return step * power;
    power *= 10;
  }
}

/** The stretches without a gap, such as a hidden page leaves. */
function unbroken(samples) {
  const stretches = [];
  let before = -Infinity;
  for (const sample of samples) {
    if (sample.at - before > GAP) stretches.push([]);
    stretches.at(-1).push(sample);
    before = sample.at;
  }
  return stretches;
}

/** Counts hold until the next sample: the line goes in steps. */
function line(stretch, name, point) {
  const [first, ...rest] = stretch.map((sample) => point(sample.at, sample[name]));
  return `M${first.join(" ")}${rest.map(([x, y]) => `H${x}V${y}`).join("")}`;
}

function area(stretch, point) {
  const [start] = point(stretch[0].at, 0);
  const [end, bottom] = point(stretch.at(-1).at, 0);
  return `${line(stretch, "queued", point)}H${end}V${bottom}H${start}Z`;
}
