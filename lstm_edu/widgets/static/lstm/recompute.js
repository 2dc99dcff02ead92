// An LSTM's run recomputed in the page: with other numbers in it, with gates held, with a mistake of the catalogue.
// Pure: nothing here knows the page. The mistakes are lstm_edu.doctor's, by their ids; a test holds the two equal.

import { activate } from "../shared/activations.js";

const RECORDED = ["z", "i", "f", "g", "o", "c", "h"]; // what a run writes down at each step, in order of computation

// --- what a run is made of ------------------------------------------------------------------------------------------

/** The parts of sequence `batch`'s run, which an edit or a mistake may replace; numbers as wide as the trace's.
 *  gates: the activations of i, f, g, o. squash: what c goes through on its way out, one after another (squashOld:
 *  it is the old c that goes out). seen: what the recurrent kernel is multiplied by. cell: the new c of unit n; shown:
 *  its h; dots: whether they need np.dot(f, c), np.dot(i, g) or np.dot(o, tanh(c)). before: what a step after the first
 *  finds of h and c; masked: what a masked step leaves of them. output: what is returned of it, see returnedOf. */
export function partsOf(spec, arrays, batch) {
  const { steps, features, units } = spec;
  const row = (name, size) => arrays[name].data.subarray(batch * size, (batch + 1) * size);
  const Numbers = arrays.h.data.constructor;
  return {
    steps,
    features,
    units,
    Numbers,
    x: row("x", steps * features),
    counts: arrays.counts ? row("counts", steps) : null,
    start: { h: row("h_start", units), c: row("c_start", units) },
    kernel: arrays.kernel.data,
    recurrent_kernel: arrays.recurrent_kernel.data,
    bias: arrays.bias ? arrays.bias.data : new Numbers(4 * units),
    gates: ["i", "f", "g", "o"].map((gate) => (gate === "g" ? spec.activation : spec.recurrent_activation)),
    squash: [spec.activation],
    squashOld: false,
    peepholes: false,
    dots: false,
    seen: "h",
    cell: (s, n) => s.f[n] * s.c[n] + s.i[n] * s.g[n],
    shown: (s, n) => s.o[n] * s.squashed[n],
    before: { h: "carried", c: "carried" },
    masked: { h: "carry", c: "carry" },
    passes: 1,
    hold: [],
    output: {
      of: "h",
      sequences: spec.return_sequences,
      last: steps - 1,
      computed: steps,
      turned: false,
      masked: spec.masked_output,
      activation: null,
    },
  };
}

// --- the run --------------------------------------------------------------------------------------------------------

