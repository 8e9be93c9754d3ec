// JSON that keeps its long numbers, and the place of a mistake in JSON that a person wrote.

const unsafe = (value) => typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);

/** As JSON.parse; integers that JavaScript cannot hold keep their digits where the browser can do that. */
export function parse(text) {
  return JSON.parse(text, (_key, value, context) =>
    unsafe(value) && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : value,
  );
}

export const pretty = (value) => JSON.stringify(value, null, 2) ?? "";

/** Where and why `text` is no JSON: {message, offset, line, column, excerpt}; null where it is JSON. */
export function fault(text) {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const scanner = new Scanner(text);
    const message = scanner.complaint();
    return { message, ...place(text, scanner.at) };
  }
}

function place(text, offset) {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", offset);
  const [line, column] = [before.split("\n").length, offset - start + 1];
  return { offset, line, column, excerpt: excerpt(text.slice(start, end < 0 ? undefined : end), column - 1) };
}

function excerpt(line, column) {
  const from = Math.max(0, column - 30);
  const indent = line.slice(from, column).replace(/[^\t]/g, " ");
  return `${line.slice(from, column + 20)}\n${indent}^`;
}

class Mistake extends Error {}

/** Reads JSON only to find its first mistake. */
class Scanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  complaint() {
    try {
      this.value();
      this.blanks();
      return this.at < this.text.length ? "something follows the end of the value" : "this is no JSON";
    } catch (error) {
      return error instanceof Mistake ? error.message : "this is nested too deeply";
    }
  }

  fail(message) {
    throw new Mistake(this.at < this.text.length ? message : `the text ends here; ${message}`);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found !== null;
  }

  blanks() {
    this.match(/[ \t\r\n]*/y);
  }

  next(character) {
    this.blanks();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value() {
    if (this.next("{")) return this.members();
    if (this.next("[")) return this.items();
    if (this.text[this.at] === '"') return this.string();
    if (this.match(/-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?![\w.])|(true|false|null)\b/y)) return undefined;
    return this.fail(this.unknown());
  }

  unknown() {
    const word = /[A-Za-z_]+/y;
    word.lastIndex = this.at;
    const found = word.exec(this.text)?.[0];
    const literals = { True: "true", False: "false", None: "null" };
    if (Object.hasOwn(literals, found ?? "")) return `${found} is written ${literals[found]} in JSON`;
    if (this.text[this.at] === "'") return "strings stand in double quotes";
    return found ? `${found} is no JSON value; a string stands in double quotes` : "a value is expected";
  }

  string() {
    if (!this.match(/"/y)) {
      return this.fail(this.text[this.at] === "}" ? "no comma before }" : "a name in double quotes is expected");
    }
    this.match(/([^"\\\u0000-\u001f]+|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y);
    if (!this.match(/"/y)) this.fail(this.text[this.at] === "\\" ? "no such escape in JSON" : "the string is not closed");
    return undefined;
  }

  members() {
    if (this.next("}")) return;
    do {
      this.blanks();
      this.string();
      if (!this.next(":")) this.fail("a colon is expected after the name");
      this.value();
    } while (this.next(","));
    if (!this.next("}")) this.fail("a comma or } is expected");
  }

  items() {
    if (this.next("]")) return;
    do {
      this.blanks();
      if (this.text[this.at] === "]") this.fail("no comma before ]");
      this.value();
    } while (this.next(","));
    if (!this.next("]")) this.fail("a comma or ] is expected");
  }
}
