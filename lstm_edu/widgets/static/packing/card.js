// What is said about a block, and how many numbers there are.

import { blockOf, countOf, formulaOf } from "./layouts.js";
import { numbersInWords, plainNumber, pointAtOne, roleOf } from "./words.js";
import { inkOn } from "../shared/colours.js";
import { h, symbol } from "../shared/page.js";

/** {element, paint(id, H, F, layouts) -> what it says}: a card about the block with this id, as each layout has it. */
export function blockCard(spec, palette, gateOf) {
  const element = h("div", { class: "le-card" });
  const twoRows = spec.layouts[0].lines.flat().some((array) => array.numbered);
  const code = (text) => h("code", {}, text);
  const strong = (quantity, text) => h("span", { class: "le-strong", "data-q": quantity }, text);

  function chipOf(id) {
    const gate = gateOf(id);
    const colour = palette.colors[gate.color];
    return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, gate.letter || id[0]);
  }
  const slice =
    (several) =>
    ([layout, part]) => {
      const numbers = part.numbers === part.slice ? "" : [" = ", code(part.numbers)];
      const of = several && h("span", { class: "le-card-of" }, layout.name);
      return h("div", { class: "le-card-line", "data-of": layout.name }, of, code(part.slice), numbers);
    };

  return {
    element,
    paint(id, H, F, layouts) {
      if (!id) {
        const text = pointAtOne(spec.gates);
        element.replaceChildren(h("p", {}, text));
        return text;
      }
      const role = roleOf(id, gateOf(id), twoRows);
      const found = layouts.map((layout) => [layout, blockOf(layout, id, H, F)]);
      const [[, own], other] = found;
      const more =
        other && other[1].count > own.count
          ? `; ${plainNumber(other[1].count)} in ${other[0].name}, which are added up`
          : "";
      element.replaceChildren(
        h("div", { class: "le-card-title" }, chipOf(id), symbol(id), h("span", {}, `: ${role}.`)),
        ...found.map(slice(Boolean(other))),
        h(
          "div",
          { class: "le-card-line" },
          "shape ",
          strong("shape", own.shape),
          ", ",
          strong("count", plainNumber(own.count)),
          own.count === 1 ? " number" : " numbers",
          more,
        ),
      );
      const said = found.map(([layout, part]) => `${layout.name}: ${part.numbers}`).join("; ");
      return `${id.replace("_", " ")}: ${role}. ${said}. Shape ${own.shape}, ${numbersInWords(own.count)}.`;
    },
  };
}

/** {element, paint(H, F, layouts) -> what it says}: how many numbers each layout has, as a formula. */
export function countFormula(spec) {
  const element = h("div", { class: "le-formula" });
  const [keras] = spec.layouts;

  function linesOf(layout, H, F, several) {
    const { arrays, total } = countOf(layout, H, F);
    const [letters, inNumbers] = formulaOf({ ...layout, first: spec.gates[0].letter }, spec.gates.length, H, F);
    const mine = layout === keras;
    const term = ([name, count], n) => {
      const quantity = mine ? name : `${layout.name} ${name}`;
      return [n ? " + " : "", h("span", { class: "le-term", "data-q": quantity }, plainNumber(count))];
    };
    // three terms are easy to read, twelve are not
    const terms = arrays.length > 1 && arrays.length < 5 ? h("div", {}, "= ", arrays.map(term)) : null;
    const sum = h("span", { class: "le-strong", "data-q": mine ? "total" : "other-total" }, plainNumber(total));
    const gates = spec.gates.length > 1 ? `, ${spec.gates.length} gates` : "";
    return h(
      "div",
      { class: "le-formula-one", "data-of": layout.name },
      h("div", {}, several ? `${layout.name}: ` : "numbers in all = ", letters),
      h("div", {}, `= ${inNumbers}`),
      terms,
      h("div", {}, "= ", sum),
      mine && h("div", { class: "le-muted le-small" }, symbol("F"), " features, ", symbol("H"), " units", gates, "."),
    );
  }

  return {
    element,
    paint(H, F, layouts) {
      if (!spec.total) return "";
      element.replaceChildren(...layouts.map((layout) => linesOf(layout, H, F, layouts.length > 1)));
      return layouts.map((layout) => `${layout.name}: ${numbersInWords(countOf(layout, H, F).total)}.`).join(" ");
    },
  };
}
