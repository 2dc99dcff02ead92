// The cell diagram: one unit at one step as wires and boxes, the numbers on the wires. Its shape is that of the drawing
// in plots/cell.py.

import { GATES, previous, reachOf } from "./numbers.js";
import { at } from "../shared/arrays.js";
import { inkOn } from "../shared/colours.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

/** The number on each wire: {c_prev, kept, written, c, squashed, h, i, f, g, o, z_i, ...}; x and h_prev, of which there
 *  are many, as their largest size. */
export function flowsAt(spec, arrays, { batch, t }, { ours, masked }) {
  const flows = { ...ours, kept: ours.f * ours.c_prev, written: ours.i * ours.g };
  const largest = (count, value) => {
    let size = 0;
    for (let k = 0; k < count; k++) size = Math.max(size, Math.abs(value(k))); // NaN stays NaN
    return size;
  };
  flows.x = spec.features === 1 ? at(arrays.x, batch, t, 0) : largest(spec.features, (k) => at(arrays.x, batch, t, k));
  flows.h_prev = spec.units === 1 ? ours.h_prev : largest(spec.units, (k) => previous(arrays, "h", batch, t, k));
  if (masked) flows.kept = ours.c_prev; // a masked step hands the state on
  return flows;
}

/** How thick a wire is drawn, in the drawing's units: what flows, against the largest that flows there. */
export function thickness(value, most) {
  if (!Number.isFinite(value)) return 5;
  return 1.5 + 7 * Math.min(1, Math.abs(value) / Math.max(most, 1e-30));
}

/** "+0.250", "−0.250": a number that may have either sign shows which. */
export function withSign(value, digits = 3) {
  return (value > 0 && Number.isFinite(value) ? "+" : "") + format(value, digits);
}

/** The drawing in words, for whoever does not see it. */
export function cellInWords(spec, { t, unit }, { ours, masked }) {
  const n = (v) => format(v, 3);
  const place = `The cell of unit ${unit} at step ${t}.`;
  if (masked) return `${place} The step is masked: c = ${n(ours.c)} and h = ${n(ours.h)} pass unchanged.`;
  return (
    `${place} Into the gates go the sums z: forget gate f = ${n(ours.f)} from ${n(ours.z_f)}, input gate i = ` +
    `${n(ours.i)} from ${n(ours.z_i)}, candidate g = ${n(ours.g)} from ${n(ours.z_g)}, output gate o = ${n(ours.o)} ` +
    `from ${n(ours.z_o)}. The cell state before, ${n(ours.c_prev)}, is multiplied by f, which leaves ` +
    `${n(ours.f * ours.c_prev)}; i times g adds ${n(ours.i * ours.g)}: c = ${n(ours.c)}. ${spec.activation} makes ` +
    `${n(ours.squashed)} of it, and multiplied by o it leaves as h = ${n(ours.h)}.`
  );
}

// --- where everything is --------------------------------------------------------------------------------------------

// Two drawings: `compact` beside the pictures or on a telephone, `wide` where there is room. Columns by their middle.
const CELL_SHAPES = {
  compact: { width: 372, left: 4, f: 78, i: 144, g: 210, o: 276, out: 338, right: 368, join: 34, box: null, half: 28 },
  wide: {
    width: 660,
    left: 6,
    f: 176,
    i: 262,
    g: 348,
    o: 434,
    out: 524,
    right: 652,
    join: 128,
    box: [92, 560],
    half: 34,
  },
};

const [CELL_TOP, CELL_WRITE, CELL_OUT, CELL_TANH, CELL_GATE, CELL_BUS, CELL_HEIGHT] = [
  96, 150, 188, 132, 240, 310, 356,
];

