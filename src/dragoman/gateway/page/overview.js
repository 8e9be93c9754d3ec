// The endpoint's health: numbers, and the queue over the last minutes.

import { byId, setText } from "./dom.js";
import { Plot } from "./plot.js";

const SPAN = 300_000;

export class Overview {
  #figure = byId("plot");
  #plot = new Plot(this.#figure, ["queued", "running"], SPAN);
  #counts = [...byId("tiles").querySelectorAll("[data-count]")];

  update(health) {
    for (const place of this.#counts) this.#tile(place, health);
    const { inQueue, inProgress } = health.jobs;
    const most = this.#plot.add({ queued: inQueue, running: inProgress });
    const said = `${inQueue} in queue and ${inProgress} in progress now; at most ${most} of either`;
    this.#figure.querySelector("svg").setAttribute("aria-label", `The last five minutes: ${said}`);
  }

  #tile(place, health) {
    const [group, name] = place.dataset.count.split(".");
    const number = health[group][name];
    setText(place, number.toLocaleString("en"));
    place.parentElement.classList.toggle("zero", number === 0);
  }
}
