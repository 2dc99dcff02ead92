// What a step contributes to the gradients of the weights: dL/db block by block, and the sizes of dL/dW and dL/dU.

import { gathered, sized } from "./numbers.js";
import { BIAS_CAPTION, BIAS_COLUMNS } from "./words.js";
import { at } from "../shared/arrays.js";
import { inkOn } from "../shared/colours.js";
import { h, say } from "../shared/page.js";
import { termTrack } from "../shared/terms.js";

/** {element, paint(arrays, place, sums)}: `sums`, dL/dz of this unit at this step, block by block. */
export function biasTable(layer, palette, which) {
  const rows = layer.blocks.map(({ name, like }) => {
    const colour = palette.colors[like];
    const { cell: bar, fill } = termTrack();
    fill.style.background = colour;
    const [now, sofar, all] = [
      h("td", { "data-q": `${which}/db_${name}` }),
      h("td", { "data-q": `${which}/gathered_${name}` }),
      h("td", {}),
    ];
    const block = h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, name);
    return { fill, now, sofar, all, row: h("tr", {}, h("th", { scope: "row" }, block), bar, now, sofar, all) };
  });
  const heads = BIAS_COLUMNS.map((text) => h("th", { scope: "col" }, text));
  const element = h(
    "table",
    { class: "le-table le-terms" },
    h("caption", { class: "le-muted" }, BIAS_CAPTION),
    h("thead", {}, h("tr", {}, h("td", {}), h("td", {}), heads)),
    h(
      "tbody",
      {},
      rows.map(({ row }) => row),
    ),
  );
  let known = { key: "", found: null, span: 1 };
  return {
    element,
    paint(arrays, { t, unit, batch }, sums) {
      const key = `${batch},${unit}`;
      if (known.key !== key) {
        const found = gathered(arrays.d_sums, batch, unit, rows.length);
        known = { key, found, span: Math.max(...found.map(largest), 1e-300) };
      }
      rows.forEach(({ fill, now, sofar, all }, n) => {
        const value = known.found[n][t];
        [
          [now, sums[n]],
          [sofar, value],
          [all, known.found[n][0]],
        ].forEach(([cell, number]) => say(cell, sized(number)));
        const share = Number.isFinite(value) ? Math.min(50, (50 * Math.abs(value)) / known.span) : 0;
        fill.style.left = `${value < 0 ? 50 - share : 50}%`;
        fill.style.width = `${share}%`;
      });
    },
  };
}

const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The sizes of what a step contributes to dL/dW and to dL/dU: {toW: |x| |dL/dz|, toU: |h_t-1| |dL/dz|}. */
export function matrixSizes(layer, arrays, { t, batch }) {
  const sums = Math.sqrt(sumOfSquares(arrays.d_sums, batch, t));
  const start = () => Math.hypot(...Array.from({ length: layer.units }, (_, k) => at(arrays.h_start, batch, k)));
  const before = t ? Math.sqrt(sumOfSquares(arrays.h, batch, t - 1)) : start();
  return { toW: at(arrays.x_norm, batch, t, 0) * sums, toU: before * sums };
}

function sumOfSquares({ shape, data }, batch, t) {
  let sum = 0;
  for (let k = 0, n = (batch * shape[1] + t) * shape[2]; k < shape[2]; k++, n++) sum += data[n] * data[n];
  return sum;
}
