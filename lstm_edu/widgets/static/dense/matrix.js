// Two ways to show a matrix: {element, key(event) -> handled?, paint(value, marks, scale, first)}. `marks`: lit(r, c),
// chosen(r, c), changed(r, c); box and dot, the same for a matrix of colours. `first`: the number of its first row.

import { paintCells } from "../shared/canvas.js";
import { inkOn, ramp, shade, stopsOf } from "../shared/colours.js";
import { fitted } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";
import { cellAt, clamp } from "../shared/places.js";

const MOST_NAMED = 16; // rows of colours that have room for a name

/** The names of all rows or columns; none where not all have one. */
const nameSpans = (kind, names, count) =>
  names.length === count
    ? names.map((text) => h("span", { class: kind, "aria-hidden": "true", title: text }, text))
    : [];

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Small ones: every number a button. One of them is in the tab order; arrows move among them. `on`: what the matrix is
 *  part of, {choose(name, row, column, taken), narrow(), letters, columnNames(name), rowNames(name), called(name, r, c)}. */
export function numberMatrix(context, on, name, rows, columns, what) {
  const element = h("div", { class: "le-grid", role: "group", "aria-label": `${name}: ${what}` });
  element.style.setProperty("--le-columns", columns);
  const cells = Array.from({ length: rows * columns }, (_, n) => {
    const [r, c] = [Math.floor(n / columns), n % columns];
    const cell = h("button", {
      type: "button",
      class: "le-number",
      tabindex: n ? -1 : 0,
      "data-q": `${name}${r},${c}`,
    });
    context.listen(cell, "click", () => on.choose(name, r, c, true));
    context.listen(cell, "focus", () => {
      for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
    });
    return cell;
  });
  const heads = nameSpans("le-column-name", on.columnNames(name), columns);
  const sides = nameSpans("le-row-name", on.rowNames(name), rows);
  element.classList.toggle("le-row-named", sides.length > 0);
  element.style.setProperty("--le-rows", String(rows));
  if (sides.length && heads.length) element.append(h("span")); // the corner
  element.append(...heads);
  cells.forEach((cell, n) => element.append(...(n % columns ? [] : sides.slice(n / columns, n / columns + 1)), cell));
  const indexOf = (r, c, first) => (name === "b" ? c : name === "W" ? `${r}, ${c}` : `${first + r}, ${c}`);

  function paintCell(cell, number, stops, { low, high }) {
    const index = shade(number, low, high);
    const colour = index < 0 ? null : [...stops.subarray(4 * index, 4 * index + 3)];
    const text = fitted(context.write(number, on.narrow() ? 3 : 4), number, on.narrow() ? 6 : 7);
    say(cell, text);
    cell.classList.toggle("le-power", text.includes("e"));
    cell.style.background = colour ? `rgb(${colour.join(" ")})` : "";
    cell.style.color = colour ? inkOn(colour) : "";
  }

  return {
    element,
    key(event) {
      const index = cells.indexOf(event.target);
      const by = STEPS[event.key];
      if (index < 0 || !by) return false;
      const r = clamp(Math.floor(index / columns) + by[0], rows);
      const c = clamp((index % columns) + by[1], columns);
      cells[r * columns + c].focus();
      if (name === "y") on.choose("y", r, c, false);
      return true;
    },
    paint(value, marks, scale, first) {
      const stops = ramp(stopsOf(scale, name === "y" ? "h" : name, on.letters, context.theme));
      cells.forEach((cell, n) => {
        const [r, c] = [Math.floor(n / columns), n % columns];
        const changed = marks.changed(r, c);
        paintCell(cell, value(r, c), stops, scale);
        cell.classList.toggle("le-in", marks.lit(r, c));
        cell.classList.toggle("le-chosen", marks.chosen(r, c));
        cell.classList.toggle("le-changed", changed);
        const text = `${name}[${indexOf(r, c, first)}]${on.called(name, r, c)} = ${context.write(value(r, c))}${changed ? ", changed" : ""}`;
        cell.setAttribute("aria-label", text);
      });
    },
  };
}

/** Larger ones: colours, with a frame around what is chosen. `on` has also room(): {width, columns}, of all matrices. */
export function colourMatrix(context, on, name, rows, columns, what) {
  const about = `${name}: ${what}, ${rows} rows and ${columns} columns as colours`;
  const canvas = h("canvas", { role: "img", "aria-label": about });
  const frame = h("div", { class: "le-cell" });
  const dot = h("div", { class: "le-cell le-dot", hidden: true });
  const sides = rows <= MOST_NAMED ? nameSpans("le-row-name", on.rowNames(name), rows) : [];
  const names = sides.length > 0 && h("div", { class: "le-colour-rows" }, sides);
  const element = h("div", { class: "le-plot" }, canvas, frame, dot, names);
  context.listen(element, "pointerdown", (event) => {
    const box = canvas.getBoundingClientRect();
    event.preventDefault(); // the slider has the focus afterwards
    context.root.focus({ preventScroll: true });
    const row = cellAt(event.clientY - box.top, box.height, rows);
    on.choose(name, row, cellAt(event.clientX - box.left, box.width, columns), true);
  });
  function size() {
    const { width, columns: all } = on.room();
    const wide = Math.min(22, Math.max(width / all, (0.25 * width) / columns));
    const high = name === "W" ? Math.max(Math.min(15, 240 / rows), 60 / rows) : 18;
    return [Math.min(columns * wide, 0.7 * width), rows * high];
  }
  const put = (mark, [x, y], [w, t], least) => {
    mark.style.transform = `translate(${x}px, ${y}px)`;
    mark.style.width = `${Math.max(least, w)}px`;
    mark.style.height = `${Math.max(least, t)}px`;
  };
  return {
    element,
    key: () => false,
    paint(value, marks, scale) {
      const [width, height] = size();
      const stops = stopsOf(scale, name === "y" ? "h" : name, on.letters, context.theme);
      paintCells(canvas, width, height, rows, columns, value, { ...scale, stops }, context.theme === "dark");
      const [w, t] = [width / columns, height / rows];
      const [top, left, bottom, right] = marks.box;
      put(frame, [left * w, top * t], [(right - left) * w, (bottom - top) * t], 3);
      dot.hidden = !marks.dot;
      if (marks.dot) put(dot, [marks.dot[1] * w, marks.dot[0] * t], [w, t], 4);
    },
  };
}
