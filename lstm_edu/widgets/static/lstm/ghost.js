// A state over time, as it was and as it is with a what-if.

import { at } from "../shared/arrays.js";
import { sizeCanvas } from "../shared/canvas.js";
import { format } from "../shared/numbers.js";
import { chip, h, say } from "../shared/page.js";

/** Which line is which, in all of these charts. */
export function ghostLegend() {
  const key = (kind, text) => h("span", {}, h("i", { class: `le-key le-${kind}` }), text);
  return h("div", { class: "le-legend le-ghost-legend" }, key("was", "before"), key("now", "now"));
}

/** A state of one unit over time: the old run dashed and grey, the new one solid. */
export function ghostChart(context, name) {
  const { palette } = context;
  const HEIGHT = 56;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const cursor = h("div", { class: "le-cursor" });
  const plot = h("div", { class: "le-ghost", role: "img" }, canvas, cursor);
  const title = h("span", {});
  const number = h("span", { class: "le-value" });
  const before = h("span", { class: "le-was-number" });
  const heading = h("div", { class: "le-title" }, chip(name, palette), title, number, before);
  const element = h("div", { class: "le-ghost-box" }, heading, plot);
  let drawn = {};
  let width = 0;

  function draw(old, run, { unit, batch }, spec) {
    width = Math.max(40, plot.clientWidth);
    const steps = Array.from({ length: spec.steps }, (_, t) => t);
    const rows = [old, run].map((arrays) => steps.map((t) => at(arrays[name], batch, t, unit)));
    const finite = rows.flat().filter(Number.isFinite);
    const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [0, 0]);
    const span = high - low || 1;
    const y = (v) => 5 + ((high - v) / span) * (HEIGHT - 10);
    const x = (t) => ((t + 0.5) * width) / spec.steps;
    const pen = sizeCanvas(canvas, width, HEIGHT);
    const { ink } = context.neutrals;
    const line = (values, colour, dashes, thickness) => {
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = thickness;
      pen.setLineDash(dashes);
      pen.beginPath();
      let down = false;
      values.forEach((v, t) => {
        if (!Number.isFinite(v)) down = false;
        else if (down) pen.lineTo(x(t), y(v));
        else {
          pen.moveTo(x(t), y(v));
          down = true;
        }
      });
      pen.stroke();
      if (values.length > 32) return;
      const size = 2 * thickness; // a mark at each step, so that a single one is seen too
      values.forEach((v, t) => Number.isFinite(v) && pen.fillRect(x(t) - thickness, y(v) - thickness, size, size));
    };
    pen.globalAlpha = 0.25;
    pen.fillStyle = ink;
    pen.fillRect(0, y(0), width, 1);
    pen.globalAlpha = 0.6;
    line(rows[0], ink, [5, 4], 1.5);
    pen.globalAlpha = 1;
    line(rows[1], palette.colors[name], [], 2.5);
  }

  return {
    element,
    forget: () => (drawn = {}),
    paint(old, run, place, spec) {
      const { theme } = context;
      const { t, unit, batch } = place;
      if (drawn.run !== run || drawn.unit !== unit || drawn.batch !== batch || drawn.theme !== theme) {
        draw(old, run, place, spec);
        drawn = { run, unit, batch, theme };
      }
      const column = width / spec.steps;
      cursor.style.width = `${Math.max(1, Math.min(column, 3))}px`;
      cursor.style.transform = `translateX(${(t + 0.5) * column - 1}px)`;
      const [was, now] = [old, run].map((arrays) => format(at(arrays[name], batch, t, unit)));
      say(title, `unit ${unit}`);
      say(number, now);
      say(before, was === now ? "as before" : `was ${was}`);
      const what = `${name} of unit ${unit} over ${spec.steps} steps, before (dashed) and now (solid).`;
      plot.setAttribute("aria-label", `${what} At step ${t}: now ${now}, before ${was}.`);
    },
  };
}
