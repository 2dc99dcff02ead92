// The Dense explorer: x, W, b and y laid out so that a row of x and a column of W meet in their output.

import { curveOf, placeOfX, windowAround, withEdits } from "./numbers.js";
import { activate, isElementwise } from "../shared/activations.js";
import { at, readArrays } from "../shared/arrays.js";
import { paintCells, sizeCanvas } from "../shared/canvas.js";
import { luminance, ramp, shade, stopsOf } from "../shared/colours.js";
import { explorer } from "../shared/explorer.js";
import { agrees, allowed, format, formatDifference } from "../shared/numbers.js";
import { announcer, chip, h, say, symbol } from "../shared/page.js";
import { cellAt, moved } from "../shared/places.js";
import { TERMS_SHOWN, terms } from "../shared/terms.js";
import { stayedInPython } from "../shared/words.js";

const ROWS_SHOWN = 6;

const BARS_SHOWN = 40;

const CURVE_HEIGHT = 132;

export function denseExplorer(context) {
  const { spec, model } = context;
  const store = { get: () => model.get("edits") ?? {}, set: (edits) => context.set({ edits }) };
  return denseInside(context, context.root, spec, readArrays(spec.arrays, model.get("_data")), store);
}

/** The explorer of one Dense inside `panel`. `store` keeps what the reader changes: {get(), set(edits)}. */
export function denseInside(context, panel, spec, arrays, store) {
  const { model, root, palette, listen } = context;
  const editable = activate(spec.activation, [0, 1]) !== null; // what the page cannot compute is not offered for change
  const clampTo = (value, count) => Math.max(0, Math.min(count - 1, value));
  const here = () => ({
    t: clampTo(model.get("t"), spec.steps),
    unit: clampTo(model.get("unit"), spec.units),
    batch: clampTo(model.get("batch"), spec.rows),
  });
  const edits = () => (editable ? store.get() : {});
  // What lies one below another: the timesteps of one sample, or the samples.
  const down = spec.timed
    ? { name: "step", count: spec.steps, chosen: () => here().t, go: (n) => context.set({ t: n }) }
    : { name: "sample", count: spec.rows, chosen: () => here().batch, go: (n) => context.set({ batch: n }) };
  const inRow = (n) => (spec.timed ? [here().batch, n] : [n, 0]);
  const letters = {
    ...palette,
    colors: { ...palette.colors, W: "#b8b8b8", b: "#b8b8b8", y: palette.colors.h, z: "#b8b8b8" },
  };

  // --- head and controls ----------------------------------------------------
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h(
      "span",
      { class: "le-muted" },
      `Dense · ${plural(spec.units, "unit")} · ${plural(spec.features, "feature")} · ` +
        `activation ${spec.activation}${spec.use_bias ? "" : " · no bias"}`,
    ),
    h(
      "span",
      { class: "le-law" },
      symbol("y"),
      " = ",
      spec.activation === "linear" ? "" : `${spec.activation}(`,
      symbol("x"),
      " ",
      symbol("W"),
      spec.use_bias ? [" + ", symbol("b")] : "",
      spec.activation === "linear" ? "" : ")",
    ),
  );
  const slider = (label, count) => h("input", { type: "range", min: 0, max: count - 1, step: 1, "aria-label": label });
  const downSlider = slider(down.name, down.count);
  const downText = h("output", { class: "le-step" });
  const unitSlider = slider("output", spec.units);
  const unitText = h("output", { class: "le-step" });
  const rowSlider = slider("sample", spec.rows);
  const rowText = h("output", { class: "le-step" });
  const control = (...parts) => h("span", { class: "le-control" }, parts);
  const controls = h(
    "div",
    { class: "le-controls" },
    spec.timed && spec.rows > 1 && control(rowSlider, rowText),
    down.count > 1 && control(downSlider, downText),
    spec.units > 1 && control(unitSlider, unitText),
  );

  // --- the matrices ---------------------------------------------------------
  const rowsShown = Math.min(down.count, ROWS_SHOWN);
  const label = (letter, text) => h("div", { class: "le-label" }, chip(letter, letters), h("span", {}, text));
  // As numbers where there is room for them, else as colours: layout() decides, and either is made when first needed.
  const kinds = { numbers: numberMatrix, colours: colourMatrix };
  const made = {};
  let parts = {};
  const slots = { x: h("div"), W: h("div"), b: h("div"), y: h("div") };
  function showAs(kind) {
    if (!made[kind]) {
      const make = kinds[kind];
      made[kind] = {
        x: make("x", rowsShown, spec.features, "input"),
        W: make("W", spec.features, spec.sums, "weights"),
        ...(spec.use_bias && { b: make("b", 1, spec.sums, "bias") }),
        y: make("y", rowsShown, spec.units, "output"),
      };
    }
    if (parts === made[kind]) return;
    parts = made[kind];
    for (const [name, part] of Object.entries(parts)) slots[name].replaceChildren(part.element);
  }
  const block = (name, text) =>
    h("div", { class: `le-block le-${name}`, "data-part": name }, label(name, text), slots[name]);
  const matrices = h(
    "div",
    { class: "le-matrices" },
    block("W", `weights (${spec.features}, ${spec.sums})`),
    spec.use_bias && block("b", `bias (${spec.sums},)`),
    block("x", `input (${spec.timed ? `${spec.batch}, ${spec.steps}` : spec.batch}, ${spec.features})`),
    block("y", `output (${spec.timed ? `${spec.batch}, ${spec.steps}` : spec.batch}, ${spec.units})`),
  );
  const scroller = h("div", { class: "le-scroll" }, matrices);

  // --- the sum --------------------------------------------------------------
  const words = h("p", { class: "le-words le-short" });
  const table = h("table", { class: "le-table le-terms" });
  const result = h("div", { class: "le-result" });
  const curve = h("canvas", { role: "img" });
  const curveBox = spec.activation === "linear" ? null : h("div", { class: "le-curve" }, curve);
  const note = h("p", { class: "le-note", hidden: true });
  const verdict = spec.comparison
    ? h(
        "p",
        { class: spec.comparison.agrees ? "le-verdict" : "le-verdict le-differs" },
        `Ours and Keras, all outputs: ${spec.comparison.text}.`,
      )
    : null;

  // --- changing a number ----------------------------------------------------
  let edited = editable ? `W[0,${here().unit}]` : null; // the place under the slider: "W[1,3]"
  const dial = h("input", { type: "range", step: "any", "aria-label": "value" });
  const typed = h("input", { type: "number", step: "any", "aria-label": "value, typed" });
  const dialName = h("input", {
    type: "text",
    class: "le-place",
    "aria-label": "which number to change",
    placeholder: "W[0,0]",
    spellcheck: "false",
  });
  const reset = h("button", { type: "button" }, "Reset all");
  const bench = h("div", { class: "le-bench" }, h("span", {}, "change "), dialName, dial, typed, reset);
  const hint = h(
    "p",
    { class: "le-muted le-small" },
    "Click a number of x, W or b, or write its place, such as W[0,0]; then change it with the slider or its arrow keys.",
  );

  const keys = h(
    "p",
    { class: "le-keys le-muted" },
    [
      ["← →", "output"],
      ["↑ ↓", down.name],
      ["Home, End", "first, last output"],
    ].map(([key, what], n) => [n ? " · " : "", h("kbd", {}, key), ` ${what}`]),
    editable ? [" · in a matrix: arrows move, ", h("kbd", {}, "Enter"), " takes the number"] : "",
  );
  panel.append(
    head,
    controls,
    h(
      "div",
      { class: "le-body le-dense" },
      h("div", {}, scroller, editable && [bench, hint]),
      h("div", { class: "le-side" }, words, table, result, curveBox, verdict, note),
    ),
    keys,
  );
  const voice = announcer(panel);

  // --- view to model --------------------------------------------------------
  listen(downSlider, "input", () => down.go(Number(downSlider.value)));
  listen(unitSlider, "input", () => context.set({ unit: Number(unitSlider.value) }));
  listen(rowSlider, "input", () => context.set({ batch: Number(rowSlider.value) }));
  /** The value at a place such as "W[1,3]"; undefined where there is no such place. */
  const valueAt = (place) => {
    const found = place.match(/^([xWb])\[(\d+)(?:,(\d+))?(?:,(\d+))?\]$/);
    if (!found) return undefined;
    const index = found
      .slice(2)
      .filter((n) => n !== undefined)
      .map(Number);
    const sizes = {
      x: spec.timed ? [spec.rows, spec.steps, spec.features] : [spec.rows, spec.features],
      W: [spec.features, spec.sums],
      b: spec.use_bias ? [spec.sums] : [],
    }[found[1]];
    if (index.length !== sizes.length || index.some((n, axis) => n >= sizes[axis])) return undefined;
    const [i, j, k] = index;
    const numbers = withEdits(spec, arrays, edits());
    if (found[1] === "W") return numbers.W(i, j);
    if (found[1] === "b") return numbers.b(i);
    return spec.timed ? numbers.row(i, j).x[k] : numbers.row(i, 0).x[j];
  };
  const change = (value) => {
    if (!edited || !Number.isFinite(value)) return;
    store.set({ ...edits(), [edited]: value });
  };
  listen(dial, "input", () => change(Number(dial.value)));
  listen(typed, "input", () => typed.value.trim() && change(Number(typed.value)));
  listen(dialName, "change", () => {
    const place = dialName.value.replace(/\s/g, "");
    const known = valueAt(place) !== undefined;
    dialName.setAttribute("aria-invalid", !known);
    if (known) take(place);
  });
  listen(reset, "click", () => store.set({}));

  /** A number was chosen in a matrix: the picture follows, and a number that can be changed goes under the slider. */
  function choose(name, row, column, taken) {
    const [first] = windowAround(down.chosen(), down.count, ROWS_SHOWN);
    const n = first + row;
    if (name === "x" || name === "y") down.go(n);
    if (name !== "x" && column < spec.units) context.set({ unit: column });
    if (!editable || name === "y" || !taken) return;
    take(name === "x" ? placeOfX(spec, ...inRow(n), column) : name === "W" ? `W[${row},${column}]` : `b[${column}]`);
  }

  /** Put the number at this place under the slider. */
  function take(place) {
    hold(place);
    paint();
    dial.focus();
  }
  function hold(place) {
    edited = place;
    const value = valueAt(place);
    const range = 1.5 * Math.max(spec.scales[place[0] === "x" ? "x" : "W"].high, Math.abs(value) || 0);
    Object.assign(dial, { min: -range, max: range, step: range / 150 });
    dialName.value = place;
    dialName.removeAttribute("aria-invalid");
  }
  if (edited) hold(edited);

  // --- two ways to show a matrix --------------------------------------------

  /** Up to 12 x 12: every number a button. One of them is in the tab order; arrows move among them. */
  function numberMatrix(name, rows, columns, what) {
    const cells = [];
    const element = h("div", { class: "le-grid", role: "group", "aria-label": `${name}: ${what}` });
    element.style.setProperty("--le-columns", columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const cell = h("button", {
          type: "button",
          class: "le-number",
          tabindex: r || c ? -1 : 0,
          "data-q": `${name}${r},${c}`,
        });
        listen(cell, "click", () => choose(name, r, c, true));
        listen(cell, "focus", () => {
          for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
        });
        cells.push(cell);
        element.append(cell);
      }
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    return {
      element,
      /** Arrow keys inside the matrix; true if the key was one of them. */
      key(event) {
        const index = cells.indexOf(event.target);
        const by = step[event.key];
        if (index < 0 || !by) return false;
        const r = clampTo(Math.floor(index / columns) + by[0], rows);
        const c = clampTo((index % columns) + by[1], columns);
        cells[r * columns + c].focus();
        if (name === "y") choose("y", r, c, false);
        return true;
      },
      paint(value, marks, scale, first) {
        const stops = ramp(stopsOf(scale, name === "y" ? "h" : name, letters, context.theme));
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < columns; c++) {
            const cell = cells[r * columns + c];
            const number = value(r, c);
            const index = shade(number, scale.low, scale.high);
            const colour = index < 0 ? [255, 255, 255] : [...stops.subarray(4 * index, 4 * index + 3)];
            say(cell, format(number, narrow ? 3 : 4));
            cell.style.background = index < 0 ? "" : `rgb(${colour.join(" ")})`;
            cell.style.color = index < 0 ? "" : luminance(colour) > 0.179 ? "#000" : "#fff";
            cell.classList.toggle("le-in", marks.lit(r, c));
            cell.classList.toggle("le-chosen", marks.chosen(r, c));
            cell.classList.toggle("le-changed", marks.changed(r, c));
            const index2 = name === "b" ? c : name === "W" ? `${r}, ${c}` : `${first + r}, ${c}`;
            cell.setAttribute(
              "aria-label",
              `${name}[${index2}] = ${format(number)}${marks.changed(r, c) ? ", changed" : ""}`,
            );
          }
        }
      },
    };
  }

  /** Larger ones: colours, with a frame around what is chosen. The numbers are in the sum beside it. */
  function colourMatrix(name, rows, columns, what) {
    const canvas = h("canvas", {
      role: "img",
      "aria-label": `${name}: ${what}, ${rows} rows and ${columns} columns as colours`,
    });
    const frame = h("div", { class: "le-cell" });
    const dot = h("div", { class: "le-cell le-dot", hidden: true });
    const element = h("div", { class: "le-plot" }, canvas, frame, dot);
    let size = [1, 1];
    listen(element, "pointerdown", (event) => {
      const box = canvas.getBoundingClientRect();
      event.preventDefault(); // the slider has the focus afterwards
      root.focus({ preventScroll: true });
      choose(
        name,
        cellAt(event.clientY - box.top, box.height, rows),
        cellAt(event.clientX - box.left, box.width, columns),
        true,
      );
    });
    return {
      element,
      key: () => false,
      paint(value, marks, scale) {
        const room = Math.max(200, scroller.clientWidth - 40);
        const share = room / (spec.features + spec.sums);
        const wide = Math.min(22, Math.max(share, (0.25 * room) / columns));
        const high = name === "W" ? Math.max(Math.min(15, 240 / rows), 60 / rows) : 18;
        size = [Math.min(columns * wide, 0.7 * room), rows * high];
        const stops = stopsOf(scale, name === "y" ? "h" : name, letters, context.theme);
        paintCells(canvas, size[0], size[1], rows, columns, value, { ...scale, stops }, context.theme === "dark");
        const [w, t] = [size[0] / columns, size[1] / rows];
        const box = marks.box;
        frame.style.transform = `translate(${box[1] * w}px, ${box[0] * t}px)`;
        frame.style.width = `${Math.max(3, (box[3] - box[1]) * w)}px`;
        frame.style.height = `${Math.max(3, (box[2] - box[0]) * t)}px`;
        dot.hidden = !marks.dot;
        if (marks.dot) {
          dot.style.transform = `translate(${marks.dot[1] * w}px, ${marks.dot[0] * t}px)`;
          dot.style.width = `${Math.max(4, w)}px`;
          dot.style.height = `${Math.max(4, t)}px`;
        }
      },
    };
  }

  // --- painting -------------------------------------------------------------
  let narrow = false;

  function paint() {
    const { t, unit, batch } = here();
    const changed = edits();
    const numbers = withEdits(spec, arrays, changed);
    const [first, end] = windowAround(down.chosen(), down.count, ROWS_SHOWN);
    const rows = Array.from({ length: end - first }, (_, n) => numbers.row(...inRow(first + n)));
    const chosenRow = down.chosen() - first;
    const row = rows[chosenRow];
    root.dataset.kind = context.spec.kind;
    root.dataset.t = t;
    root.dataset.unit = unit;
    root.dataset.batch = batch;
    root.setAttribute("aria-label", `Dense explorer, layer ${spec.name}`);

    downSlider.value = down.chosen();
    unitSlider.value = unit;
    rowSlider.value = batch;
    say(downText, `${down.name} ${down.chosen()} of 0…${down.count - 1}`);
    say(unitText, `output ${unit} of 0…${spec.units - 1}`);
    say(rowText, `sample ${batch} of 0…${spec.rows - 1}`);

    const has = (place) => place in changed;
    const whole = {
      x: [chosenRow, 0, chosenRow + 1, spec.features],
      W: [0, unit, spec.features, unit + 1],
      b: [0, unit, 1, unit + 1],
      y: [chosenRow, unit, chosenRow + 1, unit + 1],
    };
    const show = (name, value, lit, place) =>
      parts[name]?.paint(
        value,
        {
          lit,
          chosen: (r, c) => (name === "y" ? lit(r, c) : place(r, c) === edited),
          changed: (r, c) => place !== null && has(place(r, c)),
          box: whole[name],
          dot: editedIn(name, first),
        },
        name === "y" ? spec.scales.y : spec.scales[name === "x" ? "x" : "W"],
        name === "x" || name === "y" ? first : 0,
      );
    show(
      "x",
      (r, c) => rows[r].x[c],
      (r) => r === chosenRow,
      (r, c) => placeOfX(spec, ...inRow(first + r), c),
    );
    show(
      "W",
      numbers.W,
      (_, c) => c === unit,
      (r, c) => `W[${r},${c}]`,
    );
    show(
      "b",
      (_, c) => numbers.b(c),
      (_, c) => c === unit,
      (_, c) => `b[${c}]`,
    );
    show(
      "y",
      (r, c) => rows[r].y[c],
      (r, c) => r === chosenRow && c === unit,
      null,
    );
    for (const part of matrices.children) part.classList.toggle("le-lit", part.dataset.part === model.get("highlight"));

    paintSum(numbers, row, { unit, batch, t });
    bench.classList.toggle("le-idle", !edited);
    dial.disabled = typed.disabled = !edited;
    reset.disabled = !Object.keys(changed).length;
    if (edited) {
      const value = valueAt(edited);
      dial.setAttribute("aria-label", `value of ${edited}`);
      dial.setAttribute("aria-valuetext", `${edited} = ${format(value)}`);
      typed.setAttribute("aria-label", `value of ${edited}, typed`);
      if (document.activeElement !== dial || Number(dial.value) !== value) dial.value = value;
      if (document.activeElement !== typed) typed.value = Number(value.toPrecision(6));
    }
  }

  /** [row, column] of the number under the slider, if it lies in this matrix. */
  function editedIn(name, first) {
    if (!edited || edited[0] !== name) return null;
    const index = edited.match(/\d+/g).map(Number);
    if (name === "W") return index;
    if (name === "b") return [0, index[0]];
    const row = (spec.timed ? index[1] : index[0]) - first;
    const here0 = !spec.timed || index[0] === here().batch;
    return here0 && row >= 0 && row < rowsShown ? [row, index.at(-1)] : null;
  }

  function paintSum(numbers, row, { unit, batch, t }) {
    const sum = terms(row.x, (f) => numbers.W(f, unit), TERMS_SHOWN);
    const where = `${spec.timed ? `${batch},${t}` : batch}`;
    const z = row.z[unit];
    const y = row.y[unit];
    const bias = numbers.b(unit);
    const largest = Math.max(
      ...sum.shown.map((term) => Math.abs(term.product)),
      Math.abs(bias),
      Math.abs(sum.rest),
      1e-30,
    );
    const bar = (value) => {
      const width = Number.isFinite(value) ? (50 * Math.abs(value)) / largest : 0;
      const fill = h("span", { class: value < 0 ? "le-fill le-minus" : "le-fill" });
      fill.style.width = `${width}%`;
      fill.style.left = `${value < 0 ? 50 - width : 50}%`;
      return h("td", { class: "le-termbar", "aria-hidden": "true" }, h("span", { class: "le-track" }, fill));
    };
    const cell = (...children) => h("td", {}, children);
    const line = (title, middle, value, quantity) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, title),
        cell(middle),
        h("td", { "data-q": quantity }, format(value)),
        bar(value),
      );
    const body = sum.shown.map((term) =>
      line(
        `x[${term.f}] · W[${term.f},${unit}]`,
        `${format(term.x)} · ${format(term.w)}`,
        term.product,
        `term${term.f}`,
      ),
    );
    if (sum.others) body.push(line(`${sum.others} smaller terms`, "", sum.rest, "others"));
    if (spec.use_bias) body.push(line(`b[${unit}]`, "", bias, "bias"));
    table.replaceChildren(
      h(
        "caption",
        {},
        "z",
        h("sub", {}, String(unit)),
        " is a sum of ",
        plural(spec.features, "product"),
        spec.use_bias ? " and the bias" : "",
      ),
      h("tbody", {}, body),
    );
    const number = (quantity, value) =>
      h("span", { class: "le-num le-strong", "data-q": quantity, title: String(value) }, format(value));
    const rowwise = !isElementwise(spec.activation);
    result.replaceChildren(
      h("div", {}, symbol(`z_${unit}`), " = ", number("z", z)),
      spec.activation === "linear"
        ? h(
            "div",
            {},
            symbol(`y_${unit}`),
            " = ",
            symbol(`z_${unit}`),
            " = ",
            number("y", y),
            h("span", { class: "le-muted" }, " (linear: nothing is done to z)"),
          )
        : h(
            "div",
            {},
            symbol(`y_${unit}`),
            " = ",
            spec.activation,
            "(",
            rowwise ? "all z of this row" : format(z),
            ")",
            rowwise ? h("sub", {}, String(unit)) : "",
            " = ",
            number("y", y),
          ),
      h(
        "div",
        { class: "le-muted le-small" },
        spec.formula === `${spec.activation}(x)` || spec.activation === "linear"
          ? ""
          : `${spec.activation}(x) = ${spec.formula}`,
      ),
      row.changed
        ? h(
            "div",
            { class: "le-muted", "data-q": "was" },
            "before your changes: y = ",
            format(at(arrays.y, batch, t, unit)),
          )
        : "",
      keras({ batch, t, unit }, z, y) ?? "",
    );
    if (curveBox) paintCurve(row, unit);
    const text =
      `Output ${unit} of ${down.name} ${down.chosen()}: ${plural(spec.features, "product")}` +
      `${spec.use_bias ? " and the bias add" : spec.features === 1 ? " adds" : " add"} up to z = ${format(z)}` +
      (spec.activation === "linear" ? `, and y = z.` : `, and ${spec.activation} makes y = ${format(y)} of it.`);
    say(words, text);
    const notes = [];
    const count = Object.keys(edits()).length;
    if (count) {
      notes.push(
        `${plural(count, "number")} changed: the page has computed the outputs anew.` +
          (spec.comparison ? " Keras's values belong to the unchanged numbers and are not shown." : ""),
      );
    }
    if (![...row.x, ...row.z, ...row.y].every(Number.isFinite))
      notes.push("This row has values that are NaN or infinite.");
    notes.push(...stayedInPython(spec, "samples"));
    if (down.count > ROWS_SHOWN) {
      const [first, end] = windowAround(down.chosen(), down.count, ROWS_SHOWN);
      notes.push(`Shown: ${down.name}s ${first} to ${end - 1} of 0…${down.count - 1}.`);
    }
    if (verdict) verdict.hidden = count > 0;
    note.hidden = !notes.length;
    say(note, notes.join(" "));
    voice.tell(`y[${where},${unit}] = ${format(y)}. ${text} ${count ? notes[0] : ""}`);
  }

  /** The activation's curve with this output on it, and the row's other outputs; or, where an output depends on the whole
   *  row, the row's outputs as bars. */
  function paintCurve(row, unit) {
    const width = Math.max(160, Math.min(420, curveBox.clientWidth));
    const pen = sizeCanvas(curve, width, CURVE_HEIGHT);
    const ink = getComputedStyle(root).color; // high contrast changes it, and it fits the theme
    const [z, y] = [row.z[unit], row.y[unit]];
    const line = (from, to, { alpha = 1, thick = 1, dash = [] } = {}) => {
      pen.globalAlpha = alpha;
      pen.lineWidth = thick;
      pen.setLineDash(dash);
      pen.strokeStyle = ink;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
      pen.globalAlpha = 1;
      pen.setLineDash([]);
    };
    const write = (text, x, top, align) => {
      pen.fillStyle = ink;
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = align;
      pen.textBaseline = "middle";
      const half = pen.measureText(text).width * (align === "center" ? 0.5 : 1);
      pen.fillText(text, align === "center" ? Math.max(half, Math.min(width - half, x)) : x, top);
    };
    const drawn = curveOf(spec.activation, row.z);
    if (!drawn) return paintBars(pen, row, unit, width, line, write);
    const across = (v) => ((v - drawn.z[0]) / (drawn.z[1] - drawn.z[0])) * width;
    const down = (v) => 4 + (1 - (v - drawn.y[0]) / (drawn.y[1] - drawn.y[0])) * (CURVE_HEIGHT - 24);
    line([0, down(0)], [width, down(0)], { alpha: 0.45 });
    line([across(0), 0], [across(0), CURVE_HEIGHT - 18], { alpha: 0.45 });
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
    if (Number.isFinite(z) && Number.isFinite(y)) {
      line([across(z), down(y)], [across(z), CURVE_HEIGHT - 18], { dash: [3, 3], alpha: 0.8 });
      line([across(z), down(y)], [0, down(y)], { dash: [3, 3], alpha: 0.8 });
      dot(unit, 5.5, letters.colors.y);
      write(`z = ${format(z, 3)}`, across(z), CURVE_HEIGHT - 8, "center");
      write(format(y, 3), 2, Math.max(8, down(y) - 8), "left");
    }
    curve.setAttribute(
      "aria-label",
      `The curve of ${spec.activation}; this output is the point at z = ${format(z, 3)}, y = ${format(y, 3)}.`,
    );
  }

  function paintBars(pen, row, unit, width, line, write) {
    const [first, end] = windowAround(unit, row.y.length, BARS_SHOWN);
    const shown = row.y.slice(first, end);
    const finite = shown.filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...finite), Math.max(1e-30, ...finite)];
    const down = (v) => 16 + (1 - (v - low) / (high - low)) * (CURVE_HEIGHT - 36);
    const step = width / shown.length;
    shown.forEach((value, n) => {
      if (!Number.isFinite(value)) return;
      const mine = first + n === unit;
      pen.fillStyle = mine ? letters.colors.y : "#80808080";
      pen.fillRect(
        n * step + 1,
        Math.min(down(value), down(0)),
        Math.max(1, step - 2),
        Math.max(1, Math.abs(down(value) - down(0))),
      );
      if (mine) {
        pen.strokeStyle = getComputedStyle(root).color;
        pen.lineWidth = 2;
        pen.strokeRect(
          n * step + 1,
          Math.min(down(value), down(0)),
          Math.max(1, step - 2),
          Math.max(1, Math.abs(down(value) - down(0))),
        );
      }
    });
    line([0, down(0)], [width, down(0)], { alpha: 0.6 });
    write(`y${unit} = ${format(row.y[unit], 3)}`, (unit - first + 0.5) * step, 7, "center");
    write(`outputs ${first} to ${end - 1} of this row`, width / 2, CURVE_HEIGHT - 8, "center");
    curve.setAttribute(
      "aria-label",
      `${spec.activation} looks at all sums of a row. The outputs of this row as bars; output ${unit} is ${format(row.y[unit], 3)}.`,
    );
  }

  function keras({ batch, t, unit }, z, y) {
    if (!arrays.keras_y || Object.keys(edits()).length) return null;
    const theirs = at(arrays.keras_y, batch, t, unit);
    const same = agrees(y, theirs, allowed(spec, "y"));
    return h(
      "div",
      { class: same ? "" : "le-differs" },
      "Keras: ",
      h("span", { class: "le-num", "data-keras": "y" }, format(theirs, 6)),
      `, difference ${formatDifference(y, theirs)}`,
    );
  }

  context.onChange(["t", "unit", "batch", "highlight", "edits"], context.repaint);
  return {
    layout(width) {
      narrow = width < 520;
      scroller.classList.toggle("le-narrow", narrow);
      const room = scroller.clientWidth - 24;
      showAs((spec.features + spec.sums) * (narrow ? 46 : 57) <= room ? "numbers" : "colours");
    },
    paint,
    key(event) {
      if ([dial, typed, dialName].includes(event.target)) {
        if (event.key === "Escape") root.focus();
        return event.key === "Escape";
      }
      for (const part of Object.values(parts)) if (part.key(event)) return true;
      const place = moved(
        { ArrowLeft: "ArrowUp", ArrowRight: "ArrowDown", ArrowUp: "ArrowLeft", ArrowDown: "ArrowRight" }[event.key] ??
          event.key,
        { t: down.chosen(), unit: here().unit },
        { steps: down.count, units: spec.units },
      );
      if (event.key === "Home" || event.key === "End") context.set({ unit: event.key === "Home" ? 0 : spec.units - 1 });
      else if (place) {
        down.go(place.t);
        context.set({ unit: place.unit });
      }
      return Boolean(place);
    },
    close: voice.close,
  };
}

export default explorer(denseExplorer);
