// A model's explorer: one tab a layer, over one run. Step and sequence stay when the tab changes; each layer keeps its unit.

import { denseInside } from "../dense/explorer.js";
import { embeddingInside } from "../embedding/explorer.js";
import { lstmInside } from "../lstm/explorer.js";
import { plainInside } from "../plain/explorer.js";
import { recurrentInside } from "../recurrent/explorer.js";
import { readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { h } from "../shared/page.js";

const INSIDE = {
  LSTM: lstmInside,
  GRU: recurrentInside,
  SimpleRNN: recurrentInside,
  Dense: (context, ...args) => denseInside(context, ...args, keptHere(context)),
  Embedding: embeddingInside,
  plain: plainInside,
};

/** Where a Dense tab keeps what the reader changes in it: in the page, for as long as the page is open. */
function keptHere(context) {
  let edits = {};
  return {
    get: () => edits,
    set(changed) {
      edits = changed;
      context.repaint();
    },
  };
}

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

/** The arrays of layer n, under their own names: "2/x" becomes "x". */
export function arraysOf(arrays, n) {
  const mine = Object.entries(arrays).filter(([name]) => name.startsWith(`${n}/`));
  return Object.fromEntries(mine.map(([name, array]) => [name.slice(`${n}/`.length), array]));
}

let models = 0; // for ids that no other explorer on the page has

export function modelExplorer(context) {
  const { root, model, spec, listen } = context;
  const arrays = readArrays(spec.arrays, model.get("_data"));
  const layers = spec.layers.filter(({ kind }) => kind !== "Bidirectional").length; // it is what its two layers make
  const id = `lstm-edu-model-${++models}`;
  const chosen = () =>
    Math.max(
      0,
      spec.layers.findIndex((layer) => layer.tab === model.get("layer")),
    );
  const open = (n) => {
    const units = tabs.map((tab) => tab.unit);
    units[chosen()] = tabs[chosen()].unit = model.get("unit");
    context.set({ layer: spec.layers[n].tab, unit: units[n] });
  };
  const tabs = spec.layers.map((layer, n) => {
    const button = h(
      "button",
      { type: "button", role: "tab", id: `${id}-tab-${n}`, "aria-controls": `${id}-panel-${n}` },
      layer.tab,
      h("span", { class: "le-muted" }, ` ${layer.kind}`),
    );
    const panel = h("div", {
      role: "tabpanel",
      id: `${id}-panel-${n}`,
      "aria-labelledby": `${id}-tab-${n}`,
      hidden: true,
    });
    listen(button, "click", () => open(n));
    return { button, panel, unit: 0, inside: null, width: 0 };
  });
  const list = h(
    "div",
    { class: "le-tabs", role: "tablist", "aria-label": "layers" },
    tabs.map((tab) => tab.button),
  );
  root.append(
    h(
      "div",
      { class: "le-head" },
      h("strong", {}, spec.name),
      h("span", { class: "le-muted" }, `${spec.kind} · ${layers} layer${layers === 1 ? "" : "s"}`),
    ),
    list,
    ...tabs.map((tab) => tab.panel),
  );
  let width = 0;
  let theme = "";

  /** The explorer of a tab, made when the tab is first opened. */
  function inside(n) {
    const tab = tabs[n];
    const layer = spec.layers[n];
    if (!tab.inside) {
      const build = INSIDE[layer.inside];
      tab.panel.append(h("p", { class: "le-muted le-small le-about" }, aboutLayer(layer)));
      tab.inside = build(
        {
          ...context,
          get theme() {
            return context.theme;
          },
        },
        tab.panel,
        layer,
        arraysOf(arrays, n),
      );
    }
    if (tab.width !== width || tab.theme !== theme) {
      [tab.width, tab.theme] = [width, theme];
      tab.inside.layout(width);
    }
    return tab.inside;
  }

  context.onChange(["layer"], context.repaint);
  return {
    layout(now) {
      width = now;
      theme = context.theme;
    },
    paint() {
      const now = chosen();
      tabs.forEach(({ button, panel }, n) => {
        button.setAttribute("aria-selected", n === now);
        button.tabIndex = n === now ? 0 : -1;
        panel.hidden = n !== now;
      });
      root.dataset.layer = spec.layers[now].tab;
      root.dataset.kind = spec.kind;
      inside(now).paint();
      root.setAttribute("aria-label", `Explorer of the model ${spec.name}, layer ${spec.layers[now].tab}`);
    },
    key(event) {
      const n = tabs.findIndex((tab) => tab.button === event.target);
      const to = { ArrowLeft: n - 1, ArrowRight: n + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (n >= 0 && to !== undefined) {
        const next = (to + tabs.length) % tabs.length;
        open(next);
        tabs[next].button.focus();
        return true;
      }
      if (n >= 0 && event.key === " ") return false; // presses the tab
      return inside(chosen()).key(event);
    },
    close() {
      for (const tab of tabs) tab.inside?.close();
    },
  };
}

export default explorer(modelExplorer);
