// What flows in the cell, and how thick a wire that makes (pure).

import { previous } from "./numbers.js";
import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";

/** The number on each wire: {c_prev, kept, written, c, squashed, h, i, f, g, o, z_i, ...}; x and h_prev, of which there
 *  are many, as their largest size. */
export function flowsAt(spec, arrays, { batch, t }, { ours, masked }) {
  const flows = { ...ours, kept: ours.f * ours.c_prev, written: ours.i * ours.g };
  const largest = (count, value) => {
    let size = 0;
    for (let k = 0; k < count; k++) size = Math.max(size, Math.abs(value(k))); // NaN stays NaN
    return size;
  };
  flows.x = spec.features === 1 ? at(arrays.x, batch, t, 0) : largest(spec.features, (k) => at(arrays.x, batch, t, k));
  flows.h_prev = spec.units === 1 ? ours.h_prev : largest(spec.units, (k) => previous(arrays, "h", batch, t, k));
  if (masked) flows.kept = ours.c_prev; // a masked step passes the state on
  return flows;
}

/** How thick a wire is drawn, in the drawing's units: what flows, against the largest that flows there. */
export function thickness(value, most) {
  if (!Number.isFinite(value)) return 5;
  return 1.5 + 7 * Math.min(1, Math.abs(value) / Math.max(most, 1e-30));
}

/** "+0.250", "−0.250": a number that may have either sign shows which, where it is not written as 0. */
export function withSign(value, digits = 3, write = format) {
  const text = write(value, digits);
  return (value > 0 && /[1-9]/.test(text) ? "+" : "") + text;
}
