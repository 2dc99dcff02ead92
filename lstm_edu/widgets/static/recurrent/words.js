// What a GRU or a SimpleRNN does, in words (pure).

import { format } from "../shared/numbers.js";
import { maskedOutput, placeInWords } from "../shared/words.js";

/** What happens at this place, in words that a reader new to these layers can follow. */
export function rnnInWords(spec, where, { ours, masked }) {
  const n = (v) => format(v, 3);
  const place = placeInWords(spec, where);
  if (masked) {
    return (
      `${place}: this step is masked, so the layer skips it. The state stays as it was, h = ${n(ours.h)}, ` +
      `and ${maskedOutput(spec)}.`
    );
  }
  const all = spec.maps.slice(1).map((name) => ours[name]);
  if (!all.every(Number.isFinite)) {
    return `${place}: some numbers here are not finite. ${spec.maps
      .slice(1)
      .map((name) => `${name} = ${n(ours[name])}`)
      .join(", ")}.`;
  }
  if (spec.kind === "SimpleRNN") {
    return (
      `${place}: the input and the previous output (${n(ours.h_prev)}) add up to z = ${n(ours.z)}, ` +
      `and ${spec.activation} makes h = ${n(ours.h)} of it. Nothing is kept but what comes through that sum.`
    );
  }
  if (spec.scales.z.kind === "signed") {
    // gates that are no shares of anything (linear, relu, ...): no percentages
    return (
      `${place}: update gate ${n(ours.z)}, reset gate ${n(ours.r)}, candidate ${n(ours.g)}. ` +
      `The state goes from ${n(ours.h_prev)} to h = ${n(ours.h)}.`
    );
  }
  const share = (v) => `${Math.round(100 * v)} %`;
  return (
    `${place} keeps ${share(ours.z)} of its state (${n(ours.h_prev)}) and takes ${share(ours.rest)} of the candidate ` +
    `(${n(ours.g)}): h = ${n(ours.h)}. Of the old state the candidate saw ${share(ours.r)}.`
  );
}

/** What the pictures show, for whoever does not see them. */
export function rnnPicturesInWords(spec, palette) {
  const names = spec.maps.map((name) => `${palette.names[name]} ${name}`);
  return `Heat maps over ${spec.steps} steps: ${names.join(", ")}.`;
}
