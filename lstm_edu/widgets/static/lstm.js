// The LSTM explorer: the trace's gates and states as pictures over time, and one unit's numbers at one step.

const MAPS = ["x", "i", "f", "g", "o", "c", "h"];
const GATES = ["i", "f", "g", "o"];

// --- what the numbers are at one place (pure) -----------------------------------------------------------------------

/** Every number of one unit at one step, ours and, where there is a reference, Keras's:
 *  {ours: {z_i, i, ..., c_prev, c, tanh_c, h}, keras: the same or null, masked}. */
export function numbersAt(spec, arrays, { batch, t, unit }) {
  const read = (prefix) => {
    const get = (name, k) => at(arrays[prefix + name], batch, t, k);
    const found = {};
    GATES.forEach((gate, block) => (found[`z_${gate}`] = get("z", block * spec.units + unit)));
    for (const name of [...GATES, "c", "h"]) found[name] = get(name, unit);
    found.c_prev = previous(arrays, `${prefix}c`, batch, t, unit);
    return found;
  };
  const ours = read("");
  const row = Array.from({ length: spec.units }, (_, k) => at(arrays.c, batch, t, k));
  ours.squashed = isElementwise(spec.activation)
    ? activate(spec.activation, [ours.c])[0]
    : (activate(spec.activation, row)?.[unit] ?? NaN);
  ours.h_prev = previous(arrays, "h", batch, t, unit);
  return {
    ours,
    keras: arrays.keras_h ? read("keras_") : null,
    masked: arrays.counts ? !at(arrays.counts, batch, t) : false,
  };
}

/** What step t found of the state "h" or "c" (or "keras_c"): what the step before left, the start, or in a run with a
 *  mistake something else. */
export function previous(arrays, state, batch, t, unit) {
  const found = arrays[`${state}_found`];
  if (found) return at(found, batch, t, unit);
  return t ? at(arrays[state], batch, t - 1, unit) : at(arrays[`${state}_start`], batch, unit);
}

/** What happens at this place, in words that a reader new to LSTMs can follow. */
export function inWords(spec, { t, unit, batch }, { ours, masked }) {
  const n = (v) => format(v, 3);
  const place = `Unit ${unit} at step ${t}`;
  const sequence = spec.rows > 1 ? ` of sequence ${batch}` : "";
  if (masked) {
    const output = spec.zero_output_for_mask ? "the output is 0" : "the output repeats the one before";
    return `${place}${sequence}: this step is masked, so the layer skips it. The state stays as it was, ` +
      `c = ${n(ours.c)}, and ${output}.`; // prettier-ignore
  }
  if (GATES.some((g) => !Number.isFinite(ours[g])) || !Number.isFinite(ours.c) || !Number.isFinite(ours.h)) {
    return `${place}${sequence}: some numbers here are not finite. ` +
      `i = ${n(ours.i)}, f = ${n(ours.f)}, g = ${n(ours.g)}, o = ${n(ours.o)}, c = ${n(ours.c)}, h = ${n(ours.h)}.`; // prettier-ignore
  }
  if (spec.scales.i.kind === "signed") {
    // gates that are no shares of anything (linear, relu, ...): no percentages
    return `${place}${sequence}: forget gate ${n(ours.f)}, input gate ${n(ours.i)}, candidate ${n(ours.g)}. ` +
      `The cell state goes from ${n(ours.c_prev)} to ${n(ours.c)}, and the output is h = ${n(ours.h)}.`; // prettier-ignore
  }
  const share = (v) => `${Math.round(100 * v)} %`;
  return `${place}${sequence} keeps ${share(ours.f)} of its cell state (${n(ours.c_prev)}), ` +
    `writes ${share(ours.i)} of the candidate (${n(ours.g)}), and so holds c = ${n(ours.c)}. ` +
    `It shows ${share(ours.o)} of ${spec.activation}(c): h = ${n(ours.h)}.`; // prettier-ignore
}

/** "was 0.1234", where a what-if changed a number that is written; else "". */
export function whatItWas({ ours, was }, quantity) {
  const [before, now] = [was, ours].map((numbers) => numbers && format(numbers[quantity]));
  return before && before !== now ? `was ${before}` : "";
}

