// An Embedding in words (pure).

import { idOfRow } from "./numbers.js";
import { quoted } from "../shared/names.js";
import { plural, sequencesInWords } from "../shared/words.js";

export const aboutEmbedding = (spec) => [
  "Embedding",
  `a table of ${plural(spec.vocabulary, "row")} of ${plural(spec.units, "number")}`,
  plural(spec.steps, "step"),
  sequencesInWords(spec),
  spec.mask_zero && "id 0 means “no token”",
];

/** What happens at a step: `picked`, how many steps of the sequence pick the same row. */
export function pickInWords(spec, { t, batch }, row, columns, picked) {
  const id = idOfRow(spec, row);
  return (
    `Step ${t}${quoted(spec, "steps", t, batch)} holds token ${id}${quoted(spec, "words", row)}: it picks row ${id} of the table, ${plural(columns, "number")}. ` +
    `Nothing is computed; the row is copied${picked > 1 ? `; ${plural(picked, "step")} of this sequence pick the same row` : ""}.` +
    (spec.mask_zero && id === 0 ? " Id 0 is not a token: the step is masked for the layers that follow." : "")
  );
}

export const tableInWords = (rows, columns) =>
  `The table as colours: ${plural(rows, "row")}, one per token, and ${plural(columns, "column")}`;
