// Equations in a list, with numbers in them.

import { format } from "./numbers.js";
import { h, say } from "./page.js";

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

/** The numbers in equations: {number(quantity) -> a place for one, paint(valueOf)}. `colourOf(quantity)`: what it is
 *  underlined with, if anything. */
export function equationNumbers(colourOf) {
  const places = [];
  return {
    number(quantity) {
      const element = h("span", { class: "le-num", "data-q": quantity });
      const colour = colourOf(quantity);
      if (colour) element.style.borderColor = colour;
      places.push([element, quantity]);
      return element;
    },
    paint(valueOf) {
      for (const [element, quantity] of places) {
        const value = valueOf(quantity);
        say(element, format(value));
        element.title = `${quantity} = ${value}`;
      }
    },
  };
}
