import { lines, query } from "./api";
import { formatNumber, formatSeconds, h, locales, type Child } from "./dom";
import { fill, m } from "./messages";
import { isNumeric, Names, numberOf, parseTerm, parseTriple, type Term } from "./terms";

export type Row = (Term | null)[];

export interface Result {
  kind: "solutions" | "triples" | "boolean";
  vars: string[];
  rows: Row[];
  // more: there are rows beyond those that are shown. broken: the answer ended too early.
  more: boolean;
  broken: boolean;
  boolean: boolean;
  ms: number;
}

export const shownRows = 10_000;

const accept = "text/tab-separated-values, application/n-triples;q=0.9";

// ask runs a query and reads as many rows as are shown; then it lets go of the rest.
export async function ask(text: string, signal: AbortController, progress: (rows: number) => void): Promise<Result> {
  const start = performance.now();
  const r = await query(text, accept, signal.signal);
  const type = (r.headers.get("Content-Type") ?? "").split(";")[0];
  const result: Result = { kind: "solutions", vars: [], rows: [], more: false, broken: false, boolean: false, ms: 0 };
  const triples = type === "application/n-triples";
  if (triples) {
    result.kind = "triples";
    result.vars = ["subject", "predicate", "object"];
  }
  let head = triples;
  let last = 0;
  try {
    for await (const raw of lines(r)) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (!head) {
        head = true;
        if (line === "true" || line === "false") {
          result.kind = "boolean";
          result.boolean = line === "true";
          continue;
        }
        result.vars = line === "" ? [] : line.split("\t").map(v => v.replace(/^[?$]/, ""));
        continue;
      }
      const row = triples ? parseTriple(line) : line.split("\t").map(parseTerm);
      if (row === null) continue;
      if (result.rows.length === shownRows) {
        result.more = true;
        break;
      }
      result.rows.push(row);
      if (performance.now() - last > 200) {
        last = performance.now();
        progress(result.rows.length);
      }
    }
  } catch (e) {
    if (signal.signal.aborted || result.rows.length === 0) throw e;
    result.broken = true;
  }
  result.ms = performance.now() - start;
  return result;
}

export function termNode(t: Term | null, names: Names): Child {
  if (t === null) return "";
  switch (t.kind) {
    case "iri": {
      const lang = new URLSearchParams(location.search).get("lang");
      const own = names.path(t.value);
      const href = own === null ? "/resource?" + new URLSearchParams(lang ? { iri: t.value, lang } : { iri: t.value }) : own + (lang ? "?lang=" + encodeURIComponent(lang) : "");
      return h("a", { href, title: t.value }, names.short(t.value));
    }
    case "blank": return h("span", { class: "blank" }, "_:" + t.value);
    case "triple": return h("span", { class: "triple" }, "<<( ", ...t.triple!.flatMap(x => [termNode(x, names), " "]), ")>>");
  }
  const [lang, dir] = (t.lang ?? "").split("--");
  const datatype = t.datatype && !isNumeric(t) ? names.short(t.datatype) : "";
  return h("span", { class: isNumeric(t) ? "number" : null, lang: lang || null, dir: dir || (lang ? "auto" : null) },
    t.value, lang ? h("span", { class: "tag", lang: "en" }, t.lang!) : null, datatype ? h("span", { class: "tag" }, datatype) : null);
}

const collator = new Intl.Collator(locales());

function rank(t: Term | null): number {
  return t === null ? 0 : t.kind === "blank" ? 1 : t.kind === "iri" ? 2 : t.kind === "triple" ? 5 : isNumeric(t) ? 3 : 4;
}

// compare is an order of all terms, that of ORDER BY: unbound, blank nodes, IRIs, numbers by value with NaN first, other literals, triple terms.
export function compare(a: Term | null, b: Term | null): number {
  const by = rank(a) - rank(b);
  if (by !== 0 || a === null || b === null) return by;
  if (a.triple && b.triple) return a.triple.map((t, i) => compare(t, b.triple![i]!)).find(c => c !== 0) ?? 0;
  if (isNumeric(a)) {
    const x = numberOf(a), y = numberOf(b);
    return x < y ? -1 : x > y ? 1 : Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  }
  return collator.compare(a.value, b.value);
}

