// Work that is done again and again while somebody looks at the page.

export class Poll {
  #timer = null;
  #busy = false;
  #again = false;

  /** `work` says, in milliseconds, when it wants to be called next; null: not before `now` is called. */
  constructor(work) {
    this.work = work;
    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(this.#timer) : this.now()));
  }

  /** Does it at once, or once more where it is under way. */
  async now() {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    let pause = null;
    while (this.#again) {
      this.#again = false;
      pause = await this.work();
    }
    this.#busy = false;
    if (pause !== null && !document.hidden) this.#timer = setTimeout(() => this.now(), pause);
  }
}
