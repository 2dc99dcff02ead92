// The bench under the matrices: one number of x, W or b, changed by a slider or by typing.

import { numberAtPlace } from "./places.js";
import { BENCH_HINT } from "./words.js";
import { format } from "../shared/numbers.js";
import { h } from "../shared/page.js";

/** {elements, place(): what is on it, take(place), paint(), has(target)}. `store`: {get(), set(edits)}; `numbers()`: those
 *  of the layer at present. Without numbers that can be changed: `taken` is null, and there are no elements. */
export function changeBench(context, spec, store, numbers, start) {
  const { listen } = context;
  let taken = null;
  const dial = h("input", { type: "range", step: "any", "aria-label": "value" });
  const typed = h("input", { type: "number", step: "any", "aria-label": "value, typed" });
  const named = h("input", {
    type: "text",
    class: "le-place",
    "aria-label": "which number to change",
    placeholder: "W[0,0]",
    spellcheck: "false",
  });
  const reset = h("button", { type: "button" }, "Reset all");
  const element = h("div", { class: "le-bench" }, h("span", {}, "change "), named, dial, typed, reset);
  const hint = h("p", { class: "le-muted le-small" }, BENCH_HINT);
  const valueAt = (place) => numberAtPlace(spec, numbers(), place);

  function hold(place) {
    taken = place;
    const range = 1.5 * Math.max(spec.scales[place[0] === "x" ? "x" : "W"].high, Math.abs(valueAt(place)) || 0);
    Object.assign(dial, { min: -range, max: range, step: range / 150 });
    named.value = place;
    named.removeAttribute("aria-invalid");
  }
  function take(place) {
    hold(place);
    context.repaint();
    dial.focus();
  }
  function change(value) {
    if (taken && Number.isFinite(value)) store.set({ ...store.get(), [taken]: value });
  }
  listen(dial, "input", () => change(Number(dial.value)));
  listen(typed, "input", () => typed.value.trim() && change(Number(typed.value)));
  listen(named, "change", () => {
    const place = named.value.replace(/\s/g, "");
    const known = valueAt(place) !== undefined;
    named.setAttribute("aria-invalid", String(!known));
    if (known) take(place);
  });
  listen(reset, "click", () => store.set({}));
  hold(start);

  return {
    elements: [element, hint],
    place: () => taken,
    take,
    has: (target) => [dial, typed, named].includes(target),
    paint() {
      const value = valueAt(taken);
      reset.disabled = !Object.keys(store.get()).length;
      dial.setAttribute("aria-label", `value of ${taken}`);
      dial.setAttribute("aria-valuetext", `${taken} = ${format(value)}`);
      typed.setAttribute("aria-label", `value of ${taken}, typed`);
      if (document.activeElement !== dial || Number(dial.value) !== value) dial.value = value;
      if (document.activeElement !== typed) typed.value = String(Number(value.toPrecision(6)));
    },
  };
}
