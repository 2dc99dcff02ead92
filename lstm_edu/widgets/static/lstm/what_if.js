// What if ...: the panel in which a reader changes an LSTM's run, and sees the run as it was beside it.

import { editedRun, placeNamed } from "./recompute.js";
import { differenceInWords } from "./words.js";
import { at } from "../shared/arrays.js";
import { sizeCanvas } from "../shared/canvas.js";
import { kept } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { chip, h, say } from "../shared/page.js";
import { plural } from "../shared/words.js";
import { roundedUp } from "../time/scales.js";

/** What is changed, in words, one entry a change: [{text, without: the what-if without it}]. */
export function changesOf(edits, spec, arrays) {
  const { hold = [], numbers = {}, mistake = "" } = edits;
  const plain = (v) => String(Number(v.toPrecision(6))).replace("-", "−");
  const held = hold.map(({ gate, value, unit, from = 0, to = spec.steps - 1 }, n) => {
    const whose = unit === undefined ? (spec.units > 1 ? "all units" : "the unit") : `unit ${unit}`;
    const steps = from > 0 || to < spec.steps - 1 ? `, ${from === to ? `step ${from}` : `steps ${from} to ${to}`}` : "";
    return {
      text: `${gate} of ${whose} held at ${plain(value)}${steps}`,
      without: { ...edits, hold: hold.filter((_, other) => other !== n) },
    };
  });
  const put = Object.entries(numbers).map(([place, value]) => {
    const { [place]: _, ...others } = numbers;
    const was = format(numberAt(arrays, place));
    return { text: `${place} = ${plain(value)} (was ${was})`, without: { ...edits, numbers: others } };
  });
  const wrong = mistake ? [{ text: `mistake: ${mistake}`, without: { ...edits, mistake: "" } }] : [];
  return [...held, ...put, ...wrong];
}

/** The number that "kernel[2,7]" names. */
function numberAt(arrays, place) {
  const [name, index] = placeNamed(place);
  return at(arrays[name], ...index);
}

/** A number as it stands in a field: five figures. */
const figures = (value) => String(Number(value.toPrecision(5)));

/** A what-if without the parts that are empty: as Python writes it down. */
export function tidied({ hold = [], numbers = {}, mistake = "" }) {
  return {
    ...(hold.length ? { hold } : {}),
    ...(Object.keys(numbers).length ? { numbers } : {}),
    ...(mistake ? { mistake } : {}),
  };
}

/** The scale of a picture, widened where the new run's numbers go beyond it. */
export function widened(scale, values) {
  let low = scale.low;
  let high = scale.high;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low === scale.low && high === scale.high) return scale;
  const end = roundedUp(Math.max(-low, high));
  return low < 0 ? { kind: "signed", low: -end, high: end } : { kind: scale.kind, low: 0, high: end };
}

const titledButton = (text, title) => h("button", { type: "button", title }, text);

// --- the panel ------------------------------------------------------------------------------------------------------

/** {element, of(batch): the arrays to show, active(), paint(place), layout(), scale(name, batch), words()}.
 *  The what-if of a widget of its own is a trait that Python shares; a tab of a model's explorer keeps its own. */