/** All steps: {z, i, f, g, o, c, h: each step's numbers in a row, found: {h, c}: what each step found, start}. */
export function recompute(parts) {
  const { steps, features, units, Numbers, x, kernel, recurrent_kernel: recurrent, bias, counts, gates, hold } = parts;
  const width = 4 * units;
  const run = { start: parts.start, found: { h: new Numbers(steps * units), c: new Numbers(steps * units) } };
  for (const name of RECORDED) run[name] = new Numbers(steps * (name === "z" ? width : units));
  const sum = new Float64Array(width);
  const seen = new Float64Array(units);
  const zeros = new Numbers(units);
  // one step's rows, and their products as np.dot would have them
  const s = { i: zeros, f: zeros, g: zeros, o: zeros, h: zeros, c: zeros, squashed: zeros, fc: 0, ig: 0, os: 0 };
  let { h, c } = parts.start;
  for (let pass = 0; pass < parts.passes; pass++) {
    const start = { h: h.slice(), c: c.slice() }; // a copy: it may be the last row of the pass before
    ({ h, c } = start);
    run.start = start;
    for (let t = 0; t < steps; t++) {
      const place = (name) => run[name].subarray(t * units, (t + 1) * units);
      if (t) {
        if (parts.before.h !== "carried") h = parts.before.h === "start" ? start.h : zeros;
        if (parts.before.c !== "carried") c = parts.before.c === "start" ? start.c : zeros;
      }
      run.found.h.set(h, t * units);
      run.found.c.set(c, t * units);
      for (let n = 0; n < units; n++) seen[n] = parts.seen === "c" ? c[n] : parts.seen === "h" ? h[n] : h[n] + c[n];

      sum.set(bias);
      addProduct(sum, x, t * features, features, kernel, width);
      addProduct(sum, seen, 0, units, recurrent, width);
      const z = run.z.subarray(t * width, (t + 1) * width);
      z.set(sum);

      [s.i, s.f, s.g, s.o] = ["i", "f", "g", "o"].map(place);
      [s.h, s.c] = [h, c];
      const open = (k) => {
        const letter = "ifgo"[k];
        const row = z.slice(k * units, (k + 1) * units);
        if (parts.peepholes && letter !== "g") {
          const cells = letter === "o" ? place("c") : c; // o sees the new one
          for (let n = 0; n < units; n++) row[n] += cells[n];
        }
        s[letter].set(activate(gates[k], row));
        for (const held of hold) {
          if (held.gate !== letter || t < (held.from ?? 0) || t > (held.to ?? steps - 1)) continue;
          if (held.unit === undefined) s[letter].fill(held.value);
          else s[letter][held.unit] = held.value;
        }
      };
      open(0);
      open(1);
      open(2);
      const newC = place("c");
      if (parts.dots) [s.fc, s.ig] = [dot(s.f, s.c), dot(s.i, s.g)];
      for (let n = 0; n < units; n++) newC[n] = parts.cell(s, n);
      open(3);
      s.squashed = parts.squash.reduce((row, name) => activate(name, row), (parts.squashOld ? c : newC).slice());
      const newH = place("h");
      if (parts.dots) s.os = dot(s.o, s.squashed);
      for (let n = 0; n < units; n++) newH[n] = parts.shown(s, n);
      if (counts && !counts[t]) {
        leave(newH, h, parts.masked.h);
        leave(newC, c, parts.masked.c);
      }
      [h, c] = [newH, newC];
    }
  }
  return run;
}

/** What the layer returns of a run, one row of numbers for each step that it returns. `output`: {of: which state;
 *  sequences: every step's, or that of the step `last` only; computed: how many steps were, zeros stand for the others;
 *  turned: whether the last step's comes first; masked: what masked steps return, as core's masked_output; activation:
 *  what is applied to it}. */
export function returnedOf({ steps, units, Numbers, counts, output }, run) {
  const { of, sequences, last, computed, turned, masked, activation } = output;
  const first = counts && masked !== "state" ? counts.findIndex((counted) => counted) : 0; // −1 if none counts
  const shown = (t) => !counts || masked === "state" || (masked === "zero" ? counts[t] : first >= 0 && t >= first);
  const row = (t) => {
    const here = t < computed && (of === "c" || shown(t));
    const numbers = here ? run[of].slice(t * units, (t + 1) * units) : new Numbers(units);
    return activation ? activate(activation, numbers) : numbers;
  };
  const rows = sequences ? Array.from({ length: steps }, (_, t) => row(t)) : [row(last)];
  return turned ? rows.reverse() : rows;
}

/** sum += `count` numbers of `from` times the matrix, `width` columns wide; four rows at a time, which is faster. */
function addProduct(sum, from, offset, count, matrix, width) {
  let k = 0;
  for (; k + 3 < count; k += 4) {
    const [v0, v1, v2, v3] = [from[offset + k], from[offset + k + 1], from[offset + k + 2], from[offset + k + 3]];
    let place = k * width;
    const [to1, to2, to3] = [width, 2 * width, 3 * width];
    for (let n = 0; n < width; n++, place++) {
      sum[n] += v0 * matrix[place] + v1 * matrix[place + to1] + v2 * matrix[place + to2] + v3 * matrix[place + to3];
    }
  }
  for (; k < count; k++) {
    const v = from[offset + k];
    for (let n = 0, place = k * width; n < width; n++, place++) sum[n] += v * matrix[place];
  }
}

