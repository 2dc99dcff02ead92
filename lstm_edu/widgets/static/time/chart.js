// Curves over steps.

import { sizeCanvas } from "../shared/canvas.js";
import { contrast } from "../shared/colours.js";
import { h, say } from "../shared/page.js";
import { columnAt, hatch, pointedPlot } from "./map.js";
import { envelope, powerOfTen, roundNumbers, spanOf } from "./scales.js";

export const DASHES = { solid: [], dashed: [7, 4], dotted: [1.5, 3.5], "dash-dot": [9, 3, 2, 3] };

/** Curves over steps. draw(width, curves, {log, runs, mark, height}): a curve is {name, label, colour, dash, values}; under
 *  `log` its values are exponents of ten. The labels, with samples of the lines, are in words above the plot. `from`: the
 *  level from which on it is shown. */
export function timeChart(context, bar, tip, { key, title, steps, height: usual = 118, tell, from = null }) {
  const pick = (t) => bar.go({ t });
  const { plot, canvas, cursor } = pointedPlot(context, bar, tip, { key, rows: 1, steps, height: usual, pick, tell });
  const lines = h("div", { class: "le-lines" });
  const heading = h("div", { class: "le-title" }, title);
  const element = h("div", { class: "le-map le-chart", "data-map": key }, heading, lines, plot);
  let width = 0;
  let labelled = "";

  /** The labels above the plot, made again where they have changed. */
  function label(curves) {
    const labels = curves.map(({ label, colour, dash }) => [label, colour, dash].join()).join();
    if (labels === labelled) return;
    labelled = labels;
    lines.replaceChildren(
      ...curves.map(({ name, label, colour, dash }) => {
        const sample = h("span", { class: `le-sample le-${dash}`, "aria-hidden": "true", style: `color:${colour}` });
        return h("span", { class: "le-line" }, sample, label, " ", h("span", { class: "le-num", "data-curve": name }));
      }),
    );
  }

  return {
    element,
    plot,
    from,
    draw(plotWidth, curves, { log = false, runs = [], mark = null, height = usual } = {}) {
      width = plotWidth;
      const { low, high } = spanOf(curves, log);
      const up = (v) => height - 5 - ((Math.max(low, Math.min(high, v)) - low) / (high - low)) * (height - 10);
      const pen = sizeCanvas(canvas, width, height);
      const sheet = { pen, width, height, up, ...context.neutrals };
      pen.fillStyle = sheet.paper;
      pen.fillRect(0, 0, width, height);
      hatch(pen, runs, steps, width, height, context.theme === "dark");
      const numbers = axisNumbers(low, high, Math.max(2, Math.floor(height / 24)), log);
      drawGrid(sheet, numbers);
      if (mark !== null) drawMark(sheet, (mark * width) / steps);
      for (const curve of curves) drawCurve(sheet, curve);
      drawNumbers(sheet, numbers, log);
      label(curves);
    },
    /** The number of each curve at this step, as text by the curves' names. */
    place(t, texts) {
      const [left, shown] = columnAt(t, steps, width);
      cursor.style.transform = `translateX(${left}px)`;
      cursor.style.width = `${shown}px`;
      for (const slot of lines.querySelectorAll("[data-curve]")) say(slot, texts[slot.dataset.curve] ?? "");
    },
  };
}

/** The numbers along the axis; exponents under `log`. */
function axisNumbers(low, high, most, log) {
  const found = roundNumbers(low, high, most);
  return log ? [...new Set(found.map(Math.round))].filter((n) => n >= low && n <= high) : found;
}

function drawGrid({ pen, width, up, ink }, numbers) {
  pen.lineWidth = 1;
  pen.strokeStyle = ink;
  pen.globalAlpha = 0.15;
  pen.beginPath();
  for (const v of numbers) {
    pen.moveTo(0, up(v));
    pen.lineTo(width, up(v));
  }
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawMark({ pen, height, ink }, x) {
  pen.setLineDash([3, 3]);
  pen.strokeStyle = ink;
  pen.beginPath();
  pen.moveTo(x, 0);
  pen.lineTo(x, height);
  pen.stroke();
}

function drawCurve({ pen, width, up, muted, paper }, { values, colour, dash }) {
  const groups = envelope(values, Math.round(width * (globalThis.devicePixelRatio || 1)));
  const stroke = (style, thick) => {
    pen.lineJoin = "round";
    pen.strokeStyle = style;
    pen.lineWidth = thick;
    pen.setLineDash(DASHES[dash]);
    pen.beginPath();
    let drawing = false;
    groups.forEach((group, n) => {
      if (!group) return (drawing = false);
      const x = ((n + 0.5) * width) / groups.length;
      for (const v of group[0] === group[1] ? [group[0]] : group) {
        if (drawing) pen.lineTo(x, up(v));
        else pen.moveTo(x, up(v));
        drawing = true;
      }
      if (groups.length === 1) pen.lineTo(x + 3, up(group[0]));
    });
    pen.stroke();
  };
  // A pale colour on pale paper gets an edge of ink first.
  const pale = contrast(colour, paper) < 3;
  if (pale) stroke(muted, 3.6);
  stroke(colour, pale ? 2.2 : 2.4);
}

function drawNumbers({ pen, height, up, paper, muted }, numbers, log) {
  pen.setLineDash([]);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  pen.lineWidth = 3;
  for (const v of numbers) {
    const text = log ? powerOfTen(v) : String(Number(v.toPrecision(6))).replace("-", "−");
    const y = Math.max(7, Math.min(height - 7, up(v)));
    pen.strokeStyle = paper;
    pen.strokeText(text, 4, y);
    pen.fillStyle = muted;
    pen.fillText(text, 4, y);
  }
}
