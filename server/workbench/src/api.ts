// What the server answers.

export interface Mistake { line: number; column: number; start: number; end: number; message: string; expected?: string }
export interface Check {
  valid: boolean;
  kind: "query" | "update";
  form?: "SELECT" | "ASK" | "CONSTRUCT" | "DESCRIBE";
  variables?: string[];
  undeclared?: Record<string, string>;
  error?: Mistake;
}
export interface VocabularyTerm { iri: string; name?: string; label?: string; count: number }
export interface Vocabulary {
  commit: number;
  prefixes: { prefix: string; iri: string; used?: boolean }[];
  classes: VocabularyTerm[];
  predicates: VocabularyTerm[];
  more?: boolean;
}
export interface PlanNode {
  operator: string;
  estimate: number;
  cost: number;
  profile?: { rows: number; batches: number; pages?: number; time_ns: number };
  inputs?: PlanNode[];
}
export interface Plan { plan: PlanNode; nested?: PlanNode[]; complete?: boolean; error?: string }
export interface Problem { title: string; status: number; detail?: string; line?: number; column?: number; id?: string }

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ? problem.title + ": " + problem.detail : problem.title);
  }
}

export async function problemOf(r: Response): Promise<ProblemError> {
  let problem: Problem = { title: r.status + " " + r.statusText, status: r.status };
  try {
    if ((r.headers.get("Content-Type") ?? "").includes("json")) problem = await r.json();
  } catch {
    // the status tells enough
  }
  return new ProblemError(problem);
}

const tokenKey = "triplestore.token";

// token is what the reader has given this tab of the browser, for writing and for graphs that are not open to all. It is kept for as long as
// the tab is open, and nowhere else.
export const token = {
  get(): string {
    try {
      return sessionStorage.getItem(tokenKey) ?? "";
    } catch {
      return ""; // the browser keeps nothing
    }
  },
  set(value: string) {
    try {
      if (value) sessionStorage.setItem(tokenKey, value);
      else sessionStorage.removeItem(tokenKey);
    } catch {
      // the browser keeps nothing
    }
  },
};

function common(): Record<string, string> {
  const headers: Record<string, string> = { "Accept-Language": document.documentElement.lang || "en" };
  const secret = token.get();
  if (secret) headers["Authorization"] = "Bearer " + secret;
  return headers;
}

async function post(path: string, text: string, type: string, accept: string, signal?: AbortSignal): Promise<Response> {
  const r = await fetch(path, { method: "POST", body: text, headers: { "Content-Type": type, Accept: accept, ...common() }, signal: signal ?? null });
  if (!r.ok) throw await problemOf(r);
  return r;
}

export async function check(text: string, signal?: AbortSignal): Promise<Check> {
  return (await post("/sparql/check", text, "text/plain", "application/json", signal)).json();
}

export async function format(text: string): Promise<string> {
  return (await post("/sparql/format", text, "text/plain", "application/sparql-query, application/problem+json")).text();
}

export async function vocabulary(q = "", limit = 1000): Promise<Vocabulary> {
  const params = new URLSearchParams({ limit: String(limit), lang: document.documentElement.lang });
  if (q) params.set("q", q);
  const r = await fetch("/sparql/vocabulary?" + params, { headers: common() });
  if (!r.ok) throw await problemOf(r);
  return r.json();
}

export async function explain(text: string, how: "plan" | "profile", signal?: AbortSignal): Promise<Plan> {
  return (await post("/sparql?explain=" + how, text, "application/sparql-query", "application/json", signal)).json();
}

export async function query(text: string, accept: string, signal: AbortSignal): Promise<Response> {
  return post("/sparql", text, "application/sparql-query", accept + ", application/problem+json;q=0.1", signal);
}

export interface Change { operations: number; inserted: number; deleted: number; commit: number }

export async function update(text: string, signal: AbortSignal): Promise<Change> {
  return (await post("/update", text, "application/sparql-update", "application/json", signal)).json();
}

// lines yields the lines of a response as they come.
export async function* lines(r: Response): AsyncGenerator<string> {
  const reader = r.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!value.includes("\n")) { // a long line is not looked through again for each piece of it
        rest += value;
        continue;
      }
      const parts = (rest + value).split("\n");
      rest = parts.pop()!;
      yield* parts;
    }
    if (rest !== "") yield rest;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