/** What a masked step leaves of a state: the old one, the new one or zero. */
function leave(now, old, rule) {
  if (rule === "carry") now.set(old);
  if (rule === "zero") now.fill(0);
}

// --- numbers put in by hand -----------------------------------------------------------------------------------------

/** "x[0,3,1]" -> ["x", [0, 3, 1]].
 *  @returns {[string, number[]]} */
export function placeNamed(text) {
  const [, name, index] = /^(\w+)\[([\d,]+)\]$/.exec(text);
  return [name, index.split(",").map(Number)];
}

/** The parts with these numbers in them: {"kernel[2,7]": 0.5, "x[0,3,1]": 1, ...}; x of other sequences stays aside. */
function withNumbers(parts, numbers, batch) {
  const changed = { ...parts };
  const width = 4 * parts.units;
  for (const [text, value] of Object.entries(numbers)) {
    const [name, index] = placeNamed(text);
    if (name === "x" && index[0] !== batch) continue;
    if (changed[name] === parts[name]) changed[name] = parts[name].slice();
    const [row, column] = index.slice(-2);
    if (name === "x") changed.x[row * parts.features + column] = value;
    else if (name === "bias") changed.bias[row] = value;
    else changed[name][row * width + column] = value;
  }
  return changed;
}

// --- the mistakes of the catalogue ----------------------------------------------------------------------------------

/** A weight whose numbers are in other places: that of (row, column) is taken from the flat place `from` names. */
function rearranged(weight, width, from) {
  return weight.map((_, place) => weight[from(Math.floor(place / width), place % width, weight.length / width)]);
}

const dot = (a, b) => a.reduce((sum, v, n) => sum + v * b[n], 0);

/** Where a reshape that should have been a transposition, or a wrong cut, leaves the numbers. */
const RESHAPED = {
  asRows: () => (row, column, rows) => column * rows + row,
  fromRows: (width) => (row, column, rows) => {
    const place = row * width + column;
    return (place % rows) * width + Math.floor(place / rows);
  },
  interleaved: (width, units) => (row, column) => row * width + (column % units) * 4 + Math.floor(column / units),
  cutAcross: (width, units) => (row, column, rows) =>
    (Math.floor(column / units) * rows + row) * units + (column % units),
  transposed: (width, units) => (row, column) => (column % units) * width + Math.floor(column / units) * units + row,
};

function reshaped(kind, ...names) {
  return (parts) => {
    const width = 4 * parts.units;
    const from = RESHAPED[kind](width, parts.units);
    return Object.fromEntries(names.map((name) => [name, rearranged(parts[name], width, from)]));
  };
}

/** The biases, gate by gate: change(gate, unit, b) is the new one; b(gate) the old one of that unit. */
function biases(change) {
  return ({ bias, units }) => ({
    bias: bias.map((_, place) => {
      const unit = place % units;
      return change("ifgo"[Math.floor(place / units)], (gate) => bias["ifgo".indexOf(gate) * units + unit]);
    }),
  });
}

const BOTH_KERNELS = ["kernel", "recurrent_kernel"];

const timesBias = (factor) => () => biases((gate, b) => factor * b(gate));

const forgetPlus = (number) => biases((gate, b) => b(gate) + (gate === "f" ? number : 0));

const onGates =
  (letters, name) =>
  ({ gates }) => ({ gates: gates.map((gate, k) => (letters.includes("ifgo"[k]) ? name : gate)) });

const forSigmoid =
  (name) =>
  ({ gates }) => ({ gates: gates.map((gate) => (gate === gates[0] ? name : gate)) });

/** Only what is returned is another: `change(parts)` says how. */
const returning = (change) => (parts) => ({ output: { ...parts.output, ...change(parts) } });

