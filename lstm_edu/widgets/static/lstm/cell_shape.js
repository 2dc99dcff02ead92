// Where everything is in the cell diagram (pure).

import { GATES } from "./numbers.js";

// Two drawings: `compact` next to the pictures or on a phone, `wide` where there is room. Columns by their middle.

export const CELL_SHAPES = {
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

export const [CELL_TOP, CELL_WRITE, CELL_OUT, CELL_TANH, CELL_GATE, CELL_BUS, CELL_HEIGHT] = [
  96, 150, 188, 132, 240, 310, 356,
];

/** The wires of one shape: name -> the points they go through. An arrow sits at the end of those in CELL_ARROWS. */
export function wiresOf({ left, f, i, g, o, out, right, join }) {
  const node = 13;
  const [top, write, show, tanh, gate, bus] = [CELL_TOP, CELL_WRITE, CELL_OUT, CELL_TANH, CELL_GATE - 24, CELL_BUS];
  const low = gate + 48;
  return {
    c_prev: pairs(left, top, f - node, top),
    kept: pairs(f + node, top, g - node, top),
    c: pairs(g + node, top, right, top),
    c_down: pairs(out, top, out, tanh - 11),
    squashed: pairs(out, tanh + 11, out, show - node),
    h: pairs(out, show + node, out, bus, right, bus),
    f: pairs(f, gate, f, top + node),
    i: pairs(i, gate, i, write, g - node, write),
    g: pairs(g, gate, g, write + node),
    written: pairs(g, write - node, g, top + node),
    o: pairs(o, gate, o, show, out - node, show),
    h_prev: pairs(left, bus, join, bus),
    x: pairs(join, CELL_HEIGHT - 4, join, bus),
    z_f: pairs(f, bus, f, low),
    z_i: pairs(i, bus, i, low),
    z_g: pairs(g, bus, g, low),
    z_o: pairs(o, bus, o, low),
  };
}

const pairs = (...numbers) => Array.from({ length: numbers.length / 2 }, (_, n) => numbers.slice(2 * n, 2 * n + 2));

export const CELL_ARROWS = ["c", "squashed", "h", "f", "i", "g", "written", "o", "z_f", "z_i", "z_g", "z_o"];

// What a wire belongs to: its colour, and what is pointed out with it.
export const WIRE_OF = {
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

/** Where the numbers are: name -> [x, y, anchor]; a name is above its number. */
export function labelsOf({ f, i, g, o, out, right, join, box }) {
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

/** Where the buttons are, over what they name: quantity -> [left, top, width, height]. */
export function spotsOf(shape) {
  const { g, out, right, join, box, half } = shape;
  const gate = (letter) => [letter, [shape[letter] - half, CELL_GATE - 24, 2 * half, 48]];
  return {
    ...Object.fromEntries(GATES.map(gate)),
    x: [join - 26, CELL_BUS + 8, 34, CELL_HEIGHT - CELL_BUS - 8],
    c: [(g + out) / 2 - 32, CELL_TOP - 40, 64, 34],
    h: box ? [right - 56, CELL_BUS - 38, 56, 32] : [right - 62, CELL_BUS + 8, 62, 32],
  };
}

/** Where the buttons lie that open a wire to its numbers, over what stands for them: wire -> [left, top, width, height]. */
export function openersOf({ join, box }) {
  return {
    x: [join + 8, CELL_HEIGHT - 32, 94, 32],
    h_prev: [box ? box[0] - 96 : 0, CELL_BUS - 36, 86, 32],
  };
}