/** How many of these numbers are not finite, and where the first one is, as text; "" if all are. */
export function notFinite(spec, arrays, batch) {
  let count = 0;
  let first = "";
  for (const name of MAPS) {
    const { shape, data } = arrays[name];
    const size = shape[1] * shape[2];
    for (let n = 0; n < size; n++) {
      const value = data[batch * size + n];
      if (Number.isFinite(value)) continue;
      count++;
      first ||= `${name} at step ${Math.floor(n / shape[2])}, ${name === "x" ? "feature" : "unit"} ${n % shape[2]}`;
    }
  }
  if (!count) return "";
  const [numbers, are] = count === 1 ? ["number", "is"] : ["numbers", "are"];
  return `${count} ${numbers} of this sequence ${are} NaN or infinite, drawn as a chequerboard; the first: ${first}.`;
}

/** Runs of steps that do not count: [[first, end), ...]. */
export function maskedRuns(counts, batch, steps) {
  const runs = [];
  for (let t = 0; t < steps; t++) {
    if (at(counts, batch, t)) continue;
    const last = runs.at(-1);
    if (last && last[1] === t) last[1] = t + 1;
    else runs.push([t, t + 1]);
  }
  return runs;
}

// --- the explorer ---------------------------------------------------------------------------------------------------

export function lstmExplorer(context) {
  return lstmInside(context, context.root, context.spec, readArrays(context.spec.arrays, context.model.get("_data")));
}

