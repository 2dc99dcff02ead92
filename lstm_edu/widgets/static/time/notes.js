// The text below pictures over time.

import { at } from "../shared/arrays.js";

/** Runs of steps of a sequence that the layer skipped: [[first, end), ...]. `counts` is null where none was. */
export function skippedRuns(counts, batch, steps) {
  const runs = [];
  for (let t = 0; counts && t < steps; t++) {
    if (at(counts, batch, t)) continue;
    const last = runs.at(-1);
    if (last && last[1] === t) last[1] = t + 1;
    else runs.push([t, t + 1]);
  }
  return runs;
}

/** How many values of a sequence are not finite, in words; "" if all are. `named` is [[name, array (B, T, K), what one of
 *  the K is called, "unit" if not given], ...]. */
export function oddNumbers(named, batch) {
  let count = 0;
  let first = "";
  for (const [name, { shape, data }, what = "unit"] of named) {
    const size = shape[1] * shape[2];
    for (let n = 0; n < size; n++) {
      if (Number.isFinite(data[batch * size + n])) continue;
      count++;
      first ||= `${name} at step ${Math.floor(n / shape[2])}, ${what} ${n % shape[2]}`;
    }
  }
  if (!count) return "";
  const [numbers, are] = count === 1 ? ["number", "is"] : ["numbers", "are"];
  return `${count} ${numbers} of this sequence ${are} NaN or infinite, drawn as a chequerboard; the first: ${first}.`;
}

/** What these heat maps do not show because there are too few pixels, in words; "" if every value has a pixel. `curves`: they are
 *  above curves of the same steps. */
export function sharedPixels(maps, { curves = false } = {}) {
  const found = [...new Set(maps.flatMap((map) => map.crowded()))];
  if (!found.length) return "";
  const drawn = curves && found.some((text) => text.endsWith("columns")) ? "; so does a curve" : "";
  return (
    `${found.join(", ")}: where several share a pixel, the picture shows the greatest of them and, below it, the ` +
    `least${drawn}. The numbers are exact.`
  );
}
