// What goes into a layer and what comes out: for layers without anything inside to step through.

import { at } from "../shared/arrays.js";
import { verdict } from "../shared/comparison.js";
import { layerExplorer } from "../shared/explorer.js";
import { showFrom } from "../shared/levels.js";
import { quoted } from "../shared/names.js";
import { announcer, chip, h, headLine, say } from "../shared/page.js";
import { stepAxis } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { mapOf, picturesOverTime } from "../time/pictures.js";

const NAMES = { x: "what comes in", y: "what goes out" };

/** The view of one layer inside `panel`: the whole widget, or one tab of a model's.
 *  @type {import("../types.d.ts").LayerInside} */
export function plainInside(context, panel, spec, arrays) {
  const { model, root } = context;
  const palette = {
    ...context.palette,
    colors: { ...context.palette.colors, y: context.palette.colors.h },
    names: { ...context.palette.names, ...NAMES },
  };
  const bar = timeBar(context, spec, { unit: "feature", axis: "features" });
  const shown = ["x", "y"].filter((name) => arrays[name]);
  const pictures = shown.length
    ? picturesOverTime(context, spec, bar, {
        maps: shown.map((name) =>
          mapOf(context, {
            name,
            spec: arrays[name].shape[2] === spec.named?.features?.length ? spec : {},
            palette,
            row: "feature",
            letter: name === "y" ? "h" : name,
            steps: arrays[name].shape[1],
            title: [
              chip(name, palette),
              h("span", { class: "le-name" }, NAMES[name]),
              h("span", { class: "le-muted" }, spec.shapes[name]),
            ],
            about: null,
            array: () => arrays[name],
            scale: () => spec.scales[name],
          }),
        ),
        axis: stepAxis({}, "one row per feature, 0 on top"),
        counts: arrays.counts,
        hatched: "Hatched steps are masked.",
      })
    : null;
  const says = h("p", { class: "le-words le-short" }, spec.says);
  // A tab of a model has already said the shapes.
  const shapes = Object.entries(spec.shapes)
    .map(([name, shape]) => `${NAMES[name]} ${shape}`)
    .join(" → ");
  const words = h("p", { class: "le-words le-short" });
  const [shaped, agreed] = [spec.tab ? null : h("p", { class: "le-muted le-small" }, shapes), verdict(spec)];
  showFrom("all", shaped, agreed);
  panel.append(headLine(spec.name, spec.kind), says, shaped ?? "");
  if (pictures) panel.append(bar.element, pictures.element, words);
  panel.append(agreed ?? "", ...(pictures ? [pictures.note.element, keysLine({ unit: "feature" })] : []));
  const voice = announcer(panel);

  /** What goes in or out at the reader's place: of fewer steps or features the last. */
  function valueAt(name, { t, unit, batch }) {
    const [, steps, width] = arrays[name].shape;
    const [step, feature] = [Math.min(t, steps - 1), Math.min(unit, width - 1)];
    return { name, step, feature, value: at(arrays[name], batch, step, feature) };
  }

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout: () => pictures?.layout(),
    paint() {
      const place = bar.here();
      const found = shown.map((name) => valueAt(name, place));
      pictures?.paint(place, Object.fromEntries(found.map(({ name, value }) => [name, value])), model.get("highlight"));
      root.dataset.kind = context.spec.kind;
      bar.paint(place);
      found.forEach(({ name, value }, n) => (pictures.maps[n].value.title = `${name} = ${value}`));
      const called = `${quoted(spec, "steps", place.t, place.batch)}${quoted(spec, "features", place.unit)}`;
      const texts = found.map(
        ({ name, step, feature, value }) => `${name}[${place.batch}, ${step}, ${feature}] = ${context.write(value)}`,
      );
      const masked = arrays.counts && !at(arrays.counts, place.batch, place.t) ? " This step is masked." : "";
      say(words, `${texts.join(", ")}${called && `, at${called}`}.${masked}`);
      voice.tell(`${spec.says} ${words.textContent} ${pictures?.note.text() ?? ""}`);
      pictures?.describe(`Heat maps of ${shown.map((name) => NAMES[name]).join(" and of ")}. ${words.textContent}`);
      root.setAttribute("aria-label", `Explorer of the ${spec.kind} layer ${spec.name}`);
    },
    key: (event) => (pictures ? bar.key(event) : false),
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default layerExplorer(plainInside);
