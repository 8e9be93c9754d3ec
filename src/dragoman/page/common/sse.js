// Server-sent events, read as they come.

/** The data of each event of a stream of bytes, as soon as its blank line is there. */
export async function* events(stream) {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  const lines = new Lines();
  let data = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      for (const line of lines.take(text)) {
        if (line) data.push(...field(line));
        else if (data.length) yield data.splice(0).join("\n");
      }
      if (done) break;
    }
    data.push(...field(lines.rest()));
    if (data.length) yield data.join("\n");
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** The data of all events of a text. */
export function dataOf(text) {
  return text.split(/\r\n|\n|\r/).flatMap(field);
}

function field(line) {
  return line.startsWith("data:") ? [line.slice(line[5] === " " ? 6 : 5)] : [];
}

/** Text in pieces as whole lines, which end with \n, \r\n or \r. */
class Lines {
  #kept = "";

  take(text) {
    const all = this.#kept + text;
    // The last \r may be the first half of \r\n.
    const whole = all.endsWith("\r") ? all.slice(0, -1) : all;
    const found = whole.split(/\r\n|\n|\r/);
    this.#kept = found.pop() + all.slice(whole.length);
    return found;
  }

  rest() {
    return this.#kept.replace(/\r$/, "");
  }
}
