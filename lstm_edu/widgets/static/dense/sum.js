// The sum of one output, term by term, and what the activation makes of it.

import { LINEAR_DOES_NOTHING } from "./words.js";
import { isElementwise } from "../shared/activations.js";
import { at } from "../shared/arrays.js";
import { quoted } from "../shared/names.js";
import { agrees, allowed, format, formatDifference } from "../shared/numbers.js";
import { h, symbol } from "../shared/page.js";
import { TERMS_SHOWN, factorsCell, termBar, termText, terms } from "../shared/terms.js";
import { plural } from "../shared/words.js";

/** {elements, paint(numbers, row, place, changed)}: `changed`, whether the reader has changed a number. */
export function sumOfOutput(spec, arrays) {
  const table = h("table", { class: "le-table le-terms" });
  const result = h("div", { class: "le-result" });
  const linear = spec.activation === "linear";
  const rowwise = !isElementwise(spec.activation);

  function tableRows(numbers, row, unit) {
    const sum = terms(row.x, (f) => numbers.W(f, unit), TERMS_SHOWN);
    const bias = numbers.b(unit);
    const products = sum.shown.map((term) => Math.abs(term.product));
    const largest = Math.max(...products, Math.abs(bias), Math.abs(sum.rest), 1e-30);
    const line = (title, middle, value, quantity) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, title),
        factorsCell(middle),
        h("td", { "data-q": quantity }, termText(value)),
        termBar(value, largest),
      );
    return [
      ...sum.shown.map(({ f, x, w, product }) =>
        line(
          `x[${f}]${quoted(spec, "features", f)} · W[${f},${unit}]`,
          `${termText(x)} · ${termText(w)}`,
          product,
          `term${f}`,
        ),
      ),
      ...(sum.others ? [line(`${sum.others} smaller terms`, "", sum.rest, "others")] : []),
      ...(spec.use_bias ? [line(`b[${unit}]`, "", bias, "bias")] : []),
    ];
  }

  const number = (quantity, value) =>
    h("span", { class: "le-num le-strong", "data-q": quantity, title: String(value) }, format(value));
  const muted = (...parts) => h("div", { class: "le-muted le-small" }, parts);

  /** "y = tanh(z) = 0.5". */
  function becomes(z, y, unit) {
    const [of, is] = [symbol(`z_${unit}`), symbol(`y_${unit}`)];
    if (linear)
      return h("div", {}, is, " = ", of, " = ", number("y", y), h("span", { class: "le-muted" }, LINEAR_DOES_NOTHING));
    const argument = rowwise ? "all z of this row" : format(z);
    return h(
      "div",
      {},
      is,
      " = ",
      spec.activation,
      "(",
      argument,
      ")",
      rowwise ? h("sub", {}, String(unit)) : "",
      " = ",
      number("y", y),
    );
  }

  function keras({ batch, t, unit }, y) {
    if (!arrays.keras_y) return "";
    const theirs = at(arrays.keras_y, batch, t, unit);
    const same = agrees(y, theirs, allowed(spec, "y"));
    const value = h("span", { class: "le-num", "data-keras": "y" }, format(theirs, 6));
    return h(
      "div",
      { class: same ? "" : "le-differs" },
      "Keras: ",
      value,
      `, difference ${formatDifference(y, theirs)}`,
    );
  }

  return {
    elements: [table, result],
    paint(numbers, row, place, changed) {
      const { batch, t, unit } = place;
      const [z, y] = [row.z[unit], row.y[unit]];
      const caption = [" is a sum of ", plural(spec.features, "product"), spec.use_bias ? " and the bias" : ""];
      table.replaceChildren(
        h("caption", {}, "z", h("sub", {}, String(unit)), quoted(spec, "units", unit), caption),
        h("tbody", {}, tableRows(numbers, row, unit)),
      );
      const formula =
        linear || spec.formula === `${spec.activation}(x)` ? "" : `${spec.activation}(x) = ${spec.formula}`;
      const was = () => ["before your changes: y = ", format(at(arrays.y, batch, t, unit))];
      result.replaceChildren(
        h("div", {}, symbol(`z_${unit}`), " = ", number("z", z)),
        becomes(z, y, unit),
        muted(formula),
        row.changed ? h("div", { class: "le-muted", "data-q": "was" }, was()) : "",
        changed ? "" : keras(place, y),
      );
    },
  };
}
