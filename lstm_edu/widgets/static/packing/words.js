// Blocks of weights in words (pure).

/** "50 240": with thin spaces between the thousands. */
export const plainNumber = (n) => n.toLocaleString("en-US").replace(/,/g, "\u202f");

export const numbersInWords = (n) => `${plainNumber(n)} number${n === 1 ? "" : "s"}`;

/** What a block is for. `twoRows`: the bias has a row for the input and one for the recurrence. */
export function roleOf(id, gate, twoRows) {
  const what = {
    W: `what the input x is multiplied by on its way to the ${gate.name}`,
    U: `what the previous output h is multiplied by on its way to the ${gate.name}`,
    b: twoRows ? `what is added to x·W for the ${gate.name}` : `what is added to the sum of the ${gate.name}`,
    d: `what is added to h·U for the ${gate.name}`,
  }[id[0]];
  return what + (gate.also ? ` (${gate.also})` : "");
}

/** The text while no block is pointed at. */
export const pointAtOne = (gates) =>
  gates.length > 1
    ? `Each array has ${gates.length} blocks of columns side by side, one for each gate, in the order ` +
      `${gates.map((gate) => gate.letter).join(", ")}. Point at one.`
    : "Each array is one block. Point at one.";

// What is said before the buttons of the other layouts, and to a screen reader.
export const NEXT_TO_IT = "next to it";
export const NEXT_TO_KERAS = "next to Keras 3";

export const THIN_BLOCKS = "Blocks too thin to point at are drawn larger than they are; all others are to scale.";
