// The bins explorer: samples, a histogram of fixed width, and what its range does to it.

import { explorer } from "../shared/explorer.js";
import { announcer, h, say } from "../shared/page.js";

/** The bin of a value, as tf.histogram_fixed_width counts: below the range the first, at its end or beyond the last. */
export function binOf(value, [low, high], bins) {
  const inside = Math.min(Math.max(value, low), high) - low;
  return Math.min(Math.trunc(inside / ((high - low) / bins)), bins - 1);
}

/** For each bin: its ends, what is in it as [value, count] pairs, and its share of all samples. */
export function filledBins(values, counts, range, bins) {
  const total = counts.reduce((a, b) => a + b, 0);
  const step = (range[1] - range[0]) / bins;
  const filled = Array.from({ length: bins }, (_, n) => ({
    from: range[0] + n * step,
    to: range[0] + (n + 1) * step,
    inside: [],
    count: 0,
    share: 0,
  }));
  values.forEach((value, k) => {
    const bin = filled[binOf(value, range, bins)];
    bin.inside.push([value, counts[k]]);
    bin.count += counts[k];
  });
  for (const bin of filled) bin.share = bin.count / total;
  return filled;
}

/** "1, 2 and 3" */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

// --- the explorer ---------------------------------------------------------------------------------------------------

