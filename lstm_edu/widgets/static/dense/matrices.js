// x, W, b and y, laid out so that a row of x and a column of W meet in y: as numbers where there is room, else as colours.

import { colourMatrix, numberMatrix } from "./matrix.js";
import { quoted } from "../shared/names.js";
import { chip, h } from "../shared/page.js";

// What the columns of a matrix are; the rows of W are features.
const COLUMNS = { x: "features", W: "units", b: "units", y: "units" };

/** {element, layout(width), key(event) -> handled?, paint(what, marks), light(name)}. `choose(name, row, column, taken)` is
 *  called when the reader chooses a number. */
export function denseMatrices(context, spec, rowsShown, letters, choose) {
  const shapes = {
    W: [spec.features, spec.sums, "weights", `(${spec.features}, ${spec.sums})`],
    ...(spec.use_bias && { b: [1, spec.sums, "bias", `(${spec.sums},)`] }),
    x: [
      rowsShown,
      spec.features,
      "input",
      `(${spec.timed ? `${spec.batch}, ${spec.steps}` : spec.batch}, ${spec.features})`,
    ],
    y: [
      rowsShown,
      spec.units,
      "output",
      `(${spec.timed ? `${spec.batch}, ${spec.steps}` : spec.batch}, ${spec.units})`,
    ],
  };
  const slots = Object.fromEntries(Object.keys(shapes).map((name) => [name, h("div")]));
  const blocks = Object.entries(shapes).map(([name, [, , what, shape]]) => {
    const label = h("div", { class: "le-label" }, chip(name, letters), h("span", {}, `${what} ${shape}`));
    return h(
      "div",
      { class: `le-block le-${name}`, "data-part": name, "data-from": "Wb".includes(name) ? "gates" : null },
      label,
      slots[name],
    );
  });
  const element = h("div", { class: "le-scroll" }, h("div", { class: "le-matrices" }, blocks));
  let narrow = false;
  const on = {
    choose,
    letters,
    narrow: () => narrow,
    columnNames: (name) => (name === "b" ? [] : (spec.named?.[COLUMNS[name]] ?? [])),
    rowNames: (name) => (name === "W" ? (spec.named?.features ?? []) : []),
    called: (name, r, c) => (name === "W" ? quoted(spec, "features", r) : "") + quoted(spec, COLUMNS[name], c),
    room: () => ({ width: Math.max(200, element.clientWidth - 40), columns: spec.features + spec.sums }),
  };
  const made = {}; // either is made when it is first needed
  let parts = {};

  function showAs(kind, matrix) {
    made[kind] ??= Object.fromEntries(
      Object.entries(shapes).map(([name, [rows, columns, what]]) => [
        name,
        matrix(context, on, name, rows, columns, what),
      ]),
    );
    if (parts === made[kind]) return;
    parts = made[kind];
    for (const [name, part] of Object.entries(parts)) slots[name].replaceChildren(part.element);
  }

  return {
    element,
    layout(width) {
      narrow = width < 520;
      element.classList.toggle("le-narrow", narrow);
      const fits = (spec.features + spec.sums) * (narrow ? 44 : 57) <= element.clientWidth - (narrow ? 14 : 24);
      if (fits) showAs("numbers", numberMatrix);
      else showAs("colours", colourMatrix);
    },
    key: (event) => ["x", "W", "b", "y"].some((name) => parts[name]?.key(event)),
    paint({ numbers, rows, first, chosen, unit }, { changed, taken, placeAt, dotIn }) {
      const show = (name, value, lit, box) => {
        const place = placeAt(name);
        const marks = {
          lit,
          chosen: (r, c) => (name === "y" ? lit(r, c) : taken(place(r, c))),
          changed: (r, c) => name !== "y" && changed(place(r, c)),
          box,
          dot: dotIn(name),
        };
        const timed = name === "x" || name === "y";
        parts[name]?.paint(value, marks, spec.scales[timed ? name : "W"], timed ? first : 0);
      };
      show(
        "x",
        (r, c) => rows[r].x[c],
        (r) => r === chosen,
        [chosen, 0, chosen + 1, spec.features],
      );
      show("W", numbers.W, (_, c) => c === unit, [0, unit, spec.features, unit + 1]);
      show(
        "b",
        (_, c) => numbers.b(c),
        (_, c) => c === unit,
        [0, unit, 1, unit + 1],
      );
      show(
        "y",
        (r, c) => rows[r].y[c],
        (r, c) => r === chosen && c === unit,
        [chosen, unit, chosen + 1, unit + 1],
      );
    },
    light(name) {
      for (const block of blocks) block.classList.toggle("le-lit", block.dataset.part === name);
    },
  };
}