/** Only the first `count` steps are computed. */
const only = (count) => ({ computed: count, last: count - 1 });

const unmasked = (parts, change) => (parts.counts ? change(parts.counts) : {});

/** Family of ids -> variant -> (parts -> the parts that are other ones). A family as a function takes any variant. */
const MUTATIONS = {
  "gate-order":
    (order) =>
    ({ units, kernel, recurrent_kernel, bias }) => {
      const width = 4 * units;
      const from = (row, column) =>
        row * width + order.split(",").indexOf("ifgo"[Math.floor(column / units)]) * units + (column % units);
      const read = (weight) => rearranged(weight, width, from);
      return { kernel: read(kernel), recurrent_kernel: read(recurrent_kernel), bias: read(bias) };
    },
  "kernel-transposed": { "": reshaped("transposed", "kernel") },
  "recurrent-transposed": { "": reshaped("transposed", "recurrent_kernel") },
  "kernel-reshaped": {
    "": reshaped("asRows", "kernel"),
    back: reshaped("fromRows", "kernel"),
    recurrent: reshaped("asRows", "recurrent_kernel"),
    "recurrent-back": reshaped("fromRows", "recurrent_kernel"),
    both: reshaped("asRows", ...BOTH_KERNELS),
    "both-back": reshaped("fromRows", ...BOTH_KERNELS),
    interleaved: reshaped("interleaved", ...BOTH_KERNELS, "bias"),
    "cut-across": reshaped("cutAcross", ...BOTH_KERNELS),
  },
  "bias-missing": (which) => biases((gate, b) => (!which || gate === which ? 0 : b(gate))),
  "bias-twice": timesBias(2),
  "torch-two-biases": timesBias(2),
  "tf1-forget-bias": { "": forgetPlus(1) },
  "unit-forget-bias": { twice: forgetPlus(1), missing: forgetPlus(-1) },
  "bias-wrong-gate": (variant) => {
    const [one, other] = variant.split("-");
    if (one === "only") return biases((gate, b) => b(other));
    return biases((gate, b) => b(gate === one ? other : gate === other ? one : gate));
  },
  "hard-sigmoid-v2": { "": forSigmoid("hard_sigmoid_keras2") },
  "hard-sigmoid-v3": { "": forSigmoid("hard_sigmoid"), sigmoid: forSigmoid("sigmoid") },
  "candidate-activation": {
    sigmoid: onGates("g", "sigmoid"),
    none: onGates("g", "linear"),
    "tanh-on-i": onGates("i", "tanh"),
    "tanh-on-f": onGates("f", "tanh"),
    "tanh-on-o": onGates("o", "tanh"),
    "tanh-on-ifo": onGates("ifo", "tanh"),
    "sigmoid-on-c": () => ({ squash: ["sigmoid"] }),
  },
  "wrong-previous-state": {
    "gates-see-c": () => ({ seen: "c" }),
    "h-for-c": () => ({ cell: (s, n) => s.f[n] * s.h[n] + s.i[n] * s.g[n] }),
    "output-from-old-c": () => ({ squashOld: true }),
    "cell-not-squashed": () => ({ squash: [] }),
    "tanh-twice": ({ squash }) => ({ squash: [...squash, ...squash] }),
    "squashed-c-kept": ({ cell }) => ({ cell: (s, n) => Math.tanh(cell(s, n)), squash: [] }),
  },
  "product-not-elementwise": {
    "f-c": () => ({ dots: true, cell: (s, n) => s.fc + s.i[n] * s.g[n] }),
    "i-g": () => ({ dots: true, cell: (s, n) => s.f[n] * s.c[n] + s.ig }),
    "f-c-i-g": () => ({ dots: true, cell: (s) => s.fc + s.ig }),
    "o-c": () => ({ dots: true, shown: (s) => s.os }),
    all: () => ({ dots: true, cell: (s) => s.fc + s.ig, shown: (s) => s.os }),
  },
  peepholes: { ones: () => ({ peepholes: true }), "recurrent-kernel": () => ({ seen: "both" }) },
  "state-not-carried": {
    "": () => ({ before: { h: "zero", c: "zero" } }),
    h: () => ({ before: { h: "zero", c: "carried" } }),
    c: () => ({ before: { h: "carried", c: "zero" } }),
    "initial-everywhere": () => ({ before: { h: "start", c: "start" } }),
    "initial-state": ({ start }) => ({ start: { h: start.h.map(() => 0), c: start.c.map(() => 0) } }),
  },
  "stateful-carry": { "": ({ passes }) => ({ passes: passes + 1 }) },
  "h-c-swapped": { "": ({ start }) => ({ start: { h: start.c, c: start.h } }) },
  "mask-lost": {
    "": () => ({ counts: null }),
    inverted: (parts) => unmasked(parts, (counts) => ({ counts: counts.map((v) => (v ? 0 : 1)) })),
  },
  "cudnn-mask": {
    "": (parts) =>
      unmasked(parts, (counts) => {
        const length = counts.filter((v) => v).length;
        return { counts: counts.map((_, t) => (t < length ? 1 : 0)) };
      }),
  },
  "masked-steps": {
    "state-zeroed": () => ({ masked: { h: "zero", c: "zero" } }),
    "c-goes-on": ({ masked }) => ({ masked: { ...masked, c: "compute" } }),
    "h-goes-on": ({ masked, output }) => ({
      masked: { ...masked, h: "compute" },
      output: { ...output, masked: "state" },
    }),
    "input-zeroed": (parts) =>
      unmasked(parts, (counts) => ({
        x: parts.x.map((v, place) => v * counts[Math.floor(place / parts.features)]),
        counts: null,
      })),
    zero: returning(() => ({ masked: "zero" })),
    repeated: returning(() => ({ masked: "repeat" })),
    "initial-state": returning(() => ({ masked: "state" })),
  },
  "return-last-vs-sequence": {
    last: returning(() => ({ sequences: false })),
    sequence: returning(() => ({ sequences: true })),
    first: returning(() => ({ last: 0 })),
    "c-for-h": returning(() => ({ of: "c" })),
  },
  "go-backwards-order": { "": returning(() => ({ turned: true })) },
  slicing: { "last-step-skipped": returning(({ steps }) => only(steps - 1)) },
  "units-vs-timesteps": { "": returning(({ units }) => only(units)) },
  "extra-activation": (activation) => returning(() => ({ activation })),
};

