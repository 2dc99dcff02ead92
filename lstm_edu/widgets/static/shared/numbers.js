// Numbers as text, and whether two of them are equal.

/** A number as a reader wants it: few digits, a true minus sign, and NaN and infinity by name. */
export function format(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return (0).toFixed(digits);
  const text = size < 0.5 * 10 ** -digits || size >= 1e5 ? value.toExponential(2) : value.toFixed(digits);
  return text.replace(/-/g, "−");
}

/** A number for those who see such a thing for the first time: three digits, and next to nothing is 0.000. */
export function formatSimply(value) {
  const size = Math.abs(value);
  if (size < 1e-4) return (0).toFixed(3);
  return format(value, size < 0.5e-3 ? 4 : 3);
}

/** A number in at most `most` characters, where there is little room: `text`, or with fewer digits, if need be of a power
 *  of ten. */
export function fitted(text, value, most) {
  if (text.length <= most) return text;
  const shorter = text.includes("e")
    ? [1, 0].map((digits) => value.toExponential(digits))
    : [5, 4, 3, 2, 1, 0].map((digits) => value.toFixed(digits));
  const texts = shorter.map((one) => one.replace(/-/g, "−"));
  return texts.find((one) => one.length <= most) ?? texts.at(-1);
}

/** How far two numbers are apart: 0, or two figures and a power of ten. */
export function formatDifference(a, b) {
  const apart = Math.abs(a - b);
  if (Object.is(a, b) || apart === 0 || (Number.isNaN(a) && Number.isNaN(b))) return "0";
  return Number.isFinite(apart) ? apart.toExponential(1).replace(/-/g, "−") : "not finite";
}

/** How much a quantity may differ from Keras's: what rounding can do to it in this layer, or else the usual tolerance. */
export function allowed(spec, name) {
  const limit = spec.comparison?.limits?.[name];
  return limit === undefined ? spec.tolerance : { atol: limit, rtol: 0 };
}

/** Whether ours agrees with Keras's: |a − b| within atol + rtol |b|; NaN agrees with NaN, ∞ with ∞. */
export function agrees(a, b, { atol, rtol }) {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= atol + rtol * Math.abs(b);
}
