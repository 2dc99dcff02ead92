// What explorers that look at layers over time share: the bar of controls, pictures of units x steps, curves over steps.

// --- many steps on few pixels (pure) --------------------------------------------------------------------------------

/** The least and the greatest of each of `across` groups of values: [[least, greatest], ...]; null where nothing in the
 *  group is a number. One value a group if there are no more values than groups. */
export function envelope(values, across) {
  const count = Math.min(values.length, across);
  return Array.from({ length: count }, (_, n) => {
    let [least, greatest] = [Infinity, -Infinity];
    let any = false;
    for (let k = Math.floor((n * values.length) / count); k < Math.floor(((n + 1) * values.length) / count); k++) {
      if (Number.isNaN(values[k])) continue;
      any = true;
      if (values[k] < least) least = values[k];
      if (values[k] > greatest) greatest = values[k];
    }
    return any ? [least, greatest] : null;
  });
}

/** Round numbers from low to high, at most about `most`. */
export function roundNumbers(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough * (1 - 1e-9));
  const found = [];
  for (let n = Math.ceil(low / every - 1e-9); n * every <= high * (1 + 1e-12) + 1e-12 * every; n++) found.push(n * every);
  return found;
}

/** The next number that reads well, as the end of a scale (plots/scales.py). */
export function roundedUp(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((end) => end >= size * (1 - 1e-6)) ?? size;
}

/** From −a to a, a the largest finite magnitude rounded up (plots/scales.py: signed_scale). */
export function signedScale(values) {
  let most = 0;
  for (const v of values) if (Number.isFinite(v) && Math.abs(v) > most) most = Math.abs(v);
  if (most < 1e-300) return { kind: "signed", low: -1, high: 1 };
  const high = roundedUp(most);
  return { kind: "signed", low: -high, high };
}

/** Runs of steps of a sequence that the layer skipped: [[first, end), ...]. `counts` is null where none was. */
export function skippedRuns(counts, batch, steps) {
  const runs = [];
  for (let t = 0; counts && t < steps; t++) {
    if (at(counts, batch, t)) continue;
    const last = runs.at(-1);
    if (last && last[1] === t) last[1] = t + 1;
    else runs.push([t, t + 1]);
  }
  return runs;
}

/** How many values of a sequence are not finite, in words; "" if all are. `named` is [[name, array (B, T, K), what one of
 *  the K is called, "unit" if not given], ...]. */
export function oddNumbers(named, batch) {
  let count = 0;
  let first = "";
  for (const [name, { shape, data }, what = "unit"] of named) {
    const size = shape[1] * shape[2];
    for (let n = 0; n < size; n++) {
      if (Number.isFinite(data[batch * size + n])) continue;
      count++;
      first ||= `${name} at step ${Math.floor(n / shape[2])}, ${what} ${n % shape[2]}`;
    }
  }
  if (!count) return "";
  const [numbers, are] = count === 1 ? ["number", "is"] : ["numbers", "are"];
  return `${count} ${numbers} of this sequence ${are} NaN or infinite, drawn as a chequerboard; the first: ${first}.`;
}

// --- where the reader is --------------------------------------------------------------------------------------------

/** The bar of buttons, slider and lists that moves t, unit and batch; and the keys. Going back is always to the left, and
 *  where there is one step only there is nothing to move it with. `limits`: {steps, units, rows}; `backwards`: Play walks
 *  from the last step to the first. `more`: further controls. */
