// What an LSTM does, in words (pure).

import { GATES } from "./numbers.js";
import { quoted } from "../shared/names.js";
import { format } from "../shared/numbers.js";
import { keepsInWords, maskedOutput, placeInWords, plural, share, unitAtStep } from "../shared/words.js";

/** What the pictures show, for those who see an LSTM for the first time. */
export const SIMPLE_NAMES = {
  x: "what comes in",
  f: "how much is kept",
  written: "what is written",
  c: "the memory",
  h: "what goes out",
};

/** What happens at this place, in words that a reader new to LSTMs can follow; `level`: how much is shown. */
export function inWords(spec, place, { ours, masked }, { level, write }) {
  const n = (v) => write(v, 3);
  const at = placeInWords(spec, place);
  if (masked) {
    return (
      `${at}: this step is masked, so the layer skips it. The state stays as it was, ` +
      `c = ${n(ours.c)}, and ${maskedOutput(spec)}.`
    );
  }
  if (GATES.some((g) => !Number.isFinite(ours[g])) || !Number.isFinite(ours.c) || !Number.isFinite(ours.h)) {
    return (
      `${at}: some numbers here are not finite. ` +
      `i = ${n(ours.i)}, f = ${n(ours.f)}, g = ${n(ours.g)}, o = ${n(ours.o)}, c = ${n(ours.c)}, h = ${n(ours.h)}.`
    );
  }
  if (level() === "simple") {
    return (
      `${at} ${keepsInWords(ours.f, spec.scales.f, ours.c_prev, n)}, writes ${n(ours.i * ours.g)} into it, and now ` +
      `holds c = ${n(ours.c)}. What goes out is h = ${n(ours.h)}.`
    );
  }
  if (spec.scales.i.kind === "signed") {
    // gates that are no shares of anything (linear, relu, ...): no percentages
    return (
      `${at}: forget gate ${n(ours.f)}, input gate ${n(ours.i)}, candidate ${n(ours.g)}. ` +
      `The cell state goes from ${n(ours.c_prev)} to ${n(ours.c)}, and the output is h = ${n(ours.h)}.`
    );
  }
  return (
    `${at} keeps ${share(ours.f)} of its cell state (${n(ours.c_prev)}), ` +
    `writes ${share(ours.i)} of the candidate (${n(ours.g)}), and so holds c = ${n(ours.c)}. ` +
    `It shows ${share(ours.o)} of ${spec.activation}(c): h = ${n(ours.h)}.`
  );
}

/** "was 0.1234", where a what-if changed a number that is written; else "". */
export function whatItWas({ ours, was }, quantity, write = format) {
  const [before, now] = [was, ours].map((numbers) => numbers && write(numbers[quantity]));
  return before && before !== now ? `was ${before}` : "";
}

/** What is written above the drawing: whose cell it is, where that has a name. */
export const cellTitle = (spec, here) =>
  spec.named?.units || spec.named?.steps ? `The cell of ${unitAtStep(spec, here)}` : "The cell at this step";

/** "3 features": what stands for the many numbers in the wire of x or h_prev. */
export const whatWireCarries = (spec, wire) =>
  wire === "x" ? plural(spec.features, "feature") : plural(spec.units, "unit");

/** The heading of those numbers where they are shown. */
export const vectorTitle = (spec, wire, { t, batch }) =>
  `${wire}: what step ${t}${quoted(spec, "steps", t, batch)} ${wire === "x" ? "reads" : "finds of h"}`;

/** The drawing in words, for those who cannot see it. */
export function cellInWords(spec, here, { ours, masked }, write = format) {
  const n = (v) => write(v, 3);
  const place = `The cell of ${unitAtStep(spec, here)}.`;
  if (masked) return `${place} The step is masked: c = ${n(ours.c)} and h = ${n(ours.h)} pass unchanged.`;
  return (
    `${place} The gates are computed from the sums z: forget gate f = ${n(ours.f)} from ${n(ours.z_f)}, input gate i = ` +
    `${n(ours.i)} from ${n(ours.z_i)}, candidate g = ${n(ours.g)} from ${n(ours.z_g)}, output gate o = ${n(ours.o)} ` +
    `from ${n(ours.z_o)}. The cell state before, ${n(ours.c_prev)}, is multiplied by f, which leaves ` +
    `${n(ours.f * ours.c_prev)}; i times g adds ${n(ours.i * ours.g)}: c = ${n(ours.c)}. ${spec.activation} turns ` +
    `it into ${n(ours.squashed)}, and multiplied by o this is the output h = ${n(ours.h)}.`
  );
}

/** Where the old and the new run diverge, in words; or where what they return does. */
export function differenceInWords(first, output = null) {
  if (!first) return output ? outputInWords(output) : "No number changes: in this run it makes no difference.";
  const { t, quantity, unit } = first;
  const name = quantity.replace("_", " of gate "); // z_f: the sum of gate f
  const row = quantity === "x" ? "feature" : "unit";
  const until = t ? `The same up to step ${t - 1}. ` : "";
  return `${until}The first difference: at step ${t}, ${name}, ${row} ${unit}${changeInWords(first, row)}.`;
}

/** Every number of the run is as it was, and what is returned is not. */
function outputInWords(output) {
  const start = "No number of the run changes, but what the layer returns does:";
  if (output.steps) {
    const [was, now] = output.steps.map((count) => (count === 1 ? "one step only" : plural(count, "step")));
    return `${start} it was ${was}, and is now ${now}.`;
  }
  const where = output.of > 1 ? `in row ${output.step}, ` : "";
  return `${start} ${where}unit ${output.unit}${changeInWords(output, "unit")}.`;
}

/** " (and 2 more units): was 0.1234, now 0.5678", with as many digits as it takes to tell the two apart. */
function changeInWords({ was, now, others }, row) {
  const digits = [4, 6, 9].find((n) => format(was, n) !== format(now, n)) ?? 12;
  const more = others ? ` (and ${plural(others, `more ${row}`)})` : "";
  return `${more}: was ${format(was, digits)}, now ${format(now, digits)}`;
}

/** What is said around the list of mistakes. */
export const MISTAKES = { none: "none", search: "search the mistakes", hint: "bias, order, PyTorch, mask …" };

/** How many mistakes a search has found. */
export const foundInWords = (count) => (count ? `${count} found` : "nothing found: try another word");

export const NOT_KERAS = "This is no longer the run that Keras made; Reset brings it back, with Keras's numbers.";
export const ONLY_THIS_LAYER = "Only this layer is recomputed: the others still show the run as it was.";

/** Why the boxes of the drawing are not in the order i, f, g, o. */
export const ORDER_OF_BOXES =
  "The boxes are in the order in which they act on the cell state: f keeps, i and g write, o shows. " +
  "Keras stores their weights in the order i, f, g, o.";

/** What the pictures show, for those who cannot see them. */
export const picturesInWords = (spec, level) =>
  level === "simple"
    ? `Heat maps over ${spec.steps} steps of what comes in, how much is kept, what is written, the memory c and what ` +
      `goes out, of ${plural(spec.units, "unit")}.`
    : `Heat maps over ${spec.steps} steps of the input, the gates i, f, g, o and the states c and h of ${plural(spec.units, "unit")}.`;
