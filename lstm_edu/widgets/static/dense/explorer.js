// The Dense explorer: x, W, b and y laid out so that a row of x and a column of W meet in their output.

import { changeBench } from "./bench.js";
import { activationPicture } from "./curve.js";
import { denseMatrices } from "./matrices.js";
import { windowAround, withEdits } from "./numbers.js";
import { placeOfX } from "./places.js";
import { sumOfOutput } from "./sum.js";
import { changedInWords, classInWords, outputInWords } from "./words.js";
import { activate } from "../shared/activations.js";
import { verdict } from "../shared/comparison.js";
import { kept, layerExplorer } from "../shared/explorer.js";
import { showFrom } from "../shared/levels.js";
import { quoted } from "../shared/names.js";
import { announcer, h, headLine, noteLine, say, symbol } from "../shared/page.js";
import { clamp, moved } from "../shared/places.js";
import { among, plural, stayedInPython } from "../shared/words.js";

const ROWS_SHOWN = 6;

/** The explorer of one Dense inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function denseInside(context, panel, spec, arrays) {
  const { model, root, palette } = context;
  const editable = activate(spec.activation, [0, 1]) !== null; // what the page cannot compute is not offered for change
  const store = kept(context, spec, "edits");
  const edits = () => (editable ? store.get() : {});
  const numbers = () => withEdits(spec, arrays, edits());
  const where = densePlaces(context, spec);
  const { here, down, inRow, shown } = where;
  const grey = "#b8b8b8";
  const letters = { ...palette, colors: { ...palette.colors, W: grey, b: grey, y: palette.colors.h, z: grey } };

  // --- parts ----------------------------------------------------------------
  const controls = denseControls(context, spec, down, here);
  const bench = editable ? changeBench(context, spec, store, numbers, `W[0,${here().unit}]`) : null;
  const matrices = denseMatrices(context, spec, Math.min(down.count, ROWS_SHOWN), letters, choose);
  const side = denseSide(context, panel, spec, arrays, where, letters);
  const changes = h("div", { "data-from": "all" }, bench?.elements);
  const body = h("div", { class: "le-body le-dense" }, h("div", {}, matrices.element, changes), side.element);
  panel.append(denseHead(spec), controls.element, body, denseKeys(down, editable));

  /** A number was chosen in a matrix: the picture follows, and a number that can be changed goes on the bench. */
  function choose(name, row, column, taken) {
    const n = shown()[0] + row;
    if (name === "x" || name === "y") down.go(n);
    if (name !== "x" && column < spec.units) context.set({ unit: column });
    if (!bench || name === "y" || !taken || context.level() !== "all") return;
    bench.take(placeIn(name, n, column, row));
  }
  function placeIn(name, n, column, row) {
    if (name === "x") return placeOfX(spec, ...inRow(n), column);
    return name === "W" ? `W[${row},${column}]` : `b[${column}]`;
  }

  // --- painting -------------------------------------------------------------
  function paint() {
    const place = here();
    const { t, unit, batch } = place;
    const changed = edits();
    const now = withEdits(spec, arrays, changed);
    const [first, end] = shown();
    const rows = Array.from({ length: end - first }, (_, n) => now.row(...inRow(first + n)));
    const chosen = down.chosen() - first;
    Object.assign(root.dataset, { kind: context.spec.kind, t, unit, batch });
    root.setAttribute("aria-label", `Dense explorer, layer ${spec.name}`);
    controls.paint();

    const on = context.level() === "all" && bench ? bench.place() : null;
    const placeAt = (name) => (r, c) => (name === "y" ? null : placeIn(name, first + r, c, r));
    matrices.paint(
      { numbers: now, rows, first, chosen, unit },
      {
        changed: (place) => place in changed,
        taken: (place) => place === on,
        placeAt,
        dotIn: (name) => dotOf(name, on, first),
      },
    );
    matrices.light(model.get("highlight"));
    bench?.paint();
    side.paint(now, rows[chosen], place, Object.keys(changed).length);
  }

  /** [row, column] of the number on the bench, if it is in this matrix. */
  function dotOf(name, place, first) {
    if (place?.[0] !== name) return null;
    const index = place.match(/\d+/g).map(Number);
    if (name === "W") return index;
    if (name === "b") return [0, index[0]];
    const row = (spec.timed ? index[1] : index[0]) - first;
    const thisSample = !spec.timed || index[0] === here().batch;
    return thisSample && row >= 0 && row < Math.min(down.count, ROWS_SHOWN) ? [row, index.at(-1)] : null;
  }

  context.onChange(["t", "unit", "batch", "highlight", "edits"], context.repaint);
  return {
    layout: matrices.layout,
    paint,
    key(event) {
      if (bench?.has(event.target)) {
        if (event.key === "Escape") root.focus();
        return event.key === "Escape";
      }
      return matrices.key(event) || where.key(event.key);
    },
    close: side.close,
  };
}

/** Where the reader is: {here(), down: what lies one below another, inRow(n) -> [batch, t], shown() -> [first, end),
 *  key(key) -> handled?}. */
