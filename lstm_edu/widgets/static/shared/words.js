// Words that several explorers use; those of one explorer are in its own words.js. A translation begins here.

import { quoted } from "./names.js";

/** "1 step", "3 steps". */
export const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** "step 3 “day 3” (0 to 5)": where one is, with its name if it has one, and from where to where one can go. */
export const among = (what, n, count, name = "") => `${what} ${n}${name} (0 to ${count - 1})`;

/** " of sequence 2", where there are several to be told apart. */
export const ofSequence = (spec, batch) => (spec.rows > 1 ? ` of sequence ${batch}` : "");

/** "unit 3 “ball” at step 2 “Tuesday”". */
export const unitAtStep = (spec, { t, unit, batch }) =>
  `unit ${unit}${quoted(spec, "units", unit)} at step ${t}${quoted(spec, "steps", t, batch)}`;

/** "Unit 3 at step 2 of sequence 0". */
export const placeInWords = (spec, place) => `U${unitAtStep(spec, place).slice(1)}${ofSequence(spec, place.batch)}`;

/** "5 steps of 3 features": what a layer that steps through time was given. */
export const stepsInWords = (spec) => `${plural(spec.steps, "step")} of ${plural(spec.features, "feature")}`;

/** "98 %", of a gate. */
export const share = (v) => `${Math.round(100 * v)} %`;

/** "keeps 98 % of its memory (0.748 of 0.762)"; `n` writes a number, and a gate of the kind "signed" is not a share. */
export function keepsInWords(gate, { kind }, before, n) {
  if (!before) return "finds its memory empty";
  const kept = n(gate * before);
  return `keeps ${kind === "signed" ? kept : share(gate)} of its memory (${kind === "signed" ? "" : `${kept} of `}${n(before)})`;
}

/** "4 sequences", where there are several; else "". */
export const sequencesInWords = (spec) => (spec.batch > 1 ? plural(spec.batch, "sequence") : "");

/** What the axis below pictures over time says. */
export const stepAxis = (spec, rest = "one row per unit (x: per feature), 0 on top") =>
  `step${spec.time ? " (in the order of processing)" : ""}${rest && ` · ${rest}`}`;

/** The word before the levels, and what each of them shows, by the trait that says which one it is. */
export const SHOW = "show";
export const LEVEL_TITLES = {
  detail: {
    simple: "what comes in, what is kept, what is written",
    gates: "every quantity, and the cell",
    all: "equations, what if, and Keras's numbers where they are",
  },
  show: {
    size: "how large the gradient is at each step",
    path: "the states and their gradients, and the factors on the way back",
    all: "equations, and what each step gives to the weights",
  },
};

export const HATCHED = "Hatched steps are masked: the layer skips them.";

/** What a masked step does to the output. */
export const maskedOutput = (spec) =>
  spec.zero_output_for_mask ? "the output is 0" : "the output repeats the one before";

/** What Keras has for the output, for a screen reader; "" without a reference. */
export const kerasHas = (keras, write) => (keras ? ` Keras has h = ${write(keras.h)}.` : "");

/** What of the run stayed in Python because it was too much for a page, in sentences; none if all of it is here. */
export function stayedInPython(spec, rows = "sequences") {
  const sentence = (here, all, what) => `The first ${here} of ${all} ${what} are here; the rest stayed in Python.`;
  return [
    spec.rows < spec.batch && sentence(spec.rows, spec.batch, rows),
    spec.all_steps && sentence(spec.steps, spec.all_steps, "steps"),
  ].filter(Boolean);
}

/** Where Python's messages are lost (hearing.js). */
export const DEAF =
  "This explorer works, but it cannot hear Python: this computer was too busy while the explorer was being drawn. " +
  "To move it from Python, run its cell again.";
