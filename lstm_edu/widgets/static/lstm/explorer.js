// The LSTM explorer: the trace's gates and states as pictures over time, and one unit's numbers at one step.

import { cellDiagram } from "./cell.js";
import { equationsOf } from "./equations.js";
import { GATES, numbersAt, reachOf, writtenIn } from "./numbers.js";
import { whatIfPanel } from "./what_if.js";
import { ORDER_OF_BOXES, SIMPLE_NAMES, cellTitle, inWords, picturesInWords, whatItWas } from "./words.js";
import { addedAmounts } from "../shared/amounts.js";
import { at } from "../shared/arrays.js";
import { comparison } from "../shared/comparison.js";
import { layerExplorer } from "../shared/explorer.js";
import { shownAt, showFrom } from "../shared/levels.js";
import { format } from "../shared/numbers.js";
import { announcer, chip, h, headLine, say } from "../shared/page.js";
import { kerasHas, plural, sequencesInWords, stepAxis, stepsInWords } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { skippedRuns } from "../time/notes.js";
import { mapOf, picturesOverTime } from "../time/pictures.js";

const MAPS = ["x", "i", "f", "g", "o", "c", "h"];
const FROM_GATES = ["i", "g", "o"]; // the others are what the simple level shows
const COMPARED = [...GATES.flatMap((gate) => [`z_${gate}`, gate]), "c_prev", "c", "h"];

/** The explorer of one LSTM inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function lstmInside(context, panel, spec, arrays) {
  const { model, root, listen } = context;
  const bar = timeBar(context, spec);
  const whatIf = whatIfPanel(context, spec, arrays, bar.here); // whatIf.of(batch): the arrays to show, recorded or recomputed
  const run = () => whatIf.of(bar.here().batch);

  // --- parts ----------------------------------------------------------------
  const was = Object.fromEntries(MAPS.map((name) => [name, h("span", { class: "le-was-number" })]));
  const pictures = picturesOverTime(context, spec, bar, {
    maps: lstmMaps(context, spec, run, whatIf.scale, was),
    axis: stepAxis(spec),
    runs: (batch) => skippedRuns(run().counts ?? null, batch, spec.steps),
    version: run,
  });
  const words = h("p", { class: "le-words" });
  const amounts = keptAndWritten(context, spec);
  const cell = cellDiagram(context, spec, pointing(context));
  const equations = equationsOf(context, spec, Boolean(arrays.kernel));
  const folds = {
    diagram: fold("gates", cellTitle(spec, bar.here()), cell.element, [
      cell.panels,
      h("p", { class: "le-muted le-small" }, ORDER_OF_BOXES),
    ]),
    equations: fold("all", "Equations", equations.element),
  };
  const compared = spec.comparison ? comparison(spec, COMPARED) : null;
  showFrom("all", compared?.element, whatIf.tools);
  const head = headLine(spec.name, "LSTM", plural(spec.units, "unit"), stepsInWords(spec), sequencesInWords(spec));
  const below = [folds.diagram.element, compared?.element, pictures.note.element];
  const side = h("div", { class: "le-side" }, words, whatIf.element, amounts.element, below);
  const body = h("div", { class: "le-body" }, pictures.element, side, folds.equations.element);
  panel.append(head, bar.element, body, keysLine());
  const voice = announcer(panel);

  /** A part of the page that folds; what is folded, or belongs to another level, is not painted. */
  function fold(level, title, content, below = []) {
    const kind = `le-fold ${content.className}-fold`;
    const summary = h("summary", {}, title);
    const element = h("details", { class: kind, open: true, "data-from": level }, summary, content, below);
    listen(element, "toggle", () => {
      if (element.open) cell.layout();
      context.repaint();
    });
    return { element, title: summary, seen: () => element.open && shownAt(context.level(), { from: level }) };
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
    const level = context.level();
    const arraysShown = run();
    const { ours: before } = arraysShown === arrays ? { ours: null } : numbersAt(spec, arrays, place);
    const numbers = { ...numbersAt(spec, arraysShown, place), was: before };
    const highlight = model.get("highlight");
    const written = at(writtenIn(arraysShown), place.batch, place.t, place.unit);
    pictures.paint(place, { ...numbers.ours, written }, highlight);
    panel.dataset.whatif = String(whatIf.active());
    root.dataset.kind = context.spec.kind;
    bar.paint(place, spec.time);
    for (const name of MAPS.slice(1)) say(was[name], whatItWas(numbers, name, context.write));

    if (level === "simple") amounts.paint(numbers, place, arraysShown);
    say(folds.diagram.title, cellTitle(spec, place));
    if (folds.diagram.seen()) cell.paint(numbers, place, arraysShown, highlight);
    if (folds.equations.seen()) equations.paint(numbers, place, arraysShown, highlight);
    if (compared) compared.element.hidden = !numbers.keras;
    if (numbers.keras) compared?.paint(numbers);
    whatIf.paint(place);

    const text = inWords(spec, place, numbers, context);
    say(words, text);
    const against = level === "all" ? kerasHas(numbers.keras, format) : "";
    voice.tell(`${text}${against} ${whatIf.words(numbers, place)} ${pictures.note.text()}`);
    pictures.describe(`${picturesInWords(spec, level)} ${text}`);
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

/** The maps, those of the gates and what the simple level shows instead of them: what is written. `was`: where a what-if
 *  says what a number was. */
function lstmMaps(context, spec, run, scale, was) {
  const { palette } = context;
  const mapFor = (name, more = {}) =>
    mapOf(context, {
      name,
      spec,
      palette,
      after: was[name],
      array: () => run()[name],
      scale: (batch) => scale(name, batch),
      simply: SIMPLE_NAMES[name],
      ...(FROM_GATES.includes(name) && { from: "gates" }),
      ...more,
    });
  const written = mapFor("written", {
    title: [
      chip("i · g", { colors: { "i · g": palette.colors.i } }),
      h("span", { class: "le-name" }, SIMPLE_NAMES.written),
    ],
    about: SIMPLE_NAMES.written,
    array: () => writtenIn(run()),
    scale: (batch) => scale("c", batch),
    letter: "c",
    until: "simple",
    lights: ["i", "g"],
  });
  const x = mapFor("x", { row: "feature", marked: false, tallest: spec.features <= 16 ? 88 : 68 });
  const [i, f, g, o, c, h_] = MAPS.slice(1).map((name) => mapFor(name));
  return [x, i, f, written, g, o, c, h_];
}

/** What is kept and what is written, as amounts that add up to the memory. */
function keptAndWritten({ palette, write }, spec) {
  const amounts = addedAmounts(["kept", "written"], [palette.colors.f, palette.colors.i], write);
  return {
    element: h("div", { class: "le-kept", "data-until": "simple" }, amounts.elements),
    paint({ ours, masked }, place, arrays) {
      const added = masked ? null : [ours.f * ours.c_prev, ours.i * ours.g];
      amounts.paint(added, ours.c, reachOf(spec, arrays, place));
    },
  };
}

/** What the reader points at is pointed out everywhere, as long as it lasts; a press makes it stay, and a second one not. */
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
      return Boolean(stays);
    },
  };
}

export default layerExplorer(lstmInside);
