// The factors of a unit's own way through time, one after another.

import { wayRule } from "./words.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

export const FACTORS_SHOWN = 8;

/** {elements, paint({factors, more}, product)}. */
export function wayFactors(layer, which) {
  const letter = { LSTM: "f", GRU: "z", SimpleRNN: "" }[layer.kind];
  const chips = Array.from({ length: FACTORS_SHOWN }, (_, n) => {
    const [index, value] = [h("sub", {}), h("span", {})];
    const factor = h("span", { class: "le-factor" }, h("small", {}, letter, index), value);
    return { chipped: h("span", {}, n ? " · " : "", factor), index, value };
  });
  const [rest, equals] = [h("span", {}), h("span", {})];
  const product = h("strong", { class: "le-num", "data-q": `${which}/product` });
  const all = chips.map(({ chipped }) => chipped);
  const title = h("p", { class: "le-small le-muted" }, `The unit's own way: ${wayRule(layer)}`);
  const factors = h("div", { class: "le-factors" }, all, rest, h("span", { class: "le-product" }, equals, product));
  return {
    elements: [title, factors],
    paint({ factors: shown, more }, text) {
      chips.forEach(({ chipped, index, value }, n) => {
        chipped.hidden = n >= shown.length;
        if (chipped.hidden) return;
        say(index, String(shown[n][0]));
        say(value, ` ${format(shown[n][1], 3)}`);
      });
      say(rest, more ? ` · … (${more} more)` : "");
      say(equals, shown.length ? " = " : "no factor yet: ");
      say(product, text);
    },
  };
}
