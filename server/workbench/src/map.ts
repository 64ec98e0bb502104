// A map drawn from the data alone: no tiles are asked for from anywhere.
import { ticks } from "./chart";
import { formatNumber, h, pictureWidth, svg } from "./dom";
import { m } from "./messages";
import type { Result } from "./results";
import { isNumeric, numberOf, type Names, type Term } from "./terms";

type Position = [number, number]; // longitude, latitude
interface Shape { kind: "point" | "line" | "area"; parts: Position[][] }

// parseWKT reads the simple features of OGC 06-103r4 as GeoSPARQL has them: longitude first in CRS84 and without a CRS, latitude first in EPSG 4326.
export function parseWKT(text: string): Shape[] {
  const crs = /^\s*<([^>]*)>\s*/.exec(text);
  let swap = false;
  if (crs) {
    if (/EPSG\/\d*[./]*\d*\/?(4326|4258)$/.test(crs[1]!)) swap = true;
    else if (!/CRS84$/i.test(crs[1]!)) return [];
    text = text.slice(crs[0].length);
  }
  const shapes: Shape[] = [];
  const head = /^\s*(POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION)\s*(?:Z|M|ZM)?\s*(\(|EMPTY)/i;
  const one = (part: string) => {
    const match = head.exec(part);
    if (!match || match[2]!.toUpperCase() === "EMPTY") return;
    const kind = match[1]!.toUpperCase();
    const body = part.slice(match[0].length - 1);
    if (kind === "GEOMETRYCOLLECTION") {
      let depth = 0, from = 1;
      for (let i = 0; i < body.length; i++) {
        if (body[i] === "(") depth++;
        if (body[i] === ")") depth--;
        if (depth === 1 && body[i] === "," || depth === 0) {
          one(body.slice(from, i));
          from = i + 1;
        }
        if (depth === 0) break;
      }
      return;
    }
    const rings = (kind.endsWith("POINT") ? [body.replace(/[()]/g, " ")] : body.match(/\([^()]*\)/g) ?? []).map(ring =>
      ring.replace(/[()]/g, " ").split(",").map(p => p.trim().split(/\s+/).map(Number)).map(([x, y]) => swap ? [y, x] : [x, y]).filter(isPosition));
    if (kind.endsWith("POINT")) shapes.push(...rings.flat().map((p): Shape => ({ kind: "point", parts: [[p]] })));
    else shapes.push({ kind: kind.endsWith("POLYGON") ? "area" : "line", parts: rings });
  };
  one(text);
  return drawn(shapes);
}

// isPosition tells whether something is a place on earth. What is none, such as metres of a projection, is not drawn.
function isPosition(p: unknown): p is Position {
  return Array.isArray(p) && Number.isFinite(p[0]) && Number.isFinite(p[1]) && Math.abs(p[0]) <= 360 && Math.abs(p[1]) <= 90;
}

// drawn leaves out parts without positions, and shapes without parts.
function drawn(shapes: Shape[]): Shape[] {
  return shapes.map(s => ({ ...s, parts: s.parts.filter(p => p.length > 0) })).filter(s => s.parts.length > 0);
}

// parseGeoJSON reads a geometry of RFC 7946. Whatever is none gives nothing.
export function parseGeoJSON(text: string): Shape[] {
  const shapes: Shape[] = [];
  const list = (v: unknown): unknown[] => Array.isArray(v) ? v : [];
  const part = (v: unknown) => list(v).filter(isPosition);
  const one = (v: unknown) => {
    const g = (v ?? {}) as Record<string, unknown>;
    const c = g["coordinates"];
    switch (g["type"]) {
      case "Feature": one(g["geometry"]); break;
      case "FeatureCollection": list(g["features"]).forEach(one); break;
      case "GeometryCollection": list(g["geometries"]).forEach(one); break;
      case "Point": shapes.push({ kind: "point", parts: [part([c])] }); break;
      case "MultiPoint": part(c).forEach(p => shapes.push({ kind: "point", parts: [[p]] })); break;
      case "LineString": shapes.push({ kind: "line", parts: [part(c)] }); break;
      case "MultiLineString": shapes.push({ kind: "line", parts: list(c).map(part) }); break;
      case "Polygon": shapes.push({ kind: "area", parts: list(c).map(part) }); break;
      case "MultiPolygon": shapes.push({ kind: "area", parts: list(c).flatMap(p => list(p).map(part)) }); break;
    }
  };
  try {
    one(JSON.parse(text));
  } catch {
    return []; // no JSON, or too deep
  }
  return drawn(shapes);
}

function shapesOf(t: Term | null): Shape[] {
  if (t?.kind !== "literal") return [];
  if (/geoJSONLiteral$/i.test(t.datatype ?? "")) return parseGeoJSON(t.value);
  return /^\s*(<[^>]*>\s*)?(POINT|LINESTRING|POLYGON|MULTI|GEOMETRYCOLLECTION)/i.test(t.value) ? parseWKT(t.value) : [];
}

interface Place { shapes: Shape[]; label: string; iri: string }

function places(result: Result, names: Names): Place[] {
  const find = (pattern: RegExp) => result.vars.findIndex(v => pattern.test(v));
  const lat = find(/^(lat|latitude|breddegrad|breiddegrad)$/i), long = find(/^(lon|lng|long|longitude|lengdegrad)$/i);
  return result.rows.flatMap((row): Place[] => {
    let at = -1;
    let shapes: Shape[] = [];
    row.forEach((t, i) => {
      if (shapes.length === 0 && (shapes = shapesOf(t)).length > 0) at = i;
    });
    if (shapes.length === 0 && lat >= 0 && long >= 0 && row[lat] && row[long]) {
      const p: Position = [numberOf(row[long]!), numberOf(row[lat]!)];
      if (isPosition(p)) shapes = [{ kind: "point", parts: [[p]] }];
    }
    if (shapes.length === 0) return [];
    const others = row.filter((t, i): t is Term => t !== null && i !== at && i !== lat && i !== long);
    const label = others.find(t => t.kind === "literal" && !isNumeric(t)) ?? others[0];
    return [{ shapes, label: label ? names.show(label) : "", iri: others.find(t => t.kind === "iri")?.value ?? "" }];
  });
}

export function canMap(result: Result, names: Names): boolean {
  return result.kind !== "boolean" && places({ ...result, rows: result.rows.slice(0, 200) }, names).length > 0;
}

const farthest = 85; // the latitude where a map by Mercator ends
const mercator = (lat: number) => Math.log(Math.tan(Math.PI / 4 + Math.max(-farthest, Math.min(farthest, lat)) * Math.PI / 360)) * 180 / Math.PI;

export function map(result: Result, names: Names): HTMLElement {
  const all = places(result, names);
  if (all.length === 0) return h("p", { class: "hint" }, m.noMap);
  const width = pictureWidth(), height = Math.min(560, Math.round(width * .9));
  const xs: number[] = [], ys: number[] = [];
  for (const p of all) for (const s of p.shapes) for (const part of s.parts) for (const [x, y] of part) {
    xs.push(x);
    ys.push(mercator(y));
  }
  const least = (v: number[]) => v.reduce((a, b) => Math.min(a, b), Infinity), most = (v: number[]) => v.reduce((a, b) => Math.max(a, b), -Infinity);
  const centre = [(least(xs) + most(xs)) / 2, (least(ys) + most(ys)) / 2] as Position;
  const fit = 0.86 * Math.min(width / Math.max(most(xs) - least(xs), 0.02), height / Math.max(most(ys) - least(ys), 0.02));
  // From twice around the earth to a metre. Any closer, and floating-point numbers end before the zoom does.
  const smallest = Math.min(fit, width / 720), greatest = 1e8;
  let scale = fit, [cx, cy] = centre;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "map", role: "img", "aria-label": `${m.map}: ${formatNumber(all.length)} ${all.length === 1 ? m.place : m.places}` });
  const px = (x: number) => width / 2 + (x - cx) * scale, py = (y: number) => height / 2 - (mercator(y) - cy) * scale;
  const degrees = (v: number) => formatNumber(v, 9) + "°";
  const latitude = (y: number) => (Math.atan(Math.exp(y * Math.PI / 180)) * 2 - Math.PI / 2) * 180 / Math.PI;

  function draw() {
    const out: SVGElement[] = [svg("rect", { width, height, class: "sea" })];
    const [west, east] = [cx - width / 2 / scale, cx + width / 2 / scale];
    const [south, north] = [latitude(cy - height / 2 / scale), latitude(cy + height / 2 / scale)];
    for (const x of ticks(Math.max(west, -360), Math.min(east, 360), width < 600 ? 3 : 6)) {
      out.push(svg("line", { x1: px(x), x2: px(x), y1: 0, y2: height, class: "grid" }), svg("text", { x: px(x) + 4, y: height - 8, class: "tick" }, degrees(x)));
    }
    for (const y of ticks(Math.max(south, -farthest), Math.min(north, farthest), 5)) {
      out.push(svg("line", { x1: 0, x2: width, y1: py(y), y2: py(y), class: "grid" }), svg("text", { x: 6, y: py(y) - 4, class: "tick" }, degrees(y)));
    }
    for (const place of all) {
      const shapes = place.shapes.map(s => {
        if (s.kind === "point") {
          const [x, y] = s.parts[0]![0]!;
          return svg("circle", { cx: px(x).toFixed(1), cy: py(y).toFixed(1), r: all.length > 500 ? 3 : 6, class: "place" });
        }
        const d = s.parts.map(part => "M" + part.map(([x, y]) => px(x).toFixed(1) + " " + py(y).toFixed(1)).join("L") + (s.kind === "area" ? "Z" : "")).join("");
        return svg("path", { d, class: s.kind === "area" ? "place area" : "place route", "fill-rule": "evenodd" });
      });
      out.push(svg("g", null, svg("title", null, place.label || place.iri), ...shapes));
    }
    if (all.length <= 30) {
      const taken: [number, number, number][] = []; // from where to where texts stand, and how high
      for (const place of all) {
        if (!place.label) continue;
        const shape = place.shapes[0]!, part = shape.parts[0]!;
        const [lon, lat] = part[shape.kind === "line" ? part.length >> 1 : 0]!; // the name of a line stands at its middle
        const text = place.label.length > 30 ? place.label.slice(0, 29) + "…" : place.label;
        const x = px(lon) + 9, right = x + 8 * text.length;
        let y = py(lat) + 4;
        for (let moved = true; moved;) { // below a text that it would cover, and further than it must, so that this ends
          moved = false;
          for (const [left, end, height] of taken) if (x < end && left < right && Math.abs(y - height) < 14) [y, moved] = [height + 15, true];
        }
        taken.push([x, right, y]);
        out.push(svg("text", { x, y, class: "place-label" }, text));
      }
    }
    picture.replaceChildren(...out);
  }
  const between = (least: number, v: number, greatest: number) => Math.max(least, Math.min(greatest, v));
  const zoom = (factor: number) => {
    scale = between(smallest, scale * factor, greatest);
    draw();
  };
  const move = (x: number, y: number) => {
    cx = between(-360, cx + x, 360);
    cy = between(mercator(-farthest), cy + y, mercator(farthest));
    draw();
  };
  let from: Position | null = null, pointer = -1;
  const perPixel = () => width / picture.getBoundingClientRect().width;
  picture.addEventListener("pointerdown", e => {
    if (from || e.button !== 0) return; // a second finger, or another button
    from = [e.clientX, e.clientY];
    picture.setPointerCapture(pointer = e.pointerId);
  });
  picture.addEventListener("pointermove", e => {
    if (!from || e.pointerId !== pointer) return;
    const factor = perPixel() / scale;
    move((from[0] - e.clientX) * factor, (e.clientY - from[1]) * factor);
    from = [e.clientX, e.clientY];
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) picture.addEventListener(end, e => { if (e.pointerId === pointer) from = null; });
  const box = h("div", { class: "map-box", tabindex: 0, role: "group", "aria-label": m.map, keydown: (e: KeyboardEvent) => {
    const step = 60 / scale;
    const moves: Record<string, Position> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (e.key === "+") zoom(1.5);
    else if (e.key === "-") zoom(1 / 1.5);
    else if (moves[e.key]) move(...moves[e.key]!);
    else return;
    e.preventDefault();
  } }, picture);
  draw();
  return h("div", { class: "map-view" }, h("div", { class: "choices" },
    h("button", { type: "button", class: "quiet", click: () => zoom(1.5) }, m.zoomIn), h("button", { type: "button", class: "quiet", click: () => zoom(1 / 1.5) }, m.zoomOut),
    h("button", { type: "button", class: "quiet", click: () => { scale = fit; [cx, cy] = centre; draw(); } }, m.zoomAll),
    h("span", { class: "hint" }, `${formatNumber(all.length)} ${all.length === 1 ? m.place : m.places}`)), box);
}
