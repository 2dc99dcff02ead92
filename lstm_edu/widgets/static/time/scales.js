// Many steps on few pixels, and round numbers for axes (pure).

/** The least and the greatest of each of `across` groups of values: [[least, greatest], ...]; null where nothing in the
 *  group is a number. One value per group if there are no more values than groups. */
export function envelope(values, across) {
  const count = Math.min(values.length, across);
  return Array.from({ length: count }, (_, n) => {
    let [least, greatest] = [Infinity, -Infinity];
    let any = false;
    for (let k = Math.floor((n * values.length) / count); k < Math.floor(((n + 1) * values.length) / count); k++) {
      if (Number.isNaN(values[k])) continue;
      any = true;
      if (values[k] < least) least = values[k];
      if (values[k] > greatest) greatest = values[k];
    }
    return any ? [least, greatest] : null;
  });
}

/** Round numbers from low to high, at most about `most`. */
export function roundNumbers(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough * (1 - 1e-9));
  const found = [];
  for (let n = Math.ceil(low / every - 1e-9); n * every <= high * (1 + 1e-12) + 1e-12 * every; n++)
    found.push(n * every);
  return found;
}

/** The next readable number, as the end of a scale (plots/scales.py). */
export function roundedUp(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((end) => end >= size * (1 - 1e-6)) ?? size;
}

/** From −a to a, a the largest finite magnitude rounded up (plots/scales.py: signed_scale). */
export function signedScale(values) {
  let most = 0;
  for (const v of values) if (Number.isFinite(v) && Math.abs(v) > most) most = Math.abs(v);
  if (most < 1e-300) return { kind: "signed", low: -1, high: 1 };
  const high = roundedUp(most);
  return { kind: "signed", low: -high, high };
}

const DECADES = 45; // as many as float32 has below 1; what is smaller is on the lower edge

/** The span of an axis over these curves: {low, high}. Powers of ten (values are exponents) if `log`. */
export function spanOf(curves, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of curves) {
    for (const v of values) {
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  if (!(high >= low)) return log ? { low: -1, high: 0 } : { low: -1, high: 1 };
  if (log) {
    high = Math.ceil(high - 1e-9);
    return { low: Math.max(high - DECADES, Math.min(high - 1, Math.floor(low + 1e-9))), high };
  }
  const room = 0.04 * (high - low) || 0.5 * Math.abs(high) || 1;
  return { low: low - room, high: high + room };
}

/** "1e−7" as it is written on an axis. */
export const powerOfTen = (n) => (Math.abs(n) > 3 ? `1e${n}`.replace("-", "−") : String(10 ** n));
