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

// --- the explorer ---------------------------------------------------------------------------------------------------

export function lstmExplorer(context) {
  return lstmInside(context, context.root, context.spec, readArrays(context.spec.arrays, context.model.get("_data")));
}

/** The explorer of one LSTM inside `panel`: the whole widget, or one tab of a model's. */
export function lstmInside(context, panel, spec, arrays) {
  const { model, root, palette, listen } = context;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  const whatIf = whatIfPanel(context, spec, arrays, bar.here); // whatIf.of(batch): the arrays to show, recorded or computed anew

  const sequences = (n) => `${n} sequence${n === 1 ? "" : "s"}`;
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h("span", { class: "le-muted" }, `LSTM · ${spec.units} unit${spec.units === 1 ? "" : "s"} · ` +
      `${spec.steps} step${spec.steps === 1 ? "" : "s"} of ${spec.features} feature${spec.features === 1 ? "" : "s"}` +
      (spec.batch > 1 ? ` · ${sequences(spec.batch)}` : "")), // prettier-ignore
  );

  // --- pictures -------------------------------------------------------------
  const tip = pointerTip();
  const maps = MAPS.map((name) => {
    const rows = name === "x" ? spec.features : spec.units;
    const row = name === "x" ? "feature" : "unit";
    const was = h("span", { class: "le-was-number" });
    const map = timeMap(context, bar, tip, {
      key: name,
      title: [chip(name, palette), h("span", { class: "le-name" }, palette.names[name])],
      about: palette.roles[name],
      after: was,
      row,
      rows,
      steps: spec.steps,
      tallest: name === "x" && rows <= 16 ? 88 : 68,
      marked: name !== "x",
      pick: (t, k) => bar.go(name === "x" ? { t } : { t, unit: k }),
      tell: (t, k) => {
        const { batch } = bar.here();
        return `${name} · step ${t}, ${row} ${k}: ${format(at(whatIf.of(batch)[name], batch, t, k), 6)}`;
      },
    });
    return { name, row, was, ...map };
  });
  const axis = timeAxis(`step${spec.time ? " (in the order of processing)" : ""} · one row a unit, unit 0 on top`);
  const pictures = h("div", { class: "le-maps", role: "img" }, maps.map((map) => map.element), axis.element, tip.element);

  // --- numbers --------------------------------------------------------------
  const words = h("p", { class: "le-words" });
  const cell = cellDiagram(spec, palette, listen, pointing());
  const equations = equationsOf(spec, palette, listen, Boolean(arrays.kernel));
  const folds = { diagram: fold("The cell at this step", cell.element), equations: fold("Equations", equations.element) };
  const names = [...GATES.flatMap((gate) => [`z_${gate}`, gate]), "c_prev", "c", "h"];
  const compared = spec.comparison ? comparison(spec, names) : null;
  const note = h("p", { class: "le-note", hidden: true });
  const side = h("div", { class: "le-side" }, words, Object.values(folds), compared?.element, note);
  panel.append(head, bar.element, whatIf.element, h("div", { class: "le-body" }, pictures, side), keysLine());
  const voice = announcer(panel);

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
        bar.go({ highlight: quantity });
      },
      leave() {
        if (before !== null) bar.go({ highlight: before });
        before = null;
      },
      press(quantity) {
        const stays = (before ?? now()) === quantity ? "" : quantity;
        before = null;
        bar.go({ highlight: stays });
      },
    };
  }

  // --- painting -------------------------------------------------------------
  let plotWidth = 0;
  let drawnRow = -1;
  let drawn = null; // the arrays
  let noteText = "";

  /** The pictures themselves: they change with the sequence, the what-if, the size and the theme, not with the step. */
  function drawMaps() {
    const { batch } = bar.here();
    const run = whatIf.of(batch);
    [drawnRow, drawn] = [batch, run];
    const dark = context.theme === "dark";
    const runs = skippedRuns(run.counts ?? null, batch, spec.steps);
    for (const map of maps) {
      const scale = whatIf.scale(map.name, batch);
      const stops = stopsOf(scale, map.name, palette, context.theme);
      const { shape, data } = run[map.name];
      const start = batch * shape[1] * shape[2];
      map.draw(plotWidth, (row, t) => data[start + t * shape[2] + row], scale, stops, runs, dark);
    }
    axis.draw(spec.steps, plotWidth);
    const notes = [oddNumbers(maps.map(({ name, row }) => [name, run[name], row]), batch)];
    if (runs.length) notes.push("Hatched steps are masked: the layer skips them.");
    notes.push(...stayedInPython(spec));
    notes.push(sharedPixels(maps));
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
    const place = bar.here();
    const { t, unit, batch } = place;
    const run = whatIf.of(batch);
    if (batch !== drawnRow || run !== drawn) drawMaps();
    panel.dataset.whatif = whatIf.active();
    root.dataset.kind = context.spec.kind;
    bar.paint(place, spec.time);

    const numbers = numbersAt(spec, run, place);
    numbers.was = run === arrays ? null : numbersAt(spec, arrays, place).ours;
    const pointedOut = model.get("highlight");
    for (const map of maps) {
      map.place(t, unit);
      map.element.classList.toggle("le-lit", map.name === pointedOut);
      if (map.name === "x") continue;
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
    // The panel's controls use the keys themselves.
    key: (event) => !whatIf.has(event.target) && bar.key(event),
    close() {
      bar.stop();
      voice.close();
      cell.close();
    },
  };
}
