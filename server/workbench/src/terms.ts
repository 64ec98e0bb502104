// RDF terms as SPARQL results in TSV and N-Triples write them (https://www.w3.org/TR/sparql11-results-csv-tsv/).

export interface Term {
  kind: "iri" | "blank" | "literal" | "triple";
  value: string;
  lang?: string;
  datatype?: string;
  triple?: [Term, Term, Term];
}

const xsd = "http://www.w3.org/2001/XMLSchema#";
const numeric = new Set(["integer", "decimal", "double", "float", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger",
  "nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"].map(n => xsd + n));

export function isNumeric(t: Term | null): boolean {
  return t !== null && t.kind === "literal" && t.datatype !== undefined && numeric.has(t.datatype);
}

// numberOf is the value of a number as XSD writes it.
export function numberOf(t: Term): number {
  const s = t.value.trim();
  return s === "INF" || s === "+INF" ? Infinity : s === "-INF" ? -Infinity : s === "" ? NaN : Number(s);
}

const escapes: Record<string, string> = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f", '"': '"', "'": "'", "\\": "\\" };

function unescape(s: string): string {
  if (!s.includes("\\")) return s;
  return s.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, u4, u8, c) =>
    u4 || u8 ? String.fromCodePoint(parseInt(u4 || u8, 16)) : escapes[c] ?? c);
}

// Regular expressions read what is short. V8 gives up on a group that is repeated a million times, so the ends of strings are looked for.
const blank = /_:([^\s]+)/y;
const tail = /@([A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--(?:ltr|rtl))?)|\^\^<([^>]*)>/y;
const number = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?=\s|$|\))/y;
const boolean = /(?:true|false)(?=\s|$|\))/y;

// TermReader reads terms one after the other.
export class TermReader {
  pos = 0;
  constructor(readonly text: string) {}

  skip() {
    while (this.text[this.pos] === " " || this.text[this.pos] === "\t") this.pos++;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.pos;
    const m = pattern.exec(this.text);
    if (m) this.pos += m[0].length;
    return m;
  }

  // quoted gives the place of the quote that ends the string that begins here, -1 if none does.
  private quoted(quote: string): number {
    for (let end = this.pos; (end = this.text.indexOf(quote, end + 1)) >= 0;) {
      let escaped = false;
      for (let i = end - 1; this.text[i] === "\\"; i--) escaped = !escaped;
      if (!escaped) return end;
    }
    return -1;
  }

  // next gives null at the end and throws for what is no term.
  next(): Term | null {
    this.skip();
    const { text } = this;
    if (this.pos >= text.length) return null;
    if (text.startsWith("<<(", this.pos)) {
      this.pos += 3;
      const parts = [this.next(), this.next(), this.next()];
      this.skip();
      if (!text.startsWith(")>>", this.pos) || parts.some(p => p === null)) throw new Error("triple term");
      this.pos += 3;
      const triple = parts as [Term, Term, Term];
      return { kind: "triple", value: "", triple };
    }
    const first = text[this.pos]!;
    if (first === "<") {
      const end = text.indexOf(">", this.pos);
      if (end < 0) this.fail();
      const value = unescape(text.slice(this.pos + 1, end));
      this.pos = end + 1;
      return { kind: "iri", value };
    }
    if (first === '"' || first === "'") {
      const end = this.quoted(first);
      if (end < 0) this.fail();
      const term: Term = { kind: "literal", value: unescape(text.slice(this.pos + 1, end)) };
      this.pos = end + 1;
      const m = this.match(tail);
      if (m?.[1]) term.lang = m[1];
      if (m?.[2]) term.datatype = unescape(m[2]);
      return term;
    }
    let m = this.match(blank);
    if (m) return { kind: "blank", value: m[1]! };
    m = this.match(number);
    if (m) return { kind: "literal", value: m[0], datatype: xsd + (/[eE]/.test(m[0]) ? "double" : m[0].includes(".") ? "decimal" : "integer") };
    m = this.match(boolean);
    if (m) return { kind: "literal", value: m[0], datatype: xsd + "boolean" };
    return this.fail();
  }

  private fail(): never {
    throw new Error("no term: " + this.text.slice(this.pos, this.pos + 60));
  }
}

export function parseTerm(text: string): Term | null {
  return text === "" ? null : new TermReader(text).next();
}

// parseTriple reads a line of N-Triples; null for one that is empty or a comment.
export function parseTriple(line: string): (Term | null)[] | null {
  if (line.trim() === "" || line.startsWith("#")) return null;
  const text = line.trimEnd();
  const r = new TermReader(text.endsWith(".") ? text.slice(0, -1).trimEnd() : text);
  return [r.next(), r.next(), r.next()];
}

// Names shortens IRIs with prefixes.
export class Names {
  private readonly byLength: { prefix: string; iri: string }[] = [];

  // base begins IRIs that this server answers at their own paths.
  constructor(private readonly base: string) {}

  // path gives the path of an IRI of this server's own.
  path(iri: string): string | null {
    if (this.base === "" || !iri.startsWith(this.base) || /[?#\\^\s<>"{}|`]|\/\.\.?(\/|$)/.test(iri) || iri.length === this.base.length) return null;
    return iri.slice(new URL(this.base).origin.length);
  }

  set(prefixes: { prefix: string; iri: string }[]) {
    this.byLength.length = 0;
    this.byLength.push(...[...prefixes].sort((a, b) => b.iri.length - a.iri.length));
  }

  short(iri: string): string {
    for (const p of this.byLength) {
      if (p.iri !== "" && iri.startsWith(p.iri)) {
        const local = iri.slice(p.iri.length);
        if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(local) && !local.endsWith(".")) return p.prefix + ":" + local;
      }
    }
    return this.path(iri) ?? iri;
  }

  show(t: Term): string {
    switch (t.kind) {
      case "iri": return this.short(t.value);
      case "blank": return "_:" + t.value;
      case "triple": return "<<( " + t.triple!.map(x => this.show(x)).join(" ") + " )>>";
    }
    return t.value;
  }
}
