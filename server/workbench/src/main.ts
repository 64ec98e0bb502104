import { check, explain, format, ProblemError, query, token, update, type Check, type Plan } from "./api";
import { canChart, chart } from "./chart";
import { formatNumber, h, locales } from "./dom";
import { Editor, known } from "./editor";
import { canMap, map } from "./map";
import { fill, m } from "./messages";
import { planView } from "./plan";
import { ask, counted, summary, table, type Result } from "./results";
import { forget, past, remember, Tabs, titleOf } from "./state";
import { Names } from "./terms";

interface Format { name: string; title: string; type: string }
interface Config {
  examples: { topic: string; lang: string; list: { title: string; lang: string; text: string }[] }[];
  // query is the text to begin with; given tells that the address names it.
  query: string;
  given: boolean;
  solutions: Format[];
  graphs: Format[];
  base: string;
  updates: "closed" | "token" | "open";
}

const config: Config = JSON.parse(document.getElementById("workbench-config")!.textContent!);
const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
const names = new Names(config.base);
const longestLink = 6000;
const rawCharacters = 200_000;

type View = "table" | "raw" | "chart" | "map";

// Outcome is what a tab shows below its query.
interface Outcome { element: HTMLElement; running: AbortController | null }

// Begun is what a tab is about to show.
interface Begun { outcome: Outcome; signal: AbortController; status: HTMLElement; tab: number }

class Workbench {
  private tabs = new Tabs();
  private outcomes = new Map<number, Outcome>();

  private tabList = h("ul", { class: "wb-tabs", "aria-label": m.tabs });
  private holder = h("div", { class: "wb-editor" });
  private mistake = h("div", { class: "wb-mistake", role: "status" });
  private runButton = h("button", { type: "button", class: "wb-run", click: () => void this.run() }, m.run);
  private cancelButton = h("button", { type: "button", class: "quiet danger", hidden: true, click: () => this.cancel() }, m.cancel);
  private tokenButton = h("button", { type: "button", class: "quiet", "aria-pressed": "false", hidden: config.updates !== "token", click: () => this.askToken() }, m.tokenShort);
  private note = h("div", { class: "wb-note", role: "status" });
  private results = h("div", { class: "wb-results" });
  private historyList = h("div");
  private editor: Editor;

  constructor(root: HTMLElement) {
    const quiet = (text: string, click: () => void) => h("button", { type: "button", class: "quiet", click }, text);
    const bar = h("div", { class: "wb-bar" }, this.runButton, this.cancelButton, quiet(m.format, () => void this.format()), quiet(m.plan, () => void this.plan("plan")),
      quiet(m.profile, () => void this.plan("profile")), quiet(m.share, () => void this.share()), this.tokenButton, h("span", { class: "wb-keys" }, m.keysShort));
    root.replaceChildren(
      h("div", { class: "wb" },
        h("div", { class: "wb-main" },
          h("div", { class: "wb-tabrow" }, this.tabList, h("button", { type: "button", class: "wb-new", "aria-label": m.newTab, title: m.newTab, click: () => this.open("") }, "+")),
          h("div", { class: "wb-card" }, this.holder, this.mistake, bar, h("p", { id: "editor-keys", class: "unseen" }, m.keys)),
          this.note, this.results),
        h("aside", { class: "wb-side" },
          h("details", { open: matchMedia("(min-width: 70rem)").matches }, h("summary", null, m.examples), this.examples()),
          h("details", { open: matchMedia("(min-width: 70rem)").matches }, h("summary", null, m.history), this.historyList))));
    this.editor = new Editor(this.holder, nonce, {
      changed: text => {
        this.tabs.current.text = text;
        this.tabs.save();
        this.showTabs();
      },
      checked: result => this.showCheck(result),
      run: () => void this.run(),
      format: () => void this.format(),
    });
    if (config.given && !this.tabs.list.some(t => t.text === config.query)) this.tabs.add(config.query);
    else if (config.given) this.tabs.active = this.tabs.list.find(t => t.text === config.query)!.id;
    if (this.tabs.list.length === 0) this.tabs.add(config.query);
    this.tabs.active = this.tabs.current.id;
    this.tabs.save();
    this.forgetAddress();
    this.show();
    this.showHistory();
    this.showToken();
    void known.load().then(v => v && names.set(v.prefixes));
  }

  // forgetAddress takes the query out of the address, so that reloading brings back the tabs as they are.
  private forgetAddress() {
    const u = new URL(location.href);
    u.searchParams.delete("query");
    u.searchParams.delete("example");
    history.replaceState(null, "", u);
  }

  private examples(): HTMLElement {
    return h("div", { class: "wb-examples" }, ...config.examples.map(topic => h("section", null, h("h2", { lang: topic.topic ? topic.lang : null }, topic.topic || m.topicOther),
      h("ul", null, ...topic.list.map(e => h("li", null, h("button", { type: "button", class: "link", lang: e.lang, click: () => this.open(e.text) }, e.title)))))));
  }

