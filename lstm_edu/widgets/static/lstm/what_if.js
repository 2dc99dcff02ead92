// What if ...: the panel in which a reader changes an LSTM's run, and sees the run as it was next to it.

import { ghostChart, ghostLegend } from "./ghost.js";
import { editedRun } from "./recompute.js";
import { titledButton } from "./tool_parts.js";
import { whatIfTools } from "./tools.js";
import { changesOf, tidied, widened } from "./what_if_numbers.js";
import { NOT_KERAS, ONLY_THIS_LAYER, differenceInWords } from "./words.js";
import { kept } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";
import { plural } from "../shared/words.js";

/** {element, tools: what changes something, of(batch): the arrays to show, active(), paint(place), layout(), scale(name, batch), words()}.
 *  The what-if of a widget of its own is a trait that Python shares; a tab of a model's explorer keeps its own. */
export function whatIfPanel(context, spec, arrays, here) {
  const store = whatIfStore(context, spec, arrays);
  const run = runWithEdits(spec, arrays, store);
  const tools = foldedTools(context, spec, arrays, here, store, run.of);
  const summary = tools.element.querySelector("summary");
  const shown = whatIsOn(context, spec, arrays, store, run, () => summary.focus());
  const element = h("div", { class: "le-whatif" }, tools.element, shown.element);
  return {
    element,
    tools: tools.element,
    of: run.of,
    active: store.active,
    paint(place) {
      tools.paint(place, store.changes().length);
      shown.paint(place);
    },
    layout: shown.layout,
    scale: run.scale,
    words: whatIfInWords(store, shown.difference),
    /** Whether an event belongs to the panel's own controls. */
    has: (target) => element.contains(target),
  };
}

/** What is changed: {edits(), put(next), active(): whether anything is, changes(): in words}. */
function whatIfStore(context, spec, arrays) {
  const store = kept(context, spec, "whatif");
  const active = () => !spec.no_what_if && Object.keys(store.get()).length > 0;
  let known = { edits: null, changes: [] };
  return {
    edits: store.get,
    active,
    changes() {
      const edits = store.get();
      if (known.edits !== edits) known = { edits, changes: active() ? changesOf(edits, spec, arrays) : [] };
      return known.changes;
    },
    put(next) {
      store.set(tidied(next));
      context.repaint();
    },
  };
}

/** The run as it is with the changes: {of(batch): the arrays to show, first(): where it parts from the recorded run,
 *  output(): where what it returns does, scale(name, batch): that of a picture of what is shown}. */
function runWithEdits(spec, arrays, { edits, active }) {
  const edited = spec.no_what_if ? null : editedRun(spec, arrays);
  let shown = { batch: -1, edits: null, arrays: null, first: null, output: null };
  function of(batch) {
    if (!active()) return arrays;
    if (shown.batch !== batch || shown.edits !== edits()) {
      shown = { batch, edits: edits(), ...edited.compute(batch, edits()) };
    }
    return shown.arrays;
  }
  return {
    of,
    first: () => shown.first,
    output: () => shown.output,
    scale(name, batch) {
      if (!active()) return spec.scales[name];
      const { shape, data } = of(batch)[name];
      const size = shape[1] * shape[2];
      return widened(spec.scales[name], data.subarray(batch * size, (batch + 1) * size));
    },
  };
}

/** The tools, folded until they are asked for: {element, paint(place, count of changes)}. */
function foldedTools(context, spec, arrays, here, store, of) {
  const count = h("span", { class: "le-muted" });
  const unavailable = spec.no_what_if && h("p", { class: "le-note" }, spec.no_what_if);
  const fold = { class: "le-fold", "data-for": "screen" };
  const element = h("details", fold, h("summary", {}, "What if … ", count), unavailable);
  context.listen(element, "toggle", context.repaint);
  let tools = null; // made when they are first asked for: they are many
  return {
    element,
    paint(place, changes) {
      say(count, changes ? plural(changes, "change") : "");
      if (!element.open || unavailable) return;
      if (!tools) element.append((tools = whatIfTools(context, spec, arrays, here, store, of)).element);
      tools.paint(place);
    },
  };
}

/** What is on, and what it does to the run: {element, paint(place), layout(), difference(): the first one, in words}.
 *  `focusElsewhere`: called where the button that had the focus is gone. */
