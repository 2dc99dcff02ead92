// From pixels and keys to places.

/** Which of `count` equal cells along `length` pixels this pixel is in. */
export function cellAt(pixel, length, count) {
  return clamp(Math.floor((pixel / length) * count), count);
}

/** Round labels along an axis of `count` steps, at most about `most` of them: always the first. */
export function ticks(count, most) {
  const rough = Math.max(1, (count - 1) / Math.max(1, most));
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough - 1e-9);
  const found = [];
  for (let n = 0; n < count; n += every) found.push(n);
  return found;
}

/** A number as one of `count` places, 0 to count − 1. */
export const clamp = (n, count) => Math.max(0, Math.min(count - 1, n));

// --- keys -----------------------------------------------------------------------------------------------------------

/** Where a key leads from {t, unit}, or null for a key that moves nothing. */
export function moved(key, { t, unit }, { steps, units }) {
  const by = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [-steps, 0],
    End: [steps, 0],
  }[key];
  return by ? { t: clamp(t + by[0], steps), unit: clamp(unit + by[1], units) } : null;
}
