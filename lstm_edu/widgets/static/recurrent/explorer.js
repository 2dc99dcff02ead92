// The explorer of the GRU and of the SimpleRNN: pictures over time, and one unit's numbers at one step. What the kinds
// have in common is written once; RNN_KINDS says how they differ.

import { rnnEquations } from "./equations.js";
import { rnnCompared, rnnNumbersAt, rnnWrittenIn } from "./numbers.js";
import { SIMPLE_NAMES, rnnInWords, rnnPicturesInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { comparison } from "../shared/comparison.js";
import { layerExplorer } from "../shared/explorer.js";
import { shownAt, showFrom } from "../shared/levels.js";
import { format } from "../shared/numbers.js";
import { announcer, chip, h, headLine, say } from "../shared/page.js";
import { kerasHas, plural, sequencesInWords, stepAxis, stepsInWords } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { mapOf, picturesOverTime } from "../time/pictures.js";

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

/** The explorer of one GRU or SimpleRNN inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function recurrentInside(context, panel, spec, arrays) {
  const { model, root, listen } = context;
  const palette = withLetters(context.palette, spec.letters);
  const bar = timeBar(context, spec);
  const pictures = picturesOverTime(context, spec, bar, {
    maps: recurrentMaps(context, spec, arrays, palette),
    axis: stepAxis(spec),
    counts: arrays.counts,
  });
  const words = h("p", { class: "le-words" });
  const equations = rnnEquations(spec, palette, listen);
  const shows = (level) => shownAt(context.level(), { from: level });
  const compared = spec.comparison ? comparison(spec, rnnCompared(spec.kind)) : null;
  const kind = spec.kind + (spec.kind === "GRU" ? ` (reset_after=${spec.reset_after ? "True" : "False"})` : "");
  const head = headLine(spec.name, kind, plural(spec.units, "unit"), stepsInWords(spec), sequencesInWords(spec));
  showFrom("all", equations.element, compared?.element);
  const side = h("div", { class: "le-side" }, words, equations.element, compared?.element, pictures.note.element);
  panel.append(head, bar.element, h("div", { class: "le-body" }, pictures.element, side), keysLine());
  const voice = announcer(panel);

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout: pictures.layout,
    paint() {
      const place = bar.here();
      const numbers = rnnNumbersAt(spec, arrays, place);
      const highlight = model.get("highlight");
      const written = arrays.g && at(rnnWrittenIn(arrays), place.batch, place.t, place.unit);
      pictures.paint(place, { ...numbers.ours, written }, highlight);
      root.dataset.kind = context.spec.kind;
      bar.paint(place, spec.time);
      if (shows("all")) {
        equations.paint(numbers, place, arrays, highlight);
        compared?.paint(numbers);
      }
      const text = rnnInWords(spec, place, numbers, context);
      say(words, text);
      voice.tell(`${text}${shows("all") ? kerasHas(numbers.keras, format) : ""} ${pictures.note.text()}`);
      pictures.describe(`${rnnPicturesInWords(spec, palette, context.level())} ${text}`);
      root.setAttribute("aria-label", `${spec.kind} explorer, layer ${spec.name}`);
    },
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

/** The maps: all of the layer's quantities, or what the simple level shows of them. */
function recurrentMaps(context, spec, arrays, palette) {
  const simple = SIMPLE_NAMES[spec.kind];
  const mapFor = (name, more = {}) =>
    mapOf(context, {
      name,
      spec,
      palette,
      array: () => arrays[name],
      scale: () => spec.scales[name],
      simply: simple[name],
      ...(!simple[name] && { from: "gates" }),
      ...(name === "x" && { row: "feature", marked: false }),
      ...more,
    });
  if (spec.kind === "SimpleRNN") return spec.maps.map((name) => mapFor(name));
  const sign = "(1 − z) · g";
  const written = mapFor("written", {
    title: [chip(sign, { colors: { [sign]: palette.colors.g } }), h("span", { class: "le-name" }, simple.written)],
    about: simple.written,
    array: () => rnnWrittenIn(arrays),
    scale: () => spec.scales.h,
    letter: "h",
    until: "simple",
    lights: ["g"],
  });
  const [x, z, ...others] = spec.maps.map((name) => mapFor(name));
  return [x, z, written, ...others];
}

export default layerExplorer(recurrentInside);
