// What goes into a layer and what comes out: for layers without anything inside to step through.

import { at, readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { announcer, chip, h, say } from "../shared/page.js";
import { stayedInPython } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { pointerTip, timeAxis, timeMap } from "../time/map.js";
import { oddNumbers, sharedPixels, skippedRuns } from "../time/notes.js";

export function plainExplorer(context) {
  return plainInside(context, context.root, context.spec, readArrays(context.spec.arrays, context.model.get("_data")));
}

/** The view of one layer inside `panel`: the whole widget, or one tab of a model's. */
export function plainInside(context, panel, spec, arrays) {
  const { model, root, palette } = context;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  bar.element.querySelector("select").setAttribute("aria-label", "feature");
  bar.element.querySelector("label").firstChild.textContent = "feature ";
  const tip = pointerTip();
  const names = { x: "what goes in", y: "what comes out" };
  const drawn = ["x", "y"].filter((name) => arrays[name]);
  const colours = { ...palette.colors, y: palette.colors.h };
  const letters = { ...palette, colors: colours };
  const valueOf = (name, batch, t, unit) => {
    const [, steps, width] = arrays[name].shape;
    return t < steps && unit < width ? at(arrays[name], batch, t, unit) : null;
  };
  const maps = drawn.map((name) => {
    const [, steps, width] = arrays[name].shape;
    const map = timeMap(context, bar, tip, {
      key: name,
      row: "feature",
      rows: width,
      steps,
      title: [
        chip(name, letters),
        h("span", { class: "le-name" }, names[name]),
        h("span", { class: "le-muted" }, spec.shapes[name]),
      ],
      pick: (t, unit) => bar.go({ t, unit }),
      tell: (t, unit) =>
        `${name} · step ${t}, feature ${unit}: ${format(at(arrays[name], bar.here().batch, t, unit), 6)}`,
    });
    return { name, steps, width, map };
  });
  const axis = timeAxis("step · one row a feature, feature 0 on top");
  const says = h("p", { class: "le-words le-short" }, spec.says);
  // A tab of a model has said the shapes already.
  const shapes = spec.tab
    ? ""
    : h(
        "p",
        { class: "le-muted le-small" },
        Object.entries(spec.shapes)
          .map(([name, shape]) => `${names[name]} ${shape}`)
          .join(" → "),
      );
  const words = h("p", { class: "le-words le-short" });
  const verdict = spec.comparison
    ? h(
        "p",
        { class: spec.comparison.agrees ? "le-verdict" : "le-verdict le-differs" },
        `Ours and Keras: ${spec.comparison.text}.`,
      )
    : null;
  const note = h("p", { class: "le-note", hidden: true });
  const pictures = h(
    "div",
    { class: "le-maps" },
    maps.map(({ map }) => map.element),
    maps.length ? axis.element : "",
    tip.element,
  );
  panel.append(
    h("div", { class: "le-head" }, h("strong", {}, spec.name), h("span", { class: "le-muted" }, spec.kind)),
    says,
    shapes,
    ...(maps.length ? [bar.element, pictures, words] : []),
    ...[verdict, note].filter(Boolean),
    maps.length ? keysLine() : "",
  );
  const voice = announcer(panel);
  let drawnRow = -1;
  let noteText = "";

  function draw() {
    const { batch } = bar.here();
    drawnRow = batch;
    if (!maps.length) return;
    const width = Math.max(40, maps[0].map.plot.clientWidth);
    const dark = context.theme === "dark";
    const runs = skippedRuns(arrays.counts ?? null, batch, spec.steps);
    for (const { name, steps, map } of maps) {
      const { shape, data } = arrays[name];
      const start = batch * shape[1] * shape[2];
      const scale = spec.scales[name];
      const stops =
        scale.kind === "signed"
          ? palette.diverging[context.theme]
          : palette.sequential[context.theme][name === "y" ? "h" : name];
      map.draw(
        width,
        (row, t) => data[start + t * shape[2] + row],
        scale,
        stops,
        steps === spec.steps ? runs : [],
        dark,
      );
    }
    axis.draw(maps.at(-1).steps, width);
    const notes = [
      oddNumbers(
        drawn.map((name) => [name, arrays[name], "feature"]),
        batch,
      ),
    ];
    if (runs.length) notes.push("Hatched steps are masked.");
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
      bar.paint(place);
      const parts = maps.map(({ name, steps, width, map }) => {
        const [t, unit] = [Math.min(place.t, steps - 1), Math.min(place.unit, width - 1)];
        map.place(t, unit);
        map.element.classList.toggle("le-lit", model.get("highlight") === name);
        const value = valueOf(name, place.batch, t, unit);
        say(map.value, format(value));
        map.value.title = `${name} = ${value}`;
        return `${name}[${place.batch}, ${t}, ${unit}] = ${format(value)}`;
      });
      const masked = arrays.counts && !at(arrays.counts, place.batch, place.t) ? " This step is masked." : "";
      say(words, `${parts.join(", ")}.${masked}`);
      voice.tell(`${spec.says} ${words.textContent} ${noteText}`);
      root.setAttribute("aria-label", `Explorer of the ${spec.kind} layer ${spec.name}`);
    },
    key: (event) => (maps.length ? bar.key(event) : false),
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default explorer(plainExplorer);
