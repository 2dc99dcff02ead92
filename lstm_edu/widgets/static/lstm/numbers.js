// An LSTM's numbers at one place, and what they mean in words (pure).

import { activate, isElementwise } from "../shared/activations.js";
import { at } from "../shared/arrays.js";

export const GATES = ["i", "f", "g", "o"];

// --- what the numbers are at one place (pure) -----------------------------------------------------------------------

/** Every number of one unit at one step, ours and, where there is a reference, Keras's:
 *  {ours: {z_i, i, ..., c_prev, c, tanh_c, h}, keras: the same or null, masked}. */
export function numbersAt(spec, arrays, { batch, t, unit }) {
  const read = (prefix) => {
    const get = (name, k) => at(arrays[prefix + name], batch, t, k);
    const found = {};
    GATES.forEach((gate, block) => (found[`z_${gate}`] = get("z", block * spec.units + unit)));
    for (const name of [...GATES, "c", "h"]) found[name] = get(name, unit);
    found.c_prev = previous(arrays, `${prefix}c`, batch, t, unit);
    return found;
  };
  const ours = read("");
  const row = Array.from({ length: spec.units }, (_, k) => at(arrays.c, batch, t, k));
  ours.squashed = isElementwise(spec.activation)
    ? activate(spec.activation, [ours.c])[0]
    : (activate(spec.activation, row)?.[unit] ?? NaN);
  ours.h_prev = previous(arrays, "h", batch, t, unit);
  return {
    ours,
    keras: arrays.keras_h ? read("keras_") : null,
    masked: arrays.counts ? !at(arrays.counts, batch, t) : false,
  };
}

/** What step t found of the state "h" or "c" (or "keras_c"): what the step before left, the start, or in a run with a
 *  mistake something else. */
export function previous(arrays, state, batch, t, unit) {
  const found = arrays[`${state}_found`];
  if (found) return at(found, batch, t, unit);
  return t ? at(arrays[state], batch, t - 1, unit) : at(arrays[`${state}_start`], batch, unit);
}

const written = new WeakMap(); // by the run

/** What each step writes into the cell state, i · g, as an array of the run; 0 where the layer skips the step. */
export function writtenIn(arrays) {
  if (!written.has(arrays)) {
    const { shape, data } = arrays.g;
    const skipped = (n) => arrays.counts && !arrays.counts.data[Math.floor(n / shape[2])];
    const product = Float64Array.from(data, (g, n) => (skipped(n) ? 0 : arrays.i.data[n] * g));
    written.set(arrays, { shape, data: product });
  }
  return written.get(arrays);
}

// --- what they are made of (pure) -----------------------------------------------------------------------------------

/** The column of kernel, recurrent_kernel and bias that belongs to this gate of this unit, and how it is counted:
 *  {column: 11, formula: "2·units + unit", sum: "2·4 + 3"}. */
export function columnOf(gate, units, unit) {
  const block = GATES.indexOf(gate);
  const column = block * units + unit;
  if (!block) return { column, formula: "unit", sum: "" };
  const times = block > 1 ? `${block}·` : "";
  return { column, formula: `${times}units + unit`, sum: `${times}${units} + ${unit}` };
}

/** The numbers in a wire that carries many of them, "x" or "h_prev". */
export function carriedIn(wire, spec, arrays, { batch, t }) {
  const [count, value] =
    wire === "x"
      ? [spec.features, (k) => at(arrays.x, batch, t, k)]
      : [spec.units, (k) => previous(arrays, "h", batch, t, k)];
  return Array.from({ length: count }, (_, k) => value(k));
}

/** One product of a gate's sum as its two vectors: {x, w: k -> weight}; product "xW" or "hU". */
export function vectorsOf(product, spec, arrays, place, column) {
  const [wire, weights] = product === "xW" ? ["x", arrays.kernel] : ["h_prev", arrays.recurrent_kernel];
  return { x: carriedIn(wire, spec, arrays, place), w: (k) => at(weights, k, column) };
}

/** What each gate's sum z is made of at this place: {xW_i, hU_i, b_i, xW_f, ...}; {} where the weights stayed in Python. */
export function addendsOf(spec, arrays, place) {
  const found = {};
  if (!arrays.kernel) return found;
  for (const gate of GATES) {
    const { column } = columnOf(gate, spec.units, place.unit);
    for (const product of ["xW", "hU"]) {
      const { x, w } = vectorsOf(product, spec, arrays, place, column);
      found[`${product}_${gate}`] = x.reduce((sum, value, k) => sum + value * w(k), 0);
    }
    if (arrays.bias) found[`b_${gate}`] = at(arrays.bias, column);
  }
  return found;
}

/** How far this unit's cell state goes in this sequence: what its amounts are drawn against. */
export function reachOf(spec, arrays, { batch, unit }) {
  let reach = Math.abs(at(arrays.c_start, batch, unit)) || 0;
  for (let t = 0; t < spec.steps; t++) {
    const size = Math.abs(at(arrays.c, batch, t, unit));
    if (size > reach && size < Infinity) reach = size;
  }
  return Math.max(reach, 0.02 * spec.scales.c.high, 1e-30); // what is next to nothing looks like it
}

/** Which equations this run does not follow, by the quantity on their left: {z_f: true, ...}. None in a plain run; some
 *  where a gate is held, or where the run has a mistake. Rounding does not count as a difference. */
export function brokenIn(spec, { ours, masked }, addends) {
  const broken = {};
  const check = (name, expected, ...sizes) => {
    const allowed = 1e-6 + 1e-4 * sizes.reduce((sum, v) => sum + Math.abs(v), 0);
    if (Math.abs(expected - ours[name]) > allowed) broken[name] = true; // false for what is not a number
  };
  for (const gate of GATES) {
    const parts = [`xW_${gate}`, `hU_${gate}`, `b_${gate}`].map((name) => addends[name] ?? 0);
    const z = ours[`z_${gate}`];
    if (`xW_${gate}` in addends) check(`z_${gate}`, parts[0] + parts[1] + parts[2], ...parts, z);
    const name = gate === "g" ? spec.activation : spec.recurrent_activation;
    if (isElementwise(name)) check(gate, activate(name, [z])[0], z, 1);
  }
  if (!masked) {
    check("c", ours.f * ours.c_prev + ours.i * ours.g, ours.f * ours.c_prev, ours.i * ours.g);
    check("h", ours.o * ours.squashed, ours.h);
  }
  return broken;
}
