// Bins in words (pure).

export const BINS_SHOWN_ONE_BY_ONE = 12; // values: more are not named

/** A number with at most three decimals. */
export const short = (value) => String(Number(value.toFixed(3))).replace("-", "−");

/** "1, 2 and 3" */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** What there is to notice, in a sentence or three. */
export function binsInWords({ values, bins, what }, range, filled) {
  if (values.length > BINS_SHOWN_ONE_BY_ONE)
    return `${filled.filter((bin) => bin.count).length} of ${bins} bins have samples.`;
  const named = (list) => `${what}${list.length > 1 ? "s" : ""} ${listed(list.map(short))}`;
  const said = (list, where, bin) => {
    const s = list.length > 1 ? "" : "s";
    return list.length ? [`${named(list)} lie${s} ${where} the range and count${s} in the ${bin} bin.`] : [];
  };
  const shared = filled.filter((bin) => bin.inside.length > 1);
  const told = [
    ...said(
      values.filter((value) => value < range[0]),
      "below",
      "first",
    ),
    ...said(
      values.filter((value) => value === range[1]),
      "at the end of",
      "last",
    ),
    ...said(
      values.filter((value) => value > range[1]),
      "beyond",
      "last",
    ),
    ...shared.map((bin) => `${named(bin.inside.map(([value]) => value))} share bin ${filled.indexOf(bin)}.`),
    ...(shared.length ? [] : [`Every ${what} has its own bin.`]),
  ];
  return told.map((text) => text[0].toUpperCase() + text.slice(1)).join(" ");
}

/** What is in a bin, for those who cannot see it. */
export function binInWords({ values, what }, bin, n) {
  const few = values.length <= BINS_SHOWN_ONE_BY_ONE;
  const inside = bin.inside.length && few ? `: ${what} ${listed(bin.inside.map(([value]) => short(value)))}` : "";
  return `bin ${n}, from ${short(bin.from)} to ${short(bin.to)}, share ${bin.share.toFixed(3)}${inside}`;
}
