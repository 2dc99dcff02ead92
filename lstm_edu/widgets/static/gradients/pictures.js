// States, their gradients, and what is left of a gradient on its way back: the pictures of the gradient explorer.

import { byPowers, directWay, exponents, fromExponent, lengths, sized } from "./numbers.js";
import { NOT_ALL_WAYS, layersInWords, powersInWords, sizesInWords, vanishedInWords, waysInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { shownAt } from "../shared/levels.js";
import { format } from "../shared/numbers.js";
import { chip, h, legend } from "../shared/page.js";
import { stepAxis } from "../shared/words.js";
import { timeChart } from "../time/chart.js";
import { skippedRuns } from "../time/notes.js";
import { picturesOverTime, valuesOf } from "../time/pictures.js";

const DASHES_OF_LAYERS = ["solid", "dashed"]; // the first layer's lines, the second's
const DECADES_OF_COLOUR = 6;
const HEIGHT_ALONE = 200; // of the curve of sizes, where it is the only picture

/** {element, note, layout(), paint(place) -> {norms, ways, texts}, describe(text)}. `arrays`: each layer's own. */
export function gradientPictures(context, spec, arrays, counts, bar) {
  const { model } = context;
  const from = (level) => shownAt(context.level(), { from: level });
  const called = layersInWords(spec.layers);
  const unitOf = (n, unit) => Math.min(unit, spec.layers[n].units - 1);
  let norms = []; // of each layer, of the sequence shown
  let ways = []; // of each layer, of the unit shown
  let wayDrawn = "";

  const maps = spec.layers.flatMap((layer, n) =>
    [...new Set([layer.carries, "h"])].flatMap((state) =>
      [state, `d_${state}`].map((quantity) => mapOfState(context, spec, arrays, bar, called, n, state, quantity)),
    ),
  );
  const curvesOf = (key, title, more) => (tip) =>
    timeChart(context, bar, tip, { key, title: h("span", { class: "le-name" }, title), steps: spec.steps, ...more });
  const pictures = picturesOverTime(context, spec, bar, {
    maps,
    charts: [
      curvesOf("norm", "size of the gradient at each step, over all units", {
        tell: (t) => sizesInWords(called, norms, t),
      }),
      curvesOf("way", "what is left of a gradient, from the last step back to here", {
        tell: (t) => waysInWords(called, ways, t),
        from: "path",
      }),
    ],
    axis: stepAxis(spec, "the gradient flows from right to left"),
    counts,
    hatched: "Hatched steps are masked: the gradient passes through them unchanged.",
    odd: () => (from("path") ? maps.map(({ text, n, quantity }) => [text, arrays[n][quantity]]) : []),
    notes: (batch) => [
      ...norms.map(({ dh }, n) => vanishedInWords(called[n], dh)),
      from("path") && model.get("log_maps") && powersInWords(DECADES_OF_COLOUR),
      from("all") && spec.layers.some((layer) => layer.traced <= batch) && NOT_ALL_WAYS,
    ],
    version: () => `${model.get("log_maps")} ${model.get("log_norm")}`,
    drawn({ batch, width, runs, charts: [chart] }) {
      norms = arrays.map((mine, n) => ({
        dh: lengths(mine.d_h, batch),
        dc: spec.layers[n].carries === "c" ? lengths(mine.d_c, batch) : null,
      }));
      const log = model.get("log_norm");
      const curves = norms.flatMap((sizes, n) => {
        const both = normCurves(context.palette, called[n], sizes, n, log);
        return from("path") ? both : [{ ...both.at(-1), dash: DASHES_OF_LAYERS[n] }];
      });
      chart.draw(width, curves, { log, runs, ...(from("path") ? {} : { height: HEIGHT_ALONE }) });
      wayDrawn = "";
    },
  });
  const [normChart, wayChart] = pictures.charts;

  function drawWays({ batch, unit }) {
    const key = `${batch},${unit}`;
    if (key === wayDrawn) return;
    wayDrawn = key;
    ways = arrays.map((mine, n) => directWay(mine.direct, batch, unitOf(n, unit)));
    if (!from("path")) return;
    const curves = spec.layers.flatMap((layer, n) => {
      const own = wayCurve(context.palette, layer, called[n], ways[n], n);
      const known = from("all") && batch < layer.traced;
      const place = { n, batch, unit: unitOf(n, unit) };
      return known ? [own, ...jacobianCurves(context.palette, spec.steps, layer, called[n], arrays[n], place)] : [own];
    });
    wayChart.draw(pictures.width(), curves, { log: true, runs: skippedRuns(counts, batch, spec.steps) });
  }

  /** The numbers of the curves at this place, as text by the curves' names. */
  function numbersOfCurves({ t, unit, batch }) {
    const texts = {};
    spec.layers.forEach((layer, n) => {
      texts[`${n}/dh`] = sized(norms[n].dh[t]);
      if (norms[n].dc) texts[`${n}/dc`] = sized(norms[n].dc[t]);
      texts[`${n}/way`] = fromExponent(ways[n].exponent[t], ways[n].sign[t]);
      if (batch >= layer.traced) return;
      texts[`${n}/whole`] = sized(at(arrays[n].whole, batch, t, unitOf(n, unit)));
      texts[`${n}/jacobian`] = sized(at(arrays[n].norm, batch, t));
    });
    return texts;
  }

  return {
    element: pictures.element,
    note: pictures.note,
    layout: pictures.layout,
    describe: pictures.describe,
    paint(place) {
      const { t, unit, batch } = place;
      const here = maps.map(({ name, n, quantity }) => [name, at(arrays[n][quantity], batch, t, unitOf(n, unit))]);
      pictures.paint(place, Object.fromEntries(here));
      drawWays(place);
      const texts = numbersOfCurves(place);
      normChart.place(t, texts);
      wayChart.place(t, texts);
      return { norms, ways, texts };
    },
  };
}

/** The options of one map: a state, "c", or the gradient of it, "d_c". */
function mapOfState(context, spec, arrays, bar, called, n, state, quantity) {
  const { model, palette } = context;
  const layer = spec.layers[n];
  const gradient = quantity !== state;
  const [whose, theirs] = spec.layers.length > 1 ? [`${called[n]} `, `${called[n]}'s `] : ["", ""];
  const text = gradient ? `dL/d${state}` : state;
  const sign = gradient ? h("span", { class: "le-partial" }, "∂L/∂", h("i", {}, state)) : chip(state, palette);
  const title = whose + (gradient ? `gradient of ${state}` : palette.names[state]);
  // Gradients of one state have one scale in both layers: or what has vanished would look as large as the other.
  const scales = spec.layers.map((one) => one.scales[quantity]).filter(Boolean);
  const scale = gradient ? scales.reduce((a, b) => (a.high > b.high ? a : b)) : layer.scales[quantity];
  return {
    key: `${n}/${quantity}`,
    name: `${n}/${quantity}`,
    n,
    quantity,
    from: "path",
    text: theirs + text,
    title: [sign, h("span", { class: "le-name" }, title)],
    veiled: gradient,
    rows: layer.units,
    write: gradient ? sized : format,
    pick: (t, k) => bar.go({ t, unit: Math.min(k, spec.units - 1) }),
    tell: (t, k, batch) => `${whose}${text} · step ${t}, unit ${k}: ${format(at(arrays[n][quantity], batch, t, k), 6)}`,
    picture(batch) {
      const value = valuesOf(arrays[n][quantity], batch);
      const stops = palette.diverging[context.theme];
      if (!gradient || !model.get("log_maps")) return { value, scale, stops };
      const { high } = scale;
      return {
        value: (k, t) => byPowers(value(k, t), high, DECADES_OF_COLOUR),
        scale: { kind: "signed", low: -1, high: 1 },
        stops,
        legend: legend({ low: -high, high }, stops, ", log"),
      };
    },
  };
}

/** How large a layer's gradients are at each step, over all units; the last one that of the state that carries. */
function normCurves(palette, called, { dh, dc }, n, log) {
  const as = log ? exponents : (values) => values;
  const curve = (of, values, dash) => ({
    name: `${n}/d${of}`,
    label: `${called} |dL/d${of}|`,
    colour: palette.colors[of],
    dash,
    values: as(values),
  });
  return [curve("h", dh, DASHES_OF_LAYERS[n]), ...(dc ? [curve("c", dc, ["dotted", "dash-dot"][n])] : [])];
}

/** What is left of a gradient on the unit's own way. */
function wayCurve({ colors }, { kind }, called, way, n) {
  const factor = { LSTM: "product of f", GRU: "product of z", SimpleRNN: "product of slope · U[u,u]" }[kind];
  return {
    name: `${n}/way`,
    label: `${called}: ${factor}`,
    colour: colors[kind === "SimpleRNN" ? "x" : "f"],
    dash: DASHES_OF_LAYERS[n],
    values: way.exponent,
  };
}

/** What is left of it on all ways, of the first layer, and of all units. */
function jacobianCurves({ colors }, steps, { carries: s }, called, { whole, norm }, { n, batch, unit }) {
  const over = (read) => exponents(Float64Array.from({ length: steps }, (_, t) => read(t)));
  const all = () => ({
    name: `${n}/whole`,
    label: `${called}: all ways, ∂${s}_T/∂${s}_t`,
    colour: colors[s],
    dash: "dotted",
    values: over((t) => at(whole, batch, t, unit)),
  });
  const units = {
    name: `${n}/jacobian`,
    label: `${called}: all units, ‖∂${s}_T/∂${s}_t‖`,
    colour: colors.g,
    dash: n ? "dashed" : "solid",
    values: over((t) => at(norm, batch, t)),
  };
  return n ? [units] : [all(), units];
}
