// The table of an Embedding as a heat map, with a mark next to each row that the sequence picks.

import { idOfRow, nextStepOf, pickedRows } from "./numbers.js";
import { tableInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { paintCells } from "../shared/canvas.js";
import { nameOf, quoted } from "../shared/names.js";
import { h, legend } from "../shared/page.js";
import { cellAt } from "../shared/places.js";
import { plural } from "../shared/words.js";

/** {element, draw(batch), paint(row)}: `tip` follows the pointer. */
export function tablePicture(context, spec, arrays, bar, tip) {
  const { root, palette, listen } = context;
  const [rows, columns] = arrays.table.shape;
  const canvas = h("canvas", { role: "img", "aria-label": tableInWords(rows, columns) });
  const frame = h("div", { class: "le-cell" });
  const longest = Math.max(0, ...(spec.named?.words ?? []).map((word) => word.length));
  const margin = longest ? 6.5 * Math.min(14, longest) + 12 : 28; // for words, or for ids
  const marks = h("div", { class: "le-emb-marks", "aria-hidden": "true", style: `width:${margin}px` });
  const plot = h("div", { class: "le-plot le-emb-table", "data-q": "table" }, canvas, frame);
  const scaleSlot = h("span", {});
  const shape = `(${spec.vocabulary}, ${spec.units})${spec.kept ? `, the ${plural(rows, "row")} that are used` : ""}`;
  const title = h(
    "div",
    { class: "le-title" },
    h("span", { class: "le-strong" }, "table"),
    h("span", { class: "le-muted" }, shape),
    scaleSlot,
  );
  const element = h("div", { class: "le-emb-box" }, title, h("div", { class: "le-emb-rows" }, marks, plot));
  let size = [1, 1];

  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return [cellAt(event.clientY - box.top, size[1], rows), cellAt(event.clientX - box.left, size[0], columns)];
  };
  listen(plot, "pointerdown", (event) => {
    if (event.button) return;
    root.focus({ preventScroll: true });
    bar.stop();
    const { batch, t } = bar.here();
    const [row, unit] = under(event);
    const step = nextStepOf(arrays.ids, batch, spec.steps, row, t);
    bar.go({ unit, ...(step >= 0 && { t: step }) });
  });
  listen(plot, "pointermove", (event) => {
    const [row, column] = under(event);
    const count = pickedRows(arrays.ids, bar.here().batch, spec.steps).get(row) ?? 0;
    const number = context.write(at(arrays.table, row, column), 6);
    tip.show(
      event,
      `row ${idOfRow(spec, row)}${quoted(spec, "words", row)}, column ${column}: ${number} · ${count ? `picked ${count}×` : "not picked here"}`,
    );
  });
  listen(plot, "pointerleave", tip.hide);

  return {
    element,
    draw(batch) {
      const stops = palette.diverging[context.theme];
      const room = element.clientWidth - margin - 6;
      size = [Math.max(24, Math.min(room, columns * 22)), Math.max(24, Math.min(360, rows * 16))];
      const value = (r, c) => at(arrays.table, r, c);
      paintCells(canvas, size[0], size[1], rows, columns, value, { ...spec.scale, stops }, context.theme === "dark");
      scaleSlot.replaceChildren(legend(spec.scale, stops));
      const roomy = size[1] / rows >= 11; // for ids
      const picked = [...pickedRows(arrays.ids, batch, spec.steps).keys()];
      marks.replaceChildren(
        ...picked.map((row) => {
          const mark = h("span", {}, roomy ? nameOf(spec, "words", row) || String(idOfRow(spec, row)) : "");
          mark.style.top = `${((row + 0.5) * size[1]) / rows}px`;
          return mark;
        }),
      );
      marks.style.height = `${size[1]}px`;
    },
    paint(row) {
      const tall = size[1] / rows;
      const shown = Math.max(4, tall);
      const top = Math.max(0, Math.min(size[1] - shown, (row + 0.5) * tall - shown / 2));
      frame.style.transform = `translate(0, ${top}px)`;
      Object.assign(frame.style, { width: `${size[0]}px`, height: `${shown}px` });
    },
  };
}
