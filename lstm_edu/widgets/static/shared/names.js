// Names of what is counted: of features, units, words and steps, where Python gave them. They are text, never markup.

/** The name of feature, unit, word or step n ("features", "units", "words", "steps"); "" where it has none. Steps may have
 *  other names in each sequence. */
export function nameOf(spec, axis, n, batch = 0) {
  const names = spec.named?.[axis];
  return (Array.isArray(names?.[0]) ? names[batch] : names)?.[n] ?? "";
}

/** " “ball”", to go after its number; "" without a name. */
export function quoted(spec, axis, n, batch) {
  const name = nameOf(spec, axis, n, batch);
  return name && ` “${name}”`;
}

/** The names in a sentence, for those who cannot see the pictures; those of long lists are given at their place. */
export function namesInWords(spec) {
  const told = ["features", "units"].map((axis) => {
    const names = spec.named?.[axis] ?? [];
    return names.length && names.length <= 12 ? ` The ${axis}: ${names.join(", ")}.` : "";
  });
  return told.join("");
}
