import type { Plan, PlanNode } from "./api";
import { formatNumber, h } from "./dom";
import { m } from "./messages";

function duration(ns: number): string {
  if (ns >= 1e9) return formatNumber(Math.round(ns / 1e7) / 100) + " s";
  if (ns >= 1e6) return formatNumber(Math.round(ns / 1e4) / 100) + " ms";
  return formatNumber(Math.round(ns / 1e3)) + " µs";
}

function ownTime(n: PlanNode): number {
  const below = (n.inputs ?? []).reduce((sum, c) => sum + (c.profile?.time_ns ?? 0), 0);
  return Math.max(0, (n.profile?.time_ns ?? 0) - below);
}

// tree shows a plan as nested lists; what was measured stands beside what was expected.
export function planView(plan: Plan): HTMLElement {
  const whole = plan.plan.profile?.time_ns ?? 0;
  const shown = (n: PlanNode): HTMLElement => {
    const [name, ...rest] = n.operator.split(/(?<=^[a-z]+(?: \([a-z ]+\))?)(?=[ :])/);
    const facts: (HTMLElement | null)[] = [];
    if (n.profile) {
      const off = Math.max(n.estimate, 1) / Math.max(n.profile.rows, 1);
      const far = off > 20 || off < 1 / 20;
      facts.push(h("span", { class: "fact" }, h("strong", null, formatNumber(n.profile.rows)), " " + m.rows));
      facts.push(h("span", { class: far ? "fact far" : "fact", title: far ? m.badEstimate : null }, formatNumber(Math.round(n.estimate)) + " " + m.rowsEstimated));
      facts.push(h("span", { class: "fact" }, h("strong", null, duration(ownTime(n))), ` ${m.own}, ${duration(n.profile.time_ns)} ${m.total}`));
      if (n.profile.pages) facts.push(h("span", { class: "fact" }, formatNumber(n.profile.pages) + " " + m.pages));
    } else {
      facts.push(h("span", { class: "fact" }, formatNumber(Math.round(n.estimate)) + " " + m.rows + " " + m.rowsEstimated));
    }
    const bar = whole > 0 && n.profile ? h("meter", { class: "share", min: 0, max: 1, value: Math.min(1, ownTime(n) / whole), "aria-label": m.time }) : null;
    return h("li", null,
      h("div", { class: "node" }, h("div", { class: "operator" }, h("strong", null, name ?? ""), h("code", null, rest.join(""))), h("div", { class: "facts" }, bar, ...facts)),
      n.inputs?.length ? h("ul", null, ...n.inputs.map(shown)) : null);
  };
  return h("div", { class: "plan-view" },
    plan.error ? h("p", { class: "error", role: "alert" }, m.incomplete + " " + plan.error) : null,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": plan.plan.profile ? m.profileTitle : m.planTitle },
      h("ul", { class: "plan" }, shown(plan.plan), ...(plan.nested ?? []).map(shown))));
}
