// The packing explorer: a layer's arrays to scale, cut into the gates' blocks, in Keras 3 and next to it elsewhere.
// What the layouts are comes from Python (plots/layouts.py); here they are counted, written as slices, and drawn.

import { blockCard, countFormula } from "./card.js";
import { layoutDrawing } from "./drawing.js";
import { largestScale } from "./layouts.js";
import { NEXT_TO_IT, NEXT_TO_KERAS, THIN_BLOCKS } from "./words.js";
import { explorer } from "../shared/explorer.js";
import { announcer, h, headLine, say, symbol } from "../shared/page.js";
import { clamp } from "../shared/places.js";
import { plural } from "../shared/words.js";

const STEPS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Home: [0, -99],
  End: [0, 99],
};

/** @type {import("../types.d.ts").Build} */
export function packingExplorer(context) {
  const { model, root, spec } = context;
  const gates = Object.fromEntries(spec.gates.map((gate) => [gate.letter, gate]));
  const gateOf = (id) => gates[id.split("_")[1] ?? ""];
  const sizes = () => ({ H: model.get("units"), F: model.get("features") });
  let where = ""; // the array in which a block was pointed at last
  function point(id, array) {
    where = array;
    context.set({ block: id });
    context.repaint();
  }

  const controls = packingControls(context);
  const drawings = drawnLayouts(context, { gateOf, point, sizes, gates: spec.gates.length });
  const card = blockCard(spec, context.palette, gateOf);
  const formula = countFormula(spec);
  const side = h("div", { class: "le-side" }, card.element, formula.element);
  const body = h("div", { class: "le-body" }, drawings.element, side);
  const keys = packingKeys();
  root.append(headLine(spec.name, spec.subtitle), controls.element, body, keys.element);
  const voice = announcer(root);

  function paint() {
    const { H, F } = sizes();
    const chosen = model.get("block");
    const beside = drawings.choose(model.get("beside"));
    body.classList.toggle("le-two", beside !== "");
    keys.paint(beside);
    Object.assign(root.dataset, { kind: "Packing", units: H, features: F, block: chosen, beside });
    const size = `${plural(H, "unit")} on ${plural(F, "feature")}`;
    root.setAttribute("aria-label", `Packing explorer: ${spec.article} of ${size}`);
    controls.paint(H, F, beside);
    drawings.paint(chosen, where);
    const layouts = drawings.layouts();
    voice.tell(`${card.paint(chosen, H, F, layouts)} ${formula.paint(H, F, layouts)}`);
  }

  context.onChange(["units", "features", "block", "beside"], context.repaint);
  return {
    layout() {},
    paint,
    key(event) {
      const by = STEPS[event.key];
      if (!by || controls.has(event.target)) return false;
      const { to, onBlock } = drawings.blockBy(by, event.target);
      point(to.dataset.block, to.dataset.array);
      if (onBlock) {
        to.tabIndex = 0;
        to.focus();
      }
      return true;
    },
    close: voice.close,
  };
}

/** The sizes, and what is drawn next to Keras's layout: {element, has(target), paint(H, F, beside)}. */
function packingControls(context) {
  const { model, spec } = context;
  const units = sizeSlider(context, "units", "H");
  const features = sizeSlider(context, "features", "F");
  const toggles = spec.layouts.slice(1).map(({ name }) => {
    const button = h("button", { type: "button", class: "le-toggle", "data-layout": name }, name);
    context.listen(button, "click", () => context.set({ beside: model.get("beside") === name ? "" : name }));
    return button;
  });
  const group = { class: "le-buttons le-wrap", role: "group", "aria-label": NEXT_TO_KERAS };
  const others = h("span", group, h("span", {}, `${NEXT_TO_IT} `), toggles);
  return {
    element: h("div", { class: "le-controls" }, units.element, features.element, others),
    has: (target) => [units.input, features.input, ...toggles].includes(target),
    paint(H, F, beside) {
      units.paint(H);
      features.paint(F);
      for (const button of toggles) button.setAttribute("aria-pressed", String(button.dataset.layout === beside));
    },
  };
}

/** Keras's layout and the one next to it: {element, choose(name) -> the one that is there, layouts(), paint(chosen, where),
 *  blockBy(step, target)}. */
function drawnLayouts(context, parts) {
  const { model, spec } = context;
  const [keras] = spec.layouts;
  const first = keras.lines[0][0].blocks[0][0];
  const left = layoutDrawing(context, keras, parts);
  let right = null;
  const drawings = () => (right ? [left, right] : [left]);
  const sides = h("div", { class: "le-packing" }, left.element);
  const note = h("p", { class: "le-muted le-small", hidden: true });
  return {
    element: h("div", {}, sides, note),
    layouts: () => drawings().map(({ layout }) => layout),
    choose(name) {
      if ((right?.layout.name ?? "") !== name) {
        const layout = spec.layouts.find((one) => one.name === name);
        right = layout && layout !== keras ? layoutDrawing(context, layout, parts) : null;
        sides.replaceChildren(...drawings().map(({ element }) => element));
        sides.classList.toggle("le-two", right !== null);
      }
      return right?.layout.name ?? "";
    },
    paint(chosen, where) {
      // One number is one cell of the same size in all arrays of both, as long as a block can still be pointed at.
      const scale = largestScale((scale) => drawings().every(({ scaleFits }) => scaleFits(scale)), 30);
      const stretched = drawings()
        .map((drawing) => drawing.paint(scale))
        .some(Boolean);
      for (const drawing of drawings()) drawing.light(chosen, where, first);
      note.hidden = !stretched && !spec.absent;
      say(note, [stretched ? THIN_BLOCKS : "", spec.absent].filter(Boolean).join(" "));
    },
    /** The block to which a key leads from the one that has the focus, or from the one pointed out. */
    blockBy([rows, columns], target) {
      const { matrix } = drawings().find(({ matrix }) => matrix.flat().includes(target)) ?? left;
      const onBlock = matrix.flat().includes(target);
      const chosen = model.get("block");
      const from = onBlock ? target : matrix.flat().find((block) => block.dataset.block === chosen);
      if (!from) return { to: matrix[0][0], onBlock };
      const row = matrix.findIndex((line) => line.includes(from));
      const down = clamp(row + rows, matrix.length);
      return { to: matrix[down][clamp(matrix[row].indexOf(from) + columns, matrix[down].length)], onBlock };
    },
  };
}

/** The line that says which keys there are: {element, paint(beside)}. */
function packingKeys() {
  const kbd = (keys) => h("kbd", {}, keys);
  const tabs = h("span", {}, ", with ", kbd("Tab"), " from one drawing to the other");
  const moves = ["Point at a block, or move with ", kbd("← → ↑ ↓"), " from block to block"];
  return {
    element: h("p", { class: "le-keys le-muted" }, moves, tabs, "."),
    paint: (beside) => (tabs.hidden = beside === ""),
  };
}

/** {element, input, paint(value)}: a slider for units or features. */
function sizeSlider(context, name, letter) {
  const input = h("input", { type: "range", min: 1, max: context.spec.most[name], "aria-label": name });
  const text = h("output", { class: "le-step" });
  context.listen(input, "input", () => context.set({ [name]: Number(input.value) }));
  return {
    input,
    element: h("label", { class: "le-control" }, text, input),
    paint(value) {
      input.max = Math.max(input.max, value);
      input.value = value;
      text.replaceChildren(`${name} `, symbol(letter), ` = ${value}`);
    },
  };
}

export default explorer(packingExplorer);
