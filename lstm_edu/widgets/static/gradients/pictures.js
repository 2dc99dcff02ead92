// States, their gradients, and what is left of a gradient on its way back: the pictures of the gradient explorer.

import { byPowers, directWay, exponents, fromExponent, lengths, sized } from "./numbers.js";
import { NOT_ALL_WAYS, powersInWords, sizesInWords, vanishedInWords, waysInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";
import { chip, h, legend } from "../shared/page.js";
import { stepAxis } from "../shared/words.js";
import { timeChart } from "../time/chart.js";
import { skippedRuns } from "../time/notes.js";
import { picturesOverTime, valuesOf } from "../time/pictures.js";

const DASHES_OF_LAYERS = ["solid", "dashed"]; // the first layer's lines, the second's
const DECADES_OF_COLOUR = 6;

/** {element, note, layout(), paint(place) -> {norms, ways, texts}, describe(text)}. `arrays`: each layer's own. */
export function gradientPictures(context, spec, arrays, counts, bar) {
  const { model } = context;
  const unitOf = (n, unit) => Math.min(unit, spec.layers[n].units - 1);
  let norms = []; // of each layer, of the sequence shown
  let ways = []; // of each layer, of the unit shown
  let wayDrawn = "";

  const maps = spec.layers.flatMap((layer, n) =>
    [...new Set([layer.carries, "h"])].flatMap((state) =>
      [state, `d_${state}`].map((quantity) => mapOfState(context, spec, arrays, bar, n, state, quantity)),
    ),
  );
  const curvesOf = (key, title, tell) => (tip) =>
    timeChart(context, bar, tip, { key, title: h("span", { class: "le-name" }, title), steps: spec.steps, tell });
  const pictures = picturesOverTime(context, spec, bar, {
    maps,
    charts: [
      curvesOf("norm", "size of the gradient at each step, over all units", (t) => sizesInWords(spec.layers, norms, t)),
      curvesOf("way", "what is left of a gradient, from the last step back to here", (t) =>
        waysInWords(spec.layers, ways, t),
      ),
    ],
    axis: stepAxis(spec, "the gradient flows from right to left"),
    counts,
    hatched: "Hatched steps are masked: the gradient passes through them untouched.",
    odd: () => maps.map(({ called, n, quantity }) => [called, arrays[n][quantity]]),
    notes: (batch) => [
      ...norms.map(({ dh }, n) => vanishedInWords(spec.layers[n].kind, dh)),
      model.get("log_maps") && powersInWords(DECADES_OF_COLOUR),
      spec.layers.some((layer) => layer.traced <= batch) && NOT_ALL_WAYS,
    ],
    version: () => `${model.get("log_maps")} ${model.get("log_norm")}`,
    drawn({ batch, width, runs, charts: [chart] }) {
      norms = arrays.map((mine, n) => ({
        dh: lengths(mine.d_h, batch),
        dc: spec.layers[n].carries === "c" ? lengths(mine.d_c, batch) : null,
      }));
      const log = model.get("log_norm");
      const curves = spec.layers.flatMap((layer, n) => normCurves(context.palette, layer, norms[n], n, log));
      chart.draw(width, curves, { log, runs });
      wayDrawn = "";
    },
  });
  const [normChart, wayChart] = pictures.charts;

  function drawWays({ batch, unit }) {
    const key = `${batch},${unit}`;
    if (key === wayDrawn) return;
    wayDrawn = key;
    ways = arrays.map((mine, n) => directWay(mine.direct, batch, unitOf(n, unit)));
    const curves = spec.layers.flatMap((layer, n) =>
      wayCurves(context.palette, spec.steps, layer, arrays[n], ways[n], { n, batch, unit: unitOf(n, unit) }),
    );
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
function mapOfState(context, spec, arrays, bar, n, state, quantity) {
  const { model, palette } = context;
  const layer = spec.layers[n];
  const gradient = quantity !== state;
  const [whose, theirs] = spec.layers.length > 1 ? [`${layer.kind} `, `${layer.kind}'s `] : ["", ""];
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
    called: theirs + text,
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

/** How large a layer's gradients are at each step, over all units. */
function normCurves(palette, { kind }, { dh, dc }, n, log) {
  const as = log ? exponents : (values) => values;
  const curve = (of, values, dash) => ({
    name: `${n}/d${of}`,
    label: `${kind} |dL/d${of}|`,
    colour: palette.colors[of],
    dash,
    values: as(values),
  });
  return [curve("h", dh, DASHES_OF_LAYERS[n]), ...(dc ? [curve("c", dc, ["dotted", "dash-dot"][n])] : [])];
}

/** What is left of a gradient: on the unit's own way; where they were computed, on all ways, and of all units. */
function wayCurves({ colors }, steps, layer, { whole, norm }, way, { n, batch, unit }) {
  const over = (read) => exponents(Float64Array.from({ length: steps }, (_, t) => read(t)));
  const factor = { LSTM: "product of f", GRU: "product of z", SimpleRNN: "product of slope · U[u,u]" }[layer.kind];
  const s = layer.carries;
  const own = {
    name: `${n}/way`,
    label: `${layer.kind}: ${factor}`,
    colour: colors[layer.kind === "SimpleRNN" ? "x" : "f"],
    dash: DASHES_OF_LAYERS[n],
    values: way.exponent,
  };
  if (batch >= layer.traced) return [own];
  const all = {
    name: `${n}/whole`,
    label: `${layer.kind}: all ways, ∂${s}_T/∂${s}_t`,
    colour: colors[s],
    dash: "dotted",
    values: n ? [] : over((t) => at(whole, batch, t, unit)),
  };
  const units = {
    name: `${n}/jacobian`,
    label: `${layer.kind}: all units, ‖∂${s}_T/∂${s}_t‖`,
    colour: colors.g,
    dash: n ? "dashed" : "solid",
    values: over((t) => at(norm, batch, t)),
  };
  return n ? [own, units] : [own, all, units];
}
