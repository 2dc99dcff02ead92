// The gradient explorer: a layer's run, and what the loss sends back through it, step by step from the last to the first.

import { gradientPictures } from "./pictures.js";
import { gradientSide } from "./side.js";
import { besideInWords, gradientInWords, gradientPicturesInWords, lossInWords, sizeInWords } from "./words.js";
import { arraysOf, readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { shownAt, showFrom } from "../shared/levels.js";
import { announcer, h, say } from "../shared/page.js";
import { plural, sequencesInWords } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";

/** @type {import("../types.d.ts").Build} */
export function gradientExplorer(context) {
  const { root, model, spec } = context;
  const everything = readArrays(spec.arrays, model.get("_data"));
  const counts = everything.counts ?? null;
  const arrays = spec.layers.map((_, n) => arraysOf(everything, n));
  const logMaps = checkbox(context, "log_maps", "colours by powers of ten");
  const logNorm = checkbox(context, "log_norm", "curve by powers of ten");
  const limits = { steps: spec.steps, units: spec.units, rows: spec.rows };
  const logs = [logMaps.element, logNorm.element];
  const bar = timeBar(context, limits, { backwards: true, unitFrom: "path", more: logs });
  const pictures = gradientPictures(context, spec, arrays, counts, bar);
  const words = h("p", { class: "le-words" });
  const sides = spec.layers.map((layer, n) => gradientSide(context, spec, layer, arrays[n], counts, n));
  const loss = h("p", { class: "le-loss" }, lossInWords(spec));
  const parts = sides.map(({ element }) => element);
  showFrom("path", loss, logMaps.element, ...parts);
  const side = h("div", { class: "le-side" }, loss, words, parts, pictures.note.element);
  const keys = keysLine({ unitFrom: "path" });
  root.append(gradientHead(spec), bar.element, h("div", { class: "le-body" }, pictures.element, side), keys);
  const voice = announcer(root);

  /** The sentence; at the level of sizes that is all there is next to the picture. */
  function tellOf(place, { norms, ways, texts }) {
    if (!shownAt(context.level(), { from: "path" })) {
      return sizeInWords(
        spec,
        norms.map(({ dc, dh }) => dc ?? dh),
        place,
      );
    }
    const unitOf = (n) => Math.min(place.unit, spec.layers[n].units - 1);
    const [numbers] = sides.map((one, n) => one.paint({ ...place, unit: unitOf(n) }, ways[n]));
    const beside = besideInWords(spec.layers, norms, place.t);
    return `${gradientInWords(spec, place, numbers, texts["0/way"])} ${beside}`.trim();
  }

  function paint() {
    const place = bar.here();
    const text = tellOf(place, pictures.paint(place));
    root.dataset.kind = spec.kind;
    bar.paint(place, spec.time);
    logMaps.paint();
    logNorm.paint();
    say(words, text);
    voice.tell(`${text} ${pictures.note.text()}`);
    pictures.describe(`${gradientPicturesInWords(spec, context.level())} ${text}`);
    const layers = spec.layers.map(({ kind, name }) => `${kind} ${name}`).join(" and ");
    root.setAttribute("aria-label", `Gradient explorer, ${layers}`);
  }

  context.onChange(["t", "unit", "batch", "log_maps", "log_norm"], context.repaint);
  return {
    layout: pictures.layout,
    paint,
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

/** A box to tick for a trait: {element, paint()}. */
function checkbox(context, trait, text) {
  const box = h("input", { type: "checkbox" });
  context.listen(box, "change", () => context.set({ [trait]: box.checked }));
  return {
    element: h("label", { class: "le-check" }, box, ` ${text}`),
    paint() {
      box.checked = context.model.get(trait);
    },
  };
}

/** Which layers these are. */
function gradientHead(spec) {
  const muted = (text) => h("span", { class: "le-muted" }, text);
  const layer = ({ name, kind, units }) => [h("strong", {}, name), muted(`${kind} · ${plural(units, "unit")}`)];
  const [first, second] = spec.layers;
  const about = [`· backpropagation through ${plural(spec.steps, "step")}`, sequencesInWords(spec)];
  return h(
    "div",
    { class: "le-head" },
    layer(first),
    second && [muted("next to"), layer(second)],
    muted(about.filter(Boolean).join(" · ")),
  );
}

export default explorer(gradientExplorer);