  private showHistory() {
    const list = past();
    this.historyList.replaceChildren(list.length === 0 ? h("p", { class: "hint" }, m.noHistory) : h("ul", { class: "wb-history" }, ...list.map(p => h("li", null,
      h("button", { type: "button", class: "link", click: () => this.open(p.text) }, titleOf(p.text, m.untitled)),
      h("span", { class: "hint" }, ` ${new Date(p.at).toLocaleString(locales(), { dateStyle: "short", timeStyle: "short" })} · ${p.kind === "boolean" ? p.yes ? m.yes : m.no : counted(p.kind, p.rows, p.more)}`)))),
      ...(list.length > 0 ? [h("button", { type: "button", class: "quiet", click: () => {
        forget();
        this.showHistory();
        this.historyList.closest("details")?.querySelector("summary")?.focus();
      } }, m.clear)] : []));
  }

  // open shows a text in a tab of its own, or in the one that has it.
  private open(text: string) {
    const same = this.tabs.list.find(t => t.text === text);
    if (same) this.tabs.active = same.id;
    else if (this.tabs.current.text.trim() === "" && text !== "") this.tabs.current.text = text;
    else this.tabs.add(text);
    this.tabs.save();
    this.show();
    this.editor.focus();
  }

  private show() {
    this.editor.open(this.tabs.current.text);
    this.showTabs();
    this.note.replaceChildren();
    const outcome = this.outcomes.get(this.tabs.active);
    this.results.replaceChildren(...(outcome ? [outcome.element] : []));
    this.showRunning();
  }

  // showTabs keeps the focus: on the same tab, or on a neighbour of the one that was closed.
  private showTabs() {
    const items = () => [...this.tabList.children] as HTMLElement[];
    const focused = items().findIndex(li => li.contains(document.activeElement)), tab = items()[focused]?.dataset["tab"];
    const closing = document.activeElement?.classList.contains("close");
    this.tabList.replaceChildren(...this.tabs.list.map((t, i) => {
      const title = titleOf(t.text, m.untitled + " " + (i + 1));
      return h("li", { class: t.id === this.tabs.active ? "current" : null, "data-tab": t.id },
        h("button", { type: "button", "aria-current": t.id === this.tabs.active ? "true" : null, click: () => {
          this.tabs.active = t.id;
          this.tabs.save();
          this.show();
        } }, title),
        this.tabs.list.length > 1 ? h("button", { type: "button", class: "close", "aria-label": `${m.closeTab}: ${title}`, click: () => {
          this.outcomes.get(t.id)?.running?.abort();
          this.outcomes.delete(t.id);
          this.tabs.remove(t.id);
          this.show();
        } }, "×") : null);
    }));
    if (focused >= 0) {
      const same = items().find(li => li.dataset["tab"] === tab);
      const button = closing && same?.querySelector<HTMLElement>(".close") || (same ?? items()[Math.min(focused, items().length - 1)])?.querySelector<HTMLElement>("button");
      button?.focus({ preventScroll: true });
    }
    const current = this.tabList.querySelector<HTMLElement>("li.current"); // may be beyond the edge where there are many, or on a phone
    if (current) this.tabList.scrollLeft = current.offsetLeft - this.tabList.offsetLeft - 8;
  }

  private showCheck(c: Check) {
    const e = c.error;
    this.mistake.classList.toggle("bad", !!e);
    if (e) {
      this.mistake.replaceChildren(h("strong", null, `${m.line} ${e.line}, ${m.column} ${e.column}: `), h("span", { lang: "en" }, e.message), " ",
        h("button", { type: "button", class: "link", click: () => this.editor.jump(e.start) }, m.showMistake));
    } else {
      this.mistake.replaceChildren(h("span", { class: "good" }, "✓ " + m.valid), c.kind === "update" ? ` · ${m.update}` : c.form ? ` · ${c.form}` : "");
    }
  }

  private showRunning() {
    const running = !!this.outcomes.get(this.tabs.active)?.running;
    this.runButton.setAttribute("aria-disabled", String(running)); // not disabled, which would take the focus from it
    if (!running && document.activeElement === this.cancelButton) this.runButton.focus();
    this.cancelButton.hidden = !running;
  }

  private cancel() { this.outcomes.get(this.tabs.active)?.running?.abort(); }

  private say(...children: (Node | string)[]) { this.note.replaceChildren(...children); }

  private async format() {
    const tab = this.tabs.active, before = this.editor.text;
    try {
      const text = await format(before);
      if (this.tabs.active !== tab || this.editor.text !== before) return; // it is no longer what is shown
      if (text !== before) this.editor.replace(text);
      this.editor.focus();
    } catch (e) {
      if (e instanceof ProblemError && e.problem.line) void this.editor.checkNow();
      else this.say(errorBox(e));
    }
  }

