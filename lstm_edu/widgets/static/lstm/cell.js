// The cell diagram: one unit at one step as wires and boxes, the numbers on the wires. Its shape is that of the drawing
// in plots/cell.py. Each part is {elements, shape(shape): where, once for a shape; paint(...): what, at every step}.

import {
  CELL_ARROWS,
  CELL_BUS,
  CELL_GATE,
  CELL_HEIGHT,
  CELL_OUT,
  CELL_SHAPES,
  CELL_TANH,
  CELL_TOP,
  CELL_WRITE,
  WIRE_OF,
  labelsOf,
  openersOf,
  spotsOf,
  wiresOf,
} from "./cell_shape.js";
import { flowsAt, thickness, withSign } from "./flows.js";
import { GATES, reachOf } from "./numbers.js";
import { cellPart, cellSymbols, place } from "./svg.js";
import { wireVector } from "./vectors.js";
import { cellInWords, whatWireCarries } from "./words.js";
import { inkOn } from "../shared/colours.js";
import { fitted } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

const POINTED = ["x", "f", "i", "g", "o", "c", "h"]; // what can be pointed out

/** {element, panels: what wires open to, layout(), paint(numbers, place, arrays, highlight), close()}. `pointing` is told what
 *  the reader points at: {enter(quantity), leave(), press(quantity) -> whether it stays pointed out}. */
export function cellDiagram(context, spec, pointed) {
  const { palette, listen, write } = context;
  const many = ["x", "h_prev"].filter((wire) => isMany(spec, wire));
  const vectors = Object.fromEntries(many.map((wire) => [wire, wireVector(context, spec, wire)]));
  const pointing = {
    ...pointed,
    /** What stays pointed out shows its numbers, if there are many. */
    press(quantity, wire = quantity) {
      const stays = pointed.press(quantity);
      vectors[wire]?.open(stays);
    },
  };
  const wires = cellWires(palette, listen, pointing);
  const gates = GATES.map((gate) => cellGate(spec, palette.colors[gate], gate));
  const operators = cellOperators(spec);
  const amounts = cellAmounts(palette);
  const texts = cellTexts(spec, write, vectors);
  const spots = cellSpots(palette, listen, pointing, vectors);
  const back = cellPart("rect", { class: "le-diagram-back", y: 2, height: CELL_BUS + 30, rx: 14 });
  const parts = [wires, ...gates, operators, amounts, texts];
  const elements = parts.flatMap((part) => part.elements);
  const svg = cellPart("svg", { role: "img", class: "le-diagram-picture" }, back, elements);
  const element = h("div", { class: "le-diagram" }, svg, spots.elements);
  let shape = null;

  function layout() {
    const room = element.parentElement.clientWidth; // 0 while it is folded
    const wanted = CELL_SHAPES[room >= 540 ? "wide" : "compact"];
    if (wanted === shape || (shape && !room)) return;
    shape = wanted;
    const { width, box } = shape;
    element.classList.toggle("le-wide", Boolean(box));
    svg.setAttribute("viewBox", `0 0 ${width} ${CELL_HEIGHT}`);
    place(back, { x: box?.[0] ?? 0, width: box ? box[1] - box[0] : 0 });
    for (const part of [...parts, spots]) part.shape(shape);
  }

  // Read out when asked for, and never while a key is held down: written once the numbers have settled.
  let timer = 0;
  let described = "";
  function describe(text) {
    const write = () => svg.setAttribute("aria-label", (described = text));
    if (!described) write();
    clearTimeout(timer);
    if (text !== described) timer = setTimeout(write, 350);
  }

  return {
    element,
    panels: Object.values(vectors).map(({ panel }) => panel),
    layout,
    paint(found, where, arrays, highlight) {
      if (!shape) layout();
      const flows = flowsAt(spec, arrays, where, found);
      const reach = reachOf(spec, arrays, where);
      wires.paint(spec, flows, reach, highlight);
      texts.paint(flows, found.was);
      GATES.forEach((gate, n) => gates[n].paint(flows[gate], gate === highlight));
      amounts.paint(flows, reach, found.masked, highlight);
      spots.paint(highlight);
      for (const vector of Object.values(vectors)) vector.paint(where, arrays);
      element.classList.toggle("le-passed", found.masked);
      describe(cellInWords(spec, where, found, write));
    },
    close: () => clearTimeout(timer),
  };
}

const group = (name, ...children) => cellPart("g", { class: `le-diagram-${name}` }, children);

/** Whether a wire represents several numbers: its thickness is that of the largest, and it has no sign. */
const isMany = (spec, name) => (name === "x" && spec.features > 1) || (name === "h_prev" && spec.units > 1);

