// Change a number: of the input or of the weights.

import { choice, dial, field, gateChoice, numbered, unlessTyped } from "./tool_parts.js";
import { figures, numberAt } from "./what_if_numbers.js";
import { format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

/** A tool of the what-if panel: {title, content, on(): whether it is in use, paint(place)}. */
export function numberTool(context, spec, arrays, here, { edits, put }) {
  const { listen } = context;
  const picker = placePicker(context, spec, here);
  const value = dial("the number");
  const typed = field("the number, as a number");
  const numbers = () => edits().numbers ?? {};

  function changeTo(number) {
    if (!Number.isFinite(number)) return;
    const place = picker.place();
    const { [place]: _, ...others } = numbers();
    const asItWas = figures(number) === figures(numberAt(arrays, place)); // typed in again: no change
    put({ ...edits(), numbers: asItWas ? others : { ...others, [place]: number } });
  }
  for (const input of [value, typed]) listen(input, "input", () => changeTo(input.valueAsNumber));
  listen(typed, "blur", context.repaint);

  const largest = {}; // |number| of each array, found once
  return {
    title: "Change a number",
    content: [picker.content, value, typed],
    on: () => Object.keys(numbers()).length > 0,
    paint({ unit }) {
      const kind = picker.paint(unit);
      const place = picker.place();
      const number = numbers()[place] ?? numberAt(arrays, place);
      largest[kind] ??= arrays[kind].data.reduce((most, v) => Math.max(most, Math.abs(v) || 0), 0);
      const end = 1.5 * Math.max(largest[kind], Math.abs(number) || 0) || 1;
      if (!value.matches(":active")) Object.assign(value, { min: -end, max: end });
      value.value = number;
      value.setAttribute("aria-valuetext", format(number));
      unlessTyped(typed, figures(number));
    },
  };
}

/** Which number is changed: {content, place(): its name, paint(unit) -> the array that it is in}. */
function placePicker(context, spec, here) {
  const kind = choice("which numbers", [
    ["x", "input x"],
    ["kernel", "kernel W"],
    ["recurrent_kernel", "recurrent kernel U"],
    ...(spec.use_bias ? [["bias", "bias b"]] : []),
  ]);
  const features = numbered("feature", spec.features);
  const others = numbered("unit that the weight comes from", spec.units);
  const ofGate = gateChoice("gate that the weight leads to", context.palette);
  const featureLabel = h("label", {}, "feature ", features);
  const otherLabel = h("label", {}, "from unit ", others);
  const gateLabel = h("label", {}, "to ", ofGate);
  const name = h("code", {});
  const about = h("span", { class: "le-muted" });
  for (const input of [kind, features, others, ofGate]) context.listen(input, "change", context.repaint);

  function place() {
    const { t, unit, batch } = here();
    const column = "ifgo".indexOf(ofGate.value) * spec.units + unit;
    if (kind.value === "x") return `x[${batch},${t},${features.value}]`;
    if (kind.value === "bias") return `bias[${column}]`;
    return `${kind.value}[${kind.value === "kernel" ? features.value : others.value},${column}]`;
  }
  return {
    content: [kind, featureLabel, otherLabel, gateLabel, name, about],
    place,
    paint(unit) {
      featureLabel.hidden = !["x", "kernel"].includes(kind.value);
      otherLabel.hidden = kind.value !== "recurrent_kernel";
      gateLabel.hidden = kind.value === "x";
      say(name, place().replaceAll(",", ", "));
      say(about, kind.value === "x" ? "at this step" : `of unit ${unit}`);
      return kind.value;
    },
  };
}