/** The wires of one shape: name -> the points they go through. An arrow sits at the end of those in CELL_ARROWS. */
export function wiresOf({ left, f, i, g, o, out, right, join }) {
  const node = 13;
  const [top, write, show, tanh, gate, bus] = [CELL_TOP, CELL_WRITE, CELL_OUT, CELL_TANH, CELL_GATE - 24, CELL_BUS];
  return {
    c_prev: [
      [left, top],
      [f - node, top],
    ],
    kept: [
      [f + node, top],
      [g - node, top],
    ],
    c: [
      [g + node, top],
      [right, top],
    ],
    c_down: [
      [out, top],
      [out, tanh - 11],
    ],
    squashed: [
      [out, tanh + 11],
      [out, show - node],
    ],
    h: [
      [out, show + node],
      [out, bus],
      [right, bus],
    ],
    f: [
      [f, gate],
      [f, top + node],
    ],
    i: [
      [i, gate],
      [i, write],
      [g - node, write],
    ],
    g: [
      [g, gate],
      [g, write + node],
    ],
    written: [
      [g, write - node],
      [g, top + node],
    ],
    o: [
      [o, gate],
      [o, show],
      [out - node, show],
    ],
    h_prev: [
      [left, bus],
      [join, bus],
    ],
    x: [
      [join, CELL_HEIGHT - 4],
      [join, bus],
    ],
    z_f: [
      [f, bus],
      [f, gate + 48],
    ],
    z_i: [
      [i, bus],
      [i, gate + 48],
    ],
    z_g: [
      [g, bus],
      [g, gate + 48],
    ],
    z_o: [
      [o, bus],
      [o, gate + 48],
    ],
  };
}

const CELL_ARROWS = ["c", "squashed", "h", "f", "i", "g", "written", "o", "z_f", "z_i", "z_g", "z_o"];

// What a wire belongs to: its colour, and what is pointed out with it.
const WIRE_OF = {
  c_prev: "c",
  kept: "c",
  c: "c",
  c_down: "c",
  squashed: "c",
  written: "c",
  h: "h",
  h_prev: "h",
  x: "x",
  f: "f",
  i: "i",
  g: "g",
  o: "o",
  z_f: "z",
  z_i: "z",
  z_g: "z",
  z_o: "z",
};

/** Where the numbers stand: name -> [x, y, anchor]; a name stands above its number. */
function labelsOf({ f, i, g, o, out, right, join, box }) {
  const beside = (x) => [x + 7, CELL_GATE - 32, "start"];
  const below = (x) => [x + 7, CELL_BUS - 17, "start"];
  const ends = box ? [box[0] - 10, "end"] : [2, "start"];
  return {
    c_prev: [ends[0], CELL_TOP - 11, ends[1]],
    kept: [(f + g) / 2, CELL_TOP - 11, "middle"],
    c: [(g + out) / 2, CELL_TOP - 11, "middle"],
    written: [g + 11, CELL_WRITE - 22, "start"],
    squashed: [out - 9, CELL_TANH + 28, "end"],
    h: box ? [right, CELL_BUS - 11, "end"] : [right, CELL_BUS + 34, "end"],
    h_prev: [ends[0], CELL_BUS - 11, ends[1]],
    x: [join + 10, CELL_HEIGHT - 6, "start"],
    f: beside(f),
    i: beside(i),
    g: beside(g),
    o: beside(o),
    z_f: below(f),
    z_i: below(i),
    z_g: below(g),
    z_o: below(o),
  };
}

// --- the drawing ----------------------------------------------------------------------------------------------------

function cellPart(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity));
  return element;
}

/** "f · c_prev" as italics with its index set low, for an SVG text. */
function cellSymbols(...names) {
  return names.flatMap((name) => {
    if (name.length > 1 && !name.includes("_")) return [cellPart("tspan", { class: "le-plain" }, name)];
    const [letter, index] = name.split("_");
    const low = index
      ? [cellPart("tspan", { class: "le-low", dy: 3 }, index), cellPart("tspan", { dy: -3 }, "\u200b")]
      : [];
    return [cellPart("tspan", {}, letter), ...low];
  });
}

