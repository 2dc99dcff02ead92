// Two runs in words (pure).

import { agrees, format, formatDifference } from "../shared/numbers.js";
import { ofSequence } from "../shared/words.js";

/** "z_i" -> the letter whose colour it has, by the kind of the layer: a GRU's gates have those of an LSTM's that do the
 *  same; a sum has its gate's; null for what has none. */
export function letterOf(name, kind) {
  const letter = name.includes("_") ? name.split("_")[1] : name;
  const like = kind === "GRU" ? ({ z: "f", r: "o" }[letter] ?? letter) : letter;
  return "ifgochx".includes(like) ? like : null;
}

/** A quantity's name for readers. */
export function nameOf(name, kind, names) {
  const [first, gate] = name.split("_");
  if (gate)
    return `sum of ${kind === "GRU" ? { z: "the update gate", r: "the reset gate", g: "the candidate" }[gate] : `the ${names[gate]}`}`;
  if (kind === "GRU" && first in { z: 1, r: 1 }) return { z: "update gate", r: "reset gate" }[first];
  return names[first] ?? first;
}

/** The first divergence in words. `found`: {t, quantity, unit} or null; `numbers`: the two values there. */
export function divergenceInWords(spec, found, numbers, batch) {
  const [a, b] = numbers;
  const [one, other] = spec.names;
  const where = ofSequence(spec, batch);
  if (!found) return `The two runs${where} agree in every number that is compared, within rounding.`;
  const n = (v) => format(v, 6);
  const before = found.t
    ? `Up to step ${found.t - 1} the two runs${where} agree.`
    : `The two runs${where} differ from the first step on.`;
  return (
    `${before} The first number that differs, in the order of computation, is ${found.quantity} at step ${found.t}` +
    `, most of all in unit ${found.unit}: ${n(a)} in ${one}, ${n(b)} in ${other}, ${apartText(a, b)} apart.`
  );
}

/** How far two numbers are apart: three figures, as a power of ten only where that is shorter. */
export function apartText(a, b) {
  const apart = Math.abs(a - b);
  return apart >= 1e-3 && apart < 1e5 ? String(Number(apart.toPrecision(3))) : formatDifference(a, b);
}

/** What is at one place, in words. */
export function pairInWords(spec, { t, unit, batch }, quantity, a, b) {
  const [one, other] = spec.names;
  const n = (v) => format(v, 5);
  const place = `${quantity} of unit ${unit} at step ${t}${ofSequence(spec, batch)}`;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return `${place}: ${one} ${n(a)}, ${other} ${n(b)}; not finite.`;
  const same = agrees(a, b, spec.tolerance);
  return `${place}: ${one} ${n(a)}, ${other} ${n(b)}; ${same ? "they agree within rounding" : `${one} − ${other} = ${n(a - b)}`}.`;
}

/** What is not compared in the two runs, in sentences. */
export const whatIsCompared = (spec) => [
  spec.kinds[0] !== spec.kinds[1] &&
    `Of layers of different kinds only what means the same in both is compared: ${spec.quantities.join(", ")}.`,
  spec.other_x && "The two runs have different inputs: x is compared as well.",
];

/** What the pictures show, for those who cannot see them. */
export const pairPicturesInWords = ({ names: [one, other], steps }, quantity, unit) =>
  `Heat maps of ${quantity} over ${steps} steps: ${one}, ${other}, and their difference; ` +
  `under them the curves of unit ${unit}.`;
