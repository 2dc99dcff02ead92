// The bins explorer: samples, a histogram of fixed width, and what its range does to it.

import { filledBins } from "./numbers.js";
import { BINS_SHOWN_ONE_BY_ONE, binInWords, binsInWords, short } from "./words.js";
import { explorer } from "../shared/explorer.js";
import { announcer, h, headLine, say } from "../shared/page.js";

const STEP = 0.25;

/** @type {import("../types.d.ts").Build} */
export function binsExplorer(context) {
  const { model, root, spec } = context;
  const { values, counts, bins } = spec;
  const ends = ["low", "high"].map((name, which) => rangeEnd(context, name, which));
  const call = h("code", { class: "le-bins-call" });
  const line = numberLine(spec);
  const chart = histogram(spec);
  const words = h("p", { class: "le-bins-words" });
  root.append(
    headLine("Which bin?", spec.title),
    h(
      "div",
      { class: "le-controls" },
      ends.map(({ element }) => element),
    ),
    h("div", {}, call),
    line.element,
    h(
      "div",
      { class: "le-bins-scroll le-scroll", tabindex: 0, role: "group", "aria-label": "histogram" },
      chart.element,
    ),
    words,
  );
  const voice = announcer(root);

  function paint() {
    const range = model.get("value_range");
    const filled = filledBins(values, counts, range, bins);
    root.dataset.kind = "Bins";
    root.dataset.range = range.join(" ");
    root.setAttribute("aria-label", `Bins explorer: ${spec.title}`);
    ends.forEach((end, which) => end.paint(range[which]));
    const written = range.map(short).join(", ").replace(/−/g, "-");
    say(call, `tf.histogram_fixed_width(samples, value_range=[${written}], nbins=${bins})`);
    line.paint(range, filled);
    chart.paint(filled);
    const text = binsInWords(spec, range, filled);
    say(words, text);
    const shares = filled.map((bin) => bin.share.toFixed(3)).join(", ");
    voice.tell(`value_range ${range.map(short).join(" to ")}. ${text} Shares: ${shares}.`);
  }

  context.onChange(["value_range"], context.repaint);
  return { layout() {}, paint, key: () => false, close: voice.close };
}

/** The slider of one end of the range: {element, paint(value)}. An end pushes the other one before it: there is no range
 *  without width. */
function rangeEnd(context, name, which) {
  const { model, spec } = context;
  const [min, max] = spec.ends;
  const input = h("input", { type: "range", min, max, step: STEP, "aria-label": `value_range, ${name}` });
  const text = h("output", { class: "le-step" });
  context.listen(input, "input", () => {
    const range = [...model.get("value_range")];
    range[which] = Number(input.value);
    if (range[0] >= range[1]) range[1 - which] = range[which] + (which ? -STEP : STEP);
    context.set({ value_range: range });
  });
  return {
    element: h("label", { class: "le-control" }, text, input),
    paint(value) {
      input.min = Math.min(input.min, value);
      input.max = Math.max(input.max, value);
      input.value = value;
      say(text, `${name} = ${short(value)}`);
    },
  };
}

/** The number line: a dot for each value, the range as a band with the bins' edges. */
function numberLine({ values, bins, ends }) {
  const element = h("div", { class: "le-bins-line", "aria-hidden": "true" });
  const few = values.length <= BINS_SHOWN_ONE_BY_ONE;
  return {
    element,
    paint(range, filled) {
      const [least, most] = [Math.min(ends[0], range[0]), Math.max(ends[1], range[1])];
      const place = (value) => `${(100 * (value - least)) / (most - least)}%`;
      const mark = (kind, value, text = "") =>
        h("div", { class: `le-bins-${kind}`, style: `left:${place(value)}` }, text);
      const band = mark("band", range[0]);
      band.style.right = `calc(100% - ${place(range[1])})`;
      const edges = (bins <= 24 ? filled.slice(1) : []).map(({ from }) => mark("edge", from));
      const dots = values.map((value) => mark("dot", value, few ? short(value) : ""));
      element.replaceChildren(h("div", { class: "le-bins-axis" }), band, ...edges, ...dots);
    },
  };
}

/** The bins, each with its share and what is in it. */
function histogram(spec) {
  const { values, bins } = spec;
  const element = h("div", { class: "le-bins-chart", role: "list", "aria-label": "the bins" });
  element.style.setProperty("--le-bins", bins);
  const few = values.length <= BINS_SHOWN_ONE_BY_ONE;

  function binOfChart(bin, n, most) {
    const height = bin.count ? Math.max(few ? 14 * bin.inside.length : 2, (110 * bin.share) / most) : 0;
    const parts = bin.inside.map(([value, count]) =>
      h("div", { class: "le-bins-part", style: `flex-grow:${count}` }, few ? short(value) : ""),
    );
    const stack = h("div", { class: "le-bins-stack", style: `height:${height}px` }, parts);
    const share = bin.share.toFixed(3);
    return h(
      "div",
      { class: "le-bins-bin", role: "listitem", "data-share": share, "aria-label": binInWords(spec, bin, n) },
      h("div", { class: "le-bins-share" }, share),
      h("div", { class: "le-bins-bar" }, stack),
      h("div", {}, `bin ${n}`),
      h("div", { class: "le-muted le-small" }, `[${short(bin.from)}, ${short(bin.to)}${n === bins - 1 ? "]" : ")"}`),
    );
  }
  return {
    element,
    paint(filled) {
      const most = Math.max(...filled.map((bin) => bin.share));
      element.replaceChildren(...filled.map((bin, n) => binOfChart(bin, n, most)));
    },
  };
}

export default explorer(binsExplorer);
