// Equations in a list, with numbers in them.

import { h } from "./page.js";

/** One equation, or several lines of one: a sign before it. `row`: what can be pointed out in it. */
export const equationRow = (row, sign, ...lines) =>
  h("div", { class: "le-equation", "data-row": row }, sign, h("div", {}, lines));

/** A line: its symbols, then parts with numbers. It may break between two parts, not within one. */
export const equationLine = (symbols, parts, attributes = {}) =>
  h(
    "div",
    attributes,
    h("span", { class: "le-sym-line" }, symbols),
    " ",
    parts.map((part) => equationPart(part)),
  );

export const equationPart = (...content) => [h("span", { class: "le-part" }, content), " "];