export function whatIfPanel(context, spec, arrays, here) {
  const { listen } = context;
  const alone = spec === context.spec;
  const store = kept(context, spec, "whatif");
  const edits = () => store.get();
  const active = () => !spec.no_what_if && Object.keys(edits()).length > 0;
  const put = (next) => {
    store.set(tidied(next));
    context.repaint();
  };

  // --- the run --------------------------------------------------------------
  const anew = spec.no_what_if ? null : editedRun(spec, arrays);
  let shown = { batch: -1, edits: null, arrays: null, first: null };
  function of(batch) {
    if (!active()) return arrays;
    if (shown.batch !== batch || shown.edits !== edits()) {
      shown = { batch, edits: edits(), ...anew.compute(batch, edits()) };
    }
    return shown.arrays;
  }

  // --- parts ----------------------------------------------------------------
  const count = h("span", { class: "le-muted" });
  const tools = h(
    "details",
    { class: "le-fold" },
    h("summary", {}, "What if … ", count),
    spec.no_what_if && h("p", { class: "le-note" }, spec.no_what_if),
  );
  let controls = null; // made when they are first asked for: they are many
  const list = h("ul", { class: "le-changes", "aria-label": "what is changed" });
  const reset = titledButton("Reset", "back to the run as it was recorded");
  const lesson = h("p", { class: "le-lesson" });
  const lessonText = h("span", {});
  const lessonFix = h("code", {});
  lesson.append(lessonText, " Right: ", lessonFix);
  const differenceText = h("span", {});
  const goThere = titledButton("Go there", "go to the first difference");
  const difference = h("p", { class: "le-difference" }, differenceText, " ", goThere);
  const remark = h("p", { class: "le-muted le-remark" });
  const charts = ["c", "h"].map((name) => ghostChart(context, name));
  const ghosts = h(
    "div",
    { class: "le-ghosts" },
    charts.map((chart) => chart.element),
  );
  const on = h(
    "div",
    { class: "le-whatif-on", hidden: true },
    h("div", { class: "le-changed" }, list, reset),
    lesson,
    difference,
    ghosts,
    remark,
  );
  const element = h("div", { class: "le-whatif" }, tools, on);

  listen(reset, "click", () => {
    put({});
    tools.querySelector("summary").focus(); // the button that had the focus is gone
  });
  listen(goThere, "click", () => {
    const { t, quantity, unit } = shown.first;
    context.set(quantity === "x" ? { t } : { t, unit });
  });
  listen(tools, "toggle", context.repaint);

  // --- painting -------------------------------------------------------------
  let listed = null; // the what-if whose changes are listed
  let told = {}; // the one that a screen reader was told of, and where

  function paintList() {
    if (listed === edits()) return;
    listed = edits();
    const changes = active() ? changesOf(edits(), spec, arrays) : [];
    say(count, changes.length ? plural(changes.length, "change") : "");
    const focused = [...list.querySelectorAll("button")].findIndex((b) => b.matches(":focus"));
    list.replaceChildren(
      ...changes.map(({ text, without }) => {
        const remove = h("button", { type: "button", "aria-label": `remove: ${text}`, title: "remove" }, "×");
        listen(remove, "click", () => put(without));
        return h("li", {}, text, " ", remove);
      }),
    );
    if (focused >= 0) {
      const left = list.querySelectorAll("button");
      (left[Math.min(focused, left.length - 1)] ?? tools.querySelector("summary")).focus();
    }
    const entry = spec.mistakes.find(({ id }) => id === edits().mistake);
    lesson.hidden = !entry;
    if (entry) {
      say(lessonText, entry.sentence);
      say(lessonFix, entry.fix.split("   #")[0]);
    }
    const remarks = [];
    if (spec.comparison) {
      remarks.push("This is no longer the run that Keras made; Reset brings it back, with Keras beside it.");
    }
    if (!alone) remarks.push("Only this layer is computed anew: the others still show the run as it was.");
    say(remark, remarks.join(" "));
    remark.hidden = !remarks.length;
  }

  function paint(place) {
    paintList();
    on.hidden = !active();
    if (tools.open && !spec.no_what_if) {
      if (!controls) tools.append((controls = whatIfControls(context, spec, arrays, here, { edits, put }, of)).element);
      controls.paint(place);
    }
    if (!active()) return;
    const run = of(place.batch);
    say(differenceText, differenceInWords(shown.first));
    goThere.hidden = !shown.first;
    ghosts.hidden = spec.steps === 1; // one point is no line
    if (!ghosts.hidden) for (const chart of charts) chart.paint(arrays, run, place, spec);
  }

  return {
    element,
    of,
    active,
    paint,
    layout() {
      for (const chart of charts) chart.forget();
    },
    /** The scale of a picture of what is shown. */
    scale(name, batch) {
      if (!active()) return spec.scales[name];
      const { shape, data } = of(batch)[name];
      const size = shape[1] * shape[2];
      return widened(spec.scales[name], data.subarray(batch * size, (batch + 1) * size));
    },
    /** For a screen reader: all that is changed when it is new; what was, as the reader walks through it. */
    words({ was }, { t, unit, batch }) {
      if (!was) return "";
      const isNew = told.edits !== edits();
      if (isNew) told = { edits: edits(), t, unit, batch };
      const walked = t !== told.t || unit !== told.unit || batch !== told.batch;
      if (!isNew && walked) return `In the recorded run c was ${format(was.c)} and h was ${format(was.h)}.`;
      const changes = changesOf(edits(), spec, arrays).map(({ text }) => text);
      return `What if: ${changes.join("; ")}. ${differenceText.textContent}`;
    },
    /** Whether an event belongs to the panel's own controls. */
    has: (target) => element.contains(target),
  };
}

