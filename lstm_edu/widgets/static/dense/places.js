// The names of single numbers, as NumPy would index them: "W[1,3]", "b[3]", "x[0,1]", or "x[0,7,1]" where x has time (pure).

export const placeOfX = (spec, batch, t, feature) =>
  spec.timed ? `x[${batch},${t},${feature}]` : `x[${batch},${feature}]`;

/** The number at a place, of the numbers that withEdits() gives; undefined where there is no such place. */
export function numberAtPlace(spec, numbers, place) {
  const found = place.match(/^([xWb])\[(\d+)(?:,(\d+))?(?:,(\d+))?\]$/);
  if (!found) return undefined;
  const index = found
    .slice(2)
    .filter((n) => n !== undefined)
    .map(Number);
  const sizes = {
    x: spec.timed ? [spec.rows, spec.steps, spec.features] : [spec.rows, spec.features],
    W: [spec.features, spec.sums],
    b: spec.use_bias ? [spec.sums] : [],
  }[found[1]];
  if (index.length !== sizes.length || index.some((n, axis) => n >= sizes[axis])) return undefined;
  const [i, j, k] = index;
  if (found[1] === "W") return numbers.W(i, j);
  if (found[1] === "b") return numbers.b(i);
  return spec.timed ? numbers.row(i, j).x[k] : numbers.row(i, 0).x[j];
}
