// The bar of controls that moves through time, and its keys.

import { h, say } from "../shared/page.js";
import { shownAt } from "../shared/levels.js";
import { quoted } from "../shared/names.js";
import { clamp, moved } from "../shared/places.js";
import { among } from "../shared/words.js";

/** The bar of buttons, slider and lists that moves t, unit and batch; and the keys. Going back is always to the left, and
 *  where there is only one step there is nothing to move it with. `limits`: {steps, units, rows, named}; `backwards`: Play
 *  walks from the last step to the first. `unit`: what a unit is called here, `unitLabel`: in full, `axis`: where its names
 *  are, `unitFrom`: the level from which on a unit is chosen. `more`: further controls. */
export function timeBar(
  context,
  limits,
  { backwards = false, unit = "unit", unitLabel = unit, axis = "units", unitFrom = null, more = [] } = {},
) {
  const { model, listen, root } = context;
  const here = () => ({
    t: clamp(model.get("t"), limits.steps),
    unit: clamp(model.get("unit"), limits.units),
    batch: clamp(model.get("batch"), limits.rows),
  });
  const go = (change) => context.set(change);
  const [from, to] = backwards ? [limits.steps - 1, 0] : [0, limits.steps - 1];

  const left = h("button", { type: "button", "aria-label": "previous timestep", title: "previous timestep (←)" }, "←");
  const play = h("button", { type: "button", class: "le-play" }, "Play");
  const right = h("button", { type: "button", "aria-label": "next timestep", title: "next timestep (→)" }, "→");
  const slider = h("input", { type: "range", min: 0, max: limits.steps - 1, step: 1, "aria-label": "timestep" });
  const stepText = h("output", { class: "le-step" });
  const numbered = (count, axis_ = "") =>
    Array.from({ length: count }, (_, n) => h("option", { value: n }, `${n}${quoted(limits, axis_, n)}`));
  const unitChoice = h("select", { "aria-label": unitLabel }, numbered(limits.units, axis));
  const rowChoice = h("select", { "aria-label": "sequence of the batch" }, numbered(limits.rows));
  const element = h(
    "div",
    { class: "le-controls" },
    limits.steps > 1 && [h("span", { class: "le-buttons" }, left, play, right), slider],
    stepText,
    limits.units > 1 && h("label", { "data-from": unitFrom }, `${unit} `, unitChoice),
    limits.rows > 1 && h("label", {}, "sequence ", rowChoice),
    more,
  );

  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    say(play, "Play");
  };
  const toggle = () => {
    if (timer) return stop();
    if (here().t === to) go({ t: from });
    say(play, "Pause");
    const beat = () => {
      const { t } = here();
      if (!root.isConnected || t === to) stop();
      else go({ t: t + (backwards ? -1 : 1) });
    };
    timer = setInterval(context.guard(beat), 220);
  };
  listen(left, "click", () => go({ t: clamp(here().t - 1, limits.steps) }));
  listen(right, "click", () => go({ t: clamp(here().t + 1, limits.steps) }));
  listen(play, "click", toggle);
  listen(slider, "input", () => go({ t: Number(slider.value) }));
  listen(unitChoice, "change", () => go({ unit: Number(unitChoice.value) }));
  listen(rowChoice, "change", () => go({ batch: Number(rowChoice.value) }));

  return {
    element,
    here,
    go,
    stop,
    paint({ t, unit, batch }, time) {
      slider.value = t;
      const name = quoted(limits, "steps", t, batch);
      const place = among("step", t, limits.steps, name);
      slider.setAttribute("aria-valuetext", place);
      unitChoice.value = unit;
      rowChoice.value = batch;
      say(stepText, `${limits.steps > 1 ? place : `one step, step 0${name}`}${time ? `, reads input ${time[t]}` : ""}`);
      Object.assign(root.dataset, { t, unit, batch });
    },
    key(event) {
      const { tagName, type } = event.target;
      if (tagName === "SELECT" && event.target !== unitChoice && /^Arrow(Up|Down)$/.test(event.key)) return false;
      if (event.key === " ") {
        if (["BUTTON", "SELECT", "SUMMARY"].includes(tagName) || type === "checkbox") return false; // presses, opens it
        if (limits.steps > 1) toggle();
        return true;
      }
      if (/^Arrow(Up|Down)$/.test(event.key) && !shownAt(context.level(), { from: unitFrom })) return false;
      const place = moved(event.key, here(), limits);
      if (place) go(place);
      return Boolean(place);
    },
  };
}

/** The line that says which keys there are. `first`: what the pointer does; `unit`: what a unit is called, `unitFrom`: the
 *  level from which on one is chosen. */
export function keysLine({ first = "Click or drag on a picture", unit = "unit", unitFrom = null, more = [] } = {}) {
  const known = [
    ["← →", "step"],
    ["↑ ↓", unit, unitFrom],
    ["Page Up, Page Down", "ten steps"],
    ["Home, End", "first, last"],
    ["Space", "play"],
    ...more,
  ];
  return h(
    "p",
    { class: "le-keys le-muted" },
    `${first}, or: `,
    known.map(([key, what, from], n) =>
      h("span", { "data-from": from }, n ? " · " : "", h("kbd", {}, key), ` ${what}`),
    ),
  );
}
