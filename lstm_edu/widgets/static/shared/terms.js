// A sum, term by term.

import { fitted, format } from "./numbers.js";
import { h } from "./page.js";

export const TERMS_SHOWN = 12;

/** The terms x[f] W[f, u] of one sum, the largest first where there are more than `most`: {shown: [{f, x, w, product}],
 *  others: how many are left out, rest: their sum}. */
export function terms(x, w, most) {
  const all = x.map((value, f) => ({ f, x: value, w: w(f), product: value * w(f) }));
  if (all.length <= most) return { shown: all, others: 0, rest: 0 };
  const size = (term) => (Number.isFinite(term.product) ? Math.abs(term.product) : Infinity);
  const ordered = [...all].sort((a, b) => size(b) - size(a) || a.f - b.f);
  const rest = ordered.slice(most).reduce((sum, term) => sum + term.product, 0);
  return { shown: ordered.slice(0, most), others: all.length - most, rest };
}

/** A number in a table of terms, at most as long as "−1.23e−45". */
export const termText = (value) => fitted(format(value), value, 9);

/** A cell for "0.5 · 0.25": on one line, unless its numbers are long. */
export const factorsCell = (text) => h("td", { class: (text.length > 17 || text.includes("e")) && "le-long" }, text);

/** A cell for a bar to the left or to the right of its middle: {cell, fill}. */
export function termTrack() {
  const fill = h("span", { class: "le-fill" });
  return {
    fill,
    cell: h("td", { class: "le-termbar", "aria-hidden": "true" }, h("span", { class: "le-track" }, fill)),
  };
}

/** Such a cell, its bar as long as the value compared with the largest one. */
export function termBar(value, largest) {
  const { cell, fill } = termTrack();
  const width = Number.isFinite(value) ? (50 * Math.abs(value)) / largest : 0;
  fill.classList.toggle("le-minus", value < 0);
  Object.assign(fill.style, { width: `${width}%`, left: `${value < 0 ? 50 - width : 50}%` });
  return cell;
}
