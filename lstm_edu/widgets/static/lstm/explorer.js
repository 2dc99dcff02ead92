// The LSTM explorer: the trace's gates and states as pictures over time, and one unit's numbers at one step.

import { cellDiagram } from "./cell.js";
import { equationsOf } from "./equations.js";
import { GATES, numbersAt } from "./numbers.js";
import { whatIfPanel } from "./what_if.js";
import { inWords, picturesInWords, whatItWas } from "./words.js";
import { comparison } from "../shared/comparison.js";
import { layerExplorer } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { announcer, h, headLine, say } from "../shared/page.js";
import { kerasHas, plural, sequencesInWords, stepAxis, stepsInWords } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { skippedRuns } from "../time/notes.js";
import { mapOf, picturesOverTime } from "../time/pictures.js";

const MAPS = ["x", "i", "f", "g", "o", "c", "h"];
const COMPARED = [...GATES.flatMap((gate) => [`z_${gate}`, gate]), "c_prev", "c", "h"];

/** The explorer of one LSTM inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function lstmInside(context, panel, spec, arrays) {
  const { model, root, palette, listen } = context;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  const whatIf = whatIfPanel(context, spec, arrays, bar.here); // whatIf.of(batch): the arrays to show, recorded or computed anew
  const run = () => whatIf.of(bar.here().batch);

  // --- parts ----------------------------------------------------------------
  const was = Object.fromEntries(MAPS.map((name) => [name, h("span", { class: "le-was-number" })]));
  const pictures = picturesOverTime(context, spec, bar, {
    maps: MAPS.map((name) =>
      mapOf(context, {
        name,
        palette,
        after: was[name],
        array: () => run()[name],
        scale: (batch) => whatIf.scale(name, batch),
        ...(name === "x" && { row: "feature", marked: false, tallest: spec.features <= 16 ? 88 : 68 }),
      }),
    ),
    axis: stepAxis(spec),
    runs: (batch) => skippedRuns(run().counts ?? null, batch, spec.steps),
    version: run,
  });
  const words = h("p", { class: "le-words" });
  const cell = cellDiagram(spec, palette, listen, pointing(context));
  const equations = equationsOf(spec, palette, listen, Boolean(arrays.kernel));
  const folds = {
    diagram: fold("The cell at this step", cell.element),
    equations: fold("Equations", equations.element),
  };
  const compared = spec.comparison ? comparison(spec, COMPARED) : null;
  const head = headLine(spec.name, "LSTM", plural(spec.units, "unit"), stepsInWords(spec), sequencesInWords(spec));
  const side = h("div", { class: "le-side" }, words, Object.values(folds), compared?.element, pictures.note.element);
  const body = h("div", { class: "le-body" }, pictures.element, side);
  panel.append(head, bar.element, whatIf.element, body, keysLine());
  const voice = announcer(panel);

  /** A part of the page that folds; what is folded is not painted. */
  function fold(title, content) {
    const kind = `le-fold ${content.className}-fold`;
    const element = h("details", { class: kind, open: true }, h("summary", {}, title), content);
    listen(element, "toggle", () => {
      if (element.open) cell.layout();
      context.repaint();
    });
    return element;
  }

  // --- painting -------------------------------------------------------------
  function layout() {
    pictures.measure();
    cell.layout();
    pictures.draw();
    whatIf.layout();
  }

  function paint() {
    const place = bar.here();
    const arraysShown = run();
    const { ours: before } = arraysShown === arrays ? { ours: null } : numbersAt(spec, arrays, place);
    const numbers = { ...numbersAt(spec, arraysShown, place), was: before };
    const highlight = model.get("highlight");
    pictures.paint(place, numbers.ours, highlight);
    panel.dataset.whatif = String(whatIf.active());
    root.dataset.kind = context.spec.kind;
    bar.paint(place, spec.time);
    for (const name of MAPS.slice(1)) say(was[name], whatItWas(numbers, name));

    if (folds.diagram.open) cell.paint(numbers, place, arraysShown, highlight);
    if (folds.equations.open) equations.paint(numbers, place, arraysShown, highlight);
    if (compared) compared.element.hidden = !numbers.keras;
    if (numbers.keras) compared?.paint(numbers);
    whatIf.paint(place);

    const text = inWords(spec, place, numbers);
    say(words, text);
    const against = kerasHas(numbers.keras, format);
    voice.tell(`${text}${against} ${whatIf.words(numbers, place)} ${pictures.note.text()}`);
    pictures.describe(`${picturesInWords(spec)} ${text}`);
    root.setAttribute("aria-label", `LSTM explorer, layer ${spec.name}`);
  }

  context.onChange(["t", "unit", "batch", "highlight", "whatif"], context.repaint);
  return {
    layout,
    paint,
    // The panel's controls use the keys themselves.
    key: (event) => !whatIf.has(event.target) && bar.key(event),
    close() {
      bar.stop();
      voice.close();
      cell.close();
    },
  };
}

/** What the reader points at is pointed out everywhere, as long as it lasts; a press makes it stay. */
function pointing(context) {
  let before = null; // what was pointed out until then
  const now = () => context.model.get("highlight");
  return {
    enter(quantity) {
      before ??= now();
      context.set({ highlight: quantity });
    },
    leave() {
      if (before !== null) context.set({ highlight: before });
      before = null;
    },
    press(quantity) {
      const stays = (before ?? now()) === quantity ? "" : quantity;
      before = null;
      context.set({ highlight: stays });
    },
  };
}

export default layerExplorer(lstmInside);
