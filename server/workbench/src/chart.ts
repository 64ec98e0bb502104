import { formatNumber, h, pictureWidth, svg } from "./dom";
import { fill, m } from "./messages";
import type { Result } from "./results";
import { isNumeric, numberOf, type Names } from "./terms";

const shownValues = 200;

interface Point { label: string; value: number }

// ticks finds round numbers that cover a range, at most one more than count; none where numbers are too coarse for the range.
export function ticks(from: number, to: number, count: number): number[] {
  const raw = (to - from) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(f => f * power).find(s => s >= raw) ?? raw;
  const first = Math.ceil(from / step) + 0; // not -0, which is shown as such
  if (!(Math.abs(first) + count < Number.MAX_SAFE_INTEGER)) return [];
  const out: number[] = [];
  for (let i = first; i * step <= to + step * 1e-9; i++) out.push(i * step);
  return out;
}

// share is how far a value is from the least to the greatest, from 0 to 1.
function share(v: number, least: number, greatest: number): number {
  const span = greatest - least;
  return span === 0 ? 0 : Number.isFinite(span) ? (v - least) / span : (v / 2 - least / 2) / (greatest / 2 - least / 2);
}

// numericColumns lists the columns with a number in most of their rows.
function numericColumns(result: Result): number[] {
  return result.vars.map((_, i) => i).filter(i => {
    const filled = result.rows.filter(r => r[i]);
    return filled.length > 0 && filled.filter(r => isNumeric(r[i] ?? null)).length >= filled.length * 0.9;
  });
}

function labelColumn(result: Result, numbers: number[]): number {
  const others = result.vars.map((_, i) => i).filter(i => !numbers.includes(i));
  const literal = others.find(i => result.rows.some(r => r[i]?.kind === "literal"));
  return literal ?? others[0] ?? (numbers.length > 1 ? numbers[0]! : -1);
}

// dates tells whether the labels follow time, so that a line is the better picture.
function ordered(points: Point[]): boolean {
  return points.length > 2 && points.every(p => /^-?\d{4}(-\d\d(-\d\d)?)?(T|Z|[+-]|$)/.test(p.label));
}

function bars(points: Point[], title: string): SVGElement {
  const width = pictureWidth(), row = 26, left = Math.min(240, Math.round(width * .42)), right = width < 600 ? 60 : 90;
  const height = points.length * row + 30;
  const min = Math.min(0, ...points.map(p => p.value)), max = Math.max(0, ...points.map(p => p.value)) || 1;
  const x = (v: number) => left + share(v, min, max) * (width - left - right);
  const g = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, class: "chart" });
  for (const t of ticks(min, max, width < 600 ? 2 : 5)) {
    g.append(svg("line", { x1: x(t), x2: x(t), y1: 0, y2: height - 26, class: "grid" }), svg("text", { x: x(t), y: height - 8, "text-anchor": "middle", class: "tick" }, formatNumber(t)));
  }
  points.forEach((p, i) => {
    const y = i * row + 4;
    const room = Math.floor((left - 10) / 8), short = p.label.length > room ? p.label.slice(0, room - 1) + "…" : p.label;
    g.append(svg("text", { x: left - 10, y: y + 13, "text-anchor": "end", class: "label" }, short, svg("title", null, p.label)),
      svg("rect", { x: Math.min(x(0), x(p.value)), y, width: Math.max(1, Math.abs(x(p.value) - x(0))), height: row - 8, rx: 2, class: "bar" }, svg("title", null, `${p.label}: ${formatNumber(p.value)}`)),
      svg("text", { x: Math.max(x(0), x(p.value)) + 6, y: y + 13, class: "value" }, formatNumber(p.value)));
  });
  return g;
}

function line(points: Point[], title: string): SVGElement {
  const width = pictureWidth(), height = Math.min(420, width), left = width < 600 ? 60 : 80, right = 30, top = 20, bottom = 60;
  const min = Math.min(0, ...points.map(p => p.value)), max = Math.max(...points.map(p => p.value), min + 1);
  const x = (i: number) => left + i / Math.max(1, points.length - 1) * (width - left - right);
  const y = (v: number) => height - bottom - share(v, min, max) * (height - top - bottom);
  const g = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, class: "chart" });
  for (const t of ticks(min, max, 5)) {
    g.append(svg("line", { x1: left, x2: width - right, y1: y(t), y2: y(t), class: "grid" }), svg("text", { x: left - 10, y: y(t) + 5, "text-anchor": "end", class: "tick" }, formatNumber(t)));
  }
  const every = Math.ceil(points.length / Math.max(1, Math.floor((width - left - right) / 100)));
  points.forEach((p, i) => {
    if (i % every === 0) g.append(svg("text", { x: x(i), y: height - bottom + 24, "text-anchor": "middle", class: "tick" }, p.label.length > 12 ? p.label.slice(0, 11) + "…" : p.label));
  });
  g.append(svg("polyline", { points: points.map((p, i) => x(i).toFixed(1) + "," + y(p.value).toFixed(1)).join(" "), class: "line" }));
  points.forEach((p, i) => g.append(svg("circle", { cx: x(i), cy: y(p.value), r: 4, class: "dot" }, svg("title", null, `${p.label}: ${formatNumber(p.value)}`))));
  return g;
}

export function canChart(result: Result): boolean {
  return result.kind === "solutions" && result.rows.length > 0 && numericColumns(result).length > 0;
}

export function chart(result: Result, names: Names): HTMLElement {
  const numbers = numericColumns(result);
  if (!canChart(result)) return h("p", { class: "hint" }, m.noChart);
  let labels = labelColumn(result, numbers);
  let values = numbers.find(i => i !== labels) ?? numbers[0]!;
  const points = () => result.rows.slice(0, shownValues).flatMap((r, i): Point[] => {
    const v = r[values];
    if (!v || !isNumeric(v)) return [];
    const l = labels < 0 ? null : r[labels];
    return [{ label: l ? names.show(l) : String(i + 1), value: numberOf(v) }];
  }).filter(p => Number.isFinite(p.value));
  let kind = ordered(points()) ? "line" : "bars";
  const picture = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": m.chart });
  const draw = () => {
    const title = `${m.chart}: ${result.vars[values]}${labels < 0 ? "" : " / " + result.vars[labels]}`;
    picture.replaceChildren(kind === "line" ? line(points(), title) : bars(points(), title));
  };
  const choice = (label: string, options: [string, string][], value: string, chosen: (v: string) => void) => {
    const select = h("select", { change: () => { chosen(select.value); draw(); } }, ...options.map(([v, text]) => h("option", { value: v, selected: v === value }, text)));
    return h("label", null, label + " ", select);
  };
  draw();
  return h("div", { class: "chart-view" },
    h("div", { class: "choices" },
      choice(m.chartType, [["bars", m.bars], ["line", m.lines]], kind, v => { kind = v; }),
      choice(m.labelColumn, result.vars.map((v, i) => [String(i), v]), String(labels), v => { labels = Number(v); }),
      choice(m.valueColumn, numbers.map(i => [String(i), result.vars[i]!]), String(values), v => { values = Number(v); })),
    result.rows.length > shownValues ? h("p", { class: "hint" }, fill(m.chartCut, { n: shownValues })) : null, picture);
}