export function binsExplorer(context) {
  const { model, root, spec, listen } = context;
  const { values, counts, bins, ends, what } = spec;
  const few = values.length <= 12;
  const short = (value) => String(Number(value.toFixed(3))).replace("-", "−");
  const STEP = 0.25;

  // --- controls -------------------------------------------------------------
  const slider = (name, which) => {
    const input = h("input", {
      type: "range",
      min: ends[0],
      max: ends[1],
      step: STEP,
      "aria-label": `value_range, ${name}`,
    });
    const text = h("output", { class: "le-step" });
    listen(input, "input", () => {
      const range = [...model.get("value_range")];
      range[which] = Number(input.value);
      // An end pushes the other one before it: there is no range without width.
      if (which === 0 && range[0] >= range[1]) range[1] = range[0] + STEP;
      if (which === 1 && range[0] >= range[1]) range[0] = range[1] - STEP;
      context.set({ value_range: range });
    });
    return { input, text, element: h("label", { class: "le-control" }, text, input) };
  };
  const low = slider("low", 0);
  const high = slider("high", 1);
  const call = h("code", { class: "le-bins-call" });
  const line = h("div", { class: "le-bins-line", "aria-hidden": "true" });
  const chart = h("div", { class: "le-bins-chart", role: "list", "aria-label": "the bins" });
  const words = h("p", { class: "le-bins-words" });
  root.append(
    h("div", { class: "le-head" }, h("strong", {}, "Which bin?"), h("span", { class: "le-muted" }, spec.title)),
    h("div", { class: "le-controls" }, low.element, high.element),
    h("div", {}, call),
    line,
    h("div", { class: "le-bins-scroll le-scroll", tabindex: 0, role: "group", "aria-label": "histogram" }, chart),
    words,
  );
  const voice = announcer(root);

  /** The number line: a dot for each value, the range as a band with the bins' edges. */
  function drawLine(range, filled) {
    const least = Math.min(ends[0], range[0]);
    const most = Math.max(ends[1], range[1]);
    const at = (value) => `${(100 * (value - least)) / (most - least)}%`;
    const band = h("div", { class: "le-bins-band" });
    band.style.left = at(range[0]);
    band.style.right = `calc(100% - ${at(range[1])})`;
    const edges = (bins <= 24 ? filled.slice(1) : []).map(({ from }) => {
      const edge = h("div", { class: "le-bins-edge" });
      edge.style.left = at(from);
      return edge;
    });
    const dots = values.map((value) => {
      const dot = h("div", { class: "le-bins-dot" }, few ? short(value) : "");
      dot.style.left = at(value);
      return dot;
    });
    line.replaceChildren(h("div", { class: "le-bins-axis" }), band, ...edges, ...dots);
  }

  function drawBins(filled) {
    const most = Math.max(...filled.map((bin) => bin.share));
    chart.style.setProperty("--le-bins", bins);
    chart.replaceChildren(
      ...filled.map((bin, n) => {
        const stack = h(
          "div",
          { class: "le-bins-stack" },
          bin.inside.map(([value, count]) => {
            const part = h("div", { class: "le-bins-part" }, few ? short(value) : "");
            part.style.flexGrow = count;
            return part;
          }),
        );
        stack.style.height = `${bin.count ? Math.max(few ? 14 * bin.inside.length : 2, (110 * bin.share) / most) : 0}px`;
        const end = n === bins - 1 ? "]" : ")";
        const interval = `[${short(bin.from)}, ${short(bin.to)}${end}`;
        const said = bin.inside.length && few ? `: ${what} ${listed(bin.inside.map(([v]) => short(v)))}` : "";
        return h(
          "div",
          {
            class: "le-bins-bin",
            role: "listitem",
            "data-share": bin.share.toFixed(3),
            "aria-label": `bin ${n}, from ${short(bin.from)} to ${short(bin.to)}, share ${bin.share.toFixed(3)}${said}`,
          },
          h("div", { class: "le-bins-share" }, bin.share.toFixed(3)),
          h("div", { class: "le-bins-bar" }, stack),
          h("div", {}, `bin ${n}`),
          h("div", { class: "le-muted le-small" }, interval),
        );
      }),
    );
  }

  /** What is to be noticed, in a sentence or three. */
  function sentences(range, filled) {
    const inWords = (list) => `${what}${list.length > 1 ? "s" : ""} ${listed(list.map(short))}`;
    const told = [];
    const beyond = values.filter((value) => value > range[1]);
    const atEnd = values.filter((value) => value === range[1]);
    const below = values.filter((value) => value < range[0]);
    const doIt = (list, verb) => `${verb}${list.length > 1 ? "" : "s"}`;
    if (few) {
      if (below.length)
        told.push(
          `${inWords(below)} ${doIt(below, "lie")} below the range and ${doIt(below, "count")} in the first bin.`,
        );
      if (atEnd.length)
        told.push(
          `${inWords(atEnd)} ${doIt(atEnd, "lie")} at the end of the range and ${doIt(atEnd, "count")} in the last bin.`,
        );
      if (beyond.length)
        told.push(
          `${inWords(beyond)} ${doIt(beyond, "lie")} beyond the range and ${doIt(beyond, "count")} in the last bin.`,
        );
    }
    const shared = filled.filter((bin) => bin.inside.length > 1);
    const alone = shared.length === 0;
    if (few && alone) told.push(`Every ${what} has a bin of its own.`);
    else if (few)
      told.push(...shared.map((bin) => `${inWords(bin.inside.map(([v]) => v))} share bin ${filled.indexOf(bin)}.`));
    else told.push(`${filled.filter((bin) => bin.count).length} of ${bins} bins hold samples.`);
    return told.map((text) => text[0].toUpperCase() + text.slice(1)).join(" ");
  }

  function paint() {
    const range = model.get("value_range");
    const filled = filledBins(values, counts, range, bins);
    root.dataset.kind = "Bins";
    root.dataset.range = range.join(" ");
    root.setAttribute("aria-label", `Bins explorer: ${spec.title}`);
    for (const [slot, value, name] of [
      [low, range[0], "low"],
      [high, range[1], "high"],
    ]) {
      slot.input.min = Math.min(slot.input.min, value);
      slot.input.max = Math.max(slot.input.max, value);
      slot.input.value = value;
      say(slot.text, `${name} = ${short(value)}`);
    }
    say(
      call,
      `tf.histogram_fixed_width(samples, value_range=[${range.map(short).join(", ").replace(/−/g, "-")}], nbins=${bins})`,
    );
    drawLine(range, filled);
    drawBins(filled);
    const text = sentences(range, filled);
    say(words, text);
    voice.tell(
      `value_range ${range.map(short).join(" to ")}. ${text} Shares: ${filled.map((bin) => bin.share.toFixed(3)).join(", ")}.`,
    );
  }

  context.onChange(["value_range"], context.repaint);
  return { layout() {}, paint, key: () => false, close: voice.close };
}

export default explorer(binsExplorer);
