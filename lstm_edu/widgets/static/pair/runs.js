// The numbers of two runs, and where they diverge (pure).

import { at } from "../shared/arrays.js";
import { skippedRuns } from "../time/notes.js";

/** What the pictures and the table read: of each side "a", "b" and "difference" the number at (quantity, batch, t, unit). */
export function readersOf(arrays) {
  const read = (side) => (name, batch, t, k) => at(arrays[`${side}/${name}`], batch, t, k);
  const [a, b] = [read("a"), read("b")];
  return { a, b, difference: (...place) => a(...place) - b(...place) };
}

/** The steps that are masked in one run or in both. */
export function maskedInEither(spec, arrays, batch) {
  const masks = ["a/counts", "b/counts"].filter((name) => arrays[name]);
  return masks.flatMap((name) => skippedRuns(arrays[name], batch, spec.steps));
}
