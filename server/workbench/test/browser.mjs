// The browser test: `make test-browser`. It starts the program on a store of its own, does with Chromium what people do, lets axe look at every
// page in light, dark and phone width, and keeps screenshots. Arguments: the program, the folder for screenshots, the path of Chromium.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [program, shots, executablePath] = process.argv.slice(2);
const only = process.env.ONLY ?? "";
const here = path.dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(shots, { recursive: true });

let failures = 0, steps = 0;
async function step(name, run) {
  steps++;
  const start = performance.now();
  try {
    await run();
    console.log(`ok    ${name} (${Math.round(performance.now() - start)} ms)`);
  } catch (e) {
    failures++;
    console.log(`FAIL  ${name}\n      ${String(e?.stack ?? e).split("\n").slice(0, 12).join("\n      ")}`);
  }
}

// within ends what never ends.
function within(ms, promise) {
  let timer;
  return Promise.race([promise, new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end after ${ms} ms`)), ms); })]).finally(() => clearTimeout(timer));
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

const dir = mkdtempSync(path.join(tmpdir(), "triplestore-browser-"));
writeFileSync(path.join(dir, "token"), "browser-test");
const server = spawn(program, ["serve", "--store", path.join(dir, "store"), "--listen", "127.0.0.1:0", "--load-examples", "--json", "--log", "off",
  "--update-token-file", path.join(dir, "token"), "--grace", "1s", "--retention", "all", "--description", "Example data about data sharing in the public sector."], { stdio: ["ignore", "pipe", "inherit"] });
const base = await new Promise((resolve, reject) => {
  let text = "";
  server.stdout.on("data", d => {
    text += d;
    const url = /"url"\s*:\s*"([^"]+)"/.exec(text)?.[1];
    if (url) resolve(url.replace(/\/$/, "").replace("localhost", "127.0.0.1"));
  });
  server.on("exit", code => reject(new Error(`the server ended with ${code}: ${text}`)));
});

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"] });

// visit opens a page in a context of its own and fails on what its console complains of.
async function context(options = {}) {
  const c = await browser.newContext({ locale: "nb-NO", viewport: { width: 1360, height: 900 }, acceptDownloads: true, ...options });
  c.setDefaultTimeout(15_000);
  c.complaints = [];
  c.on("page", p => {
    // Chromium's own editing puts a style attribute on what is typed over a selection; the policy keeps it off and the editor draws the line anew.
    const harmless = /status of 4\d\d|Applying inline style .*style attributes/;
    p.on("console", m => m.type() === "error" && !harmless.test(m.text()) && c.complaints.push(m.text()));
    p.on("pageerror", e => c.complaints.push(String(e)));
    p.on("request", r => !r.url().startsWith(base) && !r.url().startsWith("blob:") && c.complaints.push("a request to elsewhere: " + r.url()));
  });
  return c;
}

async function violations(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  return result.violations.map(v => `${v.id} (${v.impact}): ${v.help}\n` + v.nodes.slice(0, 4).map(n => `        ${n.target.join(" ")}: ${n.html.slice(0, 160)}\n          ${(n.failureSummary ?? "").replace(/\s+/g, " ").slice(0, 240)}`).join("\n"));
}

async function shot(page, name) {
  await page.screenshot({ path: path.join(shots, name + ".png"), fullPage: true });
}

const dataset = "/id/dataset/enhetsregisteret";
const ready = page => page.locator(".cm-content").waitFor();
const run = page => page.getByRole("button", { name: /^(Kjør|Run|Køyr)$/ }).click();

const post = async (p, type, body) => {
  const r = await fetch(base + p, { method: "POST", headers: { "Content-Type": type, Authorization: "Bearer browser-test" }, body });
  assert(r.ok, `${p}: ${r.status} ${await r.text()}`);
};
await post("/graphs?default", "text/turtle", readFileSync(path.join(here, "places.ttl"), "utf8"));
await post("/update", "application/sparql-update", "INSERT DATA { <http://localhost:7878/id/note> <http://www.w3.org/2000/01/rdf-schema#label> 'A note'@en }");

if (!only) await step("the workbench runs an example and shows a table", async () => {
  const c = await context();
  const page = await c.newPage();
  await page.goto(base + "/");
  await page.getByRole("link", { name: "Skriv en spørring" }).click();
  await ready(page);
  await page.getByRole("button", { name: "Datasett og utgivere" }).click();
  await page.getByText("✓ Gyldig · SELECT").waitFor();
  await run(page);
  await page.locator("table.results tbody tr").first().waitFor();
  const rows = await page.locator("table.results tbody tr").count();
  assert(rows >= 8, `${rows} rows`);
  await page.getByRole("button", { name: /^title/ }).click();
  assert(await page.locator("th[aria-sort=ascending]").count() === 1, "not sorted");
  await shot(page, "workbench-table");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only) await step("mistakes are shown as one types, formatting keeps comments, completion knows the store", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("# kept\nselect * {?s ?p }"));
  await ready(page);
  await page.locator(".wb-mistake.bad").waitFor();
  assert(/Line 2, column 17/.test(await page.locator(".wb-mistake").innerText()), await page.locator(".wb-mistake").innerText());
  assert(await page.locator(".cm-lintRange-error, .cm-lintPoint-error").count() > 0, "no mark in the text");
  await shot(page, "workbench-mistake");
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("# kept\nselect * {?s ?p ?o ", { delay: 2 });
  await page.locator(".wb-mistake:not(.bad)").waitFor();
  await page.getByRole("button", { name: "Format", exact: true }).click();
  await page.waitForFunction(() => document.querySelector(".cm-content").innerText.includes("SELECT * {\n  ?s ?p ?o\n}"));
  assert((await page.locator(".cm-content").innerText()).startsWith("# kept"), "the comment is gone");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("SELECT * { ?d a Datas", { delay: 5 });
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "dcat:Dataset" }).first().waitFor();
  await shot(page, "workbench-completion");
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /PREFIX dcat: <http:\/\/www.w3.org\/ns\/dcat#>\s+SELECT \* \{ \?d a dcat:Dataset/.test(document.querySelector(".cm-content").innerText));
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only) await step("tabs survive a reload, history and share links work", async () => {
  const c = await context({ locale: "en-GB", permissions: ["clipboard-read", "clipboard-write"] });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en");
  await ready(page);
  await run(page);
  await page.locator("table.results tbody tr").first().waitFor();
  await page.getByRole("button", { name: "New query", exact: true }).click();
  await page.locator(".cm-content").click();
  await page.keyboard.type("ASK { }");
  await page.keyboard.press("Control+Enter");
  await page.locator(".answer", { hasText: "Yes" }).waitFor();
  await page.reload();
  await ready(page);
  assert(await page.locator(".wb-tabs li").count() === 2, "the tabs are gone");
  assert((await page.locator(".cm-content").innerText()).includes("ASK"), "another tab is open");
  assert(await page.locator(".wb-history li").count() === 2, "the history is gone");
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByText("The link is copied.").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await (await context()).newPage();
  await other.goto(link);
  await ready(other);
  assert((await other.locator(".cm-content").innerText()).includes("ASK"), "the link does not bring the query");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await other.context().close();
  await c.close();
});

if (!only) await step("plan and profile, chart, map, raw", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("SELECT ?type (COUNT(*) AS ?number) WHERE { ?s a ?type . ?s ?p ?o } GROUP BY ?type ORDER BY DESC(?number) LIMIT 12"));
  await ready(page);
  await page.getByRole("button", { name: "Profile", exact: true }).click();
  await page.locator(".plan .node").nth(2).waitFor();
  await shot(page, "workbench-profile");
  await run(page);
  await page.getByRole("button", { name: "Chart", exact: true }).click();
  assert(await page.locator("svg.chart rect.bar").count() === 12, "no bars");
  await shot(page, "workbench-chart");
  await page.getByRole("button", { name: "Raw", exact: true }).click();
  await page.locator("pre", { hasText: '"bindings"' }).waitFor();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("PREFIX locn: <http://www.w3.org/ns/locn#>\nSELECT ?place ?name ?where WHERE { ?place rdfs:label ?name ; locn:geometry ?where }"));
  await ready(page);
  await run(page);
  await page.getByRole("button", { name: "Map", exact: true }).click();
  assert(await page.locator("svg.map .place").count() >= 4, "no places");
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("button", { name: "Show all" }).click();
  await shot(page, "workbench-map");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only) await step("a long query can be cancelled", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (STRLEN(STR(?a)) + STRLEN(STR(?d)) + STRLEN(STR(?g)) = 1) }"));
  await ready(page);
  await run(page);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByText("Cancelled.").waitFor();
  await c.close();
});

if (!only || only === "token") await step("a token is given in the page, is kept for the tab only, and opens writing", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("INSERT DATA { <http://localhost:7878/id/note> <http://www.w3.org/2000/01/rdf-schema#comment> 'By hand'@en }"));
  await ready(page);
  const button = page.getByRole("button", { name: "Token", exact: true });
  await button.click();
  await page.getByLabel("Token", { exact: true }).and(page.locator("input")).fill("browser-test");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("The token is used from now on.").waitFor();
  await run(page);
  await page.getByText(/Done: 1 statement added/).waitFor();
  await page.reload();
  await ready(page);
  assert(await button.getAttribute("aria-pressed") === "true", "the token is not kept over a reload");
  assert(await page.evaluate(() => JSON.stringify(localStorage).includes("browser-test") || document.cookie.includes("browser-test")) === false, "the token is kept beyond the tab");
  await page.getByRole("textbox", { name: "SPARQL query" }).fill("SELECT ?c { <http://localhost:7878/id/note> rdfs:comment ?c }");
  await run(page);
  const [request, saved] = await Promise.all([page.waitForRequest(r => r.url().includes("/sparql") && (r.headers()["accept"] ?? "").includes("csv")), page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV", exact: true }).click()]);
  assert(request.headers()["authorization"] === "Bearer browser-test", "a download goes without the token");
  assert(readFileSync(await saved.path(), "utf8").includes("By hand"), "the download has no result");
  await c.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByText("The link is copied.").waitFor();
  const shared = await page.evaluate(() => navigator.clipboard.readText());
  assert(shared.includes("/workbench?query=SELECT") && !shared.includes("browser-test"), "the link to share is " + shared);
  const other = await c.newPage();
  await other.goto(base + "/workbench?lang=en");
  await ready(other);
  assert(await other.getByRole("button", { name: "Token", exact: true }).getAttribute("aria-pressed") === "false", "another tab has the token");
  await other.close();
  await button.click();
  await page.getByRole("button", { name: "Forget", exact: true }).click();
  assert(await page.evaluate(() => sessionStorage.length) === 0, "the token is not forgotten");
  await c.close();
});

// The modules of the workbench, but for its page, as the global wb of an empty page.
const { build } = createRequire(new URL("../package.json", import.meta.url))("esbuild");
const modules = await build({ stdin: { contents: ["chart", "dom", "editor", "map", "results", "terms"].map(n => `export * from "./src/${n}";`).join("\n"), resolveDir: path.dirname(here), loader: "ts" },
  bundle: true, format: "iife", globalName: "wb", target: "es2022", write: false, logLevel: "error" });

async function part(name, lang, run) {
  if (only && only !== "parts") return;
  await step(name, async () => {
    const c = await context();
    const page = await c.newPage();
    await page.setContent(`<!DOCTYPE html><html lang="${lang}"><body></body></html>`);
    await page.addScriptTag({ content: modules.outputFiles[0].text });
    await within(30_000, run(page));
    assert(c.complaints.length === 0, c.complaints.join("\n"));
    await c.close();
  });
}

const same = (got, want) => assert(JSON.stringify(got) === JSON.stringify(want), `${JSON.stringify(got)} is not ${JSON.stringify(want)}`);

await part("ticks end, whatever the range", "en", async page => {
  same(await page.evaluate(() => [wb.ticks(0, 10, 5), wb.ticks(-1, 1, 2), wb.ticks(-0.3, 0.2, 1)]), [[0, 2, 4, 6, 8, 10], [-1, 0, 1], [0]]);
  same(await page.evaluate(() => wb.formatNumber(wb.ticks(-0.3, 0.2, 1)[0])), "0");
  const ranges = [[10, 10 + 2 ** -49], [-1e300, -1e300], [-1e300, -1e300 + 1], [1, 1], [2, 1], [NaN, 1], [-Infinity, Infinity], [-1e308, 1e308], [0, 5e-324], [1e15, 1e15 + 1], [-1e-310, 1e-310]];
  for (const [from, to] of ranges) {
    const got = await page.evaluate(([a, b]) => wb.ticks(a, b, 6), [from, to]);
    assert(got.length <= 7 && got.every(Number.isFinite), `${from} to ${to}: ${got.length} ticks`);
  }
  const wrong = await page.evaluate(() => [[-1e300, -1e300, -1e300], [-1.7e308, 1.7e308, 0], [0, 0, 0], [5e-324, 0, 0]].flatMap(values => {
    const rows = values.map((v, i) => [{ kind: "literal", value: String(2000 + i) }, { kind: "literal", value: String(v), datatype: "http://www.w3.org/2001/XMLSchema#double" }]);
    const view = wb.chart({ kind: "solutions", vars: ["year", "value"], rows }, new wb.Names(""));
    const line = view.outerHTML, select = view.querySelector("select");
    select.value = "bars";
    select.dispatchEvent(new Event("change"));
    return [line, view.outerHTML].filter(html => /NaN|Infinity/.test(html));
  }));
  same(wrong, []);
});

await part("literals of any length are read", "en", async page => {
  const read = text => page.evaluate(t => { try { return wb.parseTerm(t); } catch (e) { return e.name; } }, text);
  same(await page.evaluate(() => ['"', "'"].map(q => {
    const body = "a\\\\" + "x\\" + q + "y".repeat(16 << 20), t = wb.parseTerm(q + body + q + "@nb");
    return [t.value.length, t.value.slice(0, 5), t.lang];
  })), [[(16 << 20) + 4, 'a\\x"y', "nb"], [(16 << 20) + 4, "a\\x'y", "nb"]]);
  same(await page.evaluate(() => wb.parseTriple("<a> <b> \"" + " ".repeat(1 << 20) + "x\" .")[2].value.length), (1 << 20) + 1);
  same(await read('"a\\"b\\\\"^^<http://x/y>'), { kind: "literal", value: 'a"b\\', datatype: "http://x/y" });
  same(await read('<<( _:a <b> "c"@en--ltr )>>'), { kind: "triple", value: "", triple: [{ kind: "blank", value: "a" }, { kind: "iri", value: "b" }, { kind: "literal", value: "c", lang: "en--ltr" }] });
  same(await page.evaluate(() => ["1", "-1.5", "+.5e3", "2.", "true"].map(t => wb.parseTerm(t).datatype.split("#")[1])), ["integer", "decimal", "double", "decimal", "boolean"]);
  for (const bad of ['"a', "'a\\'", "<a", "1x", "truely", "?x"]) same(await read(bad), "Error");
});

await part("completion behind a list of classes takes no time, and asks again after a failure", "en", async page => {
  same(await page.evaluate(() => ["?s a ", "?s a ex:A, ", "?s rdf:type <http://x.org/A> , ex:B,\n ", "?s ex:a ", "?s a ex:A ; ", "?s a x" + ",".repeat(300) + "y"].map(t => wb.expectsClass(t))),
    [true, true, true, false, false, false]);
  same(await page.evaluate(async () => {
    const answer = name => new Response(JSON.stringify({ prefixes: [], classes: [{ iri: name }], predicates: [], more: true }));
    let asked = 0;
    globalThis.fetch = async () => { // in turn: all names, no answer, those that begin so
      if (++asked === 2) throw new TypeError("no network");
      return answer(String(asked));
    };
    const known = new wb.Known(), got = [];
    await known.load();
    for (let i = 0; i < 3; i++) got.push((await known.matching("data")).classes[0].iri);
    return got;
  }), ["1", "3", "3"]);
});

await part("rows are sorted by kind and value, with INF and NaN where they belong", "nb", async page => {
  same(await page.evaluate(() => {
    const n = (value, type = "double") => ({ kind: "literal", value, datatype: "http://www.w3.org/2001/XMLSchema#" + type });
    const terms = [n("INF"), n("10", "integer"), null, n("NaN"), { kind: "literal", value: "1a" }, n("-INF"), { kind: "literal", value: "å" }, n("9"), { kind: "iri", value: "http://x" },
      n("NaN"), { kind: "blank", value: "b" }, n("-1.5e3"), { kind: "literal", value: "z" }, n("+INF")];
    const show = t => t === null ? "" : t.value;
    const up = [...terms].sort(wb.compare).map(show);
    const mirrored = [...terms].reverse().sort(wb.compare).map(show);
    return [up, mirrored.map(v => v === "+INF" ? "INF" : v).join() === up.map(v => v === "+INF" ? "INF" : v).join()];
  }), [["", "b", "http://x", "NaN", "NaN", "-INF", "-1.5e3", "9", "10", "INF", "+INF", "1a", "z", "å"], true]);
});

await part("the map leaves out what is no geometry, zooms to an end, and lets go of what was taken back", "nn", async page => {
  same(await page.evaluate(() => ['{"type":"Point"}', '{"type":"Point","coordinates":["a",1]}', '{"type":"Point","coordinates":[1]}', '{"type":"Point","coordinates":[500000,6600000]}', "null", "[]", "3",
    '{"type":"LineString","coordinates":7}', '{"type":"Polygon","coordinates":[[null,[1,"2"]]]}', '{"type":"MultiPolygon","coordinates":[[3]]}', '{"type":"Feature"}', '{"type":"GeometryCollection"}', "{"]
    .flatMap(t => wb.parseGeoJSON(t))), []);
  same(await page.evaluate(() => wb.parseGeoJSON('{"type":"GeometryCollection","geometries":[null,{"type":"Point","coordinates":[10,60,5]},{"type":"LineString","coordinates":[[1,2],null,[3,4]]}]}')),
    [{ kind: "point", parts: [[[10, 60, 5]]] }, { kind: "line", parts: [[[1, 2], [3, 4]]] }]);
  same(await page.evaluate(() => ["POINT (500000 6600000)", "POINT (x 1)", "POLYGON ((a b))"].flatMap(t => wb.parseWKT(t))), []);
  await page.evaluate(() => {
    const geo = { kind: "literal", datatype: "http://www.opengis.net/ont/geosparql#geoJSONLiteral" };
    const rows = ['{"type":"Point"}', '{"type":"Point","coordinates":[10.75,59.9]}', '{"type":"Point","coordinates":[5.32,60.39]}'].map(value => [{ ...geo, value }]);
    document.body.append(wb.map({ kind: "solutions", vars: ["g"], rows }, new wb.Names("")));
  });
  assert(await page.locator("svg.map .place").count() === 2, "not two places");
  const labels = () => page.locator("svg.map .tick").allTextContents();
  assert((await labels()).some(t => /^\d+,\d+°$/.test(t)), "no decimal comma: " + await labels());
  const box = page.locator(".map-box"), picture = () => page.locator("svg.map").innerHTML();
  await box.focus();
  for (let i = 0; i < 90; i++) await page.keyboard.press("+");
  const deep = await labels();
  assert(deep.length >= 4 && new Set(deep).size === deep.length, "labels at the deepest zoom: " + deep);
  for (let i = 0; i < 180; i++) await page.keyboard.press("-");
  for (let i = 0; i < 40; i++) for (const key of ["ArrowUp", "ArrowLeft"]) await page.keyboard.press(key);
  const wide = await labels();
  assert(wide.length >= 4 && wide.every(t => Math.abs(parseFloat(t.replace("\u2212", "-"))) <= 360), "labels at the widest zoom: " + wide);
  const touch = await page.context().newCDPSession(page), r = await page.locator("svg.map").boundingBox();
  const at = (type, ...points) => touch.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x: r.x + x, y: r.y + y })) });
  const before = await picture();
  await at("touchStart", [100, 100]);
  await at("touchCancel");
  await page.mouse.move(r.x + 200, r.y + 150);
  await page.mouse.move(r.x + 240, r.y + 190);
  assert(await picture() === before, "the map follows a pointer that was cancelled");
  await page.mouse.down();
  await page.mouse.move(r.x + 200, r.y + 150);
  await page.mouse.up();
  assert(await picture() !== before, "the map does not follow the pointer");
});

if (!only) await step("a result comes to the tab that asked, and an update is sent once", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  let hold = null, refuse = false, updates = 0;
  await page.route("**/sparql/check", async route => {
    await hold;
    await (refuse ? route.abort() : route.continue()).catch(() => undefined);
  });
  page.on("request", r => { if (new URL(r.url()).pathname === "/update") updates++; });
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("ASK { }"));
  await ready(page);
  await page.getByRole("button", { name: "New query", exact: true }).click();
  const tab = i => page.locator(".wb-tabs li").nth(i).locator("button").first();
  await tab(0).click();
  let release;
  hold = new Promise(resolve => { release = resolve; });
  await run(page);
  await tab(1).click();
  release();
  hold = null;
  await tab(0).click();
  await page.locator(".answer", { hasText: "Yes" }).waitFor();
  await tab(1).click();
  assert(await page.locator(".wb-results > *").count() === 0, "the result is in another tab");

  const editor = page.getByRole("textbox", { name: "SPARQL query" });
  await editor.fill("INSERT DATA { <http://localhost:7878/id/note> rdfs:comment 'Once' }");
  await page.getByText("· update").waitFor();
  hold = new Promise(resolve => { release = resolve; });
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Control+Enter");
  release();
  hold = null;
  await page.locator("form.wb-token").waitFor();
  assert(updates === 1, `${updates} updates were sent`);
  await page.getByRole("button", { name: "Token", exact: true }).click();
  assert(await page.locator("form.wb-token").count() === 2, "not two forms");
  same(await page.evaluate(() => [...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)), []);
  refuse = true; // what was an update is a query now, and nobody could say so
  await editor.fill("ASK { }");
  await page.keyboard.press("Control+Enter");
  await page.getByText("The server did not answer.").waitFor();
  assert(updates === 1, "a query was sent as an update");
  await c.close();
});

if (!only) await step("the focus stays near where it was", async () => {
  const c = await context({ locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?lang=en&query=" + encodeURIComponent("# one\nSELECT * { ?s ?p ?o }"));
  await ready(page);
  for (const text of ["# two\nASK {}", "# three\nSELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (STRLEN(STR(?a)) + STRLEN(STR(?d)) + STRLEN(STR(?g)) = 1) }"]) {
    await page.getByRole("button", { name: "New query", exact: true }).click();
    await page.getByRole("textbox", { name: "SPARQL query" }).fill(text);
  }
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent.slice(0, 40));
  const on = async (name, key) => {
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press(key);
  };
  await on("one", "Enter");
  same(await focused(), "one");
  await on("three", "Enter");
  await on("Run", "Enter");
  same(await focused(), "Run");
  await page.keyboard.press("Enter"); // does nothing while a query runs
  await on("Cancel", "Enter");
  await page.getByText("Cancelled.").waitFor();
  same(await focused(), "Run");
  await on("Close: two", "Enter");
  same(await focused(), "three");
  await on("one", "Enter");
  await on("Run", "Enter");
  await page.locator("table.results tbody tr").nth(99).waitFor();
  same(await focused(), "Run");
  const last = Number(/of (\d+)/.exec(await page.locator(".pager").innerText())[1]);
  await page.getByRole("button", { name: "Next →" }).focus();
  for (let i = 1; i < last; i++) await page.keyboard.press("Enter");
  same(await focused(), "← Previous");
  await on("Clear the history", "Enter");
  same(await focused(), "History");
  await on("Close: three", "Enter");
  same(await focused(), "one");
  await on("Token", "Enter");
  await page.keyboard.type("browser-test");
  await page.keyboard.press("Enter");
  same(await focused(), "Token");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only) await step("the words of the editor and the numbers are those of the language", async () => {
  const words = {};
  for (const lang of ["en", "nb", "nn"]) {
    const c = await context();
    const page = await c.newPage();
    await page.goto(base + `/workbench?lang=${lang}&query=` + encodeURIComponent("ASK { }"));
    await ready(page);
    await run(page);
    await page.locator(".answer").waitFor();
    const status = await page.locator(".wb-status").innerText();
    assert((await page.locator(".wb-history .hint").innerText()).endsWith(lang === "en" ? " · Yes" : " · Ja"), "the history has no answer");
    assert((lang === "en" ? /^\d\.\d{3} s$/ : /^\d,\d{3} s$/).test(status), `${lang}: ${status}`);
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+f");
    words[lang] = await page.locator(".cm-search").evaluate(panel => [...panel.querySelectorAll("input, button, label")].flatMap(e =>
      [e.getAttribute("placeholder"), e.getAttribute("aria-label"), e.textContent]).filter(t => t && /[a-z]/i.test(t)));
    await shot(page, "workbench-search-" + lang);
    same(await violations(page), []);
    await c.close();
  }
  assert(words.en.length > 10, words.en.join());
  for (const lang of ["nb", "nn"]) same(words[lang].filter((w, i) => w === words.en[i]), []);
});

if (!only) await step("a resource page: language, links, Turtle", async () => {
  const c = await context();
  const page = await c.newPage();
  await page.goto(base + dataset);
  const nb = await page.locator("h1").innerText();
  await page.getByRole("link", { name: "English" }).click();
  const en = await page.locator("h1").innerText();
  assert(nb !== en && await page.locator("html").getAttribute("lang") === "en", `${nb} / ${en}`);
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 5_000 }).catch(() => null), page.getByRole("link", { name: "Turtle", exact: true }).first().click()]);
  const turtle = download ? readFileSync(await download.path(), "utf8") : await page.evaluate(() => document.body.innerText);
  assert(turtle.includes("dcat:Dataset") && turtle.includes("enhetsregisteret"), turtle.slice(0, 300));
  await page.goto(base + dataset + "?lang=en");
  await page.locator(".properties dd a").first().click();
  await page.locator("h1").waitFor();
  assert(page.url() !== base + dataset + "?lang=en", "the link leads nowhere");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only || only === "phone") await step("on a phone the views of a result and the tab in use are seen whole, texts of pictures have their size, Arabic runs from the right", async () => {
  const c = await context({ viewport: { width: 320, height: 700 }, isMobile: true, hasTouch: true });
  const page = await c.newPage();
  await page.goto(base + "/workbench");
  await ready(page);
  await page.goto(base + "/workbench?query=" + encodeURIComponent("PREFIX locn: <http://www.w3.org/ns/locn#>\nSELECT ?place ?name ?where WHERE { ?place rdfs:label ?name ; locn:geometry ?where }"));
  await ready(page);
  await run(page);
  await page.locator("table.results tbody tr").first().waitFor();
  const inside = await page.evaluate(() => [...document.querySelectorAll(".views button, .wb-tabs li.current")].map(e => {
    const r = e.getBoundingClientRect(), box = e.parentElement.getBoundingClientRect();
    return r.left >= box.left - 1 && r.right <= box.right + 1 && r.right <= innerWidth ? "" : e.textContent;
  }).filter(Boolean));
  assert(inside.length === 0, "cut off: " + inside.join(", "));
  await page.getByRole("button", { name: "Kart", exact: true }).click();
  const size = async selector => page.evaluate(s => document.querySelector(s).getBoundingClientRect().height, selector);
  assert(await size("svg.map .place-label") >= 12, "the names on the map are too small to read");
  for (const kind of ["bars", "line"]) {
    await page.goto(base + "/workbench?query=" + encodeURIComponent("SELECT ?type (COUNT(*) AS ?number) { ?s a ?type } GROUP BY ?type ORDER BY DESC(?number)"));
    await ready(page);
    await run(page);
    await page.getByRole("button", { name: "Diagram", exact: true }).click();
    await page.locator(".chart-view select").first().selectOption(kind);
    const [chart, tick, box] = await page.evaluate(() => [document.querySelector("svg.chart"), document.querySelector("svg.chart .tick"), document.querySelector("svg.chart").parentElement].map(e => e.getBoundingClientRect()));
    assert(tick.height >= 12, `${kind}: the numbers are ${tick.height} pixels high`);
    assert(chart.width <= box.width + 1, `${kind}: the chart is ${chart.width} wide in ${box.width}`);
    const over = await page.evaluate(() => [...document.querySelectorAll("svg.chart .tick[text-anchor=middle]")].map(e => e.getBoundingClientRect()).some((r, i, all) => i > 0 && r.left < all[i - 1].right));
    assert(!over, `${kind}: the labels lie over each other`);
    await shot(page, "chart-phone-" + kind);
  }
  await page.goto(base + "/id/place/bergen");
  assert(await size("svg.map .tick") >= 12, "the degrees on the map of a place are too small to read");
  await page.goto(base + "/overview");
  assert(await size("svg.chart .tick") >= 11, "the growth is too small to read");
  await page.goto(base + "/schema");
  assert(await size("svg.schema .class") >= 12, "the diagram is too small to read");
  await post("/update", "application/sparql-update", "INSERT DATA { <http://localhost:7878/id/arabic> <http://purl.org/dc/terms/title> '\u0633\u062c\u0644'@ar }");
  await page.goto(base + "/id/arabic");
  assert(await page.locator("h1[dir=rtl]").count() === 1 && await page.locator(".literal[dir=rtl]").count() === 1, "no direction");
  assert(c.complaints.length === 0, c.complaints.join("\n"));
  await c.close();
});

if (!only) await step("without JavaScript the plain form answers", async () => {
  const c = await context({ javaScriptEnabled: false, locale: "nn-NO" });
  const page = await c.newPage();
  await page.goto(base + "/workbench?query=" + encodeURIComponent("SELECT * { ?s a dcat:Dataset }"));
  await page.getByRole("button", { name: "Køyr" }).click();
  await page.locator("table tbody tr").first().waitFor();
  await shot(page, "plain-result");
  await c.close();
});

if (!only) await step("the overview draws growth, the data model is a picture, sources are named", async () => {
  const c = await context({ javaScriptEnabled: false, locale: "en-GB" });
  const page = await c.newPage();
  await page.goto(base + "/overview");
  assert(await page.locator("svg.chart .dot").count() >= 3, "no growth");
  await page.getByRole("link", { name: "Data model" }).click();
  assert(await page.locator("svg.schema .box").count() > 10 && await page.locator("svg.schema .edge").count() > 10, "no diagram");
  await page.goto(base + dataset);
  assert(await page.locator("sup.source").count() >= 1 && await page.locator("svg.map .place").count() === 1, "no sources or no map");
  await c.close();
});

const pages = {
  front: "/", workbench: "/workbench", resource: dataset, concept: "/resource?iri=" + encodeURIComponent("http://localhost:7878/id/concept/datasett"), place: "/id/place/bergen",
  "incoming-page": dataset + "?in=" + encodeURIComponent("http://www.w3.org/ns/dcat#dataset"), overview: "/overview", schema: "/schema",
  result: "/sparql?format=html&query=" + encodeURIComponent("SELECT ?s ?title { ?s dct:title ?title } LIMIT 5"), mistake: "/sparql?format=html&query=SELECT",
  "not-found": "/id/nothing", error: "/resource",
};
const looks = {
  light: {}, dark: { colorScheme: "dark" }, phone: { viewport: { width: 320, height: 700 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
for (const [look, options] of Object.entries(looks)) {
  const c = await context(options);
  const page = await c.newPage();
  for (const [name, address] of Object.entries(pages)) {
    if (only && !name.match(only)) continue;
    await step(`axe: ${name}, ${look}`, async () => {
      await page.goto(base + address);
      if (name === "workbench") {
        await ready(page);
        await run(page);
        await page.locator("table.results tbody tr").first().waitFor();
      }
      await shot(page, `${name}-${look}`);
      const found = await violations(page);
      assert(found.length === 0, found.join("\n      "));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert(wide <= 1, `the page is ${wide} pixels wider than the window`);
    });
  }
  if (!only) {
    await step(`axe: the views of the workbench, ${look}`, async () => {
      await page.goto(base + "/workbench?query=" + encodeURIComponent("SELECT ?type (COUNT(*) AS ?n) { ?s a ?type } GROUP BY ?type"));
      await ready(page);
      await run(page);
      for (const view of ["Diagram", "Rådata", "Kart"]) {
        await page.getByRole("button", { name: view, exact: true }).click();
        const found = await violations(page);
        assert(found.length === 0, view + "\n      " + found.join("\n      "));
      }
      await page.getByRole("button", { name: "Profil", exact: true }).click();
      await page.locator(".plan .node").first().waitFor();
      const found = await violations(page);
      assert(found.length === 0, "profile\n      " + found.join("\n      "));
    });
  }
  await step(`nothing on the console, ${look}`, async () => assert(c.complaints.length === 0, c.complaints.join("\n")));
  await c.close();
}

await browser.close();
server.removeAllListeners("exit");
server.kill("SIGTERM");
await new Promise(resolve => server.on("exit", resolve));
rmSync(dir, { recursive: true, force: true });
console.log(`\n${steps - failures} of ${steps} steps passed; screenshots in ${shots}`);
process.exit(failures === 0 ? 0 : 1);
