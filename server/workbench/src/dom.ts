// Small helpers to make elements. Text always goes in as text, never as markup.

export type Child = Node | string | number | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

function fill(element: Element, attributes: Attributes | null, children: Child[]) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes | null = null, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  fill(element, attributes, children);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(name: K, attributes: Attributes | null = null, ...children: Child[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(element, attributes, children);
  return element;
}

// locales are those of the page; where the browser has no Nynorsk, numbers and dates are those of Bokmål.
export function locales(): string[] {
  const lang = document.documentElement.lang || "en";
  return lang === "nn" ? ["nn", "nb"] : [lang];
}

export function formatNumber(n: number, digits = 3): string {
  return n.toLocaleString(locales(), { maximumFractionDigits: digits });
}

export function formatSeconds(ms: number): string {
  return (ms / 1000).toLocaleString(locales(), { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

// pictureWidth is how many units wide a picture is drawn: as wide as it is shown, so that its texts have the size of other texts on a phone too.
export function pictureWidth(): number {
  return Math.max(240, Math.min(900, document.documentElement.clientWidth - 64));
}
