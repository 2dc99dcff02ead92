// Which row a token picks (pure).

import { at } from "../shared/arrays.js";

/** The id of a row of the table that has travelled. */
export const idOfRow = (spec, row) => (spec.kept ? spec.kept[row] : row);

/** The next step after t, round the end, whose token picks this row; −1 if none does. */
export function nextStepOf(ids, batch, steps, row, t) {
  for (let k = 1; k <= steps; k++) {
    const step = (t + k) % steps;
    if (at(ids, batch, step) === row) return step;
  }
  return -1;
}

/** How often a sequence picks each row: Map(row -> count). */
export function pickedRows(ids, batch, steps) {
  const found = new Map();
  for (let t = 0; t < steps; t++) {
    const row = at(ids, batch, t);
    found.set(row, (found.get(row) ?? 0) + 1);
  }
  return found;
}

/** The steps that hold id 0, where that means "no token": [[first, end), ...]. */
export function emptySteps(spec, ids, batch) {
  const found = [];
  for (let t = 0; spec.mask_zero && t < spec.steps; t++) {
    if (idOfRow(spec, at(ids, batch, t)) === 0) found.push([t, t + 1]);
  }
  return found;
}
