// Hold a gate: at a number, of all units or of one, at all steps or from one to another.

import { choice, dial, field, gateChoice, titledButton, unlessTyped } from "./tool_parts.js";
import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

/** A tool of the what-if panel: {title, content, on(): whether it is in use, paint(place)}. */
export function holdTool(context, spec, here, store, of) {
  const { listen } = context;
  const controls = holdControls(context.palette, spec);
  const { gate, whose, value, typed, from, to } = controls;
  const held = heldGates(store, () => ({ gate: gate.value, ...(whose.value === "one" && { unit: here().unit }) }));

  function holdAt(amount) {
    if (!Number.isFinite(amount)) return;
    const first = stepIn(from, spec, 0);
    const last = Math.max(first, stepIn(to, spec, spec.steps - 1));
    held.set({ value: amount, ...(first > 0 && { from: first }), ...(last < spec.steps - 1 && { to: last }) });
  }
  listen(controls.shut, "click", () => holdAt(0));
  listen(controls.open, "click", () => holdAt(1));
  for (const input of [value, typed]) listen(input, "input", () => holdAt(input.valueAsNumber));
  for (const input of [from, to]) listen(input, "change", () => held.now() && holdAt(held.now().value));
  for (const input of [typed, from, to]) listen(input, "blur", context.repaint);
  for (const input of [gate, whose]) listen(input, "change", context.repaint);

  return {
    title: "Hold a gate",
    content: controls.content,
    on: () => held.all().length > 0,
    paint({ t, unit, batch }) {
      const now = held.now();
      const { low, high } = spec.scales[gate.value];
      const amount = now ? now.value : at(of(batch)[gate.value], batch, t, unit);
      Object.assign(value, { min: low, max: high });
      value.value = amount;
      value.setAttribute("aria-valuetext", `${now ? "held at" : "free, here"} ${format(amount)}`);
      value.classList.toggle("le-free", !now);
      unlessTyped(typed, now ? now.value : Number(format(amount).replace(/−/g, "-")) || 0);
      if (now) {
        unlessTyped(from, now.from ?? 0);
        unlessTyped(to, now.to ?? spec.steps - 1);
      }
      say(whose.options[1], `unit ${unit} only`);
    },
  };
}

function holdControls(palette, spec) {
  const last = spec.steps - 1;
  const step = (label, value) =>
    field(label, { min: 0, max: last, step: 1, class: "le-figure le-short-figure", value });
  const controls = {
    gate: gateChoice("gate to hold", palette),
    whose: choice("of which unit", [
      ["all", "all units"],
      ["one", "this unit"],
    ]),
    shut: titledButton("shut (0)", "hold it at 0"),
    open: titledButton("open (1)", "hold it at 1"),
    value: dial("value at which the gate is held"),
    typed: field("value at which the gate is held, as a number"),
    from: step("first step at which it is held", 0),
    to: step("last step at which it is held", last),
  };
  const { gate, whose, shut, open, value, typed, from, to } = controls;
  gate.value = "f";
  const steps = h("span", {}, h("label", {}, "steps ", from), h("label", {}, " to ", to));
  const content = [gate, spec.units > 1 && whose, shut, open, value, typed, spec.steps > 1 && steps];
  return { ...controls, content };
}

/** The gates that are held: {all(), now(): the one that the controls name, set(how): hold that one}. */
function heldGates({ edits, put }, named) {
  const all = () => edits().hold ?? [];
  const index = () => {
    const { gate, unit } = named();
    return all().findLastIndex((one) => one.gate === gate && one.unit === unit);
  };
  return {
    all,
    now: () => all()[index()],
    set(how) {
      const [hold, place] = [[...all()], index()];
      hold.splice(place < 0 ? hold.length : place, 1, { ...named(), ...how });
      put({ ...edits(), hold });
    },
  };
}

/** The step in a field. */
function stepIn(input, spec, otherwise) {
  const value = Math.round(input.valueAsNumber);
  return Number.isFinite(value) ? Math.max(0, Math.min(spec.steps - 1, value)) : otherwise;
}
