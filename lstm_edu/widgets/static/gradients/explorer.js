// The gradient explorer: a layer's run, and what the loss sends back through it, step by step from the last to the first.

import {
  besideInWords,
  byPowers,
  directWay,
  exponents,
  formatLimit,
  fromExponent,
  gradientInWords,
  lengths,
  sized,
} from "./numbers.js";
import { gradientSide } from "./side.js";
import { at, readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { announcer, chip, h, say } from "../shared/page.js";
import { stayedInPython } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";
import { timeChart } from "../time/chart.js";
import { pointerTip, timeAxis, timeMap } from "../time/map.js";
import { oddNumbers, sharedPixels, skippedRuns } from "../time/notes.js";

const GRADIENT_DASHES = ["solid", "dashed"]; // the first layer's lines, the second's

const DECADES_OF_COLOUR = 6;

export function gradientExplorer(context) {
  const { root, model, spec, palette, listen } = context;
  const everything = readArrays(spec.arrays, model.get("_data"));
  const counts = everything.counts ?? null;
  const arrays = spec.layers.map((_, n) => {
    const mine = Object.entries(everything).filter(([name]) => name.startsWith(`${n}/`));
    return Object.fromEntries(mine.map(([name, array]) => [name.slice(2), array]));
  });
  const both = spec.layers.length > 1;
  const unitOf = (n, unit) => Math.min(unit, spec.layers[n].units - 1);

  const choice = (name, text) => {
    const box = h("input", { type: "checkbox" });
    listen(box, "change", () => context.set({ [name]: box.checked }));
    return [box, h("label", { class: "le-check" }, box, ` ${text}`)];
  };
  const [logMaps, logMapsLabel] = choice("log_maps", "colours by powers of ten");
  const [logNorm, logNormLabel] = choice("log_norm", "curve by powers of ten");
  const bar = timeBar(
    context,
    { steps: spec.steps, units: spec.units, rows: spec.rows },
    { backwards: true, more: [logMapsLabel, logNormLabel] },
  );
  const tip = pointerTip();

  // --- pictures -------------------------------------------------------------
  const gradientOf = (letter) => h("span", { class: "le-partial" }, "∂L/∂", h("i", {}, letter));
  const maps = spec.layers.flatMap((layer, n) =>
    [...new Set([layer.carries, "h"])].flatMap((state) =>
      [state, `d_${state}`].map((name) => {
        const isGradient = name.startsWith("d_");
        const called = both ? `${layer.kind} ` : "";
        const label = isGradient
          ? [gradientOf(state), h("span", { class: "le-name" }, `${called}gradient of ${state}`)]
          : [chip(state, palette), h("span", { class: "le-name" }, called + palette.names[state])];
        const read = (t, k) => at(arrays[n][name], bar.here().batch, t, k);
        const text = isGradient ? `dL/d${state}` : state;
        return {
          n,
          name,
          state,
          isGradient,
          ...timeMap(context, bar, tip, {
            key: `${n}/${name}`,
            title: label,
            veiled: isGradient,
            rows: layer.units,
            steps: spec.steps,
            pick: (t, k) => bar.go({ t, unit: Math.min(k, spec.units - 1) }),
            tell: (t, k) => `${called}${text} · step ${t}, unit ${k}: ${format(read(t, k), 6)}`,
          }),
        };
      }),
    ),
  );
  const normChart = timeChart(context, bar, tip, {
    key: "norm",
    title: h("span", { class: "le-name" }, "size of the gradient at each step, over all units"),
    steps: spec.steps,
    tell: (t) =>
      `step ${t}: ` + norms.map((norm, n) => `${spec.layers[n].kind} |dL/dh| = ${sized(norm.dh[t])}`).join(", "),
  });
  const wayChart = timeChart(context, bar, tip, {
    key: "way",
    title: h("span", { class: "le-name" }, "what is left of a gradient, from the last step back to here"),
    steps: spec.steps,
    tell: (t) =>
      `step ${t}: ` +
      ways.map((w, n) => `${spec.layers[n].kind}, own way: ${fromExponent(w.exponent[t], w.sign[t])}`).join(", "),
  });
  const order = spec.time ? " (in the order of processing)" : "";
  const axis = timeAxis(`step${order} · the gradient flows from right to left`);
  const pictures = h(
    "div",
    { class: "le-maps", role: "img" },
    maps.map((map) => map.element),
    normChart.element,
    wayChart.element,
    axis.element,
    tip.element,
  );

  // --- numbers --------------------------------------------------------------
  const words = h("p", { class: "le-words" });
  const loss = h(
    "p",
    { class: "le-loss" },
    spec.given
      ? "L is the loss whose gradient dL/dy was given."
      : "The loss L is the sum of the last output over all units: at the last step dL/dh = 1 for every unit.",
  );
  const note = h("p", { class: "le-note", hidden: true });
  const sides = spec.layers.map((layer, n) => gradientSide(context, spec, layer, arrays[n], counts, n));
  const side = h(
    "div",
    { class: "le-side" },
    loss,
    words,
    sides.map((s) => s.element),
    note,
  );
  const heads = spec.layers.map((layer) => [
    h("strong", {}, layer.name),
    h("span", { class: "le-muted" }, `${layer.kind} · ${layer.units} unit${layer.units === 1 ? "" : "s"}`),
  ]);
  root.append(
    h(
      "div",
      { class: "le-head" },
      heads[0],
      both && [h("span", { class: "le-muted" }, "beside"), heads[1]],
      h(
        "span",
        { class: "le-muted" },
        `· backpropagation through ${spec.steps} step${spec.steps === 1 ? "" : "s"}` +
          (spec.batch > 1 ? ` · ${spec.batch} sequences` : ""),
      ),
    ),
    bar.element,
    h("div", { class: "le-body" }, pictures, side),
    keysLine(),
  );
  const voice = announcer(root);

  // --- what belongs to a sequence, and to a unit of it -----------------------
  let norms = [];
  let ways = [];
  let drawn = ""; // what the pictures were drawn for
  let drawnWay = "";
  let plotWidth = 0;
  let noteText = "";

  function drawSequence(batch) {
    const dark = context.theme === "dark";
    const runs = skippedRuns(counts, batch, spec.steps);
    plotWidth = Math.max(40, maps[0].plot.clientWidth);
    norms = arrays.map((mine, n) => ({
      dh: lengths(mine.d_h, batch),
      dc: spec.layers[n].carries === "c" ? lengths(mine.d_c, batch) : null,
    }));
    const stops = palette.diverging[context.theme];
    const byPower = model.get("log_maps");
    for (const map of maps) {
      const { data, shape } = arrays[map.n][map.name];
      const start = batch * shape[1] * shape[2];
      const value = (k, t) => data[start + t * shape[2] + k];
      // Gradients of one state have one scale in both layers: or what has vanished would look as large as the other.
      const scales = spec.layers.map((layer) => layer.scales[map.name]).filter(Boolean);
      const scale = map.isGradient
        ? scales.reduce((a, b) => (a.high > b.high ? a : b))
        : spec.layers[map.n].scales[map.name];
      if (map.isGradient && byPower) {
        const { high } = scale;
        const named = h(
          "span",
          { class: "le-legend" },
          `−${formatLimit(high)}`,
          h("span", { class: "le-bar", style: `background:linear-gradient(to right, ${stops.join(", ")})` }),
          `${formatLimit(high)}, log`,
        );
        const powers = (k, t) => byPowers(value(k, t), high, DECADES_OF_COLOUR);
        map.draw(plotWidth, powers, { kind: "signed", low: -1, high: 1 }, stops, runs, dark, named);
      } else {
        map.draw(plotWidth, value, scale, stops, runs, dark);
      }
    }
    const log = model.get("log_norm");
    const as = log ? exponents : (values) => values;
    normChart.draw(
      plotWidth,
      spec.layers.flatMap((layer, n) =>
        [
          {
            name: `${n}/dh`,
            label: `${layer.kind} |dL/dh|`,
            colour: palette.colors.h,
            dash: GRADIENT_DASHES[n],
            values: as(norms[n].dh),
          },
          norms[n].dc && {
            name: `${n}/dc`,
            label: `${layer.kind} |dL/dc|`,
            colour: palette.colors.c,
            dash: ["dotted", "dash-dot"][n],
            values: as(norms[n].dc),
          },
        ].filter(Boolean),
      ),
      { log, dark, runs },
    );
    axis.draw(spec.steps, plotWidth);
    noteText = notes(batch, runs);
    note.hidden = !noteText;
    say(note, noteText);
  }

  function notes(batch, runs) {
    const named = maps.map((map) => {
      const text = map.isGradient ? `dL/d${map.state}` : map.state;
      return [both ? `${spec.layers[map.n].kind}'s ${text}` : text, arrays[map.n][map.name]];
    });
    const found = [oddNumbers(named, batch)];
    for (const [n, { dh }] of norms.entries()) {
      const { kind } = spec.layers[n];
      const first = dh.findIndex((v) => v !== 0);
      if (first < 0) found.push(`No gradient reaches the ${kind} in this sequence: dL/dh is 0 at every step.`);
      else if (first) {
        found.push(
          `Before step ${first} nothing is left of the ${kind}'s gradient: it is smaller than the smallest number of ` +
            "this precision, and so exactly 0.",
        );
      }
    }
    if (model.get("log_maps")) {
      found.push(
        `The gradients' colours go by powers of ten, down to 1e−${DECADES_OF_COLOUR} of the end of their scale; what is ` +
          "smaller has the colour of 0.",
      );
    }
    if (runs.length) found.push("Hatched steps are masked: the gradient passes through them untouched.");
    found.push(...stayedInPython(spec));
    if (spec.layers.some((layer) => layer.traced <= batch)) {
      found.push(
        "All ways together were not computed for this sequence: that is done for a few, and for layers of a moderate size.",
      );
    }
    found.push(sharedPixels(maps, { curves: true }));
    return found.filter(Boolean).join(" ");
  }

  function drawWays(batch, unit) {
    ways = arrays.map((mine, n) => directWay(mine.direct, batch, unitOf(n, unit)));
    const curves = spec.layers.flatMap((layer, n) => {
      const { whole, norm } = arrays[n];
      const traced = batch < layer.traced;
      const column = (array, k) =>
        exponents(
          Float64Array.from({ length: spec.steps }, (_, t) =>
            k === null ? at(array, batch, t) : at(array, batch, t, k),
          ),
        );
      const factor = { LSTM: "product of f", GRU: "product of z", SimpleRNN: "product of slope · U[u,u]" }[layer.kind];
      const colour = palette.colors[{ LSTM: "f", GRU: "f", SimpleRNN: "x" }[layer.kind]];
      const s = layer.carries;
      return [
        {
          name: `${n}/way`,
          label: `${layer.kind}: ${factor}`,
          colour,
          dash: GRADIENT_DASHES[n],
          values: ways[n].exponent,
        },
        traced &&
          !n && {
            name: `${n}/whole`,
            label: `${layer.kind}: all ways, ∂${s}_T/∂${s}_t`,
            colour: palette.colors[s],
            dash: "dotted",
            values: column(whole, unitOf(n, unit)),
          },
        traced && {
          name: `${n}/jacobian`,
          label: `${layer.kind}: all units, ‖∂${s}_T/∂${s}_t‖`,
          colour: palette.colors.g,
          dash: n ? "dashed" : "solid",
          values: column(norm, null),
        },
      ].filter(Boolean);
    });
    wayChart.draw(plotWidth, curves, {
      log: true,
      dark: context.theme === "dark",
      runs: skippedRuns(counts, batch, spec.steps),
    });
  }

  function draw({ batch, unit }) {
    const sequence = [batch, root.clientWidth, context.theme, model.get("log_maps"), model.get("log_norm")].join();
    if (sequence !== drawn) drawSequence(batch);
    if (`${sequence},${unit}` !== drawnWay) drawWays(batch, unit);
    [drawn, drawnWay] = [sequence, `${sequence},${unit}`];
  }

  function paint() {
    const place = bar.here();
    const { t, unit, batch } = place;
    draw(place);
    root.dataset.kind = spec.kind;
    bar.paint(place, spec.time);
    logMaps.checked = model.get("log_maps");
    logNorm.checked = model.get("log_norm");
    for (const map of maps) {
      const k = unitOf(map.n, unit);
      map.place(t, k);
      say(map.value, (map.isGradient ? sized : format)(at(arrays[map.n][map.name], batch, t, k)));
    }
    const sizes = {};
    const wayTexts = {};
    spec.layers.forEach((layer, n) => {
      sizes[`${n}/dh`] = sized(norms[n].dh[t]);
      if (norms[n].dc) sizes[`${n}/dc`] = sized(norms[n].dc[t]);
      wayTexts[`${n}/way`] = fromExponent(ways[n].exponent[t], ways[n].sign[t]);
      if (batch < layer.traced) {
        wayTexts[`${n}/whole`] = sized(at(arrays[n].whole, batch, t, unitOf(n, unit)));
        wayTexts[`${n}/jacobian`] = sized(at(arrays[n].norm, batch, t));
      }
    });
    normChart.place(t, sizes);
    wayChart.place(t, wayTexts);
    const numbers = sides.map((s, n) => s.paint({ ...place, unit: unitOf(n, unit) }, ways[n]));
    const text =
      `${gradientInWords(spec, place, numbers[0], wayTexts["0/way"])} ${besideInWords(spec.layers, norms, t)}`.trim();
    say(words, text);
    voice.tell(`${text} ${noteText}`);
    pictures.setAttribute(
      "aria-label",
      `Heat maps of units over ${spec.steps} steps: states and their gradients${both ? ", of two layers" : ""}; curves of the ` +
        `gradient's size and of what is left of it. ${text}`,
    );
    root.setAttribute(
      "aria-label",
      `Gradient explorer, ${spec.layers.map((l) => `${l.kind} ${l.name}`).join(" beside ")}`,
    );
  }

  context.onChange(["t", "unit", "batch", "log_maps", "log_norm"], context.repaint);
  return {
    layout: () => ([drawn, drawnWay] = ["", ""]),
    paint,
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

export default explorer(gradientExplorer);