function densePlaces(context, spec) {
  const { model } = context;
  const here = () => ({
    t: clamp(model.get("t"), spec.steps),
    unit: clamp(model.get("unit"), spec.units),
    batch: clamp(model.get("batch"), spec.rows),
  });
  // The timesteps of one sample, or the samples.
  const down = spec.timed
    ? { name: "step", count: spec.steps, chosen: () => here().t, go: (n) => context.set({ t: n }) }
    : { name: "sample", count: spec.rows, chosen: () => here().batch, go: (n) => context.set({ batch: n }) };
  return {
    here,
    down,
    inRow: (n) => (spec.timed ? [here().batch, n] : [n, 0]),
    shown: () => windowAround(down.chosen(), down.count, ROWS_SHOWN),
    /** As in the other explorers, except that left and right lead from output to output, up and down from row to row. */
    key(key) {
      const turned = { ArrowLeft: "ArrowUp", ArrowRight: "ArrowDown", ArrowUp: "ArrowLeft", ArrowDown: "ArrowRight" };
      const from = { t: down.chosen(), unit: here().unit };
      const place = moved(turned[key] ?? key, from, { steps: down.count, units: spec.units });
      if (key === "Home" || key === "End") context.set({ unit: key === "Home" ? 0 : spec.units - 1 });
      else if (place) {
        down.go(place.t);
        context.set({ unit: place.unit });
      }
      return Boolean(place);
    },
  };
}

/** What is next to the matrices: {element, paint(numbers, row, place, count of changes), close()}. */
function denseSide(context, panel, spec, arrays, { down, shown }, letters) {
  const words = h("p", { class: "le-words le-short" });
  const sum = sumOfOutput(spec, arrays);
  const curve = activationPicture(context, spec, letters.colors.y);
  const agreed = verdict(spec, "all outputs");
  const note = noteLine();
  showFrom("gates", curve?.element);
  showFrom("all", ...sum.elements, agreed);
  const element = h("div", { class: "le-side" }, words, sum.elements, curve?.element, agreed, note.element);
  const voice = announcer(panel);

  return {
    element,
    paint(now, row, place, count) {
      const { unit, batch, t } = place;
      const level = context.level();
      if (level === "all") sum.paint(now, row, place, count > 0);
      if (level !== "simple") curve?.paint(row, unit);
      const [z, y] = [row.z[unit], row.y[unit]];
      const row_ = `${down.name} ${down.chosen()}${spec.timed ? quoted(spec, "steps", t, batch) : ""}`;
      const text = outputInWords(spec, row_, z, y, unit, context) + classInWords(spec, row.y, context.write);
      say(words, text);
      const [first, end] = shown();
      const odd = ![...row.x, ...row.z, ...row.y].every(Number.isFinite);
      const changes = count ? changedInWords(spec, count) : "";
      note.tell([
        changes,
        odd && "This row has values that are NaN or infinite.",
        ...stayedInPython(spec, "samples"),
        down.count > ROWS_SHOWN && `Shown: ${down.name}s ${first} to ${end - 1}; there are ${down.count}.`,
      ]);
      if (agreed) agreed.hidden = count > 0;
      voice.tell(`y[${spec.timed ? `${batch},${t}` : batch},${unit}] = ${context.write(y)}. ${text} ${changes}`);
    },
    close: voice.close,
  };
}

/** "dense, Dense · 3 units ..., y = tanh(x W + b)". */
function denseHead(spec) {
  const about = [`activation ${spec.activation}`, spec.use_bias ? "" : "no bias"];
  const head = headLine(spec.name, "Dense", plural(spec.units, "unit"), plural(spec.features, "feature"), ...about);
  const [open, close] = spec.activation === "linear" ? ["", ""] : [`${spec.activation}(`, ")"];
  const bias = spec.use_bias ? [" + ", symbol("b")] : "";
  head.append(
    h(
      "span",
      { class: "le-law", "data-from": "gates" },
      symbol("y"),
      " = ",
      open,
      symbol("x"),
      " ",
      symbol("W"),
      bias,
      close,
    ),
  );
  return head;
}

function denseKeys(down, editable) {
  const keys = [
    ["← →", "output"],
    ["↑ ↓", down.name],
    ["Home, End", "first, last output"],
  ];
  return h(
    "p",
    { class: "le-keys le-muted" },
    keys.map(([key, what], n) => [n ? " · " : "", h("kbd", {}, key), ` ${what}`]),
    editable
      ? h("span", { "data-from": "all" }, " · in a matrix: arrows move, ", h("kbd", {}, "Enter"), " takes the number")
      : "",
  );
}

/** The sliders: {element, paint()}. */
function denseControls(context, spec, down, here) {
  const control = (name, count, shown, chosen, go) => {
    const slider = h("input", { type: "range", min: 0, max: count - 1, step: 1, "aria-label": name });
    const text = h("output", { class: "le-step" });
    context.listen(slider, "input", () => go(Number(slider.value)));
    return {
      element: shown && count > 1 && h("span", { class: "le-control" }, slider, text),
      paint() {
        slider.value = String(chosen());
        const axis = { output: "units", step: "steps" }[name];
        say(text, among(name, chosen(), count, quoted(spec, axis, chosen(), here().batch)));
        slider.setAttribute("aria-valuetext", text.textContent);
      },
    };
  };
  const all = [
    control(
      "sample",
      spec.rows,
      spec.timed,
      () => here().batch,
      (batch) => context.set({ batch }),
    ),
    control(down.name, down.count, true, down.chosen, down.go),
    control(
      "output",
      spec.units,
      true,
      () => here().unit,
      (unit) => context.set({ unit }),
    ),
  ];
  return {
    element: h(
      "div",
      { class: "le-controls" },
      all.map(({ element }) => element),
    ),
    paint: () => all.forEach((one) => one.paint()),
  };
}

export default layerExplorer(denseInside);
