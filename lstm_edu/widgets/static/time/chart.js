// Curves over steps.

import { sizeCanvas } from "../shared/canvas.js";
import { contrast } from "../shared/colours.js";
import { h, say } from "../shared/page.js";
import { columnAt, hatch, pointedPlot } from "./map.js";
import { envelope, powerOfTen, roundNumbers, spanOf } from "./scales.js";

export const DASHES = { solid: [], dashed: [7, 4], dotted: [1.5, 3.5], "dash-dot": [9, 3, 2, 3] };

/** Curves over steps. draw(width, curves, {log, dark, runs, mark}): a curve is {name, label, colour, dash, values}; under `log` its
 *  values are exponents of ten. The labels, with samples of the lines, stand in words above the plot. */
export function timeChart(context, bar, tip, { key, title, steps, height = 118, tell }) {
  const pick = (t) => bar.go({ t });
  const { plot, canvas, cursor } = pointedPlot(context, bar, tip, { key, rows: 1, steps, height, pick, tell });
  const lines = h("div", { class: "le-lines" });
  const element = h(
    "div",
    { class: "le-map le-chart", "data-map": key },
    h("div", { class: "le-title" }, title),
    lines,
    plot,
  );
  let width = 0;
  return {
    element,
    plot,
    draw(plotWidth, curves, { log = false, dark = false, runs = [], mark = null } = {}) {
      width = plotWidth;
      const { low, high } = spanOf(curves, log);
      const pen = sizeCanvas(canvas, width, height);
      const up = (v) => height - 5 - ((Math.max(low, Math.min(high, v)) - low) / (high - low)) * (height - 10);
      const [paper, muted, ink] = dark ? ["#17191c", "#a3abb5", "#e6e8eb"] : ["#ffffff", "#59636e", "#1f2328"];
      pen.fillStyle = paper;
      pen.fillRect(0, 0, width, height);
      hatch(pen, runs, steps, width, height, dark);
      const most = Math.max(2, Math.floor(height / 24));
      const marks = log
        ? [...new Set(roundNumbers(low, high, most).map(Math.round))].filter((n) => n >= low && n <= high)
        : roundNumbers(low, high, most);
      pen.lineWidth = 1;
      pen.strokeStyle = dark ? "#3a3f46" : "#dfe3e8";
      pen.beginPath();
      for (const v of marks) {
        pen.moveTo(0, up(v));
        pen.lineTo(width, up(v));
      }
      pen.stroke();
      if (mark !== null) {
        pen.setLineDash([3, 3]);
        pen.strokeStyle = ink;
        pen.beginPath();
        pen.moveTo((mark * width) / steps, 0);
        pen.lineTo((mark * width) / steps, height);
        pen.stroke();
      }
      const ratio = globalThis.devicePixelRatio || 1;
      for (const { values, colour, dash } of curves) {
        const groups = envelope(values, Math.round(width * ratio));
        pen.lineJoin = "round";
        // A pale colour on pale paper gets an edge of ink first.
        const pale = contrast(colour, paper) < 3;
        for (const [style, thick] of pale
          ? [
              [muted, 3.6],
              [colour, 2.2],
            ]
          : [[colour, 2.4]]) {
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
        }
      }
      pen.setLineDash([]);
      pen.font = "11px system-ui, sans-serif";
      pen.textBaseline = "middle";
      pen.lineWidth = 3;
      for (const v of marks) {
        const text = log ? powerOfTen(v) : String(Number(v.toPrecision(6))).replace("-", "−");
        const y = Math.max(7, Math.min(height - 7, up(v)));
        pen.strokeStyle = paper;
        pen.strokeText(text, 4, y);
        pen.fillStyle = muted;
        pen.fillText(text, 4, y);
      }
      const legendOf = curves.map(({ label, colour, dash }) => [label, colour, dash].join()).join();
      if (lines.dataset.of === legendOf) return;
      lines.dataset.of = legendOf;
      lines.replaceChildren(
        ...curves.map(({ name, label, colour, dash }) => {
          const sample = h("span", { class: `le-sample le-${dash}`, "aria-hidden": "true" });
          sample.style.color = colour;
          return h(
            "span",
            { class: "le-line" },
            sample,
            label,
            " ",
            h("span", { class: "le-num", "data-curve": name }),
          );
        }),
      );
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