/** {element, layout(), paint(numbers, place, arrays, highlight), close()}. `pointing` is told what the reader points at:
 *  {enter(quantity), leave(), press(quantity)}. */
export function cellDiagram(spec, palette, listen, pointing) {
  const color = (quantity) => palette.colors[WIRE_OF[quantity]] ?? "var(--le-muted)";
  const wires = {};
  const numbers = {};
  const svg = cellPart("svg", { role: "img", class: "le-diagram-picture" });
  const group = (name, ...children) => {
    const element = cellPart("g", { class: `le-diagram-${name}` }, children);
    svg.append(element);
    return element;
  };
  const back = cellPart("rect", { class: "le-diagram-back", y: 2, height: CELL_BUS + 30, rx: 14 });
  const bus = cellPart("path", { class: "le-diagram-bus" });
  const join = cellPart("circle", { class: "le-diagram-join", cy: CELL_BUS, r: 6 });
  const fork = cellPart("circle", { class: "le-diagram-fork", cy: CELL_TOP, r: 5 });
  fork.style.fill = palette.colors.c;
  svg.append(back);

  // --- wires: what they carry, a halo that shows which are pointed out and takes the pointer, an arrow
  for (const [name, quantity] of Object.entries(WIRE_OF)) {
    const wire = {
      halo: cellPart("path", { class: "le-halo" }),
      line: cellPart("path", { class: "le-wire" }),
      arrow: CELL_ARROWS.includes(name) ? cellPart("path", { class: "le-arrow" }) : null,
    };
    wire.group = cellPart(
      "g",
      { class: "le-diagram-wire", "data-wire": name, "data-q": quantity },
      wire.halo,
      wire.line,
      wire.arrow ?? [],
    );
    wire.line.style.stroke = color(name);
    if (wire.arrow) wire.arrow.style.fill = color(name);
    if (quantity !== "z") {
      listen(wire.group, "pointerenter", () => pointing.enter(quantity));
      listen(wire.group, "pointerleave", () => pointing.leave());
      listen(wire.group, "click", () => pointing.press(quantity));
    }
    wires[name] = wire;
  }
  group(
    "wires",
    bus,
    Object.values(wires).map(({ group }) => group),
    join,
    fork,
  );

  // --- gates, each with a bar that shows how far it is open
  const gates = Object.fromEntries(
    GATES.map((gate) => {
      const name = gate === "g" ? spec.activation : spec.recurrent_activation;
      const shown = name.length > 9 ? `${name.slice(0, 8)}…` : name;
      const box = cellPart("rect", { class: "le-gate-box", y: CELL_GATE - 24, height: 48, rx: 6 });
      box.style.fill = palette.colors[gate];
      const letter = cellPart("text", { class: "le-gate-letter", y: CELL_GATE + 1 }, gate);
      const label = cellPart("text", { class: "le-gate-function", y: CELL_GATE + 18 }, shown);
      letter.style.fill = label.style.fill = inkOn(palette.colors[gate]);
      const track = cellPart("rect", { class: "le-gate-track", y: CELL_GATE - 20, width: 10, height: 26, rx: 1.5 });
      const fill = cellPart("rect", { class: "le-gate-fill", width: 7 });
      fill.style.fill = palette.colors[gate];
      const zero = cellPart("path", { class: "le-gate-zero" });
      return [
        gate,
        { group: group("gate", box, letter, label, track, fill, zero), box, letter, label, track, fill, zero },
      ];
    }),
  );
  const operators = ["×", "+", "×", "×"].map((sign) => {
    const circle = cellPart("circle", { r: 12 });
    const text = cellPart("text", {}, sign);
    group("operator", circle, text);
    return { circle, text };
  });
  const pill = cellPart("rect", { class: "le-pill", y: CELL_TANH - 11, height: 22, rx: 11 });
  const pillText = cellPart(
    "text",
    { class: "le-gate-function le-pill-text", y: CELL_TANH + 3.5 },
    spec.activation.length > 9 ? `${spec.activation.slice(0, 8)}…` : spec.activation,
  );
  group("pill", pill, pillText);

  // --- what is added up to c, as amounts over the adder
  const amount = (letter) => {
    const bar = cellPart("rect", { class: "le-diagram-amount", width: 18 });
    bar.style.fill = palette.colors[letter];
    return bar;
  };
  const [kept, written] = [amount("f"), amount("i")];
  const frame = cellPart("rect", { class: "le-amount-frame", y: 4, width: 84, height: 61, rx: 4 });
  const zero = cellPart("path", { class: "le-diagram-zero" });
  const total = cellPart("path", { class: "le-diagram-total" });
  const letters = ["f", "i"].map((letter) => cellPart("text", { class: "le-amount-letter", y: 38 }, letter));
  group("amounts", frame, zero, kept, written, total, letters);

  // --- numbers and words
  const names = {
    c_prev: ["c_prev"],
    kept: ["f", "·", "c_prev"],
    c: ["c"],
    written: ["i", "·", "g"],
    h: ["h"],
    h_prev: ["h_prev"],
    x: ["x"],
  };
  const texts = group("texts");
  for (const name of Object.keys(WIRE_OF)) {
    if (name === "c_down") continue;
    const value = cellPart("text", { class: "le-diagram-number", "data-wire": name });
    const kind = names[name]?.length > 1 ? "le-diagram-name le-product-name" : "le-diagram-name";
    const title = names[name] ? cellPart("text", { class: kind }, cellSymbols(...names[name])) : null;
    texts.append(value, title ?? "");
    numbers[name] = { value, title };
  }
  const words = ["keep", "write", "show"].map((text) => cellPart("text", { class: "le-diagram-word" }, text));
  const law = cellPart(
    "text",
    { class: "le-diagram-name le-law-text" },
    cellSymbols("z", " = ", "x", " · ", "W", " + ", "h_prev", " · ", "U", ...(spec.use_bias ? [" + ", "b"] : [])),
  );
  texts.append(...words, law);

  // --- buttons for the keyboard and for fingers, over what they name
  const spots = ["x", "f", "i", "g", "o", "c", "h"].map((quantity) => {
    const button = h("button", {
      type: "button",
      class: "le-spot",
      "data-spot": quantity,
      "aria-pressed": "false",
      "aria-label": `point out ${quantity}, ${palette.names[quantity]}`,
      title: `${palette.names[quantity]}: ${palette.roles[quantity]}`,
    });
    listen(button, "pointerenter", () => pointing.enter(quantity));
    listen(button, "pointerleave", () => pointing.leave());
    listen(button, "focus", () => pointing.enter(quantity));
    listen(button, "blur", () => pointing.leave());
    listen(button, "click", () => pointing.press(quantity));
    return { quantity, button };
  });
  const element = h(
    "div",
    { class: "le-diagram" },
    svg,
    spots.map(({ button }) => button),
  );

  // --- where: once for a shape
  let shape = null;
  function layout() {
    const room = element.parentElement.clientWidth; // 0 while it is folded
    const wanted = CELL_SHAPES[room >= 540 ? "wide" : "compact"];
    if (wanted === shape || (shape && !room)) return;
    shape = wanted;
    const { width, f, i, g, o, out, box, half } = shape;
    element.classList.toggle("le-wide", Boolean(box));
    svg.setAttribute("viewBox", `0 0 ${width} ${CELL_HEIGHT}`);
    const place = (element, values) =>
      Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
    place(back, { x: box?.[0] ?? 0, width: box ? box[1] - box[0] : 0 });
    place(bus, { d: `M${shape.join},${CELL_BUS}H${o}` });
    place(join, { cx: shape.join });
    place(fork, { cx: out });
    for (const [name, points] of Object.entries(wiresOf(shape))) {
      const wire = wires[name];
      const path = (points) => `M${points.map((point) => point.join()).join("L")}`;
      place(wire.halo, { d: path(points) });
      if (!wire.arrow) {
        place(wire.line, { d: path(points) });
        continue;
      }
      const [[x0, y0], [x1, y1]] = points.slice(-2);
      const [dx, dy] = [Math.sign(x1 - x0), Math.sign(y1 - y0)];
      const [bx, by] = [x1 - 11 * dx, y1 - 11 * dy]; // where the arrow begins
      place(wire.line, { d: path([...points.slice(0, -1), [bx, by]]) });
      place(wire.arrow, { d: `M${x1},${y1}L${bx - 6.5 * dy},${by + 6.5 * dx}L${bx + 6.5 * dy},${by - 6.5 * dx}Z` });
    }
    for (const gate of GATES) {
      const x = shape[gate];
      place(gates[gate].box, { x: x - half, width: 2 * half });
      place(gates[gate].letter, { x: x - 6 });
      place(gates[gate].label, { x });
      place(gates[gate].track, { x: x + half - 15 });
      place(gates[gate].fill, { x: x + half - 13.5 });
    }
    [
      [f, CELL_TOP],
      [g, CELL_TOP],
      [g, CELL_WRITE],
      [out, CELL_OUT],
    ].forEach(([x, y], n) => {
      place(operators[n].circle, { cx: x, cy: y });
      place(operators[n].text, { x, y: y + 5.5 });
    });
    place(pill, { x: out - 27, width: 54 });
    place(pillText, { x: out });
    place(frame, { x: g - 42 });
    place(kept, { x: g - 20 });
    place(written, { x: g + 2 });
    place(zero, { d: `M${g - 26},34H${g + 26}` });
    letters.forEach((letter, n) => place(letter, { x: g + (n ? 34 : -34), "text-anchor": "middle" }));
    for (const [name, [x, y, anchor]] of Object.entries(labelsOf(shape))) {
      place(numbers[name].value, { x, y, "text-anchor": anchor });
      if (numbers[name].title) place(numbers[name].title, { x, y: y - 14, "text-anchor": anchor });
    }
    place(numbers.x.title, { x: shape.join - 10, y: CELL_HEIGHT - 6, "text-anchor": "end" });
    place(words[0], { x: f - 7, y: CELL_WRITE + 14, "text-anchor": "end" });
    place(words[1], { x: i + 7, y: CELL_WRITE - 7, "text-anchor": "start" });
    place(words[2], { x: o + 7, y: CELL_OUT - 7, "text-anchor": "start" });
    place(law, { x: (f + o) / 2, y: CELL_BUS + 20 });
    const over = {
      ...Object.fromEntries(GATES.map((gate) => [gate, [shape[gate] - half, CELL_GATE - 24, 2 * half, 48]])),
      x: [shape.join - 12, CELL_BUS + 8, 90, CELL_HEIGHT - CELL_BUS - 8],
      c: [(g + out) / 2 - 32, CELL_TOP - 40, 64, 34],
      h: box ? [shape.right - 56, CELL_BUS - 38, 56, 32] : [shape.right - 62, CELL_BUS + 8, 62, 32],
    };
    for (const { quantity, button } of spots) {
      const [x, y, w, tall] = over[quantity];
      button.style.left = `${(100 * x) / width}%`;
      button.style.top = `${(100 * y) / CELL_HEIGHT}%`;
      button.style.width = `${(100 * w) / width}%`;
      button.style.height = `${(100 * tall) / CELL_HEIGHT}%`;
    }
  }

  // --- what: at every step, only numbers, widths and heights
  const scaleOf = (name) => {
    if (name[0] === "z") return 4; // where a sigmoid is as good as open or shut
    return name === "squashed" ? 1 : spec.scales[WIRE_OF[name]].high;
  };
  const most = Object.fromEntries(Object.keys(WIRE_OF).map((name) => [name, scaleOf(name)]));
  const share = (value, { low, high }) => Math.max(0, Math.min(1, (value - low) / (high - low)));
  let timer = 0;
  let described = "";

  function paint(found, place, arrays, highlight) {
    if (!shape) layout();
    const flows = flowsAt(spec, arrays, place, found);
    const was = found.was
      ? { ...found.was, kept: found.was.f * found.was.c_prev, written: found.was.i * found.was.g }
      : {};
    const reach = reachOf(spec, arrays, place);
    for (const name of ["c_prev", "kept", "written", "c", "c_down"]) most[name] = reach;
    for (const [name, wire] of Object.entries(wires)) {
      const value = flows[name === "c_down" ? "c" : name];
      wire.line.setAttribute("stroke-width", thickness(value, most[name]).toFixed(2));
      const many = (name === "x" && spec.features > 1) || (name === "h_prev" && spec.units > 1);
      wire.line.classList.toggle("le-negative", value < 0 && !many);
      wire.group.classList.toggle("le-lit", WIRE_OF[name] === highlight);
      if (!numbers[name]) continue;
      const count = name === "x" ? spec.features : spec.units;
      const plain = ["i", "f", "o"].includes(name) && spec.scales[name].kind !== "signed";
      const text = many
        ? `${count} ${name === "x" ? "features" : "units"}`
        : plain
          ? format(value, 3)
          : withSign(value);
      say(numbers[name].value, text);
      const other = !many && name in was && format(was[name], 3) !== format(value, 3); // a what-if changed it
      numbers[name].value.classList.toggle("le-other", other);
    }
    for (const gate of GATES) paintGate(gates[gate], flows[gate], spec.scales[gate], gate === highlight);
    paintAmounts(flows, reach, found.masked, highlight);
    for (const { quantity, button } of spots) button.setAttribute("aria-pressed", String(quantity === highlight));
    element.classList.toggle("le-passed", found.masked);
    // Read out when asked for, and never while a key is held down: written once the numbers have settled.
    const text = cellInWords(spec, place, found);
    if (!described) svg.setAttribute("aria-label", (described = text));
    clearTimeout(timer);
    if (text !== described) timer = setTimeout(() => svg.setAttribute("aria-label", (described = text)), 350);
  }

  function paintGate({ group, fill, zero, track }, value, scale, lit) {
    const [bottom, high] = [CELL_GATE + 4.5, 23];
    const from = bottom - high * share(0, scale);
    const to = Number.isFinite(value) ? bottom - high * share(value, scale) : from;
    fill.setAttribute("y", Math.min(from, to).toFixed(2));
    fill.setAttribute("height", Math.abs(from - to).toFixed(2));
    const x = Number(track.getAttribute("x"));
    zero.setAttribute("d", scale.kind === "signed" ? `M${x},${from}h10` : "");
    group.classList.toggle("le-lit", lit);
  }

  function paintAmounts(flows, reach, masked, highlight) {
    const usable = !masked && Number.isFinite(flows.kept) && Number.isFinite(flows.written);
    for (const part of [kept, written, total]) part.style.display = usable ? "" : "none";
    if (!usable) return;
    const y = (value) => 34 - 29 * Math.max(-1, Math.min(1, value / reach));
    const bar = (element, from, to) => {
      element.setAttribute("y", Math.min(y(from), y(to)).toFixed(2));
      element.setAttribute("height", Math.max(1, Math.abs(y(from) - y(to))).toFixed(2));
    };
    bar(kept, 0, flows.kept);
    bar(written, flows.kept, flows.kept + flows.written);
    total.setAttribute("d", `M${shape.g - 24},${y(flows.c).toFixed(2)}h48`);
    kept.classList.toggle("le-lit", highlight === "f");
    written.classList.toggle("le-lit", highlight === "i");
  }

  return { element, layout, paint, close: () => clearTimeout(timer) };
}
