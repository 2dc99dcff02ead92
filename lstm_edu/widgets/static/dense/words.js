// A Dense layer in words (pure).

import { plural } from "../shared/words.js";

export const BENCH_HINT =
  "Click a number of x, W or b, or write its place, such as W[0,0]; then change it with the slider or its arrow keys.";
export const LINEAR_DOES_NOTHING = " (linear: nothing is done to z)";

/** How an output comes about; `level`: how much is shown. */
export function outputInWords(spec, down, z, y, unit, { level, write }) {
  if (level() === "simple") {
    const sum =
      spec.features === 1
        ? `the number in x times its weight${spec.use_bias ? ", plus the bias" : ""}`
        : `the numbers in x, each times its weight, are added up${spec.use_bias ? " with the bias" : ""}`;
    const through = spec.activation === "linear" ? "" : `, and the sum goes through ${spec.activation}`;
    return `Output ${unit} of ${down} is y = ${write(y)}: ${sum}${through}.`;
  }
  const adds = spec.use_bias ? " and the bias add" : spec.features === 1 ? " adds" : " add";
  const made = spec.activation === "linear" ? ", and y = z." : `, and ${spec.activation} makes y = ${write(y)} of it.`;
  return `Output ${unit} of ${down}: ${plural(spec.features, "product")}${adds} up to z = ${write(z)}${made}`;
}

export const changedInWords = (spec, count) =>
  `${plural(count, "number")} changed: the page has computed the outputs anew.` +
  (spec.comparison ? " Keras's values belong to the unchanged numbers and are not shown." : "");

export const curveInWords = (activation, row, unit, write) =>
  `The curve of ${activation}; this output is the point at z = ${write(row.z[unit], 3)}, y = ${write(row.y[unit], 3)}.`;

export const barsInWords = (activation, row, unit, write) =>
  `${activation} looks at all sums of a row. The outputs of this row as bars; output ${unit} is ${write(row.y[unit], 3)}.`;
