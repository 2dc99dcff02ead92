// What a Dense layer computes, with the reader's changes in it (pure).

import { placeOfX } from "./places.js";
import { activate, isElementwise } from "../shared/activations.js";
import { at } from "../shared/arrays.js";

/** The numbers of the layer with the reader's changes in them. `row(batch, t)` gives {x, z, y} of one row: as recorded
 *  while nothing that it depends on is changed, else computed here. */
export function withEdits(spec, arrays, edits) {
  const W = (f, u) => edits[`W[${f},${u}]`] ?? at(arrays.W, f, u);
  const b = (u) => (arrays.b ? (edits[`b[${u}]`] ?? at(arrays.b, u)) : 0);
  const weightsChanged = Object.keys(edits).some((place) => place[0] !== "x");
  const row = (batch, t) => {
    const x = Array.from(
      { length: spec.features },
      (_, f) => edits[placeOfX(spec, batch, t, f)] ?? at(arrays.x, batch, t, f),
    );
    const mine = placeOfX(spec, batch, t, "").slice(0, -1);
    if (!weightsChanged && !Object.keys(edits).some((place) => place.startsWith(mine))) {
      const read = (name, count) => Array.from({ length: count }, (_, u) => at(arrays[name], batch, t, u));
      return { x, z: read("z", spec.sums), y: read("y", spec.units), changed: false };
    }
    const z = Array.from({ length: spec.sums }, (_, u) => x.reduce((sum, v, f) => sum + v * W(f, u), b(u)));
    return { x, z, y: activate(spec.activation, z) ?? z.map(() => NaN), changed: true };
  };
  return { W, b, row };
}

/** The piece of an activation's curve on which these sums lie: {points: [[z, y], ...], z: [low, high], y: [low, high]}.
 *  null for an activation without a curve: each of its outputs depends on all sums of a row. */
export function curveOf(name, sums) {
  if (!isElementwise(name)) return null;
  const reach = Math.max(4, ...sums.filter(Number.isFinite).map((z) => 1.15 * Math.abs(z)));
  const places = Array.from({ length: 201 }, (_, n) => (reach * (n - 100)) / 100);
  const points = activate(name, places).map((y, n) => [places[n], y]);
  const finite = points.map(([, y]) => y).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const room = 0.08 * (high - low) || 1;
  return { points, z: [-reach, reach], y: [low - room, high + room] };
}

/** The window of at most `most` rows that shows row `chosen`: [first, end). */
export function windowAround(chosen, count, most) {
  const first = Math.max(0, Math.min(count - most, chosen - Math.floor(most / 2)));
  return [first, Math.min(count, first + most)];
}