/** The explorer of one LSTM inside `panel`: the whole widget, or one tab of a model's. */
export function lstmInside(context, panel, spec, arrays) {
  const { model, root, palette, listen } = context;
  const limits = { steps: spec.steps, units: spec.units };
  const clampTo = (value, count) => Math.max(0, Math.min(count - 1, value));
  const here = () => ({
    t: clampTo(model.get("t"), spec.steps),
    unit: clampTo(model.get("unit"), spec.units),
    batch: clampTo(model.get("batch"), spec.rows),
  });
  const whatIf = whatIfPanel(context, spec, arrays, here); // whatIf.of(batch): the arrays to show, recorded or computed anew

  // --- controls -------------------------------------------------------------
  const sequences = (n) => `${n} sequence${n === 1 ? "" : "s"}`;
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h("span", { class: "le-muted" }, `LSTM · ${spec.units} unit${spec.units === 1 ? "" : "s"} · ` +
      `${spec.steps} step${spec.steps === 1 ? "" : "s"} of ${spec.features} feature${spec.features === 1 ? "" : "s"}` +
      (spec.batch > 1 ? ` · ${sequences(spec.batch)}` : "")), // prettier-ignore
  );
  const back = h("button", { type: "button", "aria-label": "previous timestep", title: "previous timestep (←)" }, "←");
  const play = h("button", { type: "button", class: "le-play" }, "Play");
  const next = h("button", { type: "button", "aria-label": "next timestep", title: "next timestep (→)" }, "→");
  const slider = h("input", { type: "range", min: 0, max: spec.steps - 1, step: 1, "aria-label": "timestep" });
  const stepText = h("output", { class: "le-step" });
  const options = (count, label) => Array.from({ length: count }, (_, n) => h("option", { value: n }, label(n)));
  const unitChoice = h("select", { "aria-label": "unit" }, options(spec.units, (n) => String(n)));
  const rowChoice = h("select", { "aria-label": "sequence of the batch" }, options(spec.rows, (n) => String(n)));
  const controls = h(
    "div",
    { class: "le-controls" },
    spec.steps > 1 && [h("span", { class: "le-buttons" }, back, play, next), slider],
    stepText,
    h("label", {}, "unit ", unitChoice),
    spec.rows > 1 && h("label", {}, "sequence ", rowChoice),
  );

  // --- pictures -------------------------------------------------------------
  const maps = MAPS.map((name) => {
    const rows = name === "x" ? spec.features : spec.units;
    const height = Math.max(22, Math.min(rows * 13, name === "x" && rows <= 16 ? 88 : 68));
    const canvas = h("canvas", { "aria-hidden": "true", style: `height:${height}px` }); // so high from the start
    const cursor = h("div", { class: "le-cursor" });
    const cell = h("div", { class: "le-cell" });
    const pointer = h("div", { class: "le-pointer" });
    const value = h("span", { class: "le-value" });
    const was = h("span", { class: "le-was-number" });
    const scale = h("span", {});
    return {
      name,
      rows,
      canvas,
      cursor,
      cell,
      pointer,
      value,
      was,
      scale,
      height,
      plot: h("div", { class: "le-plot", "data-q": name }, canvas, cursor, name === "x" ? null : [cell, pointer]),
      title: h(
        "div",
        { class: "le-title", title: palette.roles[name] },
        chip(name, palette),
        h("span", { class: "le-name" }, palette.names[name]),
        value,
        was,
        scale,
      ),
    };
  });
  const axis = h("div", { class: "le-axis", "aria-hidden": "true" });
  const tip = h("div", { class: "le-tip", "aria-hidden": "true", hidden: true });
  const pictures = h(
    "div",
    { class: "le-maps", role: "img" },
    maps.map((map) => h("div", { class: "le-map", "data-map": map.name }, map.title, map.plot)),
    axis,
    tip,
  );

  // --- numbers --------------------------------------------------------------
  const words = h("p", { class: "le-words" });
  const cell = cellDiagram(spec, palette, listen, pointing());
  const equations = equationsOf(spec, palette, listen, Boolean(arrays.kernel));
  const folds = { diagram: fold("The cell at this step", cell.element), equations: fold("Equations", equations.element) };
  const compared = spec.comparison ? comparison(spec, palette) : null;
  const note = h("p", { class: "le-note", hidden: true });
  const side = h("div", { class: "le-side" }, words, Object.values(folds), compared?.element, note);

  const keys = h(
    "p",
    { class: "le-keys le-muted" },
    "Click or drag on a picture, or: ",
    [["← →", "step"], ["↑ ↓", "unit"], ["Page Up, Page Down", "ten steps"], ["Home, End", "first, last"], ["Space", "play"]]
      .map(([key, what], n) => [n ? " · " : "", h("kbd", {}, key), ` ${what}`]), // prettier-ignore
  );
  panel.append(head, controls, whatIf.element, h("div", { class: "le-body" }, pictures, side), keys);
  const voice = announcer(panel);

  // --- view to model --------------------------------------------------------
  const go = (change) => context.set(change);
  const stopPlaying = () => {
    clearInterval(timer);
    timer = 0;
    say(play, "Play");
  };
  let timer = 0;
  const togglePlay = () => {
    if (timer) return stopPlaying();
    if (here().t === spec.steps - 1) go({ t: 0 });
    say(play, "Pause");
    timer = setInterval(
      context.guard(() => {
        const { t } = here();
        if (!panel.isConnected || t >= spec.steps - 1) stopPlaying();
        else go({ t: t + 1 });
      }),
      220,
    );
  };
  listen(back, "click", () => go({ t: clampTo(here().t - 1, spec.steps) }));
  listen(next, "click", () => go({ t: clampTo(here().t + 1, spec.steps) }));
  listen(play, "click", togglePlay);
  listen(slider, "input", () => go({ t: Number(slider.value) }));
  listen(unitChoice, "change", () => go({ unit: Number(unitChoice.value) }));
  listen(rowChoice, "change", () => go({ batch: Number(rowChoice.value) }));

  /** A part of the page that folds; what is folded is not painted. */
  function fold(title, content) {
    const element = h("details", { class: `le-fold ${content.className}-fold`, open: true }, h("summary", {}, title), content);
    listen(element, "toggle", () => {
      if (element.open) cell.layout();
      context.repaint();
    });
    return element;
  }

  /** What the reader points at in the diagram is pointed out everywhere, as long as it lasts; a press makes it stay. */
  function pointing() {
    let before = null; // what was pointed out until then
    const now = () => model.get("highlight");
    return {
      enter(quantity) {
        before ??= now();
        go({ highlight: quantity });
      },
      leave() {
        if (before !== null) go({ highlight: before });
        before = null;
      },
      press(quantity) {
        const stays = (before ?? now()) === quantity ? "" : quantity;
        before = null;
        go({ highlight: stays });
      },
    };
  }

  // --- pixel to place -------------------------------------------------------
  const placeOf = (map, event) => {
    const box = map.canvas.getBoundingClientRect();
    return {
      t: cellAt(event.clientX - box.left, box.width, spec.steps),
      row: cellAt(event.clientY - box.top, box.height, map.rows),
    };
  };
  for (const map of maps) {
    const pick = (event) => {
      const { t, row } = placeOf(map, event);
      go(map.name === "x" ? { t } : { t, unit: row });
    };
    listen(map.plot, "pointerdown", (event) => {
      if (event.button) return;
      map.plot.setPointerCapture(event.pointerId);
      root.focus({ preventScroll: true });
      stopPlaying();
      pick(event);
    });
    listen(map.plot, "pointermove", (event) => {
      if (map.plot.hasPointerCapture(event.pointerId)) pick(event);
      const { t, row } = placeOf(map, event);
      const what = map.name === "x" ? "feature" : "unit";
      tip.hidden = false;
      say(tip, `${map.name} · step ${t}, ${what} ${row}: ${format(at(whatIf.of(here().batch)[map.name], here().batch, t, row), 6)}`);
      const frame = pictures.getBoundingClientRect();
      const left = Math.min(event.clientX - frame.left + 12, frame.width - tip.offsetWidth);
      tip.style.transform = `translate(${Math.max(0, left)}px, ${event.clientY - frame.top + 16}px)`;
    });
    listen(map.plot, "pointerleave", () => (tip.hidden = true));
  }

  // --- painting -------------------------------------------------------------
  let plotWidth = 0;
  let drawnRow = -1;
  let drawn = null; // the arrays
  let noteText = "";

  /** The pictures themselves: they change with the sequence, the what-if, the size and the theme, not with the step. */
  function drawMaps() {
    const { batch } = here();
    const run = whatIf.of(batch);
    [drawnRow, drawn] = [batch, run];
    const dark = context.theme === "dark";
    const runs = run.counts ? maskedRuns(run.counts, batch, spec.steps) : [];
    for (const map of maps) {
      const scale = whatIf.scale(map.name, batch);
      const stops = stopsOf(scale, map.name, palette, context.theme);
      const { shape, data } = run[map.name];
      const start = batch * shape[1] * shape[2];
      const value = (row, t) => data[start + t * shape[2] + row];
      const pen = paintCells(map.canvas, plotWidth, map.height, map.rows, spec.steps, value, { ...scale, stops }, dark);
      if (runs.length) pen.fillStyle = pattern(pen, "hatch", dark);
      for (const [first, end] of runs) {
        const left = (first * plotWidth) / spec.steps;
        pen.fillRect(left, 0, (end * plotWidth) / spec.steps - left, map.height);
      }
      map.scale.replaceChildren(legend(scale, stops));
    }
    axis.replaceChildren(
      ...ticks(spec.steps, plotWidth / 60).map((t) => {
        const mark = h("span", {}, String(t));
        mark.style.left = `${((t + 0.5) * plotWidth) / spec.steps}px`;
        return mark;
      }),
      h("em", {}, `step${spec.time ? " (in the order of processing)" : ""} · one row a unit, unit 0 on top`),
    );
    const notes = [notFinite(spec, run, batch)];
    if (runs.length) notes.push("Hatched steps are masked: the layer skips them.");
    if (spec.rows < spec.batch) {
      notes.push(`The first ${spec.rows} of ${spec.batch} sequences are here; the rest stayed in Python.`);
    }
    const devicePixels = plotWidth * (globalThis.devicePixelRatio || 1);
    if (spec.steps > devicePixels) {
      notes.push(
        `${spec.steps} steps are more than the picture has columns: some are left out of the drawing, ` +
          "none of the numbers.",
      );
    }
    noteText = notes.filter(Boolean).join(" ");
    note.hidden = !noteText;
    say(note, noteText);
  }

  function layout() {
    plotWidth = Math.max(40, maps[0].plot.clientWidth);
    cell.layout();
    drawMaps();
    whatIf.layout();
  }

  function paint() {
    const place = here();
    const { t, unit, batch } = place;
    const run = whatIf.of(batch);
    if (batch !== drawnRow || run !== drawn) drawMaps();
    panel.dataset.whatif = whatIf.active();
    root.dataset.kind = context.spec.kind;
    root.dataset.t = t;
    root.dataset.unit = unit;
    root.dataset.batch = batch;

    slider.value = t;
    slider.setAttribute("aria-valuetext", `step ${t} of 0 to ${spec.steps - 1}`);
    unitChoice.value = unit;
    rowChoice.value = batch;
    const source = spec.time ? `, reads input ${spec.time[t]}` : "";
    say(stepText, `${spec.steps > 1 ? `step ${t} of 0…${spec.steps - 1}` : "one step, step 0"}${source}`);

    const numbers = numbersAt(spec, run, place);
    numbers.was = run === arrays ? null : numbersAt(spec, arrays, place).ours;
    const left = (t * plotWidth) / spec.steps;
    const column = plotWidth / spec.steps;
    const shownWidth = Math.max(column, 3);
    const shownLeft = Math.max(0, Math.min(plotWidth - shownWidth, left + (column - shownWidth) / 2));
    const pointedOut = model.get("highlight");
    for (const map of maps) {
      map.cursor.style.transform = `translateX(${shownLeft}px)`;
      map.cursor.style.width = `${shownWidth}px`;
      map.plot.parentElement.classList.toggle("le-lit", map.name === pointedOut);
      if (map.name === "x") continue;
      const row = map.height / spec.units;
      const shownHeight = Math.max(row, 3);
      const top = Math.max(0, Math.min(map.height - shownHeight, unit * row + (row - shownHeight) / 2));
      map.cell.style.transform = `translate(${shownLeft}px, ${top}px)`;
      map.cell.style.width = `${shownWidth}px`;
      map.cell.style.height = `${shownHeight}px`;
      map.pointer.style.transform = `translateY(${(unit + 0.5) * row}px)`;
      say(map.value, format(numbers.ours[map.name]));
      say(map.was, whatItWas(numbers, map.name));
    }

    if (folds.diagram.open) cell.paint(numbers, place, run, pointedOut);
    if (folds.equations.open) equations.paint(numbers, place, run, pointedOut);
    if (compared) compared.element.hidden = !numbers.keras;
    if (numbers.keras) compared?.paint(numbers);
    whatIf.paint(place);

    const text = inWords(spec, place, numbers);
    say(words, text);
    const against = numbers.keras ? ` Keras has h = ${format(numbers.keras.h)}.` : "";
    voice.tell(`${text}${against} ${whatIf.words(numbers, place)} ${noteText}`);
    pictures.setAttribute(
      "aria-label",
      `Heat maps over ${spec.steps} steps of the input, the gates i, f, g, o and the states c and h of ${spec.units} ` +
        `units. ${text}`,
    );
    root.setAttribute("aria-label", `LSTM explorer, layer ${spec.name}`);
  }

  // --- model to view --------------------------------------------------------
  context.onChange(["t", "unit", "batch", "highlight", "whatif"], context.repaint);

  return {
    layout,
    paint,
    key(event) {
      if (whatIf.has(event.target)) return false; // the panel's controls use the keys themselves
      const picking = event.target === rowChoice && (event.key === "ArrowUp" || event.key === "ArrowDown");
      if (picking) return false; // a list moves its own choice
      if (event.key === " ") {
        if (["BUTTON", "SELECT", "SUMMARY"].includes(event.target.tagName)) return false; // presses it, opens it
        if (spec.steps > 1) togglePlay();
        return true;
      }
      const place = moved(event.key, here(), limits);
      if (place) go(place);
      return Boolean(place);
    },
    close() {
      stopPlaying();
      voice.close();
      cell.close();
    },
  };
}

/** "Ours and Keras": a table of one place's numbers with their differences. */
function comparison(spec, palette) {
  const rows = [...GATES.flatMap((g) => [`z_${g}`, g]), "c_prev", "c", "h"];
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
        const same = agrees(ours[name], keras[name], spec.tolerance);
        say(mine, format(ours[name], 6));
        say(theirs, format(keras[name], 6));
        say(difference, (same ? "" : "≠ ") + formatDifference(ours[name], keras[name]));
        difference.classList.toggle("le-differs", !same);
      }
    },
  };
}
