// What stays in the browser: the open queries and the ones that were run.

export interface Tab { id: number; text: string }
// Past is a query that was run. What came may be missing, as earlier versions did not keep it.
export interface Past { text: string; at: number; ms: number; rows: number; kind?: "solutions" | "triples" | "boolean"; yes?: boolean; more?: boolean }

const tabsKey = "triplestore.tabs", historyKey = "triplestore.history";
const keptHistory = 100, keptTabs = 30;

function read<T>(key: string, otherwise: T): T {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "") as T;
  } catch {
    return otherwise; // nothing there, or storage is switched off
  }
}

function write(key: string, value: unknown) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // storage is full or switched off: the page works without it
  }
}

export class Tabs {
  list: Tab[];
  active: number;

  constructor() {
    const saved = read<{ list: Tab[]; active: number }>(tabsKey, { list: [], active: 0 });
    this.list = Array.isArray(saved.list) ? saved.list.filter(t => typeof t.text === "string" && typeof t.id === "number") : [];
    this.active = saved.active;
  }

  get current(): Tab { return this.list.find(t => t.id === this.active) ?? this.list[0]!; }

  add(text: string): Tab {
    const tab = { id: 1 + Math.max(0, ...this.list.map(t => t.id)), text };
    this.list.push(tab);
    if (this.list.length > keptTabs) this.list.shift();
    this.active = tab.id;
    this.save();
    return tab;
  }

  remove(id: number) {
    const at = this.list.findIndex(t => t.id === id);
    this.list.splice(at, 1);
    if (this.active === id) this.active = (this.list[at] ?? this.list[at - 1])?.id ?? 0;
    this.save();
  }

  save() { write(tabsKey, { list: this.list, active: this.active }); }
}

// titleOf names a query by the comment that it begins with, else by its first words that tell something.
export function titleOf(text: string, otherwise: string): string {
  const comment = /^\s*#+\s*(.+)/.exec(text)?.[1];
  const body = text.split("\n").filter(l => !/^\s*(#|PREFIX\b|BASE\b|VERSION\b|$)/i.test(l)).join(" ").replace(/\s+/g, " ").trim();
  const title = comment ?? body;
  return title === "" ? otherwise : title.length > 28 ? title.slice(0, 27).trimEnd() + "…" : title;
}

export function past(): Past[] {
  const list = read<Past[]>(historyKey, []);
  return Array.isArray(list) ? list : [];
}

export function remember(p: Past) {
  write(historyKey, [p, ...past().filter(q => q.text !== p.text)].slice(0, keptHistory));
}

export function forget() { write(historyKey, []); }
