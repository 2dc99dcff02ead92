// From what is typed to a verdict (pure).

/** A text cut at its `backticks`, line by line: [[{code, text}, ...], ...]. A single backtick stays as it is. */
export function textPieces(text) {
  return text.split("\n").map((line) => {
    const parts = line.split("`");
    if (parts.length % 2 === 0) parts.push(`${"`"}${parts.pop()}`);
    return parts
      .map((part, n) => ({ code: n % 2 === 1 && n < parts.length - 1, text: part }))
      .filter((piece) => piece.text);
  });
}

/** One typed number, or null: "-0.5", "−0,5", "1/4", "3e-2". */
export function typedNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/[\s_]/g, "").replace(/,/g, ".");
  const number = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
  const found = plain.match(new RegExp(`^(${number})(?:/(${number}))?(%)?$`));
  if (!found) return null;
  const value = Number(found[1]) / (found[2] === undefined ? 1 : Number(found[2])) / (found[3] ? 100 : 1);
  return Number.isFinite(value) ? value : null;
}

/** Several typed numbers, or null: "(2, 3)", "2 3", "2, 3,". */
export function typedNumbers(text) {
  const parts = text
    .trim()
    .replace(/^[([]+|[)\]]+$/g, "")
    .trim()
    .split(/[\s,;x×]+/)
    .filter((part) => part !== "");
  const numbers = parts.map(typedNumber);
  return numbers.length && !numbers.includes(null) ? numbers : null;
}

/** A guess from what was typed or chosen; null where there is none in it. */
export function guessFrom(spec, text) {
  if (spec.mode === "number") {
    // Where a whole number is asked for, the commas of "50,240" separate thousands.
    const parted = Number.isInteger(spec.answer) && /^\s*[1-9]\d{0,2}(,\d{3})+\s*$/.test(text);
    return typedNumber(parted ? text.replace(/,/g, "") : text);
  }
  if (spec.mode === "numbers") return typedNumbers(text);
  return text.trim() || null;
}

/** A text without what does not count: capitals, spaces, quotes, a full stop at the end. */
function normalText(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s"'`‘’“”]/g, "")
    .replace(/\.+$/, "");
}

/** Whether a guess is right: as widgets/predict.py judges. */
export function isRight(spec, guess) {
  if (spec.mode === "choice") return guess === spec.answer;
  if (spec.mode === "text") return normalText(guess) === normalText(spec.answer);
  const [guesses, answers] = spec.mode === "numbers" ? [guess, spec.answer] : [[guess], [spec.answer]];
  return guesses.length === answers.length && guesses.every((g, n) => Math.abs(g - answers[n]) <= spec.tolerance[n]);
}

/** Whether a wrong guess may be followed by another one: numbers may, once. `before`: the guess that came before it. */
export const hasMoreTries = (spec, before) => spec.mode.startsWith("number") && before === null;

/** Where the card is: "asked"; "again", after a first wrong number; "shown" without a guess; "right" or "wrong". */
export function stateOf(spec, guess, shown) {
  const right = guess !== null && isRight(spec, guess);
  if (shown) return guess === null ? "shown" : right ? "right" : "wrong";
  return guess !== null && !right && hasMoreTries(spec, null) ? "again" : "asked";
}
