// The Embedding explorer: a table as a heat map, a sequence of tokens, and the row that each of them picks.

import { at, readArrays } from "../shared/arrays.js";
import { paintCells } from "../shared/canvas.js";
import { explorer } from "../shared/explorer.js";
import { format, formatDifference } from "../shared/numbers.js";
import { announcer, h, legend, say } from "../shared/page.js";
import { cellAt } from "../shared/places.js";
import { stayedInPython } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { pointerTip, timeAxis, timeMap } from "../time/map.js";
import { oddNumbers, sharedPixels } from "../time/notes.js";

/** The id of a row of the table that has travelled. */
export const idOfRow = (spec, row) => (spec.kept ? spec.kept[row] : row);

/** The next step after t, round the end, whose token picks this row; −1 if none does. */
export function nextStepOf(ids, batch, steps, row, t) {
  for (let k = 1; k <= steps; k++) {
    const step = (t + k) % steps;
    if (at(ids, batch, step) === row) return step;
  }
  return -1;
}

/** How often a sequence picks each row: Map(row -> count). */
export function pickedRows(ids, batch, steps) {
  const found = new Map();
  for (let t = 0; t < steps; t++) {
    const row = at(ids, batch, t);
    found.set(row, (found.get(row) ?? 0) + 1);
  }
  return found;
}

// --- the explorer ---------------------------------------------------------------------------------------------------

const TOKENS_SHOWN = 24;

const NUMBERS_SHOWN = 12;

export function embeddingExplorer(context) {
  return embeddingInside(
    context,
    context.root,
    context.spec,
    readArrays(context.spec.arrays, context.model.get("_data")),
  );
}

