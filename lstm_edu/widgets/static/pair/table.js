// The numbers of both runs at one place.

import { apartText, letterOf, nameOf } from "./words.js";
import { inkOn } from "../shared/colours.js";
import { agrees, format } from "../shared/numbers.js";
import { h, say } from "../shared/page.js";

/** A quantity's letter on its colour, its gate set low. */
export function chipOf(name, kind, palette) {
  const letter = letterOf(name, kind);
  const colour = letter ? palette.colors[letter] : null;
  const [first, gate] = name.split("_");
  const style = colour ? `background:${colour};color:${inkOn(colour)}` : "border:1px solid";
  return h("span", { class: "le-chip", style }, first, gate && h("sub", {}, gate));
}

/** {element, paint(place)}. */
export function pairTable(spec, palette, valueOf) {
  const [one, other] = spec.names;
  const kind = spec.kinds[0];
  const rows = spec.quantities.map((name) => {
    const cells = ["data-a", "data-b", "data-difference"].map((attribute) => h("td", { [attribute]: name }));
    const head = h("th", { scope: "row" }, chipOf(name, kind, palette), ` ${nameOf(name, kind, palette.names)}`);
    return { name, cells, row: h("tr", {}, head, cells) };
  });
  const heads = [one, other, "difference"].map((text) => h("th", { scope: "col" }, text));
  const element = h(
    "table",
    { class: "le-table" },
    h("caption", { class: "le-hidden" }, "the numbers of both runs at this place"),
    h("thead", {}, h("tr", {}, h("td", {}), heads)),
    h(
      "tbody",
      {},
      rows.map(({ row }) => row),
    ),
  );
  return {
    element,
    paint({ t, unit, batch }) {
      for (const { name, cells } of rows) {
        const k = Math.min(unit, spec.widths[name] - 1);
        const [a, b] = [valueOf.a, valueOf.b].map((read) => read(name, batch, t, k));
        const same = agrees(a, b, spec.tolerance);
        [format(a, 5), format(b, 5), (same ? "" : "≠ ") + apartText(a, b)].forEach((text, n) => say(cells[n], text));
        cells[2].classList.toggle("le-differs", !same);
      }
    },
  };
}
