// How fast the worker is and how much it has to do, from its metrics.

import { byId, setText } from "./dom.js";
import { duration } from "./format.js";
import { total, values } from "./metrics.js";
import { Plot } from "./plot.js";

const SPAN = 120_000;
const TOKENS = "vllm:generation_tokens_total";
const RUNNING = "vllm:num_requests_running";
const WAITING = "vllm:num_requests_waiting";
const CACHE = "vllm:kv_cache_usage_perc";
const QUEUE = "dragoman_queue_requests";
const LAST = "dragoman_last_boot_phase_seconds";

export class Live {
  /** The seconds of each phase of the start before, by its name. */
  lastPhases = {};
  #before = null;
  #rate = new Figure("rate-plot", ["rate"]);
  #queue = new Figure("queue-plot", ["queued", "running"]);
  #cache = new Figure("cache-plot", ["cache"], 1);

  update(samples, now = performance.now()) {
    this.lastPhases = Object.fromEntries(samples.filter(({ name }) => name === LAST).map(({ labels, value }) => [labels.phase, value]));
    this.#showRate(total(samples, TOKENS), now);
    this.#showQueue(total(samples, RUNNING), total(samples, WAITING), total(samples, QUEUE, { state: "waiting" }) ?? 0);
    this.#showCache(values(samples, CACHE));
  }

  /** Shows how an answer comes. */
  measure(pace) {
    setText(byId("first-token"), duration(pace.toFirst));
    setText(byId("answer-rate"), pace.rate === null ? "–" : pace.rate.toFixed(1));
    setText(byId("answer-tokens"), pace.tokens || "–");
  }

  /** A counter that is lower than before is that of another engine. */
  #showRate(tokens, now) {
    const before = this.#before;
    this.#before = tokens === null ? null : { tokens, now };
    if (tokens === null || before === null || tokens < before.tokens) return;
    const rate = ((tokens - before.tokens) * 1000) / (now - before.now);
    setText(byId("rate"), rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en"));
    this.#rate.add({ rate }, (most) => `${rate.toFixed(1)} tokens a second now; at most ${most.toFixed(1)}`);
  }

  #showQueue(running, waiting, outside) {
    if (running === null) return;
    const queued = (waiting ?? 0) + outside;
    setText(byId("waiting"), queued);
    setText(byId("running"), running);
    this.#queue.add({ queued, running }, (most) => `${queued} requests wait and ${running} run now; at most ${most} of either`);
  }

  #showCache(shares) {
    if (!shares.length) return;
    const cache = 100 * Math.max(...shares);
    const told = `${cache.toFixed(cache < 10 ? 1 : 0)} %`;
    setText(byId("cache"), told);
    this.#cache.add({ cache }, (most) => `${told} now; at most ${most.toFixed(1)} %`);
  }
}

class Figure {
  constructor(id, names, least) {
    this.svg = byId(id).querySelector("svg");
    this.plot = new Plot(byId(id), names, SPAN, least);
  }

  add(numbers, told) {
    this.svg.ariaLabel = `The last two minutes: ${told(this.plot.add(numbers))}`;
  }
}