export function timeBar(context, limits, { backwards = false, more = [] } = {}) {
  const { model, listen, root } = context;
  const clampTo = (value, count) => Math.max(0, Math.min(count - 1, value));
  const here = () => ({
    t: clampTo(model.get("t"), limits.steps),
    unit: clampTo(model.get("unit"), limits.units),
    batch: clampTo(model.get("batch"), limits.rows),
  });
  const go = (change) => context.set(change);
  const [from, to] = backwards ? [limits.steps - 1, 0] : [0, limits.steps - 1];

  const left = h("button", { type: "button", "aria-label": "previous timestep", title: "previous timestep (←)" }, "←");
  const play = h("button", { type: "button", class: "le-play" }, "Play");
  const right = h("button", { type: "button", "aria-label": "next timestep", title: "next timestep (→)" }, "→");
  const slider = h("input", { type: "range", min: 0, max: limits.steps - 1, step: 1, "aria-label": "timestep" });
  const stepText = h("output", { class: "le-step" });
  const numbered = (count) => Array.from({ length: count }, (_, n) => h("option", { value: n }, String(n)));
  const unitChoice = h("select", { "aria-label": "unit" }, numbered(limits.units));
  const rowChoice = h("select", { "aria-label": "sequence of the batch" }, numbered(limits.rows));
  const element = h(
    "div",
    { class: "le-controls" },
    limits.steps > 1 && [h("span", { class: "le-buttons" }, left, play, right), slider],
    stepText,
    h("label", {}, "unit ", unitChoice),
    limits.rows > 1 && h("label", {}, "sequence ", rowChoice),
    more,
  );

  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    say(play, "Play");
  };
  const toggle = () => {
    if (timer) return stop();
    if (here().t === to) go({ t: from });
    say(play, "Pause");
    const beat = () => {
      const { t } = here();
      if (!root.isConnected || t === to) stop();
      else go({ t: t + (backwards ? -1 : 1) });
    };
    timer = setInterval(context.guard(beat), 220);
  };
  listen(left, "click", () => go({ t: clampTo(here().t - 1, limits.steps) }));
  listen(right, "click", () => go({ t: clampTo(here().t + 1, limits.steps) }));
  listen(play, "click", toggle);
  listen(slider, "input", () => go({ t: Number(slider.value) }));
  listen(unitChoice, "change", () => go({ unit: Number(unitChoice.value) }));
  listen(rowChoice, "change", () => go({ batch: Number(rowChoice.value) }));

  return {
    element,
    here,
    go,
    stop,
    paint({ t, unit, batch }, time) {
      slider.value = t;
      slider.setAttribute("aria-valuetext", `step ${t} of 0 to ${limits.steps - 1}`);
      unitChoice.value = unit;
      rowChoice.value = batch;
      const place = limits.steps > 1 ? `step ${t} of 0…${limits.steps - 1}` : "one step, step 0";
      say(stepText, `${place}${time ? `, reads input ${time[t]}` : ""}`);
      Object.assign(root.dataset, { t, unit, batch });
    },
    key(event) {
      const { tagName, type } = event.target;
      if (tagName === "SELECT" && event.target !== unitChoice && /^Arrow(Up|Down)$/.test(event.key)) return false;
      if (event.key === " ") {
        if (["BUTTON", "SELECT", "SUMMARY"].includes(tagName) || type === "checkbox") return false; // presses, opens it
        if (limits.steps > 1) toggle();
        return true;
      }
      const place = moved(event.key, here(), limits);
      if (place) go(place);
      return Boolean(place);
    },
  };
}

/** The line that says which keys there are. */
export function keysLine(...more) {
  const known = [["← →", "step"], ["↑ ↓", "unit"], ["Page Up, Page Down", "ten steps"], ["Home, End", "first, last"],
    ["Space", "play"], ...more]; // prettier-ignore
  return h("p", { class: "le-keys le-muted" }, "Click or drag on a picture, or: ",
    known.map(([key, what], n) => [n ? " · " : "", h("kbd", {}, key), ` ${what}`])); // prettier-ignore
}

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
function pointedPlot(context, bar, tip, { key, rows, steps, height, pick, tell }) {
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
 *  `about`: what the pointer finds on the title. `after`: what stands behind the value. `row`: what a row is called.
 *  `marked`: whether a row can be chosen. `veiled`: the steps before the reader's place have not been reached yet. */
export function timeMap(context, bar, tip, options) {
  const { key, title, about, after, row = "unit", rows, steps, pick, tell, tallest = 68, marked = true, veiled = false } = options;
  const height = Math.max(22, Math.min(rows * 13, tallest));
  const { plot, canvas, cursor } = pointedPlot(context, bar, tip, { key, rows, steps, height, pick, tell });
  const cell = h("div", { class: "le-cell" });
  const pointer = h("div", { class: "le-pointer" });
  const veil = h("div", { class: "le-veil" });
  const value = h("span", { class: "le-value" });
  const scaleSlot = h("span", {});
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
    },
    /** What there is more of than pixels, as it was drawn last. */
    crowded: () => [
      ...(steps > canvas.width ? [`${steps} steps are more than the picture has columns`] : []),
      ...(rows > canvas.height ? [`${rows} ${row}s are more than the picture has rows`] : []),
    ],
  };
}

/** What these heat maps do not show for want of pixels, in words; "" if every value has a pixel. `curves`: they stand
 *  above curves of the same steps. */
