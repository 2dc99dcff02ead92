// What a GRU or a SimpleRNN does, in words (pure).

import { keepsInWords, maskedOutput, placeInWords, share } from "../shared/words.js";

/** What the pictures show, for those who see such a layer for the first time. */
export const SIMPLE_NAMES = {
  GRU: { x: "what comes in", z: "how much is kept", written: "what is written", h: "the memory, which goes out" },
  SimpleRNN: { x: "what comes in", h: "what goes out, and comes in again" },
};

/** What happens at this place, in words that a reader new to these layers can follow; `level`: how much is shown. */
export function rnnInWords(spec, where, { ours, masked }, { level, write }) {
  const n = (v) => write(v, 3);
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
  if (level() === "simple") return simplyInWords(spec, place, ours, n);
  if (spec.kind === "SimpleRNN") {
    return (
      `${place}: the input and the previous output (${n(ours.h_prev)}) add up to z = ${n(ours.z)}, ` +
      `and ${spec.activation} turns it into h = ${n(ours.h)}. Nothing else is kept.`
    );
  }
  if (spec.scales.z.kind === "signed") {
    // gates that are no shares of anything (linear, relu, ...): no percentages
    return (
      `${place}: update gate ${n(ours.z)}, reset gate ${n(ours.r)}, candidate ${n(ours.g)}. ` +
      `The state goes from ${n(ours.h_prev)} to h = ${n(ours.h)}.`
    );
  }
  return (
    `${place} keeps ${share(ours.z)} of its state (${n(ours.h_prev)}) and takes ${share(ours.rest)} of the candidate ` +
    `(${n(ours.g)}): h = ${n(ours.h)}. The candidate saw ${share(ours.r)} of the old state.`
  );
}

function simplyInWords(spec, place, ours, n) {
  if (spec.kind === "SimpleRNN") {
    return (
      `${place}: what comes in and what went out before (here ${n(ours.h_prev)}) are added up, and ` +
      `${spec.activation} turns the sum into h = ${n(ours.h)}, which goes out. It has no other memory.`
    );
  }
  return (
    `${place} ${keepsInWords(ours.z, spec.scales.z, ours.h_prev, n)}, writes ${n(ours.rest * ours.g)} into it, and now ` +
    `holds h = ${n(ours.h)}, which also goes out.`
  );
}

/** What the pictures show, for those who cannot see them. */
export function rnnPicturesInWords(spec, palette, level) {
  const simple = Object.values(SIMPLE_NAMES[spec.kind]);
  const names = level === "simple" ? simple : spec.maps.map((name) => `${palette.names[name]} ${name}`);
  return `Heat maps over ${spec.steps} steps: ${names.join(", ")}.`;
}
