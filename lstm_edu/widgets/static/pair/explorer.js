// Side by side: two runs of the same input, their difference, and the first place at which they part.

import { apartText, divergenceInWords, letterOf, nameOf, pairInWords } from "./words.js";
import { at, readArrays } from "../shared/arrays.js";
import { inkOn, stopsOf } from "../shared/colours.js";
import { explorer } from "../shared/explorer.js";
import { agrees, format } from "../shared/numbers.js";
import { announcer, h, say } from "../shared/page.js";
import { stayedInPython } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { timeChart } from "../time/chart.js";
import { pointerTip, timeAxis, timeMap } from "../time/map.js";
import { oddNumbers, sharedPixels, skippedRuns } from "../time/notes.js";

let pairs = 0; // for ids that no other explorer on the page has

export function pairExplorer(context) {
  const { root, model, spec, palette, listen } = context;
  const arrays = readArrays(spec.arrays, model.get("_data"));
  const id = `lstm-edu-pair-${++pairs}`;
  const [one, other] = spec.names;
  const kind = spec.kinds[0];
  const shownQuantity = () =>
    spec.quantities.includes(model.get("quantity")) ? model.get("quantity") : spec.quantities[0];
  const read = (side, name, batch, t, k) => at(arrays[`${side}/${name}`], batch, t, k);
  const unitOf = (unit) => Math.min(unit, spec.widths[shownQuantity()] - 1);

  const jump = h("button", { type: "button", title: "go to the first divergence (d)" }, "Go to the first divergence");
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows }, { more: [jump] });
  const tip = pointerTip();
  const toDivergence = () => {
    const found = spec.divergences[bar.here().batch];
    if (!found) return;
    bar.stop();
    bar.go({ t: found.t, unit: found.unit, quantity: found.quantity });
  };
  listen(jump, "click", toDivergence);

  // --- tabs -----------------------------------------------------------------
  const chipOf = (name) => {
    const letter = letterOf(name, kind);
    const colour = letter ? palette.colors[letter] : null;
    const [first, gate] = name.split("_");
    const content = [first, gate ? h("sub", {}, gate) : null];
    return h(
      "span",
      { class: "le-chip", style: colour ? `background:${colour};color:${inkOn(colour)}` : "border:1px solid" },
      content,
    );
  };
  const tabs = spec.quantities.map((name) => {
    const sign = h("span", { class: "le-unequal", title: "the runs differ in it" });
    const button = h(
      "button",
      { type: "button", role: "tab", id: `${id}-${name}`, "aria-controls": `${id}-panel`, "data-quantity": name },
      chipOf(name),
      " ",
      sign,
    );
    listen(button, "click", () => context.set({ quantity: name }));
    return { name, button, sign };
  });
  const list = h(
    "div",
    { class: "le-tabs", role: "tablist", "aria-label": "quantities" },
    tabs.map((tab) => tab.button),
  );

  // --- pictures -------------------------------------------------------------
  const valueOf = { a: (...place) => read("a", ...place), b: (...place) => read("b", ...place) };
  valueOf.difference = (...place) => valueOf.a(...place) - valueOf.b(...place);
  const titles = { a: one, b: other, difference: `${one} − ${other}` };
  let maps = []; // those that are shown
  const mapsOf = {}; // one set for each number of rows that a quantity has
  const mapsSlot = h("div", {});
  const makeMaps = (width) =>
    Object.keys(titles).map((side) => ({
      side,
      mark: h("div", { class: "le-parting", title: "the first divergence" }),
      ...timeMap(context, bar, tip, {
        key: side,
        title: [h("span", { class: "le-name" }, titles[side])],
        rows: width,
        steps: spec.steps,
        tallest: 104,
        pick: (t, k) => bar.go({ t, unit: k }),
        tell: (t, k) =>
          `${shownQuantity()} of ${titles[side]} · step ${t}, unit ${k}: ` +
          format(valueOf[side](shownQuantity(), bar.here().batch, t, k), 6),
      }),
    }));
  const chart = timeChart(context, bar, tip, {
    key: "curves",
    title: h("span", { class: "le-name" }),
    steps: spec.steps,
    height: 150,
    tell: (t) => {
      const { batch, unit } = bar.here();
      const q = shownQuantity();
      const [a, b] = ["a", "b"].map((side) => format(read(side, q, batch, t, unitOf(unit)), 6));
      return `step ${t}: ${one} ${a}, ${other} ${b}`;
    },
  });
  const axis = timeAxis(`step${spec.time ? " (in the order of processing)" : ""} · one row a unit, unit 0 on top`);
  const pictures = h("div", { class: "le-maps", role: "img" }, mapsSlot, chart.element, axis.element, tip.element);

  // --- numbers --------------------------------------------------------------
  const parting = h("p", { class: "le-parting-words" });
  const words = h("p", { class: "le-words le-short" });
  const note = h("p", { class: "le-note", hidden: true });
  const rows = spec.quantities.map((name) => {
    const cells = [h("td", { "data-a": name }), h("td", { "data-b": name }), h("td", { "data-difference": name })];
    return {
      name,
      cells,
      row: h("tr", {}, h("th", { scope: "row" }, chipOf(name), ` ${nameOf(name, kind, palette.names)}`), cells),
    };
  });
  const table = h(
    "table",
    { class: "le-table" },
    h("caption", { class: "le-hidden" }, "the numbers of both runs at this place"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        [one, other, "difference"].map((text) => h("th", { scope: "col" }, text)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map(({ row }) => row),
    ),
  );
  const side = h("div", { class: "le-side" }, parting, words, h("div", { class: "le-scroll" }, table), note);
  const panel = h("div", { class: "le-body", role: "tabpanel", id: `${id}-panel` }, pictures, side);
  const whose = (n) => h("span", { class: "le-muted" }, `${spec.kinds[n]} ${spec.layers[n]}`);
  root.append(
    h(
      "div",
      { class: "le-head" },
      h("strong", {}, one),
      whose(0),
      h("span", { class: "le-muted" }, "and"),
      h("strong", {}, other),
      whose(1),
      h(
        "span",
        { class: "le-muted" },
        `· ${spec.steps} step${spec.steps === 1 ? "" : "s"}${spec.batch > 1 ? ` · ${spec.batch} sequences` : ""}`,
      ),
    ),
    bar.element,
    list,
    panel,
    keysLine(["d", "first divergence"]),
  );
  const voice = announcer(root);

  // --- painting -------------------------------------------------------------
  let drawn = "";
  let drawnCurves = "";
  let plotWidth = 0;
  let noteText = "";
  const runsOf = (batch) => {
    const masks = ["a/counts", "b/counts"].filter((name) => arrays[name]);
    return masks.flatMap((name) => skippedRuns(arrays[name], batch, spec.steps));
  };

  function drawMaps(batch, quantity) {
    const width = spec.widths[quantity];
    mapsOf[width] ??= makeMaps(width);
    if (maps !== mapsOf[width]) {
      maps = mapsOf[width];
      for (const map of maps) map.plot.append(map.mark);
      mapsSlot.replaceChildren(...maps.map((map) => map.element));
    }
    const dark = context.theme === "dark";
    plotWidth = Math.max(40, maps[0].plot.clientWidth);
    const runs = runsOf(batch);
    const found = spec.divergences[batch];
    for (const map of maps) {
      const difference = map.side === "difference";
      const scale = (difference ? spec.difference_scales : spec.scales)[quantity];
      const letter = letterOf(quantity, kind);
      const stops =
        letter && !difference ? stopsOf(scale, letter, palette, context.theme) : palette.diverging[context.theme];
      map.draw(plotWidth, (k, t) => valueOf[map.side](quantity, batch, t, k), scale, stops, runs, dark);
      map.mark.hidden = !found;
      if (found) map.mark.style.transform = `translateX(${(found.t * plotWidth) / spec.steps}px)`;
    }
    axis.draw(spec.steps, plotWidth);
    noteText = notes(batch, runs);
    note.hidden = !noteText;
    say(note, noteText);
  }

  function notes(batch, runs) {
    const named = spec.quantities.flatMap((q) => [
      [`${q} of ${one}`, arrays[`a/${q}`]],
      [`${q} of ${other}`, arrays[`b/${q}`]],
    ]);
    const found = [oddNumbers(named, batch)];
    if (runs.length) found.push("Hatched steps are masked in one of the runs or in both.");
    found.push(...stayedInPython(spec));
    if (spec.kinds[0] !== spec.kinds[1]) {
      found.push(
        `Of layers of different kinds only what means the same in both is compared: ${spec.quantities.join(", ")}.`,
      );
    }
    if (spec.other_x) found.push("The two runs have inputs of their own: x is compared as well.");
    found.push(sharedPixels(maps, { curves: true }));
    return found.filter(Boolean).join(" ");
  }

  function drawCurves(batch, quantity, unit) {
    const values = (which) =>
      Float64Array.from({ length: spec.steps }, (_, t) => read(which, quantity, batch, t, unit));
    const letter = letterOf(quantity, kind) ?? "x";
    say(chart.element.querySelector(".le-name"), `${quantity} of unit ${unit} over time, both runs`);
    chart.draw(
      plotWidth,
      [
        { name: "a", label: one, colour: palette.colors[letter], dash: "solid", values: values("a") },
        {
          name: "b",
          label: other,
          colour: context.theme === "dark" ? "#e6e8eb" : "#1f2328",
          dash: "dashed",
          values: values("b"),
        },
      ],
      { dark: context.theme === "dark", runs: runsOf(batch), mark: spec.divergences[batch]?.t ?? null },
    );
  }

  function paint() {
    const quantity = shownQuantity();
    const { t, batch } = bar.here();
    const unit = unitOf(bar.here().unit);
    const picture = [batch, quantity, root.clientWidth, context.theme].join();
    if (picture !== drawn) drawMaps(batch, quantity);
    if (`${picture},${unit}` !== drawnCurves) drawCurves(batch, quantity, unit);
    [drawn, drawnCurves] = [picture, `${picture},${unit}`];
    root.dataset.kind = spec.kind;
    root.dataset.quantity = quantity;
    bar.paint({ t, unit, batch }, spec.time);

    const differing = new Set(spec.differing[batch]);
    for (const { name, button, sign } of tabs) {
      button.setAttribute("aria-selected", name === quantity);
      button.tabIndex = name === quantity ? 0 : -1;
      say(sign, differing.has(name) ? "≠" : "=");
      button.setAttribute(
        "aria-label",
        `${name}, ${nameOf(name, kind, palette.names)}: the runs ${differing.has(name) ? "differ" : "agree"}`,
      );
    }
    panel.setAttribute("aria-labelledby", `${id}-${quantity}`);
    const found = spec.divergences[batch];
    jump.disabled = !found;
    for (const map of maps) {
      map.place(t, unit);
      say(map.value, format(valueOf[map.side](quantity, batch, t, unit)));
    }
    const [a, b] = ["a", "b"].map((which) => read(which, quantity, batch, t, unit));
    chart.place(t, { a: format(a), b: format(b) });
    for (const { name, cells } of rows) {
      const k = Math.min(unit, spec.widths[name] - 1);
      const [mine, theirs] = ["a", "b"].map((which) => read(which, name, batch, t, k));
      const same = agrees(mine, theirs, spec.tolerance);
      say(cells[0], format(mine, 5));
      say(cells[1], format(theirs, 5));
      say(cells[2], (same ? "" : "≠ ") + apartText(mine, theirs));
      cells[2].classList.toggle("le-differs", !same);
    }
    const there = found ? ["a", "b"].map((which) => read(which, found.quantity, batch, found.t, found.unit)) : [];
    say(parting, divergenceInWords(spec, found, there, batch));
    const text = pairInWords(spec, { t, unit, batch }, quantity, a, b);
    say(words, text);
    voice.tell(`${text} ${parting.textContent} ${noteText}`);
    pictures.setAttribute(
      "aria-label",
      `Heat maps of ${quantity} over ${spec.steps} steps: ${one}, ${other}, and their difference; ` +
        `under them the curves of unit ${unit}. ${text}`,
    );
    root.setAttribute("aria-label", `Two runs side by side, ${one} and ${other}`);
  }

  context.onChange(["t", "unit", "batch", "quantity"], context.repaint);
  return {
    layout: () => ([drawn, drawnCurves] = ["", ""]),
    paint,
    key(event) {
      const n = tabs.findIndex((tab) => tab.button === event.target);
      const to = { ArrowLeft: n - 1, ArrowRight: n + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (n >= 0 && to !== undefined) {
        const next = tabs[(to + tabs.length) % tabs.length];
        context.set({ quantity: next.name });
        next.button.focus();
        return true;
      }
      if (event.key === "d") {
        toDivergence();
        return true;
      }
      return bar.key(event);
    },
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default explorer(pairExplorer);
