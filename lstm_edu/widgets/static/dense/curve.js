// The activation's curve with an output on it; or, where an output depends on its whole row, the row's outputs as bars.

import { curveOf, windowAround } from "./numbers.js";
import { barsInWords, curveInWords } from "./words.js";
import { sizeCanvas } from "../shared/canvas.js";
import { nameOf } from "../shared/names.js";
import { h } from "../shared/page.js";

const BARS_SHOWN = 40;
const HEIGHT = 132;

/** {element, paint(row, unit)}; null for a linear layer, which has nothing to show. */
export function activationPicture(context, spec, colour) {
  if (spec.activation === "linear") return null;
  const canvas = h("canvas", { role: "img" });
  const element = h("div", { class: "le-curve" }, canvas);
  return {
    element,
    paint(row, unit) {
      const width = Math.max(160, Math.min(420, element.clientWidth));
      const ink = getComputedStyle(context.root).color; // high contrast changes it, and it fits the theme
      const sheet = { pen: sizeCanvas(canvas, width, HEIGHT), width, ink, colour, format: context.write };
      const drawn = curveOf(spec.activation, row.z);
      if (drawn) drawCurve(sheet, drawn, row, unit);
      else drawBars(sheet, row.y, unit, nameOf(spec, "units", unit));
      canvas.setAttribute("aria-label", (drawn ? curveInWords : barsInWords)(spec, row, unit, context.write));
    },
  };
}

function line({ pen, ink }, from, to, { alpha = 1, dash = [] } = {}) {
  pen.globalAlpha = alpha;
  pen.lineWidth = 1;
  pen.setLineDash(dash);
  pen.strokeStyle = ink;
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

function write({ pen, width, ink }, text, x, top, align) {
  pen.fillStyle = ink;
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = align;
  pen.textBaseline = "middle";
  const half = pen.measureText(text).width * (align === "center" ? 0.5 : 1);
  pen.fillText(text, align === "center" ? Math.max(half, Math.min(width - half, x)) : x, top);
}

function drawCurve(sheet, drawn, row, unit) {
  const { pen, width, ink, colour, format } = sheet;
  const across = (v) => ((v - drawn.z[0]) / (drawn.z[1] - drawn.z[0])) * width;
  const down = (v) => 4 + (1 - (v - drawn.y[0]) / (drawn.y[1] - drawn.y[0])) * (HEIGHT - 24);
  line(sheet, [0, down(0)], [width, down(0)], { alpha: 0.45 });
  line(sheet, [across(0), 0], [across(0), HEIGHT - 18], { alpha: 0.45 });
  pen.strokeStyle = ink;
  pen.lineWidth = 1.8;
  pen.beginPath();
  let held = false;
  for (const [x, value] of drawn.points) {
    if (!Number.isFinite(value)) {
      held = false;
      continue;
    }
    if (held) pen.lineTo(across(x), down(value));
    else pen.moveTo(across(x), down(value));
    held = true;
  }
  pen.stroke();
  const dot = (k, size, fill) => {
    if (!Number.isFinite(row.z[k]) || !Number.isFinite(row.y[k])) return;
    pen.beginPath();
    pen.arc(across(row.z[k]), down(row.y[k]), size, 0, 7);
    pen.lineWidth = 1.5;
    pen.fillStyle = fill;
    pen.strokeStyle = ink;
    pen.fill();
    pen.stroke();
  };
  row.y.forEach((_, k) => k !== unit && dot(k, 2.5, "#80808080"));
  const [z, y] = [row.z[unit], row.y[unit]];
  if (!Number.isFinite(z) || !Number.isFinite(y)) return;
  line(sheet, [across(z), down(y)], [across(z), HEIGHT - 18], { dash: [3, 3], alpha: 0.8 });
  line(sheet, [across(z), down(y)], [0, down(y)], { dash: [3, 3], alpha: 0.8 });
  dot(unit, 5.5, colour);
  write(sheet, `z = ${format(z, 3)}`, across(z), HEIGHT - 8, "center");
  write(sheet, format(y, 3), 2, Math.max(8, down(y) - 8), "left");
}

function drawBars(sheet, outputs, unit, name) {
  const { pen, width, ink, colour, format } = sheet;
  const [first, end] = windowAround(unit, outputs.length, BARS_SHOWN);
  const shown = outputs.slice(first, end);
  const finite = shown.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(1e-30, ...finite)];
  const down = (v) => 16 + (1 - (v - low) / (high - low)) * (HEIGHT - 36);
  const step = width / shown.length;
  shown.forEach((value, n) => {
    if (!Number.isFinite(value)) return;
    const tall = Math.max(1, Math.abs(down(value) - down(0)));
    const bar = [n * step + 1, Math.min(down(value), down(0)), Math.max(1, step - 2), tall];
    const mine = first + n === unit;
    pen.fillStyle = mine ? colour : "#80808080";
    pen.fillRect(...bar);
    if (!mine) return;
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.strokeRect(...bar);
  });
  line(sheet, [0, down(0)], [width, down(0)], { alpha: 0.6 });
  write(sheet, `y${unit}${name && ` ${name}`} = ${format(outputs[unit], 3)}`, (unit - first + 0.5) * step, 7, "center");
  write(sheet, `outputs ${first} to ${end - 1} of this row`, width / 2, HEIGHT - 8, "center");
}
