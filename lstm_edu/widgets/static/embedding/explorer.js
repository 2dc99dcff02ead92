// The Embedding explorer: a table as a heat map, a sequence of tokens, and the row that each of them picks.

import { emptySteps, idOfRow, pickedRows } from "./numbers.js";
import { tablePicture } from "./table.js";
import { aboutEmbedding, pickInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { verdict } from "../shared/comparison.js";
import { layerExplorer } from "../shared/explorer.js";
import { shownAt, showFrom } from "../shared/levels.js";
import { nameOf, quoted } from "../shared/names.js";
import { format, formatDifference } from "../shared/numbers.js";
import { announcer, h, headLine, say } from "../shared/page.js";
import { plural } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { mapOf, picturesOverTime } from "../time/pictures.js";

const TOKENS_SHOWN = 24;
const NUMBERS_SHOWN = 12;
const NUMBER_WIDTH = 64; // pixels, with some room

/** The explorer of one Embedding inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function embeddingInside(context, panel, spec, arrays) {
  const { model, root, palette } = context;
  const [rows, columns] = arrays.table.shape;
  const bar = timeBar(context, spec, { unit: "column", unitLabel: "column of the table", unitFrom: "gates" });
  const rowAt = (t) => at(arrays.ids, bar.here().batch, t);
  const pictures = picturesOverTime(context, spec, bar, {
    maps: [
      mapOf(context, {
        name: "y",
        spec,
        palette,
        row: "column",
        title: [
          h("span", { class: "le-strong" }, "output y"),
          h("span", { class: "le-name le-muted" }, "one column per step: the row that was picked"),
        ],
        tell: (t, column, batch) =>
          `step ${t}, column ${column}${quoted(spec, "units", column)}: ${context.write(at(arrays.y, batch, t, column), 6)}`,
        array: () => arrays.y,
        scale: () => spec.scale,
        from: "gates",
      }),
    ],
    axis: "step",
    runs: (batch) => emptySteps(spec, arrays.ids, batch),
    hatched: "Hatched steps have id 0: they are masked for the layers that follow.",
    notes: () => [spec.kept && `The table has ${spec.vocabulary} rows; the ${rows} that these sequences use are here.`],
    drawn: ({ batch }) => table.draw(batch),
  });
  const table = tablePicture(context, spec, arrays, bar, pictures.tip);
  const tokens = tokenRow(context, spec, bar, rowAt);
  const words = h("p", { class: "le-words le-short" });
  const vector = h("div", { class: "le-scroll", tabindex: 0, role: "group", "aria-label": "the numbers of the row" });
  const below = [words, ...showFrom("all", vector, verdict(spec, "all outputs")), pictures.note.element];
  const side = h("div", { class: "le-maps" }, tokens.element, pictures.element, below);
  panel.append(
    headLine(spec.name, ...aboutEmbedding(spec)),
    bar.element,
    h("div", { class: "le-emb" }, table.element, side),
    keysLine({ first: "Click on a row of the table or on a token", unit: "column", unitFrom: "gates" }),
  );
  const voice = announcer(panel);
  let fitting = NUMBERS_SHOWN; // numbers of a row next to each other

  /** The numbers around the column chosen, and that one in full. */
  function paintVector({ t, unit, batch }, id) {
    const first = Math.max(0, Math.min(columns - fitting, unit - (fitting >> 1)));
    const places = Array.from({ length: Math.min(columns, fitting) }, (_, n) => first + n);
    const value = at(arrays.y, batch, t, unit);
    const keras = arrays.keras_y ? at(arrays.keras_y, batch, t, unit) : null;
    const strong = (c) => (c === unit ? "le-strong" : null);
    const heads = places.map((c) => h("th", { scope: "col", class: strong(c) }, String(c)));
    const cells = places.map((c) => {
      const number = at(arrays.y, batch, t, c);
      return h("td", { class: strong(c), "data-q": `v${c}`, title: String(number) }, format(number));
    });
    vector.replaceChildren(
      h(
        "table",
        { class: "le-table le-emb-vector" },
        h("thead", {}, h("tr", {}, h("td", {}, "column"), heads)),
        h("tbody", {}, h("tr", {}, h("th", { scope: "row" }, h("code", {}, `table[${id}]`)), cells)),
      ),
      h(
        "p",
        { class: "le-small" },
        h("code", {}, `y[${batch}, ${t}, ${unit}] = table[${id}, ${unit}]`),
        " = ",
        h("span", { class: "le-num le-strong", "data-q": "y", title: `y = ${value}` }, format(value, 6)),
        keras === null
          ? ""
          : [
              " · Keras: ",
              h("span", { "data-keras": "y" }, format(keras, 6)),
              `, difference ${formatDifference(value, keras)}`,
            ],
      ),
    );
  }

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout() {
      pictures.layout();
      const room = Math.floor(side.clientWidth / NUMBER_WIDTH) - 1; // one for the head of the row
      fitting = Math.max(2, Math.min(NUMBERS_SHOWN, room));
    },
    paint() {
      const place = bar.here();
      const { t, unit, batch } = place;
      const highlight = model.get("highlight");
      const value = at(arrays.y, batch, t, unit);
      pictures.paint(place, { y: value }, highlight);
      root.dataset.kind = context.spec.kind;
      bar.paint(place);
      const row = rowAt(t);
      const id = idOfRow(spec, row);
      root.dataset.token = id;
      table.paint(row);
      table.element.classList.toggle("le-lit", highlight === "x");
      tokens.paint(t);
      const picked = pickedRows(arrays.ids, batch, spec.steps).get(row);
      const text = pickInWords(spec, place, row, columns, picked);
      say(words, text);
      if (shownAt(context.level(), { from: "all" })) paintVector(place, id);
      voice.tell(`${text} Column ${unit}: ${context.write(value)}. ${pictures.note.text()}`);
      pictures.describe(`Heat map of the output over ${plural(spec.steps, "step")}.`);
      root.setAttribute("aria-label", `Embedding explorer, layer ${spec.name}`);
    },
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

/** The tokens around a step, as buttons: {element, paint(t)}. `rowAt(t)`: the row of the table
 *  that the token of a step picks. */
function tokenRow(context, spec, bar, rowAt) {
  const element = h("div", { class: "le-emb-tokens", role: "group", "aria-label": "tokens of the sequence" });
  context.listen(element, "click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step !== undefined) bar.go({ t: Number(step) });
  });
  const button = (step, t) => {
    const row = rowAt(step);
    const id = String(idOfRow(spec, row));
    const now = step === t;
    return h(
      "button",
      {
        type: "button",
        class: "le-emb-token",
        "data-step": step,
        tabindex: now ? 0 : -1,
        "aria-current": now ? "step" : null,
        "aria-label": `step ${step}, token ${id}${quoted(spec, "words", row)}`,
      },
      nameOf(spec, "words", row) || id,
    );
  };
  return {
    element,
    paint(t) {
      const first = Math.max(0, Math.min(spec.steps - TOKENS_SHOWN, t - TOKENS_SHOWN / 2));
      const end = Math.min(spec.steps, first + TOKENS_SHOWN);
      const held = element.contains(document.activeElement);
      const buttons = Array.from({ length: end - first }, (_, n) => button(first + n, t));
      const muted = (text) => h("span", { class: "le-muted" }, text);
      element.replaceChildren(muted(first ? "tokens … " : "tokens "), ...buttons, muted(end < spec.steps ? " …" : ""));
      if (held) element.querySelector("[aria-current]")?.focus({ preventScroll: true });
    },
  };
}

export default layerExplorer(embeddingInside);
