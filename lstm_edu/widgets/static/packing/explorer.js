// The packing explorer: a layer's arrays to scale, cut into the gates' blocks, in Keras 3 and next to it elsewhere.
// What the layouts are comes from Python (plots/layouts.py); here they are counted, written as slices, and drawn.

import { blockCard, countFormula } from "./card.js";
import { layoutDrawing } from "./drawing.js";
import { largestScale } from "./layouts.js";
import { THIN_BLOCKS } from "./words.js";
import { explorer } from "../shared/explorer.js";
import { announcer, h, headLine, say, symbol } from "../shared/page.js";
import { clamp } from "../shared/places.js";

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
  const [keras] = spec.layouts;
  const gates = Object.fromEntries(spec.gates.map((gate) => [gate.letter, gate]));
  const gateOf = (id) => gates[id.split("_")[1] ?? ""];
  const first = keras.lines[0][0].blocks[0][0];
  const sizes = () => ({ H: model.get("units"), F: model.get("features") });
  const parts = { gateOf, point, sizes, gates: spec.gates.length };
  let where = ""; // the array in which a block was pointed at last

  // --- parts ----------------------------------------------------------------
  const units = sizeSlider(context, "units", "H");
  const features = sizeSlider(context, "features", "F");
  const toggles = spec.layouts.slice(1).map(({ name }) => {
    const button = h("button", { type: "button", class: "le-toggle", "data-layout": name }, name);
    context.listen(button, "click", () => context.set({ beside: model.get("beside") === name ? "" : name }));
    return button;
  });
  const group = { class: "le-buttons le-wrap", role: "group", "aria-label": "beside Keras 3" };
  const controls = h(
    "div",
    { class: "le-controls" },
    units.element,
    features.element,
    h("span", group, h("span", {}, "beside it "), toggles),
  );
  const left = layoutDrawing(context, keras, parts);
  let right = null;
  const drawings = () => (right ? [left, right] : [left]);
  const layouts = () => drawings().map(({ layout }) => layout);
  const sides = h("div", { class: "le-packing" }, left.element);
  const card = blockCard(spec, context.palette, gateOf);
  const formula = countFormula(spec);
  const scaleNote = h("p", { class: "le-muted le-small", hidden: true });
  const kbd = (keys) => h("kbd", {}, keys);
  const tabs = h("span", {}, ", with ", kbd("Tab"), " from one drawing to the other");
  const keys = h(
    "p",
    { class: "le-keys le-muted" },
    "Point at a block, or move with ",
    kbd("← → ↑ ↓"),
    " from block to block",
    tabs,
    ".",
  );
  const body = h(
    "div",
    { class: "le-body" },
    h("div", {}, sides, scaleNote),
    h("div", { class: "le-side" }, card.element, formula.element),
  );
  root.append(headLine(spec.name, spec.subtitle), controls, body, keys);
  const voice = announcer(root);

  function point(id, array) {
    where = array;
    context.set({ block: id });
    context.repaint();
  }

  // --- painting -------------------------------------------------------------

  /** Put the chosen layout next to Keras's. */
  function choosePanel() {
    const name = model.get("beside");
    tabs.hidden = name === "";
    if ((right?.layout.name ?? "") === name) return;
    const layout = spec.layouts.find((one) => one.name === name);
    right = layout && layout !== keras ? layoutDrawing(context, layout, parts) : null;
    sides.replaceChildren(...drawings().map(({ element }) => element));
    for (const element of [sides, body]) element.classList.toggle("le-two", right !== null);
  }

  function paint() {
    const { H, F } = sizes();
    const chosen = model.get("block");
    choosePanel();
    const beside = right?.layout.name ?? "";
    Object.assign(root.dataset, { kind: "Packing", units: H, features: F, block: chosen, beside });
    root.setAttribute("aria-label", `Packing explorer: ${spec.article} of ${H} units on ${F} features`);
    units.paint(H);
    features.paint(F);
    for (const button of toggles) button.setAttribute("aria-pressed", String(button.dataset.layout === beside));

    // One number is one cell of the same size in all arrays of both, as long as a block can still be pointed at.
    const scale = largestScale((scale) => drawings().every(({ scaleFits }) => scaleFits(scale)), 30);
    const stretched = drawings()
      .map((drawing) => drawing.paint(scale))
      .some(Boolean);
    for (const drawing of drawings()) drawing.light(chosen, where, first);
    scaleNote.hidden = !stretched && !spec.absent;
    say(scaleNote, [stretched ? THIN_BLOCKS : "", spec.absent].filter(Boolean).join(" "));
    voice.tell(`${card.paint(chosen, H, F, layouts())} ${formula.paint(H, F, layouts())}`);
  }

  /** The block to which a key leads from the one that has the focus, or from the one pointed out. */
  function blockBy([rows, columns], event) {
    const { matrix } = drawings().find(({ matrix }) => matrix.flat().includes(event.target)) ?? left;
    const onBlock = matrix.flat().includes(event.target);
    const chosen = model.get("block");
    const from = onBlock ? event.target : matrix.flat().find((block) => block.dataset.block === chosen);
    if (!from) return { to: matrix[0][0], onBlock };
    const row = matrix.findIndex((line) => line.includes(from));
    const down = clamp(row + rows, matrix.length);
    return { to: matrix[down][clamp(matrix[row].indexOf(from) + columns, matrix[down].length)], onBlock };
  }

  context.onChange(["units", "features", "block", "beside"], context.repaint);
  return {
    layout() {},
    paint,
    key(event) {
      if ([units.input, features.input, ...toggles].includes(event.target)) return false;
      const by = STEPS[event.key];
      if (!by) return false;
      const { to, onBlock } = blockBy(by, event);
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
