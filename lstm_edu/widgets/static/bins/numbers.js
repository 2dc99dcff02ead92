// Which bin a value falls into (pure).

/** The bin of a value, as tf.histogram_fixed_width counts: below the range the first, at its end or beyond the last. */
export function binOf(value, [low, high], bins) {
  const inside = Math.min(Math.max(value, low), high) - low;
  return Math.min(Math.trunc(inside / ((high - low) / bins)), bins - 1);
}

/** For each bin: its ends, what is in it as [value, count] pairs, and its share of all samples. */
export function filledBins(values, counts, range, bins) {
  const total = counts.reduce((a, b) => a + b, 0);
  const step = (range[1] - range[0]) / bins;
  const filled = Array.from({ length: bins }, (_, n) => ({
    from: range[0] + n * step,
    to: range[0] + (n + 1) * step,
    inside: [],
    count: 0,
    share: 0,
  }));
  values.forEach((value, k) => {
    const bin = filled[binOf(value, range, bins)];
    bin.inside.push([value, counts[k]]);
    bin.count += counts[k];
  });
  for (const bin of filled) bin.share = bin.count / total;
  return filled;
}