/** The wires: what they carry, a halo that shows which are pointed out and takes the pointer, an arrow. */
function cellWires(palette, listen, pointing) {
  const wires = Object.entries(WIRE_OF).map(([name, quantity]) => cellWire(name, quantity, palette, listen, pointing));
  const bus = cellPart("path", { class: "le-diagram-bus" });
  const join = cellPart("circle", { class: "le-diagram-join", cy: CELL_BUS, r: 6 });
  const fork = cellPart("circle", { class: "le-diagram-fork", cy: CELL_TOP, r: 5 });
  fork.style.fill = palette.colors.c;
  return {
    elements: [
      group(
        "wires",
        bus,
        wires.map((wire) => wire.element),
        join,
        fork,
      ),
    ],
    shape(shape) {
      place(bus, { d: `M${shape.join},${CELL_BUS}H${shape.o}` });
      place(join, { cx: shape.join });
      place(fork, { cx: shape.out });
      const points = wiresOf(shape);
      for (const wire of wires) wire.shape(points[wire.name]);
    },
    paint(spec, flows, reach, highlight) {
      for (const { name, quantity, element, line } of wires) {
        const value = flows[name === "c_down" ? "c" : name];
        line.setAttribute("stroke-width", thickness(value, mostOf(spec, name, quantity, reach)).toFixed(2));
        line.classList.toggle("le-negative", value < 0 && !isMany(spec, name));
        element.classList.toggle("le-lit", quantity === highlight);
      }
    },
  };
}

/** The largest that flows in a wire: what its thickness is compared with. */
function mostOf(spec, name, quantity, reach) {
  if (name[0] === "z") return 4; // where a sigmoid is as good as open or shut
  if (name === "squashed") return 1;
  return quantity === "c" ? reach : spec.scales[quantity].high;
}

function cellWire(name, quantity, palette, listen, pointing) {
  const halo = cellPart("path", { class: "le-halo" });
  const line = cellPart("path", { class: "le-wire" });
  const arrow = CELL_ARROWS.includes(name) ? cellPart("path", { class: "le-arrow" }) : null;
  const element = cellPart(
    "g",
    { class: "le-diagram-wire", "data-wire": name, "data-q": quantity },
    halo,
    line,
    arrow ?? [],
  );
  const colour = palette.colors[quantity] ?? "var(--le-muted)";
  line.style.stroke = colour;
  if (arrow) arrow.style.fill = colour;
  if (quantity !== "z") {
    listen(element, "pointerenter", () => pointing.enter(quantity));
    listen(element, "pointerleave", () => pointing.leave());
    listen(element, "click", () => pointing.press(quantity, name));
  }
  const path = (points) => `M${points.map((point) => point.join()).join("L")}`;
  return {
    name,
    quantity,
    element,
    line,
    shape(points) {
      place(halo, { d: path(points) });
      if (!arrow) return place(line, { d: path(points) });
      const [[x0, y0], [x1, y1]] = points.slice(-2);
      const [dx, dy] = [Math.sign(x1 - x0), Math.sign(y1 - y0)];
      const [bx, by] = [x1 - 11 * dx, y1 - 11 * dy]; // where the arrow begins
      place(line, { d: path([...points.slice(0, -1), [bx, by]]) });
      place(arrow, { d: `M${x1},${y1}L${bx - 6.5 * dy},${by + 6.5 * dx}L${bx + 6.5 * dy},${by - 6.5 * dx}Z` });
    },
  };
}

/** "hard_sigm…": a name that fits into a box. */
const shortName = (name) => (name.length > 9 ? `${name.slice(0, 8)}…` : name);

