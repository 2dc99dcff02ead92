// A gradient's numbers at one place, and in words (pure).

import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";

/** A gradient as text, four figures of whatever size it has: gradients may be small, and still be all there is. */
export function sized(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!Number.isFinite(value)) return format(value);
  const text = size >= 1e-3 && size < 1e4 ? value.toPrecision(4) : value.toExponential(2).replace("+", "");
  return text.replace(/-/g, "−");
}

/** The gradient's arithmetic for one unit at one step of one layer. `arrays`: the layer's own, `counts` the mask or null.
 *  dh = own + the sum of back; for an LSTM dc = dh · o · slope + dc_next · f_next. `sums`: dL/dz (a GRU's dL/da) by block. */
export function gradientAt(layer, arrays, counts, steps, { batch, t, unit }) {
  const get = (name, step, k) => at(arrays[name], batch, step, k);
  const counted = (step) => !counts || Boolean(at(counts, batch, step));
  const last = t === steps - 1;
  const found = {
    last,
    masked: !counted(t),
    h: get("h", t, unit),
    dh: get("d_h", t, unit),
    slope: get("slope", t, unit),
  };
  found.own = arrays.own ? get("own", t, unit) : last ? found.dh : 0;
  const back = last ? [] : comesBack(layer, arrays, { batch, t: t + 1, unit }, counted(t + 1));
  found.back = back ?? [["step t+1", found.dh - found.own]]; // U stayed in Python: all that is not its own
  found.dhSum = found.back.reduce((sum, [, value]) => sum + value, found.own);
  if (layer.kind === "LSTM") {
    found.c = get("c", t, unit);
    found.o = get("o", t, unit);
    found.dc = get("d_c", t, unit);
    found.shown = found.masked ? 0 : found.dh * found.o * found.slope;
    found.dcNext = last ? 0 : get("d_c", t + 1, unit);
    found.fNext = last ? 0 : get("direct", t + 1, unit);
    found.dcSum = found.shown + found.dcNext * found.fNext;
  }
  found.sums = layer.blocks.map((_, n) => get("d_sums", t, n * layer.units + unit));
  return found;
}

/** What step t sends back into dL/dh of one unit at the step before it: [[by which way, how much], ...]; null without U. */
function comesBack(layer, arrays, { batch, t, unit }, counted) {
  const dh = at(arrays.d_h, batch, t, unit);
  if (!counted) return [["a masked step", dh]];
  if (!arrays.U) return null;
  const { units } = layer;
  const through = (block, factor = (_) => 1) => {
    let sum = 0;
    for (let k = 0; k < units; k++) {
      sum += at(arrays.d_sums, batch, t, block * units + k) * factor(k) * at(arrays.U, unit, block * units + k);
    }
    return sum;
  };
  if (layer.kind === "SimpleRNN") {
    const itself = dh * at(arrays.direct, batch, t, unit);
    return [
      ["itself", itself],
      ["the other units", through(0) - itself],
    ];
  }
  if (layer.kind === "LSTM") return layer.blocks.map(({ name }, n) => [name, through(n)]);
  const r = (k) => at(arrays.r, batch, t, k);
  const g = layer.reset_after ? through(2, r) : through(2) * r(unit);
  return [
    ["h · z", dh * at(arrays.direct, batch, t, unit)],
    ["z", through(0)],
    ["r", through(1)],
    ["g", g],
  ];
}

/** The product of one unit's factors from each step to the last, d[t+1] · ... · d[T], as exponents of ten and signs: it
 *  may be smaller than any number. */
export function directWay({ shape, data }, batch, unit) {
  const [, steps, units] = shape;
  const exponent = new Float64Array(steps);
  const sign = new Int8Array(steps).fill(1);
  for (let t = steps - 2; t >= 0; t--) {
    const factor = data[(batch * steps + t + 1) * units + unit];
    exponent[t] = exponent[t + 1] + Math.log10(Math.abs(factor));
    sign[t] = sign[t + 1] * Math.sign(factor);
  }
  return { exponent, sign };
}

/** The first factors of the way from step t to the last: {factors: [[step, factor], ...], more: how many are left out}. */
export function wayFrom({ shape, data }, { batch, t, unit }, most = 8) {
  const [, steps, units] = shape;
  const count = steps - 1 - t;
  const factors = [];
  for (let s = t + 1; s < steps && factors.length < most; s++)
    factors.push([s, data[(batch * steps + s) * units + unit]]);
  return { factors, more: count - factors.length };
}

/** The length of a sequence's vector (over units) at each step. */
export function lengths({ shape, data }, batch) {
  const [, steps, units] = shape;
  return Float64Array.from({ length: steps }, (_, t) => {
    let sum = 0;
    for (let k = 0, n = (batch * steps + t) * units; k < units; k++, n++) sum += data[n] * data[n];
    return Math.sqrt(sum);
  });
}

/** Numbers as exponents of ten: 0 becomes minus infinity, what is not finite stays no number. */
export const exponents = (values) =>
  Float64Array.from(values, (v) => (Number.isFinite(v) ? Math.log10(Math.abs(v)) : NaN));

/** ±10^exponent as text, however small. */
export function fromExponent(exponent, sign) {
  if (Number.isNaN(exponent)) return "NaN";
  if (exponent === -Infinity || sign === 0) return "0";
  if (Math.abs(exponent) < 300) return sized(sign * 10 ** exponent);
  const whole = Math.floor(exponent);
  return `${sign < 0 ? "−" : ""}${(10 ** (exponent - whole)).toFixed(2)}e${String(whole).replace("-", "−")}`;
}

/** A value on a scale of powers of ten, −1 to 1: `decades` below the largest are together at 0. */
export function byPowers(value, high, decades = 6) {
  if (!Number.isFinite(value)) return value;
  const height = 1 + Math.log10(Math.abs(value) / high) / decades;
  return Math.sign(value) * Math.max(0, Math.min(1, height));
}

/** What each block gets from the last step back to each step t: sums over steps t ... T of dL/dsums, one array per block. */
export function gathered({ shape, data }, batch, unit, blocks) {
  const [, steps, width] = shape;
  const units = width / blocks;
  return Array.from({ length: blocks }, (_, n) => {
    const sums = new Float64Array(steps + 1);
    for (let t = steps - 1; t >= 0; t--) sums[t] = sums[t + 1] + data[(batch * steps + t) * width + n * units + unit];
    return sums;
  });
}

/** A summand as it is written in a sum: "+ 0.5000", "− 0.2500". */
export const summand = (v) => (v < 0 ? `− ${sized(-v)}` : `+ ${sized(v)}`);

/** A factor as it is written in a product: negative ones in brackets. */
export const inProduct = (v) => (v < 0 ? `(${sized(v)})` : sized(v));
