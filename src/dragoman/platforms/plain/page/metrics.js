// Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a text: `{name, labels, value}` each. */
export function parse(text) {
  return text.split("\n").map(sample).filter(Boolean);
}

function sample(line) {
  const [, name, labels, value] = SAMPLE.exec(line) ?? [];
  if (!name) return null;
  return { name, labels: Object.fromEntries([...(labels ?? "").matchAll(LABEL)].map(([, key, text]) => [key, text])), value: Number(value) };
}

/** The values of a name's samples, with these labels. */
export function values(samples, name, labels = {}) {
  const wanted = Object.entries(labels);
  const found = samples.filter((each) => each.name === name && wanted.every(([key, text]) => each.labels[key] === text));
  return found.map(({ value }) => value);
}

/** Their sum; null where there are none. */
export function total(samples, name, labels = {}) {
  const found = values(samples, name, labels);
  return found.length ? found.reduce((sum, value) => sum + value, 0) : null;
}
