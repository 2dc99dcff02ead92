// The numbers next to the pictures: one layer's equations, the factors of its way, and what its biases collect.

import { gradientEquations } from "./equations.js";
import { fromExponent, gradientAt, wayFrom } from "./numbers.js";
import { biasTable, matrixSizes } from "./sums.js";
import { FACTORS_SHOWN, wayFactors } from "./way.js";
import { layersInWords, weightsInWords } from "./words.js";
import { shownAt, showFrom } from "../shared/levels.js";
import { h, say } from "../shared/page.js";

/** {element, paint(place, way) -> the numbers}: of layer number `which` of the explorer. */
export function gradientSide(context, spec, layer, arrays, counts, which) {
  const { palette } = context;
  const equations = gradientEquations(layer, palette, which);
  const factors = wayFactors(layer, which);
  const table = biasTable(layer, palette, which);
  const others = h("p", { class: "le-small le-muted" });
  const heading = spec.layers.length > 1 ? h("h4", { class: "le-layer" }, `${layer.kind} ${layer.name}`) : null;
  showFrom("all", equations.element, table.element, others);
  const element = h(
    "section",
    { class: "le-gradient-side", "aria-label": `numbers of the ${layersInWords(spec.layers)[which]}` },
    heading,
    equations.element,
    factors.elements,
    layer.use_bias && table.element,
    others,
  );
  return {
    element,
    paint(place, way) {
      const numbers = gradientAt(layer, arrays, counts, spec.steps, place);
      factors.paint(
        wayFrom(arrays.direct, place, FACTORS_SHOWN),
        fromExponent(way.exponent[place.t], way.sign[place.t]),
      );
      if (!shownAt(context.level(), { from: "all" })) return numbers;
      equations.paint(numbers);
      table.paint(arrays, place, numbers.sums);
      say(others, weightsInWords(layer, matrixSizes(layer, arrays, place)));
      return numbers;
    },
  };
}
