// Ours and Keras's, side by side.

import { agrees, allowed, fitted, format, formatDifference } from "./numbers.js";
import { h, say, symbol } from "./page.js";

/** How ours and Keras's compare, in a sentence: over `what`; null where there is nothing to compare with. */
export function verdict(spec, what = "") {
  if (!spec.comparison) return null;
  const kind = spec.comparison.agrees ? "le-verdict" : "le-verdict le-differs";
  return h("p", { class: kind }, `Ours and Keras${what && `, ${what}`}: ${spec.comparison.text}.`);
}

/** A table of one place's numbers, ours and Keras's, with their differences; above it, how the whole runs compare. */
export function comparison(spec, rows) {
  const cells = {};
  const body = rows.map((name) => {
    cells[name] = [h("td", {}), h("td", { "data-keras": name }), h("td", { "data-difference": name })];
    return h("tr", {}, h("th", { scope: "row" }, symbol(name)), cells[name]);
  });
  const head = ["", "ours", "Keras", "difference"].map((text, n) =>
    h(n ? "th" : "td", n ? { scope: "col" } : {}, text),
  );
  const table = h("table", { class: "le-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  return {
    element: h("div", { class: "le-compare" }, verdict(spec, "over the whole run"), table),
    paint({ ours, keras }) {
      for (const name of rows) {
        const [mine, theirs, difference] = cells[name];
        const same = agrees(ours[name], keras[name], allowed(spec, name));
        say(mine, fitted(format(ours[name], 6), ours[name], 10));
        say(theirs, fitted(format(keras[name], 6), keras[name], 10));
        say(difference, (same ? "" : "≠ ") + formatDifference(ours[name], keras[name]));
        difference.classList.toggle("le-differs", !same);
      }
    },
  };
}
