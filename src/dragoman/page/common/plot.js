// Numbers over the last minutes, as lines.

const GAP = 5_000;
const [WIDTH, HEIGHT] = [300, 100];

export class Plot {
  #samples = [];

  /** `figure` has a path for each of the `names` and one for the area below the first; `span` is in milliseconds. */
  constructor(figure, names, span, least = 4) {
    this.figure = figure;
    this.names = names;
    this.span = span;
    this.least = least;
  }

  /** Adds the numbers of now, by name, and draws; returns the most of any since the plot begins. */
  add(numbers, now = Date.now()) {
    this.#samples = this.#samples.filter((sample) => sample.at > now - this.span - GAP);
    this.#samples.push({ at: now, ...numbers });
    const most = Math.max(0, ...this.#samples.flatMap((sample) => this.names.map((name) => sample[name])));
    this.#draw(now, ceiling(Math.max(this.least, most)));
    return most;
  }

  #draw(now, top) {
    const point = (at, number) => [
      (WIDTH * (1 - (now - at) / this.span)).toFixed(2),
      (HEIGHT - 1 - (number / top) * (HEIGHT - 3)).toFixed(2),
    ];
    const stretches = unbroken(this.#samples);
    this.#path(".area", stretches.map((stretch) => area(stretch, this.names[0], point)));
    for (const name of this.names) this.#path(`.${name}`, stretches.map((stretch) => line(stretch, name, point)));
    this.figure.querySelector(".top").textContent = top.toLocaleString("en");
  }

  #path(selector, parts) {
    this.figure.querySelector(`path${selector}`).setAttribute("d", parts.join(""));
  }
}

/** The next round number: 4, 10, 20, 40, 100, … */
function ceiling(number) {
  let power = 1;
  for (;;) {
    for (const step of [1, 2, 4]) if (step * power >= number) return step * power;
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

function area(stretch, name, point) {
  const [start] = point(stretch[0].at, 0);
  const [end, bottom] = point(stretch.at(-1).at, 0);
  return `${line(stretch, name, point)}H${end}V${bottom}H${start}Z`;
}
