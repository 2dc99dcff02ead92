// A Dense layer in words (pure).

import { quoted } from "../shared/names.js";
import { plural } from "../shared/words.js";

export const BENCH_HINT =
  "Click a number of x, W or b, or type its place, such as W[0,0]; then change it with the slider or its arrow keys.";
export const LINEAR_DOES_NOTHING = " (linear: nothing is done to z)";

/** How an output is computed; `level`: how much is shown. */
export function outputInWords(spec, down, z, y, unit, { level, write }) {
  const output = `Output ${unit}${quoted(spec, "units", unit)} of ${down}`;
  if (level() === "simple") {
    const sum =
      spec.features === 1
        ? `the number in x times its weight${spec.use_bias ? ", plus the bias" : ""}`
        : `the numbers in x, each times its weight, are added up${spec.use_bias ? " with the bias" : ""}`;
    const through = spec.activation === "linear" ? "" : `, and the sum goes through ${spec.activation}`;
    return `${output} is y = ${write(y)}: ${sum}${through}.`;
  }
  const adds = spec.use_bias ? " and the bias add" : spec.features === 1 ? " adds" : " add";
  const made = spec.activation === "linear" ? ", and y = z." : `, and ${spec.activation} makes y = ${write(y)} of it.`;
  return `${output}: ${plural(spec.features, "product")}${adds} up to z = ${write(z)}${made}`;
}

/** Which class a row of outputs is taken for, where the outputs are classes: "" where there are no two of them. */
export function classInWords(spec, outputs, write) {
  if (!spec.named?.classes || outputs.length < 2 || !outputs.every(Number.isFinite)) return "";
  const largest = outputs.indexOf(Math.max(...outputs));
  return ` The largest of this row is${quoted(spec, "units", largest)}, ${write(outputs[largest])}.`;
}

export const changedInWords = (spec, count) =>
  `${plural(count, "number")} changed: the page has recomputed the outputs.` +
  (spec.comparison ? " Keras's values belong to the unchanged numbers and are not shown." : "");

export const curveInWords = (spec, row, unit, write) =>
  `The curve of ${spec.activation}; this output is the point at z = ${write(row.z[unit], 3)}, y = ${write(row.y[unit], 3)}.`;

export const barsInWords = (spec, row, unit, write) =>
  `${spec.activation} looks at all sums of a row. The outputs of this row as bars; output ${unit}${quoted(spec, "units", unit)} is ${write(row.y[unit], 3)}.`;