/** A gate, with a bar that shows how far it is open. */
function cellGate(spec, colour, gate) {
  const scale = spec.scales[gate];
  const name = shortName(gate === "g" ? spec.activation : spec.recurrent_activation);
  const box = cellPart("rect", { class: "le-gate-box", y: CELL_GATE - 24, height: 48, rx: 6 });
  const letter = cellPart("text", { class: "le-gate-letter", y: CELL_GATE + 1 }, gate);
  const label = cellPart("text", { class: "le-gate-function", y: CELL_GATE + 18 }, name);
  const track = cellPart("rect", { class: "le-gate-track", y: CELL_GATE - 20, width: 10, height: 26, rx: 1.5 });
  const fill = cellPart("rect", { class: "le-gate-fill", width: 7 });
  const zero = cellPart("path", { class: "le-gate-zero" });
  box.style.fill = fill.style.fill = colour;
  letter.style.fill = label.style.fill = inkOn(colour);
  const element = group("gate", box, letter, label, track, fill, zero);
  const share = (value) => Math.max(0, Math.min(1, (value - scale.low) / (scale.high - scale.low)));
  let left = 0; // of the track
  return {
    elements: [element],
    shape(shape) {
      const [x, { half }] = [shape[gate], shape];
      left = x + half - 15;
      place(box, { x: x - half, width: 2 * half });
      place(letter, { x: x - 6 });
      place(label, { x });
      place(track, { x: left });
      place(fill, { x: x + half - 13.5 });
    },
    paint(value, lit) {
      const [bottom, high] = [CELL_GATE + 4.5, 23];
      const from = bottom - high * share(0);
      const to = Number.isFinite(value) ? bottom - high * share(value) : from;
      place(fill, { y: Math.min(from, to).toFixed(2), height: Math.abs(from - to).toFixed(2) });
      place(zero, { d: scale.kind === "signed" ? `M${left},${from}h10` : "" });
      element.classList.toggle("le-lit", lit);
    },
  };
}

/** Times, plus, and what squashes c. */
function cellOperators(spec) {
  const operators = ["×", "+", "×", "×"].map((sign) => {
    const [circle, text] = [cellPart("circle", { r: 12 }), cellPart("text", {}, sign)];
    return { circle, text, element: group("operator", circle, text) };
  });
  const pill = cellPart("rect", { class: "le-pill", y: CELL_TANH - 11, height: 22, rx: 11 });
  const pillText = cellPart(
    "text",
    { class: "le-gate-function le-pill-text", y: CELL_TANH + 3.5 },
    shortName(spec.activation),
  );
  return {
    elements: [...operators.map(({ element }) => element), group("pill", pill, pillText)],
    shape({ f, g, out }) {
      const places = [
        [f, CELL_TOP],
        [g, CELL_TOP],
        [g, CELL_WRITE],
        [out, CELL_OUT],
      ];
      places.forEach(([x, y], n) => {
        place(operators[n].circle, { cx: x, cy: y });
        place(operators[n].text, { x, y: y + 5.5 });
      });
      place(pill, { x: out - 27, width: 54 });
      place(pillText, { x: out });
    },
  };
}

/** What is added up to c, as amounts over the adder. */
function cellAmounts(palette) {
  const bars = ["f", "i"].map((letter) => {
    const bar = cellPart("rect", { class: "le-diagram-amount", width: 18 });
    bar.style.fill = palette.colors[letter];
    return bar;
  });
  const [kept, written] = bars;
  const frame = cellPart("rect", { class: "le-amount-frame", y: 4, width: 60, height: 61, rx: 4 });
  const zero = cellPart("path", { class: "le-diagram-zero" });
  const total = cellPart("path", { class: "le-diagram-total" });
  const words = ["kept", "written"].map((word, n) =>
    cellPart("text", { class: "le-diagram-word", y: 38, "text-anchor": n ? "start" : "end" }, word),
  );
  let left = 0; // of the line that marks the sum
  return {
    elements: [group("amounts", frame, zero, bars, total, words)],
    shape({ g }) {
      left = g - 24;
      place(frame, { x: g - 30 });
      place(kept, { x: g - 20 });
      place(written, { x: g + 2 });
      place(zero, { d: `M${g - 26},34H${g + 26}` });
      words.forEach((word, n) => place(word, { x: g + (n ? 35 : -35) }));
    },
    paint(flows, reach, masked, highlight) {
      const usable = !masked && Number.isFinite(flows.kept) && Number.isFinite(flows.written);
      for (const part of [...bars, total]) part.style.display = usable ? "" : "none";
      if (!usable) return;
      const y = (value) => 34 - 29 * Math.max(-1, Math.min(1, value / reach));
      const span = (bar, from, to) =>
        place(bar, {
          y: Math.min(y(from), y(to)).toFixed(2),
          height: Math.max(1, Math.abs(y(from) - y(to))).toFixed(2),
        });
      span(kept, 0, flows.kept);
      span(written, flows.kept, flows.kept + flows.written);
      place(total, { d: `M${left},${y(flows.c).toFixed(2)}h48` });
      kept.classList.toggle("le-lit", highlight === "f");
      written.classList.toggle("le-lit", highlight === "i");
    },
  };
}

// What is written over a number.
const NAMES = {
  c_prev: ["c_prev"],
  kept: ["f", "·", "c_prev"],
  c: ["c"],
  written: ["i", "·", "g"],
  h: ["h"],
  h_prev: ["h_prev"],
  x: ["x"],
};

