// Heat maps of units x steps.

import { paintCells, pattern } from "../shared/canvas.js";
import { h, legend, say } from "../shared/page.js";
import { cellAt, ticks } from "../shared/places.js";

/** A label that follows the pointer inside `frame`. */
export function pointerTip() {
  const element = h("div", { class: "le-tip", "aria-hidden": "true", hidden: true });
  return {
    element,
    show(event, text) {
      element.hidden = false;
      say(element, text);
      const frame = element.parentElement.getBoundingClientRect();
      const left = Math.min(event.clientX - frame.left + 12, frame.width - element.offsetWidth);
      element.style.transform = `translate(${Math.max(0, left)}px, ${event.clientY - frame.top + 16}px)`;
    },
    hide: () => (element.hidden = true),
  };
}

/** A plot over time that is pointed at: a canvas `height` pixels high from the start, and a cursor; `rows` places high. */
export function pointedPlot(context, bar, tip, { key, rows, steps, height, pick, tell }) {
  const canvas = h("canvas", { "aria-hidden": "true", style: `height:${height}px` });
  const cursor = h("div", { class: "le-cursor" });
  const plot = h("div", { class: "le-plot", "data-q": key }, canvas, cursor);
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [cellAt(event.clientX - box.left, box.width, steps), cellAt(event.clientY - box.top, box.height, rows)];
  };
  context.listen(plot, "pointerdown", (event) => {
    if (event.button) return;
    plot.setPointerCapture(event.pointerId);
    context.root.focus({ preventScroll: true });
    bar.stop();
    pick(...placeOf(event));
  });
  context.listen(plot, "pointermove", (event) => {
    if (plot.hasPointerCapture(event.pointerId)) pick(...placeOf(event));
    tip.show(event, tell(...placeOf(event)));
  });
  context.listen(plot, "pointerleave", tip.hide);
  return { plot, canvas, cursor };
}

/** Left edge and width of a step's column, at least 3 pixels wide, inside the plot. */
export function columnAt(t, steps, plotWidth) {
  const column = plotWidth / steps;
  const width = Math.max(column, 3);
  return [Math.max(0, Math.min(plotWidth - width, (t + 0.5) * column - width / 2)), width];
}

/** A heat map of `rows` units over `steps` steps, with its title, its scale and marks at the reader's place.
 *  `about`: what the pointer finds on the title. `after`: what follows the value. `row`: what a row is called.
 *  `labels`: names of the rows; of many only the chosen one's is shown. `marked`: whether a row can be chosen. `veiled`: the steps before the reader's place have not been reached yet. */
export function timeMap(context, bar, tip, options) {
  const {
    key,
    title,
    about,
    after,
    row = "unit",
    rows,
    steps,
    pick,
    tell,
    tallest = 68,
    marked = true,
    veiled = false,
    labels = null,
  } = options;
  const named = labels && rows <= MOST_LABELS; // every row has room for its name
  const height = Math.max(22, Math.min(rows * 13, named ? Infinity : tallest));
  const { plot, canvas, cursor } = pointedPlot(context, bar, tip, { key, rows, steps, height, pick, tell });
  const cell = h("div", { class: "le-cell" });
  const pointer = h("div", { class: "le-pointer" });
  const veil = h("div", { class: "le-veil" });
  const names = h("div", { class: "le-row-names", "aria-hidden": "true" });
  if (named) names.append(...labels.map((name) => h("span", { title: name }, name)));
  const value = h("span", { class: "le-value" });
  const scaleSlot = h("span", {});
  if (labels) plot.append(names);
  plot.append(...(veiled ? [veil] : []), ...(marked ? [cell, pointer] : []));
  const heading = h("div", { class: "le-title", title: about }, title, value, after, scaleSlot);
  const element = h("div", { class: "le-map", "data-map": key }, heading, plot);
  let width = 0;
  return {
    element,
    plot,
    value,
    draw(plotWidth, valueAt, scale, stops, runs, dark, scaleText) {
      width = plotWidth;
      const pen = paintCells(canvas, width, height, rows, steps, valueAt, { ...scale, stops }, dark);
      hatch(pen, runs, steps, width, height, dark);
      scaleSlot.replaceChildren(scaleText ?? legend(scale, stops));
    },
    place(t, unit) {
      const [left, shown] = columnAt(t, steps, width);
      cursor.style.transform = `translateX(${left}px)`;
      cursor.style.width = `${shown}px`;
      if (veiled) veil.style.width = `${Math.min(left, (t * width) / steps)}px`;
      if (!marked) return;
      const each = height / rows;
      const tall = Math.max(each, 3);
      const top = Math.max(0, Math.min(height - tall, (unit + 0.5) * each - tall / 2));
      cell.style.transform = `translate(${left}px, ${top}px)`;
      cell.style.width = `${shown}px`;
      cell.style.height = `${tall}px`;
      pointer.style.transform = `translateY(${(unit + 0.5) * each}px)`;
      if (labels && !named) {
        say(names, labels[unit]);
        names.style.transform = `translateY(${Math.min(height - 13, unit * each)}px)`;
      }
    },
    /** What there is more of than pixels, as it was drawn last. */
    crowded: () => [
      ...(steps > canvas.width ? [`${steps} steps are more than the picture has columns`] : []),
      ...(rows > canvas.height || (steps > canvas.width && 2 * rows > canvas.height)
        ? [`${rows} ${row}s are more than the picture has rows`]
        : []),
    ],
  };
}

const MOST_LABELS = 16;

export function hatch(pen, runs, steps, width, height, dark) {
  if (!runs.length) return;
  pen.fillStyle = pattern(pen, "hatch", dark);
  for (const [first, end] of runs) {
    pen.fillRect((first * width) / steps, 0, ((end - first) * width) / steps, height);
  }
}

/** The axis under pictures over time: step numbers and a line of text. */
export function timeAxis(text) {
  const element = h("div", { class: "le-axis", "aria-hidden": "true" });
  return {
    element,
    /** `nameAt(t)`: what a step is called, if anything. */
    draw(steps, plotWidth, nameAt = (_t) => "") {
      const shown = ticks(steps, plotWidth / 60);
      element.replaceChildren(
        ...shown.map((t) => {
          const mark = h("span", { title: nameAt(t) ? `step ${t}` : null }, nameAt(t) || String(t));
          mark.style.left = `${((t + 0.5) * plotWidth) / steps}px`;
          mark.style.maxWidth = `${plotWidth / shown.length}px`;
          return mark;
        }),
        h("em", {}, text),
      );
    },
  };
}
