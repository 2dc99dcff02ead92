// The numbers of a GRU or a SimpleRNN at one place, and what they mean in words (pure).

import { at } from "../shared/arrays.js";

/** The gates' sums, in the order of the blocks: [name of the sum, of what it becomes, subscript of its weights]. */
export const RNN_SUMS = {
  GRU: [
    ["a_z", "z", "z"],
    ["a_r", "r", "r"],
    ["a_g", "g", "g"],
  ],
  SimpleRNN: [["z", "h", ""]],
};

export const rnnNamed = (letter, subscript) => (subscript ? `${letter}_${subscript}` : letter);

/** What a sum multiplies: {count, x: [...], w: k -> weight, column}. product "xW", "hU", or "rhU", (r · h_prev) U. */
export function rnnVectors(spec, arrays, { batch, t, unit }, block, product) {
  const column = block * spec.units + unit;
  const before = (k) => (t ? at(arrays.h, batch, t - 1, k) : at(arrays.h_start, batch, k));
  const [count, value, weights] = {
    xW: [spec.features, (k) => at(arrays.x, batch, t, k), arrays.kernel],
    hU: [spec.units, before, arrays.recurrent_kernel],
    rhU: [spec.units, (k) => at(arrays.r, batch, t, k) * before(k), arrays.recurrent_kernel],
  }[product];
  return { count, column, x: Array.from({ length: count }, (_, k) => value(k)), w: (k) => at(weights, k, column) };
}

/** Every number of one unit at one step, ours and, where there is a reference, Keras's: {ours, keras, masked}. ours has
 *  the sums' parts too (xW_z, hU_z, b_z, d_z, ...), where the weights were sent. */
export function rnnNumbersAt(spec, arrays, place) {
  const { batch, t, unit } = place;
  const read = (prefix) => {
    const found = {};
    RNN_SUMS[spec.kind].forEach(([sum, gate], block) => {
      const array = arrays[prefix + (spec.kind === "GRU" ? "a" : "z")];
      found[sum] = at(array, batch, t, block * spec.units + unit);
      found[gate] = at(arrays[prefix + gate], batch, t, unit);
    });
    found.h = at(arrays[`${prefix}h`], batch, t, unit);
    return found;
  };
  const ours = read("");
  ours.h_prev = t ? at(arrays.h, batch, t - 1, unit) : at(arrays.h_start, batch, unit);
  if (spec.kind === "GRU") ours.rest = 1 - ours.z;
  if (arrays.kernel) {
    RNN_SUMS[spec.kind].forEach(([sum, , subscript], block) => {
      const add = (product) => {
        const { x, w } = rnnVectors(spec, arrays, place, block, product);
        return x.reduce((total, value, k) => total + value * w(k), 0);
      };
      const column = block * spec.units + unit;
      const inside = sum === "a_g" && !spec.reset_after ? "rhU" : "hU";
      ours[rnnNamed("xW", subscript)] = add("xW");
      ours[rnnNamed(inside, subscript)] = add(inside);
      if (!arrays.bias) return;
      const rows = arrays.bias.shape.length === 2;
      ours[rnnNamed("b", subscript)] = rows ? at(arrays.bias, 0, column) : at(arrays.bias, column);
      if (rows) ours[rnnNamed("d", subscript)] = at(arrays.bias, 1, column);
    });
    if (spec.reset_after) ours.seen = ours.hU_g + (ours.d_g ?? 0);
  }
  return {
    ours,
    keras: arrays.keras_h ? read("keras_") : null,
    masked: arrays.counts ? !at(arrays.counts, batch, t) : false,
  };
}

const written = new WeakMap(); // by the run

/** What each step of a GRU writes, (1 − z) · g, as an array of the run; 0 where the layer skips the step. */
export function rnnWrittenIn(arrays) {
  if (!written.has(arrays)) {
    const { shape, data } = arrays.g;
    const skipped = (n) => arrays.counts && !arrays.counts.data[Math.floor(n / shape[2])];
    const product = Float64Array.from(data, (g, n) => (skipped(n) ? 0 : (1 - arrays.z.data[n]) * g));
    written.set(arrays, { shape, data: product });
  }
  return written.get(arrays);
}

/** The names of the numbers that are compared with Keras's. */
export const rnnCompared = (kind) => [...new Set([...RNN_SUMS[kind].flatMap(([sum, gate]) => [sum, gate]), "h"])];