export function sharedPixels(maps, { curves = false } = {}) {
  const found = [...new Set(maps.flatMap((map) => map.crowded()))];
  if (!found.length) return "";
  const drawn = curves && found.some((text) => text.endsWith("columns")) ? ", a curve the least and the greatest" : "";
  return `${found.join(", ")}: of those that share a pixel it shows the value furthest from zero${drawn}. The numbers are exact.`;
}

function hatch(pen, runs, steps, width, height, dark) {
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
    draw(steps, plotWidth) {
      element.replaceChildren(
        ...ticks(steps, plotWidth / 60).map((t) => {
          const mark = h("span", {}, String(t));
          mark.style.left = `${((t + 0.5) * plotWidth) / steps}px`;
          return mark;
        }),
        h("em", {}, text),
      );
    },
  };
}

// --- curves ---------------------------------------------------------------------------------------------------------

export const DASHES = { solid: [], dashed: [7, 4], dotted: [1.5, 3.5], "dash-dot": [9, 3, 2, 3] };
const DECADES = 45; // as many as float32 has below 1; what is smaller lies on the lower edge

/** The span of an axis over these curves: {low, high}. Powers of ten (values are exponents) if `log`. */
export function spanOf(curves, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of curves) {
    for (const v of values) {
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  if (!(high >= low)) return log ? { low: -1, high: 0 } : { low: -1, high: 1 };
  if (log) {
    high = Math.ceil(high - 1e-9);
    return { low: Math.max(high - DECADES, Math.min(high - 1, Math.floor(low + 1e-9))), high };
  }
  const room = 0.04 * (high - low) || 0.5 * Math.abs(high) || 1;
  return { low: low - room, high: high + room };
}

/** How well one colour is seen on another, 1 to 21 (WCAG). */
export function contrast(a, b) {
  const [dark, light] = [luminance(rgb(a)), luminance(rgb(b))].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** "1e−7" as it is written on an axis. */
export const powerOfTen = (n) => (n === 0 ? "1" : `1e${String(n).replace("-", "−")}`);

/** Curves over steps. draw(width, curves, {log, dark, runs, mark}): a curve is {name, label, colour, dash, values}; under `log` its
 *  values are exponents of ten. The labels, with samples of the lines, stand in words above the plot. */
export function timeChart(context, bar, tip, { key, title, steps, height = 118, tell }) {
  const pick = (t) => bar.go({ t });
  const { plot, canvas, cursor } = pointedPlot(context, bar, tip, { key, rows: 1, steps, height, pick, tell });
  const lines = h("div", { class: "le-lines" });
  const element = h("div", { class: "le-map le-chart", "data-map": key }, h("div", { class: "le-title" }, title), lines, plot);
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
        for (const [style, thick] of pale ? [[muted, 3.6], [colour, 2.2]] : [[colour, 2.4]]) {
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
          return h("span", { class: "le-line" }, sample, label, " ", h("span", { class: "le-num", "data-curve": name }));
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

// --- ours and Keras's -----------------------------------------------------------------------------------------------

/** A table of one place's numbers, ours and Keras's, with their differences; above it, how the whole runs compare. */
export function comparison(spec, rows) {
  const cells = {};
  const body = rows.map((name) => {
    cells[name] = [h("td", {}), h("td", { "data-keras": name }), h("td", { "data-difference": name })];
    return h("tr", {}, h("th", { scope: "row" }, symbol(name)), cells[name]);
  });
  const head = ["", "ours", "Keras", "difference"].map((text, n) => h(n ? "th" : "td", n ? { scope: "col" } : {}, text));
  const verdict = h("p", { class: spec.comparison.agrees ? "le-verdict" : "le-verdict le-differs" },
    `Ours and Keras, over the whole run: ${spec.comparison.text}.`); // prettier-ignore
  const table = h("table", { class: "le-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  return {
    element: h("div", { class: "le-compare" }, verdict, table),
    paint({ ours, keras }) {
      for (const name of rows) {
        const [mine, theirs, difference] = cells[name];
        const same = agrees(ours[name], keras[name], allowed(spec, name));
        say(mine, format(ours[name], 6));
        say(theirs, format(keras[name], 6));
        say(difference, (same ? "" : "≠ ") + formatDifference(ours[name], keras[name]));
        difference.classList.toggle("le-differs", !same);
      }
    },
  };
}
