// The explorer of the GRU and of the SimpleRNN: pictures over time, and one unit's numbers at one step. What the kinds
// have in common is written once; RNN_KINDS says what they differ in.

import { rnnEquations } from "./equations.js";
import { rnnCompared, rnnInWords, rnnNumbersAt } from "./numbers.js";
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

/** The palette as this layer uses it: its own letters in the colours they share. */
export function withLetters(palette, letters) {
  const own = (table) => ({
    ...table,
    ...Object.fromEntries(Object.entries(letters).map(([letter, { as }]) => [letter, table[as]])),
  });
  const said = (key) => Object.fromEntries(Object.entries(letters).map(([letter, one]) => [letter, one[key]]));
  return {
    ...palette,
    colors: own(palette.colors),
    names: { ...palette.names, ...said("name") },
    roles: { ...palette.roles, ...said("role") },
    sequential: { light: own(palette.sequential.light), dark: own(palette.sequential.dark) },
  };
}

export function recurrentExplorer(context) {
  return recurrentInside(
    context,
    context.root,
    context.spec,
    readArrays(context.spec.arrays, context.model.get("_data")),
  );
}

/** The explorer of one GRU or SimpleRNN inside `panel`: the whole widget, or one tab of a model's. */
export function recurrentInside(context, panel, spec, arrays) {
  const { model, root, listen } = context;
  const palette = withLetters(context.palette, spec.letters);
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  const tip = pointerTip();
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h(
      "span",
      { class: "le-muted" },
      `${spec.kind}${spec.kind === "GRU" ? ` (reset_after=${spec.reset_after ? "True" : "False"})` : ""} · ` +
        `${plural(spec.units, "unit")} · ${plural(spec.steps, "step")} of ${plural(spec.features, "feature")}` +
        (spec.batch > 1 ? ` · ${plural(spec.batch, "sequence")}` : ""),
    ),
  );
  const maps = spec.maps.map((name) => {
    const rows = name === "x" ? spec.features : spec.units;
    const map = timeMap(context, bar, tip, {
      key: name,
      row: name === "x" ? "feature" : "unit",
      rows,
      steps: spec.steps,
      title: [chip(name, palette), h("span", { class: "le-name" }, palette.names[name])],
      about: palette.roles[name],
      marked: name !== "x",
      pick: (t, row) => bar.go(name === "x" ? { t } : { t, unit: row }),
      tell: (t, row) =>
        `${name} · step ${t}, ${name === "x" ? "feature" : "unit"} ${row}: ` +
        format(at(arrays[name], bar.here().batch, t, row), 6),
    });
    return { name, rows, map };
  });
  const order = spec.time ? " (in the order of processing)" : "";
  const axis = timeAxis(`step${order} · one row a unit, unit 0 on top`);
  const pictures = h(
    "div",
    { class: "le-maps", role: "img" },
    maps.map(({ map }) => map.element),
    axis.element,
    tip.element,
  );
  const words = h("p", { class: "le-words" });
  const equations = rnnEquations(spec, palette, listen);
  const compared = spec.comparison ? comparison(spec, rnnCompared(spec.kind)) : null;
  const note = h("p", { class: "le-note", hidden: true });
  const side = h("div", { class: "le-side" }, words, equations.element, compared?.element, note);
  panel.append(head, bar.element, h("div", { class: "le-body" }, pictures, side), keysLine());
  const voice = announcer(panel);

  let drawnRow = -1;
  let noteText = "";

  /** The pictures themselves: they change with the sequence, the size and the theme, not with the step. */
  function draw() {
    const { batch } = bar.here();
    drawnRow = batch;
    const width = Math.max(40, maps[0].map.plot.clientWidth);
    const dark = context.theme === "dark";
    const runs = skippedRuns(arrays.counts ?? null, batch, spec.steps);
    for (const { name, map } of maps) {
      const { shape, data } = arrays[name];
      const start = batch * shape[1] * shape[2];
      const scale = spec.scales[name];
      map.draw(
        width,
        (row, t) => data[start + t * shape[2] + row],
        scale,
        stopsOf(scale, name, palette, context.theme),
        runs,
        dark,
      );
    }
    axis.draw(spec.steps, width);
    const notes = [
      oddNumbers(
        spec.maps.map((name) => [name, arrays[name], name === "x" ? "feature" : "unit"]),
        batch,
      ),
    ];
    if (runs.length) notes.push("Hatched steps are masked: the layer skips them.");
    notes.push(...stayedInPython(spec));
    notes.push(sharedPixels(maps.map(({ map }) => map)));
    noteText = notes.filter(Boolean).join(" ");
    note.hidden = !noteText;
    say(note, noteText);
  }

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout: draw,
    paint() {
      const place = bar.here();
      if (place.batch !== drawnRow) draw();
      root.dataset.kind = context.spec.kind;
      bar.paint(place, spec.time);
      const numbers = rnnNumbersAt(spec, arrays, place);
      const pointedOut = model.get("highlight");
      for (const { name, map } of maps) {
        map.place(place.t, place.unit);
        map.element.classList.toggle("le-lit", name === pointedOut);
        if (name !== "x") say(map.value, format(numbers.ours[name]));
      }
      equations.paint(numbers, place, arrays, pointedOut);
      compared?.paint(numbers);
      const text = rnnInWords(spec, place, numbers);
      say(words, text);
      const against = numbers.keras ? ` Keras has h = ${format(numbers.keras.h)}.` : "";
      voice.tell(`${text}${against} ${noteText}`);
      pictures.setAttribute(
        "aria-label",
        `Heat maps over ${spec.steps} steps: ${spec.maps.map((name) => `${palette.names[name]} ${name}`).join(", ")}. ${text}`,
      );
      root.setAttribute("aria-label", `${spec.kind} explorer, layer ${spec.name}`);
    },
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default explorer(recurrentExplorer);
