// What the tools of the what-if panel are made of.

import { h } from "../shared/page.js";

/** A list to choose from; `entries`: [value, text] of each. */
export const choice = (label, entries) =>
  h("select", { "aria-label": label }, ...entries.map(([value, text]) => h("option", { value }, text)));

/** A list of numbers from 0 on. */
export const numbered = (label, count) =>
  choice(
    label,
    Array.from({ length: count }, (_, n) => [n, n]),
  );

/** The gates by letter and name. */
export const gateChoice = (label, palette) =>
  choice(
    label,
    [..."ifgo"].map((gate) => [gate, `${gate} · ${palette.names[gate]}`]),
  );

export const dial = (label) => h("input", { type: "range", step: "any", "aria-label": label });

export const field = (label, more = {}) =>
  h("input", { type: "number", step: "any", class: "le-figure", "aria-label": label, ...more });

export const titledButton = (text, title) => h("button", { type: "button", title }, text);

/** Write into a field, save while the reader types into it. */
export function unlessTyped(input, value) {
  if (!input.matches(":focus")) input.value = value;
}