/** The explorer of one Embedding inside `panel`: the whole widget, or one tab of a model's. */
export function embeddingInside(context, panel, spec, arrays) {
  const { model, root, palette, listen } = context;
  const [rows, columns] = arrays.table.shape;
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  bar.element.querySelector("select").setAttribute("aria-label", "column of the table");
  bar.element.querySelector("label").firstChild.textContent = "column ";
  const tip = pointerTip();
  const stops = () => palette.diverging[context.theme];
  const rowAt = (t) => at(arrays.ids, bar.here().batch, t);

  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h(
      "span",
      { class: "le-muted" },
      `Embedding · a table of ${plural(spec.vocabulary, "row")} of ${plural(spec.units, "number")} · ` +
        `${plural(spec.steps, "step")}${spec.batch > 1 ? ` · ${plural(spec.batch, "sequence")}` : ""}` +
        `${spec.mask_zero ? " · id 0 means “no token”" : ""}`,
    ),
  );

  // --- the table ------------------------------------------------------------
  const canvas = h("canvas", { role: "img" });
  const frame = h("div", { class: "le-cell" });
  const marks = h("div", { class: "le-emb-marks", "aria-hidden": "true" });
  const plot = h("div", { class: "le-plot le-emb-table", "data-q": "table" }, canvas, frame);
  const scaleSlot = h("span", {});
  const tableBox = h(
    "div",
    { class: "le-emb-box" },
    h(
      "div",
      { class: "le-title" },
      h("span", { class: "le-strong" }, "table"),
      h(
        "span",
        { class: "le-muted" },
        `(${spec.vocabulary}, ${spec.units})${spec.kept ? `, the ${plural(rows, "row")} that are used` : ""}`,
      ),
      scaleSlot,
    ),
    h("div", { class: "le-emb-rows" }, marks, plot),
  );
  let size = [1, 1];
  const rowUnder = (event) => cellAt(event.clientY - canvas.getBoundingClientRect().top, size[1], rows);
  const columnUnder = (event) => cellAt(event.clientX - canvas.getBoundingClientRect().left, size[0], columns);
  listen(plot, "pointerdown", (event) => {
    if (event.button) return;
    root.focus({ preventScroll: true });
    bar.stop();
    const { batch, t } = bar.here();
    const step = nextStepOf(arrays.ids, batch, spec.steps, rowUnder(event), t);
    bar.go({ unit: columnUnder(event), ...(step >= 0 && { t: step }) });
  });
  listen(plot, "pointermove", (event) => {
    const [row, column] = [rowUnder(event), columnUnder(event)];
    const count = pickedRows(arrays.ids, bar.here().batch, spec.steps).get(row) ?? 0;
    tip.show(
      event,
      `row ${idOfRow(spec, row)}, column ${column}: ${format(at(arrays.table, row, column), 6)} · ${count ? `picked ${count}×` : "not picked here"}`,
    );
  });
  listen(plot, "pointerleave", tip.hide);

  // --- the sequence ---------------------------------------------------------
  const tokens = h("div", { class: "le-emb-tokens", role: "group", "aria-label": "tokens of the sequence" });
  const map = timeMap(context, bar, tip, {
    key: "y",
    row: "column",
    rows: spec.units,
    steps: spec.steps,
    title: [
      h("span", { class: "le-strong" }, "output y"),
      h("span", { class: "le-name le-muted" }, "one column a step: the row that was picked"),
    ],
    pick: (t, column) => bar.go({ t, unit: column }),
    tell: (t, column) => `step ${t}, column ${column}: ${format(at(arrays.y, bar.here().batch, t, column), 6)}`,
  });
  const axis = timeAxis("step");
  const words = h("p", { class: "le-words le-short" });
  const vector = h("div", { class: "le-scroll", tabindex: 0, role: "group", "aria-label": "the numbers of the row" });
  const verdict = spec.comparison
    ? h(
        "p",
        { class: spec.comparison.agrees ? "le-verdict" : "le-verdict le-differs" },
        `Ours and Keras, all outputs: ${spec.comparison.text}.`,
      )
    : null;
  const note = h("p", { class: "le-note", hidden: true });
  const pictures = h(
    "div",
    { class: "le-maps" },
    tokens,
    map.element,
    axis.element,
    words,
    vector,
    verdict,
    note,
    tip.element,
  );
  panel.append(head, bar.element, h("div", { class: "le-emb" }, tableBox, pictures), keysLine());
  say(
    panel.querySelector(".le-keys"),
    "Click on a row of the table or on a token, or: ← → step · ↑ ↓ column · Page Up, Page Down ten steps · Home, End first, last · Space play",
  );
  const voice = announcer(panel);

  // --- painting -------------------------------------------------------------
  let drawnRow = -1;
  let noteText = "";
  function draw() {
    const { batch } = bar.here();
    drawnRow = batch;
    const dark = context.theme === "dark";
    const room = tableBox.clientWidth - 34;
    size = [Math.max(24, Math.min(room, columns * 22)), Math.max(24, Math.min(360, rows * 16))];
    paintCells(
      canvas,
      size[0],
      size[1],
      rows,
      columns,
      (r, c) => at(arrays.table, r, c),
      { ...spec.scale, stops: stops() },
      dark,
    );
    canvas.setAttribute(
      "aria-label",
      `The table as colours: ${plural(rows, "row")}, one a token, and ${plural(columns, "column")}`,
    );
    scaleSlot.replaceChildren(legend(spec.scale, stops()));
    // A mark beside each row that this sequence picks; ids where there is room for them.
    const picked = [...pickedRows(arrays.ids, batch, spec.steps).keys()];
    const roomy = size[1] / rows >= 11;
    marks.replaceChildren(
      ...picked.map((row) => {
        const mark = h("span", {}, roomy ? String(idOfRow(spec, row)) : "");
        mark.style.top = `${((row + 0.5) * size[1]) / rows}px`;
        return mark;
      }),
    );
    marks.style.height = `${size[1]}px`;
    const width = Math.max(40, map.plot.clientWidth);
    const { shape, data } = arrays.y;
    const start = batch * shape[1] * shape[2];
    const skipped = [];
    if (spec.mask_zero) {
      for (let t = 0; t < spec.steps; t++) if (idOfRow(spec, rowAt(t)) === 0) skipped.push([t, t + 1]);
    }
    map.draw(width, (row, t) => data[start + t * shape[2] + row], spec.scale, stops(), skipped, dark);
    axis.draw(spec.steps, width);
    const notes = [oddNumbers([["y", arrays.y, "column"]], batch)];
    if (skipped.length) notes.push("Hatched steps hold id 0: they are masked for the layers that follow.");
    if (spec.kept) notes.push(`The table has ${spec.vocabulary} rows; the ${rows} that these sequences use are here.`);
    notes.push(...stayedInPython(spec));
    notes.push(sharedPixels([map]));
    noteText = notes.filter(Boolean).join(" ");
    note.hidden = !noteText;
    say(note, noteText);
  }

  /** The tokens around the step, as buttons. */
  function paintTokens(t) {
    const first = Math.max(0, Math.min(spec.steps - TOKENS_SHOWN, t - TOKENS_SHOWN / 2));
    const end = Math.min(spec.steps, first + TOKENS_SHOWN);
    const cells = [];
    for (let step = first; step < end; step++) {
      const token = h(
        "button",
        {
          type: "button",
          class: "le-emb-token",
          "data-step": step,
          tabindex: step === t ? 0 : -1,
          "aria-current": step === t ? "step" : null,
          "aria-label": `step ${step}, token ${idOfRow(spec, rowAt(step))}`,
        },
        String(idOfRow(spec, rowAt(step))),
      );
      cells.push(token);
    }
    const held = tokens.contains(document.activeElement);
    tokens.replaceChildren(
      h("span", { class: "le-muted" }, first ? "tokens … " : "tokens "),
      ...cells,
      h("span", { class: "le-muted" }, end < spec.steps ? " …" : ""),
    );
    if (held) tokens.querySelector("[aria-current]")?.focus({ preventScroll: true });
  }
  listen(tokens, "click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step !== undefined) bar.go({ t: Number(step) });
  });

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout: draw,
    paint() {
      const place = bar.here();
      const { t, unit, batch } = place;
      if (batch !== drawnRow) draw();
      root.dataset.kind = context.spec.kind;
      bar.paint(place);
      map.place(t, unit);
      const row = rowAt(t);
      const id = idOfRow(spec, row);
      root.dataset.token = id;
      const tall = size[1] / rows;
      const shown = Math.max(4, tall);
      frame.style.transform = `translate(0, ${Math.max(0, Math.min(size[1] - shown, (row + 0.5) * tall - shown / 2))}px)`;
      Object.assign(frame.style, { width: `${size[0]}px`, height: `${shown}px` });
      paintTokens(t);
      const value = at(arrays.y, batch, t, unit);
      say(map.value, format(value));
      for (const [part, name] of [
        [tableBox, "x"],
        [map.element, "y"],
      ])
        part.classList.toggle("le-lit", model.get("highlight") === name);

      const count = pickedRows(arrays.ids, batch, spec.steps).get(row);
      const text =
        `Step ${t} holds token ${id}: it picks row ${id} of the table, ${plural(columns, "number")}. ` +
        `Nothing is computed, it is copied${count > 1 ? `; ${plural(count, "step")} of this sequence pick the same row` : ""}.` +
        (spec.mask_zero && id === 0 ? " Id 0 is no token: the step is masked for the layers that follow." : "");
      say(words, text);
      const first = Math.max(0, Math.min(columns - NUMBERS_SHOWN, unit - NUMBERS_SHOWN / 2));
      const places = Array.from({ length: Math.min(columns, NUMBERS_SHOWN) }, (_, n) => first + n);
      const keras = arrays.keras_y ? at(arrays.keras_y, batch, t, unit) : null;
      vector.replaceChildren(
        h(
          "table",
          { class: "le-table le-emb-vector" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("td", {}, "column"),
              places.map((c) => h("th", { scope: "col", class: c === unit ? "le-strong" : null }, String(c))),
            ),
          ),
          h(
            "tbody",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "row" }, h("code", {}, `table[${id}]`)),
              places.map((c) =>
                h(
                  "td",
                  {
                    class: c === unit ? "le-strong" : null,
                    "data-q": `v${c}`,
                    title: String(at(arrays.y, batch, t, c)),
                  },
                  format(at(arrays.y, batch, t, c)),
                ),
              ),
            ),
          ),
        ),
        h(
          "p",
          { class: "le-small" },
          h("code", {}, `y[${batch}, ${t}, ${unit}] = table[${id}, ${unit}]`),
          " = ",
          h("span", { class: "le-num le-strong", "data-q": "y", title: `y = ${value}` }, format(value, 6)),
          keras === null
            ? ""
            : [
                " · Keras: ",
                h("span", { "data-keras": "y" }, format(keras, 6)),
                `, difference ${formatDifference(value, keras)}`,
              ],
        ),
      );
      voice.tell(`${text} Column ${unit}: ${format(value)}. ${noteText}`);
      root.setAttribute("aria-label", `Embedding explorer, layer ${spec.name}`);
    },
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default explorer(embeddingExplorer);