// --- the controls ---------------------------------------------------------------------------------------------------

/** {element, paint(place)}: what a reader changes things with. `store`: {edits(), put(next)}. */
function whatIfControls(context, spec, arrays, here, store, of) {
  const { palette, listen } = context;
  const { edits, put } = store;
  const choice = (label, entries) =>
    h("select", { "aria-label": label }, ...entries.map(([value, text]) => h("option", { value }, text)));
  const dial = (label) => h("input", { type: "range", step: "any", "aria-label": label });
  const field = (label, more = {}) =>
    h("input", { type: "number", step: "any", class: "le-figure", "aria-label": label, ...more });
  const letters = [..."ifgo"].map((gate) => [gate, `${gate} · ${palette.names[gate]}`]);

  const heldGate = choice("gate to hold", letters);
  heldGate.value = "f";
  const heldUnit = choice("of which unit", [
    ["all", "all units"],
    ["one", "this unit"],
  ]);
  const shut = titledButton("shut (0)", "hold it at 0");
  const open = titledButton("open (1)", "hold it at 1");
  const heldDial = dial("value at which the gate is held");
  const heldField = field("value at which the gate is held, as a number");
  const ends = { min: 0, max: spec.steps - 1, step: 1, class: "le-figure le-short-figure" };
  const heldFrom = field("first step at which it is held", { ...ends, value: 0 });
  const heldTo = field("last step at which it is held", { ...ends, value: spec.steps - 1 });

  const kinds = [
    ["x", "input x"],
    ["kernel", "kernel W"],
    ["recurrent_kernel", "recurrent kernel U"],
    ...(spec.use_bias ? [["bias", "bias b"]] : []),
  ];
  const kind = choice("which numbers", kinds);
  const features = choice(
    "feature",
    Array.from({ length: spec.features }, (_, n) => [n, n]),
  );
  const others = choice(
    "unit that the weight comes from",
    Array.from({ length: spec.units }, (_, n) => [n, n]),
  );
  const ofGate = choice("gate that the weight leads to", letters);
  const featureLabel = h("label", {}, "feature ", features);
  const otherLabel = h("label", {}, "from unit ", others);
  const gateLabel = h("label", {}, "to ", ofGate);
  const placeName = h("code", {});
  const placeText = h("span", { class: "le-muted" });
  const numberDial = dial("the number");
  const numberField = field("the number, as a number");

  const families = Map.groupBy
    ? Map.groupBy(spec.mistakes, (entry) => entry.id.split(":")[0])
    : spec.mistakes.reduce((map, entry) => {
        const family = entry.id.split(":")[0];
        return map.set(family, [...(map.get(family) ?? []), entry]);
      }, new Map());
  const mistakes = h(
    "select",
    { "aria-label": "mistake", class: "le-mistakes" },
    h("option", { value: "" }, "none"),
    [...families].map(([family, entries]) => {
      const found = entries.map(({ id, sentence }) => h("option", { value: id, title: sentence }, id));
      return found.length > 1 ? h("optgroup", { label: family }, found) : found;
    }),
  );

  const tool = (title, ...content) => {
    const name = h("span", { class: "le-tool-name" }, title);
    return h("div", { class: "le-tool", role: "group", "aria-label": title }, name, content);
  };
  const element = h(
    "div",
    { class: "le-tools" },
    tool(
      "Hold a gate",
      heldGate,
      spec.units > 1 && heldUnit,
      shut,
      open,
      heldDial,
      heldField,
      spec.steps > 1 && h("span", {}, h("label", {}, "steps ", heldFrom), h("label", {}, " to ", heldTo)),
    ),
    tool("Change a number", kind, featureLabel, otherLabel, gateLabel, placeName, placeText, numberDial, numberField),
    tool("Make a mistake", mistakes),
  );

  // --- from the controls to the what-if -------------------------------------
  const whole = (input, otherwise) => {
    const value = Math.round(input.valueAsNumber);
    return Number.isFinite(value) ? Math.max(0, Math.min(spec.steps - 1, value)) : otherwise;
  };
  const wanted = () => ({ gate: heldGate.value, ...(heldUnit.value === "one" ? { unit: here().unit } : {}) });
  const heldIndex = () => {
    const { gate, unit } = wanted();
    return (edits().hold ?? []).findLastIndex((one) => one.gate === gate && one.unit === unit);
  };
  const held = () => (edits().hold ?? [])[heldIndex()];
  function holdAt(value) {
    if (!Number.isFinite(value)) return;
    const from = whole(heldFrom, 0);
    const to = Math.max(from, whole(heldTo, spec.steps - 1));
    const next = { ...wanted(), value, ...(from > 0 ? { from } : {}), ...(to < spec.steps - 1 ? { to } : {}) };
    const hold = [...(edits().hold ?? [])];
    hold.splice(heldIndex() < 0 ? hold.length : heldIndex(), 1, next);
    put({ ...edits(), hold });
  }
  listen(shut, "click", () => holdAt(0));
  listen(open, "click", () => holdAt(1));
  for (const input of [heldDial, heldField]) listen(input, "input", () => holdAt(input.valueAsNumber));
  for (const input of [heldFrom, heldTo]) listen(input, "change", () => held() && holdAt(held().value));

  function placeChosen() {
    const { t, unit, batch } = here();
    const column = "ifgo".indexOf(ofGate.value) * spec.units + unit;
    if (kind.value === "x") return `x[${batch},${t},${features.value}]`;
    if (kind.value === "bias") return `bias[${column}]`;
    return `${kind.value}[${kind.value === "kernel" ? features.value : others.value},${column}]`;
  }
  function changeTo(value) {
    if (!Number.isFinite(value)) return;
    const place = placeChosen();
    const { [place]: _, ...numbers } = edits().numbers ?? {};
    const asItWas = figures(value) === figures(numberAt(arrays, place)); // typed in again: no change
    put({ ...edits(), numbers: asItWas ? numbers : { ...numbers, [place]: value } });
  }
  for (const input of [numberDial, numberField]) listen(input, "input", () => changeTo(input.valueAsNumber));
  for (const input of [heldField, heldFrom, heldTo, numberField]) listen(input, "blur", context.repaint);
  for (const input of [heldGate, heldUnit, kind, features, others, ofGate]) listen(input, "change", context.repaint);
  listen(mistakes, "change", () => put({ ...edits(), mistake: mistakes.value }));

  // --- from the what-if to the controls -------------------------------------
  const largest = {}; // |number| of each array of weights, found once
  const unlessTyped = (input, value) => {
    if (!input.matches(":focus")) input.value = value;
  };

  function paint({ t, unit, batch }) {
    const run = of(batch);
    const now = held();
    const gate = heldGate.value;
    const { low, high } = spec.scales[gate];
    const value = now ? now.value : at(run[gate], batch, t, unit);
    Object.assign(heldDial, { min: low, max: high });
    heldDial.value = value;
    heldDial.setAttribute("aria-valuetext", `${now ? "held at" : "free, here"} ${format(value)}`);
    heldDial.classList.toggle("le-free", !now);
    unlessTyped(heldField, now ? now.value : Number(format(value).replace("−", "-")) || 0);
    if (now) {
      unlessTyped(heldFrom, now.from ?? 0);
      unlessTyped(heldTo, now.to ?? spec.steps - 1);
    }
    say(heldUnit.options[1], `unit ${unit} only`);

    featureLabel.hidden = !["x", "kernel"].includes(kind.value);
    otherLabel.hidden = kind.value !== "recurrent_kernel";
    gateLabel.hidden = kind.value === "x";
    const place = placeChosen();
    const number = edits().numbers?.[place] ?? numberAt(arrays, place);
    largest[kind.value] ??= arrays[kind.value].data.reduce((most, v) => Math.max(most, Math.abs(v) || 0), 0);
    const end = 1.5 * Math.max(largest[kind.value], Math.abs(number) || 0) || 1;
    say(placeName, place.replaceAll(",", ", "));
    say(placeText, kind.value === "x" ? "at this step" : `of unit ${unit}`);
    if (!numberDial.matches(":active")) Object.assign(numberDial, { min: -end, max: end });
    numberDial.value = number;
    numberDial.setAttribute("aria-valuetext", format(number));
    unlessTyped(numberField, figures(number));
    mistakes.value = edits().mistake ?? "";
  }

  return { element, paint };
}