function whatIsOn(context, spec, arrays, store, run, focusElsewhere) {
  const list = changeList(context, store, focusElsewhere);
  const lesson = lessonOf(spec);
  const difference = firstDifference(context, run);
  const charts = ["c", "h"].map((name) => ghostChart(context, name));
  const ghosts = h(
    "div",
    { class: "le-ghosts" },
    ghostLegend(),
    charts.map((chart) => chart.element),
  );
  const alone = spec === context.spec;
  const remarks = [spec.comparison && NOT_KERAS, !alone && ONLY_THIS_LAYER].filter(Boolean);
  const remark = remarks.length > 0 && h("p", { class: "le-muted le-remark" }, remarks.join(" "));
  const parts = [list.element, lesson.element, difference.element, ghosts, remark];
  const element = h("div", { class: "le-whatif-on", hidden: true }, parts);
  return {
    element,
    difference: difference.words,
    paint(place) {
      list.paint();
      lesson.paint(store.edits().mistake);
      element.hidden = !store.active();
      if (!store.active()) return;
      const now = run.of(place.batch);
      difference.paint();
      ghosts.hidden = spec.steps === 1; // one point is not a line
      if (!ghosts.hidden) for (const chart of charts) chart.paint(arrays, now, place, spec);
    },
    layout() {
      for (const chart of charts) chart.forget();
    },
  };
}

/** What is changed, each change with a button that takes it back: {element, paint()}. */
function changeList(context, { put, changes }, focusElsewhere) {
  const list = h("ul", { class: "le-changes", "aria-label": "what is changed" });
  const reset = titledButton("Reset", "back to the run as it was recorded");
  context.listen(reset, "click", () => {
    put({});
    focusElsewhere();
  });

  function lineOf({ text, id, without }) {
    const remove = h("button", { type: "button", "aria-label": `remove: ${text}`, title: "remove" }, "×");
    context.listen(remove, "click", () => put(without));
    return h("li", {}, text, " ", id && h("code", { class: "le-id" }, id, " "), remove);
  }
  let listed = []; // the changes in it
  return {
    element: h("div", { class: "le-changed" }, list, reset),
    paint() {
      if (listed === changes()) return;
      listed = changes();
      const focused = [...list.querySelectorAll("button")].findIndex((button) => button.matches(":focus"));
      list.replaceChildren(...listed.map(lineOf));
      if (focused < 0) return;
      const left = list.querySelectorAll("button");
      if (left.length) left[Math.min(focused, left.length - 1)].focus();
      else focusElsewhere();
    },
  };
}

/** What there is to learn from a mistake: {element, paint(id)}. */
function lessonOf(spec) {
  const text = h("span", {});
  const fix = h("code", {});
  const element = h("p", { class: "le-lesson" }, text, " Right: ", fix);
  return {
    element,
    paint(mistake) {
      const entry = spec.mistakes.find(({ id }) => id === mistake);
      element.hidden = !entry;
      if (!entry) return;
      say(text, entry.sentence);
      say(fix, entry.fix.split("   #")[0]);
    },
  };
}

/** Where the old and the new run part, and a button that leads there: {element, paint(), words()}. */
function firstDifference(context, { first, output }) {
  const text = h("span", {});
  const goThere = titledButton("Go there", "go to the first difference");
  context.listen(goThere, "click", () => {
    const { t, quantity, unit } = first();
    context.set(quantity === "x" ? { t } : { t, unit });
  });
  return {
    element: h("p", { class: "le-difference" }, text, " ", goThere),
    words: () => text.textContent,
    paint() {
      say(text, differenceInWords(first(), output()));
      goThere.hidden = !first();
    },
  };
}

/** For a screen reader: all that is changed when it is new; what was, as the reader walks through it. */
function whatIfInWords({ edits, changes }, difference) {
  let told = {}; // the what-if that was told, and where
  return ({ was }, { t, unit, batch }) => {
    if (!was) return "";
    const isNew = told.edits !== edits();
    if (isNew) told = { edits: edits(), t, unit, batch };
    const walked = t !== told.t || unit !== told.unit || batch !== told.batch;
    if (!isNew && walked) return `In the recorded run c was ${format(was.c)} and h was ${format(was.h)}.`;
    const texts = changes().map(({ text }) => text);
    return `What if: ${texts.join("; ")}. ${difference()}`;
  };
}