const MOST = 7; // characters that fit between two wires

/** Numbers, names and words. */
function cellTexts(spec, write, vectors) {
  const numbers = Object.keys(WIRE_OF)
    .filter((name) => name !== "c_down")
    .map((name) => {
      const value = cellPart("text", { class: "le-diagram-number", "data-wire": name });
      const kind = NAMES[name]?.length > 1 ? "le-diagram-name le-product-name" : "le-diagram-name";
      return {
        name,
        value,
        title: NAMES[name] ? cellPart("text", { class: kind }, cellSymbols(...NAMES[name])) : null,
      };
    });
  const words = ["keep", "write", "show"].map((text) => cellPart("text", { class: "le-diagram-word" }, text));
  const symbols = cellSymbols(
    "z",
    " = ",
    "x",
    " · ",
    "W",
    " + ",
    "h_prev",
    " · ",
    "U",
    ...(spec.use_bias ? [" + ", "b"] : []),
  );
  const law = cellPart("text", { class: "le-diagram-name le-law-text" }, symbols);
  const all = numbers.flatMap(({ value, title }) => [value, title ?? ""]);

  const brief = (value, digits) => fitted(write(value, digits), value, value < 0 ? MOST + 1 : MOST);
  function textOf(name, value) {
    if (vectors[name]) return whatWireCarries(spec, name) + vectors[name].sign();
    const share = ["i", "f", "o"].includes(name) && spec.scales[name].kind !== "signed";
    return share ? brief(value, 3) : withSign(value, 3, brief);
  }

  return {
    elements: [group("texts", all, words, law)],
    shape(shape) {
      const { f, i, o, join } = shape;
      const places = labelsOf(shape);
      for (const { name, value, title } of numbers) {
        const [x, y, anchor] = places[name];
        place(value, { x, y, "text-anchor": anchor });
        const over = name === "x" ? { x: join - 10, y, "text-anchor": "end" } : { x, y: y - 14, "text-anchor": anchor };
        if (title) place(title, over);
      }
      place(words[0], { x: f - 7, y: CELL_WRITE + 14, "text-anchor": "end" });
      place(words[1], { x: i + 7, y: CELL_WRITE - 7, "text-anchor": "start" });
      place(words[2], { x: o + 7, y: CELL_OUT - 7, "text-anchor": "start" });
      place(law, { x: (f + o) / 2, y: CELL_BUS + 20 });
    },
    paint(flows, recorded) {
      const was = recorded ? { ...recorded, kept: recorded.f * recorded.c_prev, written: recorded.i * recorded.g } : {};
      for (const { name, value } of numbers) {
        const text = textOf(name, flows[name]);
        say(value, text);
        value.classList.toggle("le-long", text.length > MOST && !isMany(spec, name));
        const other = !isMany(spec, name) && name in was && write(was[name], 3) !== write(flows[name], 3);
        value.classList.toggle("le-other", other); // a what-if changed it
      }
    },
  };
}

/** Buttons for the keyboard and for fingers, over what they name. */
function cellSpots(palette, listen, pointing, vectors) {
  const spots = POINTED.map((quantity) => {
    const button = h("button", {
      type: "button",
      class: "le-spot",
      "data-spot": quantity,
      "aria-pressed": "false",
      "aria-label": `point out ${quantity}, ${palette.names[quantity]}`,
      title: `${palette.names[quantity]}: ${palette.roles[quantity]}`,
    });
    for (const type of ["pointerenter", "focus"]) listen(button, type, () => pointing.enter(quantity));
    for (const type of ["pointerleave", "blur"]) listen(button, type, () => pointing.leave());
    listen(button, "click", () => pointing.press(quantity));
    return { quantity, button };
  });
  const openers = Object.values(vectors).map(({ opener }) => opener);
  const percent = (pixels, all) => `${(100 * pixels) / all}%`;
  return {
    elements: [...spots.map(({ button }) => button), ...openers],
    shape(shape) {
      const over = (button, [x, y, w, tall]) =>
        Object.assign(button.style, {
          left: percent(x, shape.width),
          top: percent(y, CELL_HEIGHT),
          width: percent(w, shape.width),
          height: percent(tall, CELL_HEIGHT),
        });
      for (const { quantity, button } of spots) over(button, spotsOf(shape)[quantity]);
      for (const opener of openers) over(opener, openersOf(shape)[opener.dataset.opens]);
    },
    paint(highlight) {
      for (const { quantity, button } of spots) button.setAttribute("aria-pressed", String(quantity === highlight));
    },
  };
}
