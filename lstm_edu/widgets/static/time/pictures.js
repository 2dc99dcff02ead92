// The skeleton of all pictures over time: maps and curves above one axis, and a note below about what they do not show.

import { at } from "../shared/arrays.js";
import { stopsOf } from "../shared/colours.js";
import { shownAt } from "../shared/levels.js";
import { nameOf, namesInWords, quoted } from "../shared/names.js";
import { chip, h, noteLine, say } from "../shared/page.js";
import { HATCHED, stayedInPython } from "../shared/words.js";
import { pointerTip, timeAxis, timeMap } from "./map.js";
import { oddNumbers, sharedPixels, skippedRuns } from "./notes.js";

/** What a map of one recorded quantity is: options of `picturesOverTime`. `array()`: the array to show at present.
 *  @param {import("../types.d.ts").Context} context
 *  @param {{ name: string, palette: import("../types.d.ts").Palette, array: () => import("../types.d.ts").NumberArray,
 *            scale: (batch: number) => import("../types.d.ts").Scale, row?: string, letter?: string, simply?: string }
 *          & Record<string, any>} quantity `simply`: what it is called at the simple level,
 *  `spec`: where names are */
export function mapOf(
  context,
  { name, palette, array, scale, row = "unit", letter = name, title, simply, spec = {}, ...more },
) {
  const called = (text, levels = {}) => h("span", { class: "le-name", ...levels }, text);
  const full = palette.names[name];
  const axis = row === "feature" ? "features" : "units";
  const names = simply ? [called(simply, UNTIL_SIMPLE), called(full, FROM_GATES)] : called(full);
  return {
    key: name,
    name,
    row,
    rows: array().shape[2],
    labels: spec.named?.[axis] ?? null,
    title: title ?? [chip(name, palette), names],
    about: palette.roles[name],
    array,
    tell(t, k, batch) {
      const [step, one] = [quoted(spec, "steps", t, batch), quoted(spec, axis, k)];
      return `${name} · step ${t}${step}, ${row} ${k}${one}: ${context.write(at(array(), batch, t, k), 6)}`;
    },
    picture(batch) {
      const found = scale(batch);
      return { value: valuesOf(array(), batch), scale: found, stops: stopsOf(found, letter, palette, context.theme) };
    },
    ...more,
  };
}

/** The room to the left of all maps, as wide as the longest name of a row needs; the pointer's without names. */
function gutterFor(maps) {
  const longest = Math.max(0, ...maps.flatMap(({ labels }) => (labels ?? []).map((name) => name.length)));
  return longest ? `min(${6.5 * Math.min(16, longest) + 22}px, 26cqw)` : "13px";
}

const UNTIL_SIMPLE = { "data-until": "simple" };
const FROM_GATES = { "data-from": "gates" };

/** The numbers of one sequence as a function of row and step. */
export function valuesOf({ shape, data }, batch) {
  const start = batch * shape[1] * shape[2];
  return (row, t) => data[start + t * shape[2] + row];
}

/** Pictures over the steps of a run. `options`:
 *  maps: options of timeMap, `tell` with the sequence as its third argument; picture(batch) -> {value(row, t), scale,
 *    stops, legend}; array(): where to look for numbers that are not finite; from, until: the levels at which it is shown;
 *    lights: other quantities that it is lit for;
 *  charts: tip -> timeChart(...), each below the maps; drawn({batch, width, runs, charts}) is called when these are due;
 *  axis: what it says. runs(batch): the steps to hatch, [[first, end), ...]; hatched: what that means;
 *  notes(batch): more sentences; odd(): what oddNumbers() looks at, if not the maps' arrays; note: the line for them;
 *  version(): the pictures are drawn again when it changes.
 *  @param {import("../types.d.ts").Context} context
 *  @param {import("../types.d.ts").Spec} spec
 *  @param {any} options */
export function picturesOverTime(context, spec, bar, options) {
  const { maps: wanted, charts: curves = [], axis: axisText, notes = () => [], version = () => null } = options;
  const { counts = null, hatched = HATCHED } = options;
  const { runs: runsOf = (batch) => skippedRuns(counts, batch, spec.steps) } = options;
  const tip = pointerTip();
  const maps = wanted.map(({ tell, marked = true, ...more }) => ({
    ...more,
    marked,
    ...timeMap(context, bar, tip, {
      steps: spec.steps,
      marked,
      pick: (t, unit) => bar.go(marked ? { t, unit } : { t }),
      tell: (t, k) => tell(t, k, bar.here().batch),
      ...more,
    }),
  }));
  const charts = curves.map((make) => make(tip));
  for (const { element, from, until } of [...maps, ...charts]) {
    Object.assign(element.dataset, from && { from }, until && { until });
  }
  const shown = (pictures = maps) => pictures.filter((picture) => shownAt(context.level(), picture));
  const axis = timeAxis(axisText);
  const parts = [...maps, ...charts, axis, tip].map(({ element }) => element);
  const element = h("div", { class: "le-maps", role: "img" }, parts);
  element.style.setProperty("--le-gutter", gutterFor(maps));
  const note = options.note ?? noteLine();
  let width = 0;
  let drawn = { batch: -1, version: null };

  /** Read how wide the pictures are; before anything is written, or the page would be laid out once more. */
  function measure() {
    const [first] = [...shown(), ...shown(charts)];
    axis.element.hidden = !first;
    if (first) width = Math.max(40, first.plot.clientWidth);
  }

  /** The pictures themselves: they change with the sequence, the size and the theme, not with the step. */
  function draw() {
    const { batch } = bar.here();
    drawn = { batch, version: version() };
    const runs = runsOf(batch);
    for (const map of shown()) {
      const { value, scale, stops, legend } = map.picture(batch);
      map.draw(
        width,
        value,
        scale,
        stops,
        (map.steps ?? spec.steps) === spec.steps ? runs : [],
        context.theme === "dark",
        legend,
      );
    }
    options.drawn?.({ batch, width, runs, charts });
    axis.draw(maps.at(-1).steps ?? spec.steps, width, (t) => nameOf(spec, "steps", t, batch));
    const named = options.odd?.() ?? shown().map(({ name, array, row }) => [name, array(), row]);
    note.tell([
      oddNumbers(named, batch),
      runs.length > 0 && !axis.element.hidden && hatched,
      ...notes(batch),
      ...stayedInPython(spec),
      sharedPixels(shown(), { curves: shown(charts).length > 0 }),
    ]);
  }

  return {
    element,
    tip,
    maps,
    charts,
    note,
    width: () => width,
    measure,
    draw,
    layout() {
      measure();
      draw();
    },
    /** Mark the reader's place; `values`: the number of each map there, by its name; `lit`: the one pointed out. */
    paint({ t, unit, batch }, values, lit = "") {
      if (batch !== drawn.batch || version() !== drawn.version) draw();
      for (const map of shown()) {
        map.place(Math.min(t, (map.steps ?? spec.steps) - 1), Math.min(unit, map.rows - 1));
        map.element.classList.toggle("le-lit", map.name === lit || Boolean(map.lights?.includes(lit)));
        if (map.name in values) say(map.value, (map.write ?? context.write)(values[map.name]));
      }
    },
    describe: (text) => element.setAttribute("aria-label", `${text}${namesInWords(spec)}`),
  };
}