  private async share() {
    const u = new URL("/workbench", location.href);
    u.searchParams.set("query", this.editor.text);
    const lang = new URLSearchParams(location.search).get("lang");
    if (lang) u.searchParams.set("lang", lang);
    if (u.href.length > longestLink) return this.say(m.tooLong);
    try {
      await navigator.clipboard.writeText(u.href);
      this.say(m.copied);
    } catch {
      const field = h("input", { type: "text", readonly: true, value: u.href, "aria-label": m.copyThis });
      this.say(m.copyThis + " ", field);
      field.select();
    }
  }

  // begin makes a place for what a tab is about to show and gives the outcome that ends it.
  private begin(tab: number): Begun {
    this.outcomes.get(tab)?.running?.abort();
    const signal = new AbortController();
    const status = h("p", { class: "wb-status", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), h("span", null, m.running));
    const outcome: Outcome = { element: h("div", null, status), running: signal };
    this.outcomes.set(tab, outcome);
    const focused = this.results.contains(document.activeElement);
    if (tab === this.tabs.active) {
      this.note.replaceChildren();
      this.results.replaceChildren(outcome.element);
    }
    this.showRunning();
    if (focused) this.runButton.focus();
    return { outcome, signal, status, tab };
  }

  private end(outcome: Outcome, ...shown: (Node | string)[]) {
    const focused = outcome.element.contains(document.activeElement);
    outcome.running = null;
    outcome.element.replaceChildren(...shown);
    this.showRunning();
    if (focused) this.runButton.focus();
  }

  private failed(outcome: Outcome, signal: AbortController, e: unknown) {
    this.end(outcome, signal.signal.aborted ? h("p", { class: "wb-status", role: "status" }, m.cancelled) : errorBox(e));
  }

  private async plan(how: "plan" | "profile") {
    const text = this.editor.text;
    const { outcome, signal } = this.begin(this.tabs.active);
    try {
      const plan: Plan = await explain(text, how, signal.signal);
      this.end(outcome, h("h2", { class: "wb-title" }, how === "plan" ? m.planTitle : m.profileTitle), planView(plan));
    } catch (e) {
      this.failed(outcome, signal, e);
    }
  }

  private async run() {
    const tab = this.tabs.active, text = this.editor.text;
    if (this.outcomes.get(tab)?.running) return; // an update is not sent twice
    const begun = this.begin(tab), { outcome, signal, status } = begun;
    try {
      const checked = await check(text, signal.signal);
      if (checked.valid && checked.kind === "update") return this.update(text, begun);
      const result = await ask(text, signal, rows => { status.lastElementChild!.textContent = `${m.running} ${formatNumber(rows)} ${m.rowsSoFar}`; });
      remember({ text, at: Date.now(), ms: Math.round(result.ms), rows: result.rows.length, kind: result.kind, yes: result.boolean, more: result.more });
      this.showHistory();
      this.end(outcome, answer(text, result));
    } catch (e) {
      this.failed(outcome, signal, e);
    }
  }

  // tokenForm asks for a token; then goes on with it.
  private tokenForm(text: string, then: () => void) {
    const input = h("input", { type: "password", autocomplete: "off", required: true, value: token.get() });
    const form = h("form", { class: "wb-token", submit: (event: Event) => {
      event.preventDefault();
      token.set(input.value.trim());
      this.showToken();
      void known.load();
      then();
    } }, h("p", null, text), h("label", null, m.token + " ", input), h("button", { type: "submit" }, m.send));
    return { form, input };
  }

  private showToken() {
    this.tokenButton.setAttribute("aria-pressed", String(token.get() !== ""));
  }

  // askToken lets the reader give this tab of the browser a token, or take it back.
  private askToken() {
    const close = (...said: string[]) => {
      this.say(...said);
      this.tokenButton.focus();
    };
    const { form, input } = this.tokenForm(m.tokenUse, () => close(m.tokenKept));
    form.append(h("button", { type: "button", class: "quiet", click: () => { token.set(""); this.showToken(); void known.load(); close(); } }, m.tokenForget));
    this.note.replaceChildren(form);
    input.focus();
  }

  private async update(text: string, { outcome, signal, tab }: Begun) {
    if (config.updates === "closed") return this.end(outcome, h("p", { class: "error", role: "alert" }, m.closed));
    try {
      const c = await update(text, signal.signal);
      this.end(outcome, h("p", { class: "wb-status", role: "status" }, fill(m.updated, { i: `${formatNumber(c.inserted)} ${c.inserted === 1 ? m.statement : m.statements}`, d: formatNumber(c.deleted), c: c.commit })));
      void known.load();
    } catch (e) {
      if (e instanceof ProblemError && e.problem.status === 401) {
        const { form, input } = this.tokenForm(m.tokenText, () => void this.update(text, this.begin(tab)));
        this.end(outcome, form);
        if (form.isConnected) input.focus(); // else another tab is shown
        return;
      }
      this.failed(outcome, signal, e);
    }
  }
}

