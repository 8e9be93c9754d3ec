// How fast one answer comes, as this browser sees it.

import { duration } from "./format.js";

export class Pace {
  #began;
  #first = null;
  #last = null;
  #pieces = 0;
  #told = null;

  constructor(now = performance.now()) {
    this.#began = now;
  }

  /** An event of the stream. Each holds a token or more; the last one says how many they were. */
  hear(chunk, now = performance.now()) {
    const delta = chunk.choices?.[0]?.delta;
    this.#told = chunk.usage?.completion_tokens ?? this.#told;
    if (!delta?.content && !delta?.reasoning && !delta?.reasoning_content) return;
    this.#first ??= now;
    this.#last = now;
    this.#pieces += 1;
  }

  /** Milliseconds to the first token; null before it. */
  get toFirst() {
    return this.#first === null ? null : this.#first - this.#began;
  }

  get tokens() {
    return this.#told ?? this.#pieces;
  }

  /** Tokens a second after the first one; null before there are two. */
  get rate() {
    const seconds = (this.#last - this.#first) / 1000;
    return this.tokens > 1 && seconds > 0 ? (this.tokens - 1) / seconds : null;
  }

  get words() {
    if (this.#first === null) return "";
    const rate = this.rate === null ? [] : [`${this.rate.toFixed(1)} tokens/s`];
    return [`first token ${duration(this.toFirst)}`, ...rate, `${this.tokens} tokens`].join(" · ");
  }
}