/** parts -> the parts that the mistake of this id replaces; null for an id that the page cannot compute. */
export function mutationOf(id) {
  const [family, variant = ""] = id.split(":");
  const found = MUTATIONS[family];
  return (typeof found === "function" ? found(variant) : found?.[variant]) ?? null;
}

// --- a run with edits -----------------------------------------------------------------------------------------------

/** The parts of a run with edits in it, {numbers, mistake, hold}: numbers first, then the mistake, gates held last. */
export function editedParts(spec, arrays, batch, { numbers = {}, mistake = "", hold = [] }) {
  const parts = withNumbers(partsOf(spec, arrays, batch), numbers, batch);
  if (!mistake) return { ...parts, hold };
  const mutation = mutationOf(mistake);
  if (!mutation) throw new Error(`the page cannot compute the mistake ${mistake}`);
  return { ...parts, ...mutation(parts), hold };
}

/** Where two rows of numbers differ: {unit, was, now, others}, the unit being the one whose number changed most and `others`
 *  how many more changed; null if they are the same. */
function differenceInRow(before, after) {
  const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
  const changed = [];
  for (let n = 0; n < before.length; n++) if (!same(before[n], after[n])) changed.push(n);
  if (!changed.length) return null;
  const by = (n) => Math.abs(after[n] - before[n]);
  const unit = changed.reduce((most, n) => (by(n) > by(most) ? n : most));
  return { unit, was: before[unit], now: after[unit], others: changed.length - 1 };
}

