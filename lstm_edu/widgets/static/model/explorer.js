// A model's explorer: one tab per layer, over one run. Step and sequence stay when the tab changes; each layer keeps its unit.

import { denseInside } from "../dense/explorer.js";
import { embeddingInside } from "../embedding/explorer.js";
import { lstmInside } from "../lstm/explorer.js";
import { plainInside } from "../plain/explorer.js";
import { recurrentInside } from "../recurrent/explorer.js";
import { arraysOf, readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { freshId, h, headLine } from "../shared/page.js";
import { tabList } from "../shared/tabs.js";
import { plural } from "../shared/words.js";

const INSIDE = {
  LSTM: lstmInside,
  GRU: recurrentInside,
  SimpleRNN: recurrentInside,
  Dense: denseInside,
  Embedding: embeddingInside,
  plain: plainInside,
};

/** In which direction a layer reads its input, and what goes in and out: what a tab says above its explorer. */
export function aboutLayer(layer) {
  const turned = layer.time && layer.time.every((t, step) => t === layer.time.length - 1 - step);
  const inner = /(^|\/)(forward|backward)$/.exec(layer.tab);
  const way = turned
    ? `This layer reads the input from its end to its start: step 0 here is timestep ${layer.time[0]} of the input.`
    : inner
      ? "This layer reads the input from its start to its end: step and timestep are the same."
      : "";
  const shapes = `${layer.input_shape === "()" ? "" : `in ${layer.input_shape} → `}out ${layer.output_shape}`;
  return [shapes, way].filter(Boolean).join(" · ");
}

/** @type {import("../types.d.ts").Build} */
export function modelExplorer(context) {
  const { root, model, spec } = context;
  const arrays = readArrays(spec.arrays, model.get("_data"));
  const layers = spec.layers.filter(({ kind }) => kind !== "Bidirectional").length; // it is what its two layers make
  const id = freshId("model");
  const panels = spec.layers.map((_, n) =>
    layerPanel(context, spec.layers[n], () => arraysOf(arrays, n), `${id}-${n}`),
  );
  const named = spec.layers.map(({ tab, kind }, n) => ({
    id: `${id}-${n}-tab`,
    controls: `${id}-${n}`,
    content: [tab, h("span", { class: "le-muted" }, ` ${kind}`)],
  }));
  const tabs = tabList(context, "layers", named, open);
  const head = headLine(spec.name, spec.kind, plural(layers, "layer"));
  root.append(head, tabs.element, ...panels.map(({ element }) => element));
  let width = 0;

  const chosen = () =>
    Math.max(
      0,
      spec.layers.findIndex(({ tab }) => tab === model.get("layer")),
    );
  const inside = (n) => panels[n].inside(width);

  function open(n) {
    panels[chosen()].unit = model.get("unit");
    context.set({ layer: spec.layers[n].tab, unit: panels[n].unit });
  }

  context.onChange(["layer"], context.repaint);
  return {
    layout(now) {
      width = now;
    },
    paint() {
      const now = chosen();
      tabs.paint(now);
      panels.forEach(({ element }, n) => (element.hidden = n !== now));
      root.dataset.layer = spec.layers[now].tab;
      root.dataset.kind = spec.kind;
      inside(now).paint();
      root.setAttribute("aria-label", `Explorer of the model ${spec.name}, layer ${spec.layers[now].tab}`);
    },
    key(event) {
      if (tabs.key(event)) return true;
      if (tabs.has(event) && event.key === " ") return false; // presses the tab
      return inside(chosen()).key(event);
    },
    close() {
      for (const panel of panels) panel.close();
    },
  };
}

/** The panel of one layer: {element, unit: the one chosen in it, inside(width): its explorer, made when it is first asked
 *  for and laid out for this width, the theme and the level}. */
function layerPanel(context, layer, arrays, id) {
  const element = h("div", { role: "tabpanel", id, "aria-labelledby": `${id}-tab`, hidden: true });
  let made = null;
  let laidOut = "";
  return {
    element,
    unit: 0,
    inside(width) {
      if (!made) {
        element.append(h("p", { class: "le-muted le-small le-about" }, aboutLayer(layer)));
        made = INSIDE[layer.inside](context, element, layer, arrays());
      }
      const wanted = [width, context.theme, context.level()].join();
      if (laidOut !== wanted) {
        laidOut = wanted;
        made.layout(width);
      }
      return made;
    },
    close: () => made?.close(),
  };
}

export default explorer(modelExplorer);