// --- a line over time ------------------------------------------------------------------------------------------------

/** A state of one unit over time: the old run dashed and grey, the new one solid. */
function ghostChart(context, name) {
  const { palette } = context;
  const HEIGHT = 72;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const cursor = h("div", { class: "le-cursor" });
  const plot = h("div", { class: "le-ghost", role: "img" }, canvas, cursor);
  const title = h("span", {});
  const number = h("span", { class: "le-value" });
  const before = h("span", { class: "le-was-number" });
  const key = (kind, text) => {
    const style = kind === "now" ? `color:${palette.colors[name]}` : null;
    return [h("i", { class: `le-key le-${kind}`, style }), text];
  };
  const element = h(
    "div",
    { class: "le-ghost-box" },
    h(
      "div",
      { class: "le-title" },
      chip(name, palette),
      title,
      number,
      before,
      h("span", { class: "le-legend" }, key("was", "before"), key("now", "now")),
    ),
    plot,
  );
  let drawn = {};
  let width = 0;

  function draw(old, run, { unit, batch }, spec) {
    width = Math.max(40, plot.clientWidth);
    const steps = Array.from({ length: spec.steps }, (_, t) => t);
    const rows = [old, run].map((arrays) => steps.map((t) => at(arrays[name], batch, t, unit)));
    const finite = rows.flat().filter(Number.isFinite);
    const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [0, 0]);
    const span = high - low || 1;
    const y = (v) => 5 + ((high - v) / span) * (HEIGHT - 10);
    const x = (t) => ((t + 0.5) * width) / spec.steps;
    const pen = sizeCanvas(canvas, width, HEIGHT);
    const { ink } = context.neutrals;
    const line = (values, colour, dashes, thickness) => {
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = thickness;
      pen.setLineDash(dashes);
      pen.beginPath();
      let down = false;
      values.forEach((v, t) => {
        if (!Number.isFinite(v)) down = false;
        else if (down) pen.lineTo(x(t), y(v));
        else {
          pen.moveTo(x(t), y(v));
          down = true;
        }
      });
      pen.stroke();
      if (values.length > 32) return;
      const size = 2 * thickness; // a mark at each step, so that a single one is seen too
      values.forEach((v, t) => Number.isFinite(v) && pen.fillRect(x(t) - thickness, y(v) - thickness, size, size));
    };
    pen.globalAlpha = 0.25;
    pen.fillStyle = ink;
    pen.fillRect(0, y(0), width, 1);
    pen.globalAlpha = 0.6;
    line(rows[0], ink, [5, 4], 1.5);
    pen.globalAlpha = 1;
    line(rows[1], palette.colors[name], [], 2.5);
  }

  return {
    element,
    forget: () => (drawn = {}),
    paint(old, run, place, spec) {
      const { theme } = context;
      const { t, unit, batch } = place;
      if (drawn.run !== run || drawn.unit !== unit || drawn.batch !== batch || drawn.theme !== theme) {
        draw(old, run, place, spec);
        drawn = { run, unit, batch, theme };
      }
      const column = width / spec.steps;
      cursor.style.width = `${Math.max(1, Math.min(column, 3))}px`;
      cursor.style.transform = `translateX(${(t + 0.5) * column - 1}px)`;
      const [was, now] = [old, run].map((arrays) => format(at(arrays[name], batch, t, unit)));
      say(title, `unit ${unit}`);
      say(number, now);
      say(before, was === now ? "as before" : `was ${was}`);
      const what = `${name} of unit ${unit} over ${spec.steps} steps, before (dashed) and now (solid).`;
      plot.setAttribute("aria-label", `${what} At step ${t}: now ${now}, before ${was}.`);
    },
  };
}
