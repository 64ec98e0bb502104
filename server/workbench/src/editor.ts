import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { check, vocabulary, type Check, type Vocabulary, type VocabularyTerm } from "./api";
import { formatNumber } from "./dom";
import { functions, highlighting, keywords, sparqlLanguage } from "./language";
import { m, phrases } from "./messages";

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: ".9375rem", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: ".75rem 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 1rem 0 .5rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "none", paddingLeft: ".5rem" },
  ".cm-activeLine": { backgroundColor: "var(--line-tint)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line-tint)", color: "var(--ink)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "1px solid var(--line-strong)" },
  ".cm-selectionMatch": { backgroundColor: "var(--line-tint)" },
  ".cm-lintRange-error, .cm-lintRange-active": { backgroundImage: "none", backgroundColor: "transparent", textDecoration: "underline wavy var(--bad) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--bad)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: ".375rem", boxShadow: "0 6px 24px rgb(0 0 0 / .18)", overflow: "hidden" },
  ".cm-diagnostic": { padding: ".4rem .7rem", fontFamily: "var(--sans)", fontSize: ".875rem" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: ".875rem", maxHeight: "18rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".25rem .7rem", display: "flex", gap: "1rem", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", fontFamily: "var(--sans)", marginLeft: "auto", opacity: ".85" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-panels": { backgroundColor: "var(--shade)", color: "var(--ink)" },
  ".cm-panels .cm-textfield, .cm-panels .cm-button": { backgroundColor: "var(--paper)", backgroundImage: "none", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: ".25rem", minHeight: "2rem", padding: ".15rem .6rem", fontWeight: "500" },
  ".cm-panels .cm-button, .cm-panel.cm-search label": { fontSize: ".8125rem" },
  ".cm-panels button[name=close]": { color: "var(--ink)", minWidth: "2rem", minHeight: "2rem", padding: "0", justifyContent: "center" },
});

// Names of the store, for completion. They are asked for once; where there are more than fit, what is typed narrows them on the server.
export class Known {
  all: Vocabulary | null = null;
  private asked = new Map<string, Promise<Vocabulary>>();

  // load asks anew, as after an update or with another token.
  async load(): Promise<Vocabulary | null> {
    this.asked.clear();
    try {
      this.all = await vocabulary();
    } catch {
      this.all = null; // the store may be too busy; the next page tries again
    }
    return this.all;
  }

  async matching(word: string): Promise<Vocabulary | null> {
    if (!this.all?.more || word.length < 2) return this.all;
    const key = word.slice(0, 2).toLowerCase() === word.toLowerCase() ? word.toLowerCase() : word.slice(0, 3).toLowerCase();
    const asked = this.asked.get(key) ?? vocabulary(key);
    this.asked.set(key, asked);
    return asked.catch(() => {
      if (this.asked.get(key) === asked) this.asked.delete(key); // to be asked again
      return this.all;
    });
  }
}

export const known = new Known();

function declares(state: EditorState, prefix: string): boolean {
  return new RegExp("(^|[\\s#])PREFIX\\s+" + prefix.replace(/[-.]/g, "\\$&") + ":", "i").test(state.doc.toString());
}

// insert puts a name in and, if its prefix is not declared, a PREFIX line at the top.
function insert(name: string, prefixes: Vocabulary["prefixes"]) {
  return (view: EditorView, _: Completion, from: number, to: number) => {
    const prefix = /^([^:<]*):/.exec(name)?.[1];
    const iri = prefixes.find(p => p.prefix === prefix)?.iri;
    const changes = [{ from, to, insert: name }];
    let shift = 0;
    if (prefix !== undefined && iri && !declares(view.state, prefix)) {
      const text = view.state.doc.toString();
      let at = 0; // behind the comments that begin the text
      for (const line of text.split("\n")) {
        if (!/^\s*#/.test(line)) break;
        at += line.length + 1;
      }
      at = Math.min(at, text.length);
      const line = "PREFIX " + prefix + ": <" + iri + ">\n";
      if (at <= from) {
        changes.unshift({ from: at, to: at, insert: line });
        shift = line.length;
      }
    }
    view.dispatch({ changes, selection: { anchor: from + shift + name.length }, userEvent: "input.complete", scrollIntoView: true });
  };
}

// expectsClass tells whether a class may follow a text, behind "a" and the classes before it.
export function expectsClass(before: string): boolean {
  return /(^|\s)(a|rdf:type)\s+(?:(?:<[^<>\s]*>|[^\s;.,<]+)\s*,\s*)*$/.test(before);
}

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[?$]?[\p{L}\p{N}_-]*:?[\p{L}\p{N}_.-]*/u);
  if (!word || word.from === word.to && !context.explicit) return null;
  const before = context.state.sliceDoc(Math.max(0, word.from - 400), word.from);
  if (/["'][^"'\n]*$/.test(before.slice(before.lastIndexOf("\n") + 1).replace(/"[^"\n]*"|'[^'\n]*'/g, "")) || /(^|\s)#[^\n]*$/.test(before)) return null;
  const options: Completion[] = [];
  if (/^[?$]/.test(word.text)) {
    const names = new Set(context.state.doc.toString().match(/[?$][\p{L}\p{N}_]+/gu) ?? []);
    names.delete(word.text);
    return { from: word.from, options: [...names].map(label => ({ label, type: "variable" })), validFor: /^[?$][\p{L}\p{N}_]*$/u };
  }
  const names = await known.matching(word.text);
  if (context.aborted) return null;
  const prefixLine = /\bPREFIX\s+$/i.test(before);
  if (prefixLine) {
    for (const p of names?.prefixes ?? []) {
      options.push({ label: p.prefix + ":", detail: p.iri, type: "namespace", apply: p.prefix + ": <" + p.iri + ">", boost: p.used ? 10 : 0 });
    }
    return { from: word.from, options };
  }
  const afterType = expectsClass(before);
  const add = (terms: VocabularyTerm[], kind: "class" | "property", boost: number) => terms.forEach((t, i) => {
    const label = t.name ?? "<" + t.iri + ">";
    const detail = (t.label ? t.label + " · " : "") + formatNumber(t.count);
    options.push({ label, detail, type: kind, boost: boost - i / terms.length, apply: insert(label, names!.prefixes) });
    if (t.label && word.text && !word.text.includes(":") && !label.toLowerCase().includes(word.text.toLowerCase())) {
      options.push({ label: t.label, displayLabel: label, detail, type: kind, boost: boost - 5, apply: insert(label, names!.prefixes) });
    }
  });
  if (names) {
    if (afterType) add(names.classes, "class", 50);
    else {
      add(names.predicates, "property", 20);
      add(names.classes, "class", 10);
    }
  }
  if (!afterType && !word.text.includes(":")) {
    for (const label of keywords) options.push({ label, type: "keyword", boost: 5 });
    for (const label of functions) options.push({ label: label + "()", displayLabel: label, type: "function", apply: applyFunction(label) });
  }
  return { from: word.from, options, validFor: names?.more ? undefined : /^[\p{L}\p{N}_-]*:?[\p{L}\p{N}_.-]*$/u };
}

function applyFunction(name: string) {
  return (view: EditorView, _: Completion, from: number, to: number) =>
    view.dispatch({ changes: { from, to, insert: name + "()" }, selection: { anchor: from + name.length + 1 }, userEvent: "input.complete" });
}

export interface EditorEvents {
  changed(text: string): void;
  checked(result: Check): void;
  run(): void;
  format(): void;
}

export class Editor {
  readonly view: EditorView;
  private timer = 0;
  private asking: AbortController | null = null;
  private extensions;

  constructor(parent: HTMLElement, nonce: string, private readonly events: EditorEvents) {
    this.extensions = [
      EditorView.cspNonce.of(nonce), EditorState.phrases.of(phrases), lineNumbers(), history(), drawSelection(), indentOnInput(), indentUnit.of("  "), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), sparqlLanguage, highlighting, theme, EditorView.lineWrapping,
      autocompletion({ override: [complete], icons: false, maxRenderedOptions: 60, activateOnTypingDelay: 60 }),
      EditorView.contentAttributes.of({ "aria-label": m.query, "aria-describedby": "editor-keys", spellcheck: "false" }),
      keymap.of([
        { key: "Mod-Enter", run: () => (events.run(), true) }, { key: "Shift-Alt-f", run: () => (events.format(), true) },
        ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap,
      ]),
      EditorView.updateListener.of(u => {
        if (u.docChanged) {
          events.changed(this.text);
          this.later();
        }
      }),
    ];
    // The nonce must be there from the first state on: it is with that one that the styles are made.
    this.view = new EditorView({ parent, state: EditorState.create({ extensions: this.extensions }) });
  }

  get text(): string { return this.view.state.doc.toString(); }

  // open shows a text that has its own history of changes.
  open(text: string) {
    this.view.setState(EditorState.create({ doc: text, extensions: this.extensions }));
    void this.checkNow();
  }

  // replace changes the text as one step that can be undone.
  replace(text: string) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  focus() { this.view.focus(); }

  jump(at: number) {
    this.view.dispatch({ selection: { anchor: Math.min(at, this.view.state.doc.length) }, scrollIntoView: true });
    this.view.focus();
  }

  private later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.checkNow(), 250);
  }

  // checkNow asks the server about the text; null if another change came between.
  async checkNow(): Promise<Check | null> {
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    const text = this.text;
    try {
      const result = await check(text, asking.signal);
      if (text !== this.text) return null;
      const length = this.view.state.doc.length;
      const e = result.error;
      const blank = text.trim() === "";
      this.view.dispatch(setDiagnostics(this.view.state, e && !blank
        ? [{ from: Math.min(e.start, length), to: Math.min(Math.max(e.end, e.start), length), severity: "error", message: e.message }] : []));
      this.events.checked(blank ? { valid: true, kind: "query" } : result);
      return result;
    } catch {
      return null; // cancelled, or the server is away: running the query will tell
    }
  }
}
