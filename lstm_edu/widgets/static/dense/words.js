// A Dense layer in words (pure).

import { format } from "../shared/numbers.js";
import { plural } from "../shared/words.js";

export const BENCH_HINT =
  "Click a number of x, W or b, or write its place, such as W[0,0]; then change it with the slider or its arrow keys.";
export const LINEAR_DOES_NOTHING = " (linear: nothing is done to z)";

/** How an output comes about. */
export function outputInWords(spec, down, z, y, unit) {
  const adds = spec.use_bias ? " and the bias add" : spec.features === 1 ? " adds" : " add";
  const made = spec.activation === "linear" ? ", and y = z." : `, and ${spec.activation} makes y = ${format(y)} of it.`;
  return `Output ${unit} of ${down}: ${plural(spec.features, "product")}${adds} up to z = ${format(z)}${made}`;
}

export const changedInWords = (spec, count) =>
  `${plural(count, "number")} changed: the page has computed the outputs anew.` +
  (spec.comparison ? " Keras's values belong to the unchanged numbers and are not shown." : "");

export const curveInWords = (activation, row, unit) =>
  `The curve of ${activation}; this output is the point at z = ${format(row.z[unit], 3)}, y = ${format(row.y[unit], 3)}.`;

export const barsInWords = (activation, row, unit) =>
  `${activation} looks at all sums of a row. The outputs of this row as bars; output ${unit} is ${format(row.y[unit], 3)}.`;
