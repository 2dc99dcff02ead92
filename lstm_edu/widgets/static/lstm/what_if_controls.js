// The controls of the what-if panel: what a reader changes a run with.

import { figures, numberAt } from "./what_if_numbers.js";
import { at } from "../shared/arrays.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

/** {element, paint(place)}: what a reader changes things with. `store`: {edits(), put(next)}. */
export function whatIfControls(context, spec, arrays, here, store, of) {
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

export const titledButton = (text, title) => h("button", { type: "button", title }, text);
