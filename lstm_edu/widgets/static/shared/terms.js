// A sum, term by term.

export const TERMS_SHOWN = 12;

/** The terms x[f] W[f, u] of one sum, the largest first where there are more than `most`: {shown: [{f, x, w, product}],
 *  others: how many are left out, rest: their sum}. */
export function terms(x, w, most) {
  const all = x.map((value, f) => ({ f, x: value, w: w(f), product: value * w(f) }));
  if (all.length <= most) return { shown: all, others: 0, rest: 0 };
  const size = (term) => (Number.isFinite(term.product) ? Math.abs(term.product) : Infinity);
  const ordered = [...all].sort((a, b) => size(b) - size(a) || a.f - b.f);
  const rest = ordered.slice(most).reduce((sum, term) => sum + term.product, 0);
  return { shown: ordered.slice(0, most), others: all.length - most, rest };
}