const pageRows = 100;

// table shows rows by pages, which can be sorted and filtered.
export function table(result: Result, names: Names): HTMLElement {
  let rows = result.rows;
  let page = 0, sorted = -1, descending = false, wanted = "";
  const body = h("tbody");
  const heads = result.vars.map((name, i) => {
    const button = h("button", { type: "button", class: "sort", click: () => {
      descending = sorted === i && !descending;
      sorted = i;
      show(true);
    } }, name, h("span", { class: "arrow", "aria-hidden": "true" }));
    return h("th", { scope: "col" }, button);
  });
  const status = h("span", { role: "status" });
  const previous = h("button", { type: "button", class: "quiet", click: () => { page--; show(); } }, "← " + m.previous);
  const next = h("button", { type: "button", class: "quiet", click: () => { page++; show(); } }, m.next + " →");
  const pager = h("div", { class: "pager" }, previous, status, next);
  const scroller = h("div", { class: "scroll", role: "region", "aria-label": m.result, tabindex: 0 },
    h("table", { class: "results" }, h("thead", null, h("tr", null, h("th", { scope: "col", class: "index" }, "#"), ...heads)), body));
  const input = h("input", { type: "search", "aria-label": m.filter, placeholder: m.filter, input: () => { wanted = input.value.toLowerCase(); show(true); } });
  const filter = h("div", { class: "filter" }, input);
  const none = h("p", { hidden: true }, m.noneLeft);

  function show(again = false) {
    if (again) {
      page = 0;
      rows = wanted === "" ? result.rows : result.rows.filter(r => r.some(t => t !== null && names.show(t).toLowerCase().includes(wanted)));
      if (sorted >= 0) rows = [...rows].sort((a, b) => (descending ? -1 : 1) * compare(a[sorted] ?? null, b[sorted] ?? null));
      heads.forEach((head, i) => {
        if (i === sorted) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    }
    const pages = Math.max(1, Math.ceil(rows.length / pageRows));
    const first = page * pageRows;
    body.replaceChildren(...rows.slice(first, first + pageRows).map((row, i) => h("tr", null, h("td", { class: "index" }, first + i + 1),
      ...result.vars.map((_, k) => h("td", { class: isNumeric(row[k] ?? null) ? "numeric" : null }, termNode(row[k] ?? null, names))))));
    const held = document.activeElement;
    previous.disabled = page === 0;
    next.disabled = page >= pages - 1;
    if (held === next && next.disabled) previous.focus();
    if (held === previous && previous.disabled) next.focus();
    pager.hidden = pages === 1;
    none.hidden = rows.length > 0;
    scroller.hidden = rows.length === 0;
    status.textContent = `${m.page} ${formatNumber(page + 1)} ${m.of} ${formatNumber(pages)}`;
  }
  show();
  return h("div", { class: "table-view" }, result.rows.length > 10 ? filter : null, none, scroller, pager);
}

// counted is a number of rows or triples in words; more: there are more than these.
export function counted(kind: Result["kind"] | undefined, n: number, more = false): string {
  const word = kind === "triples" ? (n === 1 ? m.triple : m.triples) : n === 1 ? m.row : m.rows;
  return `${formatNumber(n)}${more ? "+" : ""} ${word}`;
}

// summary tells in words what came.
export function summary(result: Result): string {
  const n = result.rows.length;
  if (result.kind === "boolean") return formatSeconds(result.ms) + " " + m.seconds;
  let text = `${counted(result.kind, n, result.more)} ${m.in} ${formatSeconds(result.ms)} ${m.seconds}`;
  if (result.more) text += ". " + fill(m.firstRows, { n: formatNumber(shownRows) });
  if (result.broken) text += ". " + fill(m.broken, { n: formatNumber(n) });
  return text;
}
