// What a prediction says (pure).

export const BUTTONS = { check: "That is my guess", show: "Show me", again: "Ask me again" };

export const PLACEHOLDERS = { number: "a number", numbers: "2, 3, …", text: "your guess" };

export const TWO_DIGITS = "Two digits are enough.";

/** What is said where there is no guess in what was typed. */
export const ASKED_FOR = {
  choice: "Choose an answer first. Or press “Show me”.",
  number: "Write one number, such as 0.25 or −3. Or press “Show me”.",
  numbers: "Write the numbers with commas between them, such as 2, 3. Or press “Show me”.",
  text: "Write something first. Or press “Show me”.",
};

export const SAID_ALREADY = "You have said that already. Try another answer, or press “Show me”.";

/** A guess as it is written: numbers with true minus signs. */
export function guessInWords({ mode }, guess) {
  const text = Array.isArray(guess) ? `(${guess.join(", ")})` : String(guess);
  return mode === "choice" || mode === "text" ? text : text.replace(/-/g, "−");
}

/** After a wrong number, which may be thought over once. */
export const tryAgain = (spec, guess) =>
  `✗ Not ${guessInWords(spec, guess)}. Think it over and try once more. Or press “Show me”.`;

/** Whether the guess was right, in words; "" without one. */
export const verdictOf = (spec, state, guess) =>
  ({ right: "✓ Right.", wrong: `✗ Not so. You said: ${guess === null ? "" : guessInWords(spec, guess)}` })[state] ?? "";