function errorBox(e: unknown): HTMLElement {
  const text = e instanceof ProblemError ? e.problem : { title: m.failed, detail: "" };
  return h("div", { class: "error", role: "alert", lang: e instanceof ProblemError ? "en" : null }, h("strong", null, text.title), text.detail ? h("p", null, text.detail) : null);
}

// answer shows a result in the view that fits, and lets one change it.
function answer(text: string, result: Result): HTMLElement {
  const formats = result.kind === "triples" ? config.graphs : config.solutions;
  if (result.kind === "boolean") {
    return h("div", null, h("p", { class: "answer", role: "status" }, result.boolean ? m.yes : m.no), h("p", { class: "wb-status" }, summary(result)), downloads(text, formats));
  }
  const body = h("div", { class: "view" });
  const views: [View, string, () => HTMLElement][] = [
    ["table", m.table, () => result.rows.length === 0 ? h("p", { class: "hint" }, m.empty) : table(result, names)],
    ["raw", m.raw, () => raw(text, formats)],
    ["chart", m.chart, () => chart(result, names)],
    ["map", m.map, () => map(result, names)],
  ];
  const usable: Record<View, boolean> = { table: true, raw: true, chart: canChart(result), map: canMap(result, names) };
  const buttons = views.map(([id, title, make]) => {
    const button = h("button", { type: "button", "aria-pressed": "false", class: usable[id] ? null : "dim", click: () => {
      for (const b of buttons) b.setAttribute("aria-pressed", String(b === button));
      body.replaceChildren(make());
    } }, title);
    return button;
  });
  buttons[0]!.click();
  return h("div", null,
    h("div", { class: "wb-head" }, h("div", { class: "views", role: "group", "aria-label": m.views }, ...buttons), h("p", { class: "wb-status", role: "status" }, summary(result))),
    body, downloads(text, formats));
}

function address(text: string, format: string): string {
  return "/sparql?" + new URLSearchParams({ query: text, format });
}

function downloads(text: string, formats: Format[]): HTMLElement {
  return h("p", { class: "wb-download" }, m.download + ": ", ...formats.map(f => {
    const href = address(text, f.name);
    // A link would go without the token of the reader, who may see less without it.
    if (href.length < longestLink) return h("a", { href, download: "result." + f.name, type: f.type, click: (e: Event) => {
      if (!token.get()) return;
      e.preventDefault();
      void save(text, f, e.currentTarget as HTMLElement);
    } }, f.title);
    return h("button", { type: "button", class: "link", click: (e: Event) => void save(text, f, e.currentTarget as HTMLElement) }, f.title);
  }));
}

// save fetches a result as the reader may see it, and gives it to the browser to keep. What goes wrong is shown behind the links.
async function save(text: string, f: Format, beside: HTMLElement) {
  const place = beside.parentElement!;
  if (place.nextElementSibling?.classList.contains("error")) place.nextElementSibling.remove();
  try {
    const r = await query(text, f.type, new AbortController().signal);
    const url = URL.createObjectURL(await r.blob());
    h("a", { href: url, download: "result." + f.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (e) {
    place.after(errorBox(e));
  }
}

// raw shows the beginning of the answer as a format writes it.
function raw(text: string, formats: Format[]): HTMLElement {
  const out = h("pre", { class: "text", tabindex: 0, "aria-label": m.raw }, m.loading);
  const hint = h("p", { class: "hint", hidden: true }, fill(m.rawCut, { n: formatNumber(rawCharacters) }));
  const select = h("select", { change: () => void load() }, ...formats.map(f => h("option", { value: f.type }, f.title)));
  const load = async () => {
    const type = select.value, signal = new AbortController();
    out.textContent = m.loading;
    hint.hidden = true;
    try {
      const r = await query(text, type, signal.signal);
      const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
      let got = "";
      while (got.length <= rawCharacters) {
        const { done, value } = await reader.read();
        if (done) break;
        got += value;
      }
      if (got.length > rawCharacters) {
        signal.abort();
        hint.hidden = false;
      }
      if (select.value === type) out.textContent = got.slice(0, rawCharacters);
    } catch (e) {
      out.replaceChildren(errorBox(e));
    }
  };
  void load();
  return h("div", { class: "raw-view" }, h("div", { class: "choices" }, h("label", null, m.rawFormat + " ", select)), hint, out);
}

new Workbench(document.getElementById("workbench")!);
