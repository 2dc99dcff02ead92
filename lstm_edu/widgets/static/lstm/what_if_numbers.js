// What a what-if changes (pure).

import { placeNamed } from "./recompute.js";
import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";
import { roundedUp } from "../time/scales.js";

/** What is changed, in words, one entry per change: [{text, id: of a mistake, without: the what-if without it}]. */
export function changesOf(edits, spec, arrays) {
  const { hold = [], numbers = {}, mistake = "" } = edits;
  const plain = (v) => String(Number(v.toPrecision(6))).replace("-", "−");
  const held = hold.map(({ gate, value, unit, from = 0, to = spec.steps - 1 }, n) => {
    const whose = unit === undefined ? (spec.units > 1 ? "all units" : "the unit") : `unit ${unit}`;
    const steps = from > 0 || to < spec.steps - 1 ? `, ${from === to ? `step ${from}` : `steps ${from} to ${to}`}` : "";
    return {
      text: `${gate} of ${whose} held at ${plain(value)}${steps}`,
      without: { ...edits, hold: hold.filter((_, other) => other !== n) },
    };
  });
  const put = Object.entries(numbers).map(([place, value]) => {
    const { [place]: _, ...others } = numbers;
    const was = format(numberAt(arrays, place));
    return { text: `${place} = ${plain(value)} (was ${was})`, without: { ...edits, numbers: others } };
  });
  const { words = mistake } = spec.mistakes.find(({ id }) => id === mistake) ?? {};
  const wrong = mistake ? [{ text: `mistake: ${words}`, id: mistake, without: { ...edits, mistake: "" } }] : [];
  return [...held, ...put, ...wrong];
}

/** The number that "kernel[2,7]" names. */
export function numberAt(arrays, place) {
  const [name, index] = placeNamed(place);
  return at(arrays[name], ...index);
}

/** A number as it is written in a field: five figures. */
export const figures = (value) => String(Number(value.toPrecision(5)));

/** A what-if without the parts that are empty: as Python writes it down. */
export function tidied({ hold = [], numbers = {}, mistake = "" }) {
  return {
    ...(hold.length ? { hold } : {}),
    ...(Object.keys(numbers).length ? { numbers } : {}),
    ...(mistake ? { mistake } : {}),
  };
}

/** The scale of a picture, widened where the new run's numbers go beyond it. */
export function widened(scale, values) {
  let low = scale.low;
  let high = scale.high;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low === scale.low && high === scale.high) return scale;
  const end = roundedUp(Math.max(-low, high));
  return low < 0 ? { kind: "signed", low: -end, high: end } : { kind: scale.kind, low: 0, high: end };
}
