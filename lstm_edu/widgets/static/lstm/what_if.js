// What if ...: the panel in which a reader changes an LSTM's run, and sees the run as it was beside it.

import { ghostChart } from "./ghost.js";
import { editedRun } from "./recompute.js";
import { titledButton, whatIfControls } from "./what_if_controls.js";
import { changesOf, tidied, widened } from "./what_if_numbers.js";
import { differenceInWords } from "./words.js";
import { kept } from "../shared/explorer.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";
import { plural } from "../shared/words.js";

// --- the panel ------------------------------------------------------------------------------------------------------

/** {element, tools: what changes something, of(batch): the arrays to show, active(), paint(place), layout(), scale(name, batch), words()}.
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
    tools,
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

// --- a line over time ------------------------------------------------------------------------------------------------