/** Where two runs of one sequence first differ: {t, quantity, unit, was, now, others}; null if they are the same. The
 *  quantities of one step come in order of computation, x first. */
export function firstDifference(before, after, spec) {
  const { steps, features, units } = spec;
  const rows = [
    ["x", "x", features, 0],
    ...[..."ifgo"].map((gate, k) => ["z", `z_${gate}`, units, k * units]),
    ...RECORDED.slice(1).map((name) => [name, name, units, 0]),
  ];
  for (let t = 0; t < steps; t++) {
    for (const [array, quantity, count, from] of rows) {
      const line = t * (array === "z" ? 4 * units : count) + from;
      const [was, now] = [before, after].map((run) => run[array].slice(line, line + count));
      const found = differenceInRow(was, now);
      if (found) return { t, quantity, ...found };
    }
  }
  return null;
}

/** Where what two runs return differs: {steps: how many steps each returns} where that is not the same, else {step, of: how
 *  many steps there are, unit, was, now, others}; null if all of it is the same. */
export function outputDifference(before, after) {
  if (before.length !== after.length) return { steps: [before.length, after.length] };
  for (let step = 0; step < before.length; step++) {
    const found = differenceInRow(before[step], after[step]);
    if (found) return { step, of: before.length, ...found };
  }
  return null;
}

/** The arrays of a layer's run with edits: like `arrays`, with other numbers. One sequence is computed when it is asked
 *  for: compute(batch, edits) -> {arrays, first: see firstDifference, output: see outputDifference}. */
export function editedRun(spec, arrays) {
  const own = ["x", "z", "i", "f", "g", "o", "c", "h", "h_start", "c_start"];
  let now = null; // copies of the arrays, in which the sequences' rows are written again
  let plain = { batch: -1, run: null, returned: null }; // the same run without edits, by the same arithmetic
  const put = (name, batch, data) => now[name].data.set(data, batch * data.length);

  function compute(batch, edits) {
    if (plain.batch !== batch) {
      const parts = partsOf(spec, arrays, batch);
      const run = { ...recompute(parts), x: parts.x };
      plain = { batch, run, returned: returnedOf(parts, run) };
    }
    const parts = editedParts(spec, arrays, batch, edits);
    const run = { ...recompute(parts), x: parts.x };
    if (!now) {
      const copies = own.map((name) => [name, { ...arrays[name], data: arrays[name].data.slice() }]);
      now = Object.fromEntries(copies);
    }
    const first = firstDifference(plain.run, run, spec);
    const output = outputDifference(plain.returned, returnedOf(parts, run));
    for (const name of ["x", ...RECORDED]) {
      // What the edits do not touch keeps the very numbers of the trace.
      const size = run[name].length;
      const old = arrays[name].data.subarray(batch * size, (batch + 1) * size);
      put(
        name,
        batch,
        run[name].map((v, n) => (v === plain.run[name][n] ? old[n] : v)),
      );
    }
    put("h_start", batch, run.start.h);
    put("c_start", batch, run.start.c);
    const shown = { ...now };
    for (const name of [...BOTH_KERNELS, "bias"]) {
      if (arrays[name]) shown[name] = { ...arrays[name], data: parts[name] };
    }
    if (parts.counts) {
      const data = arrays.counts.data.slice();
      data.set(parts.counts, batch * spec.steps);
      shown.counts = { ...arrays.counts, data };
    }
    if (parts.before.c !== "carried" || parts.before.h !== "carried") {
      // what each step found is not what the step before left
      for (const state of ["h", "c"]) {
        const data = new parts.Numbers(arrays.h.data.length);
        data.set(run.found[state], batch * run.found[state].length);
        shown[`${state}_found`] = { ...arrays.h, data };
      }
    }
    return { arrays: shown, first, output };
  }
  return { compute };
}
