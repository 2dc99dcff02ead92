// The LSTM explorer: the trace's gates and states as pictures over time, and one unit's numbers at one step.

import { cellDiagram } from "./cell.js";
import { equationsOf } from "./equations.js";
import { GATES, inWords, numbersAt, whatItWas } from "./numbers.js";
import { whatIfPanel } from "./what_if.js";
import { at, readArrays } from "../shared/arrays.js";
import { stopsOf } from "../shared/colours.js";
import { comparison } from "../shared/comparison.js";
import { explorer } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { announcer, chip, h, say } from "../shared/page.js";
import { stayedInPython } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { pointerTip, timeAxis, timeMap } from "../time/map.js";
import { oddNumbers, sharedPixels, skippedRuns } from "../time/notes.js";

const MAPS = ["x", "i", "f", "g", "o", "c", "h"];

// --- the explorer ---------------------------------------------------------------------------------------------------

export function lstmExplorer(context) {
  return lstmInside(context, context.root, context.spec, readArrays(context.spec.arrays, context.model.get("_data")));
}

/** The explorer of one LSTM inside `panel`: the whole widget, or one tab of a model's. */
export function lstmInside(context, panel, spec, arrays) {
  const { model, root, palette, listen } = context;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  const whatIf = whatIfPanel(context, spec, arrays, bar.here); // whatIf.of(batch): the arrays to show, recorded or computed anew

  const sequences = (n) => `${n} sequence${n === 1 ? "" : "s"}`;
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h(
      "span",
      { class: "le-muted" },
      `LSTM · ${spec.units} unit${spec.units === 1 ? "" : "s"} · ` +
        `${spec.steps} step${spec.steps === 1 ? "" : "s"} of ${spec.features} feature${spec.features === 1 ? "" : "s"}` +
        (spec.batch > 1 ? ` · ${sequences(spec.batch)}` : ""),
    ),
  );

  // --- pictures -------------------------------------------------------------
  const tip = pointerTip();
  const maps = MAPS.map((name) => {
    const rows = name === "x" ? spec.features : spec.units;
    const row = name === "x" ? "feature" : "unit";
    const was = h("span", { class: "le-was-number" });
    const map = timeMap(context, bar, tip, {
      key: name,
      title: [chip(name, palette), h("span", { class: "le-name" }, palette.names[name])],
      about: palette.roles[name],
      after: was,
      row,
      rows,
      steps: spec.steps,
      tallest: name === "x" && rows <= 16 ? 88 : 68,
      marked: name !== "x",
      pick: (t, k) => bar.go(name === "x" ? { t } : { t, unit: k }),
      tell: (t, k) => {
        const { batch } = bar.here();
        return `${name} · step ${t}, ${row} ${k}: ${format(at(whatIf.of(batch)[name], batch, t, k), 6)}`;
      },
    });
    return { name, row, was, ...map };
  });
  const axis = timeAxis(`step${spec.time ? " (in the order of processing)" : ""} · one row a unit, unit 0 on top`);
  const pictures = h(
    "div",
    { class: "le-maps", role: "img" },
    maps.map((map) => map.element),
    axis.element,
    tip.element,
  );

  // --- numbers --------------------------------------------------------------
  const words = h("p", { class: "le-words" });
  const cell = cellDiagram(spec, palette, listen, pointing());
  const equations = equationsOf(spec, palette, listen, Boolean(arrays.kernel));
  const folds = {
    diagram: fold("The cell at this step", cell.element),
    equations: fold("Equations", equations.element),
  };
  const names = [...GATES.flatMap((gate) => [`z_${gate}`, gate]), "c_prev", "c", "h"];
  const compared = spec.comparison ? comparison(spec, names) : null;
  const note = h("p", { class: "le-note", hidden: true });
  const side = h("div", { class: "le-side" }, words, Object.values(folds), compared?.element, note);
  panel.append(head, bar.element, whatIf.element, h("div", { class: "le-body" }, pictures, side), keysLine());
  const voice = announcer(panel);

  /** A part of the page that folds; what is folded is not painted. */
  function fold(title, content) {
    const element = h(
      "details",
      { class: `le-fold ${content.className}-fold`, open: true },
      h("summary", {}, title),
      content,
    );
    listen(element, "toggle", () => {
      if (element.open) cell.layout();
      context.repaint();
    });
    return element;
  }

  /** What the reader points at in the diagram is pointed out everywhere, as long as it lasts; a press makes it stay. */
  function pointing() {
    let before = null; // what was pointed out until then
    const now = () => model.get("highlight");
    return {
      enter(quantity) {
        before ??= now();
        bar.go({ highlight: quantity });
      },
      leave() {
        if (before !== null) bar.go({ highlight: before });
        before = null;
      },
      press(quantity) {
        const stays = (before ?? now()) === quantity ? "" : quantity;
        before = null;
        bar.go({ highlight: stays });
      },
    };
  }

  // --- painting -------------------------------------------------------------
  let plotWidth = 0;
  let drawnRow = -1;
  let drawn = null; // the arrays
  let noteText = "";

  /** The pictures themselves: they change with the sequence, the what-if, the size and the theme, not with the step. */
  function drawMaps() {
    const { batch } = bar.here();
    const run = whatIf.of(batch);
    [drawnRow, drawn] = [batch, run];
    const dark = context.theme === "dark";
    const runs = skippedRuns(run.counts ?? null, batch, spec.steps);
    for (const map of maps) {
      const scale = whatIf.scale(map.name, batch);
      const stops = stopsOf(scale, map.name, palette, context.theme);
      const { shape, data } = run[map.name];
      const start = batch * shape[1] * shape[2];
      map.draw(plotWidth, (row, t) => data[start + t * shape[2] + row], scale, stops, runs, dark);
    }
    axis.draw(spec.steps, plotWidth);
    const notes = [
      oddNumbers(
        maps.map(({ name, row }) => [name, run[name], row]),
        batch,
      ),
    ];
    if (runs.length) notes.push("Hatched steps are masked: the layer skips them.");
    notes.push(...stayedInPython(spec));
    notes.push(sharedPixels(maps));
    noteText = notes.filter(Boolean).join(" ");
    note.hidden = !noteText;
    say(note, noteText);
  }

  function layout() {
    plotWidth = Math.max(40, maps[0].plot.clientWidth);
    cell.layout();
    drawMaps();
    whatIf.layout();
  }

  function paint() {
    const place = bar.here();
    const { t, unit, batch } = place;
    const run = whatIf.of(batch);
    if (batch !== drawnRow || run !== drawn) drawMaps();
    panel.dataset.whatif = whatIf.active();
    root.dataset.kind = context.spec.kind;
    bar.paint(place, spec.time);

    const was = run === arrays ? null : numbersAt(spec, arrays, place).ours;
    const numbers = { ...numbersAt(spec, run, place), was };
    const pointedOut = model.get("highlight");
    for (const map of maps) {
      map.place(t, unit);
      map.element.classList.toggle("le-lit", map.name === pointedOut);
      if (map.name === "x") continue;
      say(map.value, format(numbers.ours[map.name]));
      say(map.was, whatItWas(numbers, map.name));
    }

    if (folds.diagram.open) cell.paint(numbers, place, run, pointedOut);
    if (folds.equations.open) equations.paint(numbers, place, run, pointedOut);
    if (compared) compared.element.hidden = !numbers.keras;
    if (numbers.keras) compared?.paint(numbers);
    whatIf.paint(place);

    const text = inWords(spec, place, numbers);
    say(words, text);
    const against = numbers.keras ? ` Keras has h = ${format(numbers.keras.h)}.` : "";
    voice.tell(`${text}${against} ${whatIf.words(numbers, place)} ${noteText}`);
    pictures.setAttribute(
      "aria-label",
      `Heat maps over ${spec.steps} steps of the input, the gates i, f, g, o and the states c and h of ${spec.units} ` +
        `units. ${text}`,
    );
    root.setAttribute("aria-label", `LSTM explorer, layer ${spec.name}`);
  }

  // --- model to view --------------------------------------------------------
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

export default explorer(lstmExplorer);
