// Both runs and their difference as maps, and below them the curves of one unit in both.

import { maskedInEither, readersOf } from "./runs.js";
import { letterOf, whatIsCompared } from "./words.js";
import { stopsOf } from "../shared/colours.js";
import { format } from "../shared/numbers.js";
import { h, noteLine, say } from "../shared/page.js";
import { stepAxis } from "../shared/words.js";
import { timeChart } from "../time/chart.js";
import { picturesOverTime } from "../time/pictures.js";

/** {element, note, layout(), paint(place, quantity), describe(text)}: the pictures of whichever quantity is shown. */
export function pairPictures(context, spec, arrays, bar, chosen) {
  const valueOf = readersOf(arrays);
  const note = noteLine();
  const curves = pairCurves(context, spec, arrays, valueOf, chosen);
  const sets = {}; // one set of pictures for each number of rows that a quantity has
  let shown = null;

  /** The set of pictures that fits the quantity, put where the last one was. */
  function fitting() {
    const rows = spec.widths[chosen()];
    const made = (sets[rows] ??= picturesOf(context, spec, arrays, bar, { rows, valueOf, chosen, curves, note }));
    if (shown && shown !== made) {
      shown.element.replaceWith(made.element);
      made.measure();
      made.draw();
    }
    shown = made;
    return made;
  }

  return {
    element: fitting().element,
    note,
    layout: () => fitting().layout(),
    paint(place, quantity) {
      const numbers = Object.fromEntries(
        Object.entries(valueOf).map(([side, read]) => [side, read(quantity, place.batch, place.t, place.unit)]),
      );
      fitting().paint(place, numbers);
      curves.paint(shown, place, numbers);
      return numbers;
    },
    describe: (text) => shown.describe(text),
  };
}

/** The pictures of the quantities that have this number of rows: three maps, and the curves of one unit. */
function picturesOf(context, spec, arrays, bar, { rows, valueOf, chosen, curves, note }) {
  const [one, other] = spec.names;
  const titles = { a: one, b: other, difference: `${one} − ${other}` };
  const made = picturesOverTime(context, spec, bar, {
    maps: Object.keys(titles).map((side) => mapOfSide(context, spec, side, titles[side], { rows, valueOf, chosen })),
    charts: [(tip) => curves.chart(bar, tip)],
    axis: stepAxis(spec, "one row per unit, 0 on top"),
    runs: (batch) => maskedInEither(spec, arrays, batch),
    hatched: "Hatched steps are masked in one of the runs or in both.",
    odd: () =>
      spec.quantities.flatMap((q) => [
        [`${q} of ${one}`, arrays[`a/${q}`]],
        [`${q} of ${other}`, arrays[`b/${q}`]],
      ]),
    notes: () => whatIsCompared(spec),
    version: chosen,
    note,
    drawn({ batch, width }) {
      curves.forget();
      marks.forEach((mark) => markDivergence(mark, spec, batch, width));
    },
  });
  const marks = made.maps.map(({ plot }) => {
    const mark = h("div", { class: "le-parting", title: "the first divergence" });
    plot.append(mark);
    return mark;
  });
  return made;
}

/** The map of one run, "a" or "b", or of the "difference": options of `picturesOverTime`. */
function mapOfSide(context, spec, side, title, { rows, valueOf, chosen }) {
  const { palette } = context;
  return {
    key: side,
    name: side,
    rows,
    tallest: 104,
    title: [h("span", { class: "le-name" }, title)],
    tell: (t, k, batch) =>
      `${chosen()} of ${title} · step ${t}, unit ${k}: ${format(valueOf[side](chosen(), batch, t, k), 6)}`,
    picture(batch) {
      const quantity = chosen();
      const difference = side === "difference";
      const scale = (difference ? spec.difference_scales : spec.scales)[quantity];
      const letter = difference ? null : letterOf(quantity, spec.kinds[0]);
      const stops = letter ? stopsOf(scale, letter, palette, context.theme) : palette.diverging[context.theme];
      return { value: (k, t) => valueOf[side](quantity, batch, t, k), scale, stops };
    },
  };
}

/** One unit of both runs over time: {chart(bar, tip), paint(pictures, place, numbers), forget(): to draw it again}. */
function pairCurves(context, spec, arrays, valueOf, chosen) {
  const [one, other] = spec.names;
  const unitOf = (unit) => Math.min(unit, spec.widths[chosen()] - 1);
  let drawn = "";

  function draw(pictures, { unit, batch }) {
    const quantity = chosen();
    const key = [batch, quantity, unit, pictures.width(), context.theme].join();
    if (key === drawn) return;
    drawn = key;
    const values = (side) =>
      Float64Array.from({ length: spec.steps }, (_, t) => valueOf[side](quantity, batch, t, unit));
    const [chart] = pictures.charts;
    say(chart.element.querySelector(".le-name"), `${quantity} of unit ${unit} over time, both runs`);
    const colour = context.palette.colors[letterOf(quantity, spec.kinds[0]) ?? "x"];
    chart.draw(
      pictures.width(),
      [
        { name: "a", label: one, colour, dash: "solid", values: values("a") },
        { name: "b", label: other, colour: context.neutrals.ink, dash: "dashed", values: values("b") },
      ],
      { runs: maskedInEither(spec, arrays, batch), mark: spec.divergences[batch]?.t ?? null },
    );
  }

  return {
    forget: () => (drawn = ""),
    chart: (bar, tip) =>
      timeChart(context, bar, tip, {
        key: "curves",
        title: h("span", { class: "le-name" }),
        steps: spec.steps,
        height: 150,
        tell(t) {
          const { batch, unit } = bar.here();
          const [a, b] = [valueOf.a, valueOf.b].map((read) => format(read(chosen(), batch, t, unitOf(unit)), 6));
          return `step ${t}: ${one} ${a}, ${other} ${b}`;
        },
      }),
    paint(pictures, place, numbers) {
      draw(pictures, place);
      pictures.charts[0].place(place.t, { a: format(numbers.a), b: format(numbers.b) });
    },
  };
}

function markDivergence(mark, spec, batch, width) {
  const found = spec.divergences[batch];
  mark.hidden = !found;
  if (found) mark.style.transform = `translateX(${(found.t * width) / spec.steps}px)`;
}
