// The two wires of the cell that carry many numbers, x and h_prev: each opens to its vector.

import { carriedIn } from "./numbers.js";
import { vectorTitle, whatWireCarries } from "./words.js";
import { quoted } from "../shared/names.js";
import { freshId, h, say } from "../shared/page.js";
import { TERMS_SHOWN, termBar, terms } from "../shared/terms.js";

/** {opener: a button to lie over the wire's text, panel, sign(): what tells that it opens, open(whether), paint(place,
 *  arrays)}: of "x" or "h_prev". The largest come first where there are more than TERMS_SHOWN. */
export function wireVector({ listen, repaint, write }, spec, wire) {
  const [count, what] = wire === "x" ? [spec.features, "feature"] : [spec.units, "unit"];
  const id = freshId("vector");
  const carries = whatWireCarries(spec, wire);
  const opener = h("button", {
    type: "button",
    class: "le-spot",
    "data-opens": wire,
    "aria-expanded": "false",
    "aria-controls": id,
    "aria-label": `${wire}, its ${carries}`,
    title: `show the ${carries} of ${wire}`,
  });
  const caption = h("caption", {});
  const body = h("tbody", {});
  const all = h("button", { type: "button", class: "le-quiet" });
  const table = h("table", { class: "le-table le-terms" }, caption, body);
  const panel = h("div", { class: "le-vector", id, hidden: true }, table, count > TERMS_SHOWN && all);
  let most = TERMS_SHOWN;

  function open(whether) {
    panel.hidden = !whether;
    opener.setAttribute("aria-expanded", String(whether));
    repaint();
  }
  function line({ f, x }, largest) {
    const value = h("td", { "data-q": `${wire}.${f}`, title: `${wire}[${f}] = ${x}` }, write(x));
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, `${what} ${f}${quoted(spec, `${what}s`, f)}`),
      termBar(x, largest),
      value,
    );
  }
  listen(opener, "click", () => open(panel.hidden));
  listen(all, "click", () => {
    most = most < count ? count : TERMS_SHOWN;
    repaint();
  });
  return {
    opener,
    panel,
    sign: () => (panel.hidden ? " ▸" : " ▾"),
    open,
    paint(place, arrays) {
      if (panel.hidden) return;
      const numbers = carriedIn(wire, spec, arrays, place);
      const { shown } = terms(numbers, () => 1, most);
      const largest = Math.max(...shown.map(({ x }) => Math.abs(x)).filter(Number.isFinite), 1e-30);
      say(caption, vectorTitle(spec, wire, place));
      body.replaceChildren(...shown.map((term) => line(term, largest)));
      say(all, most < count ? `show all ${count}` : `show the ${TERMS_SHOWN} largest`);
    },
  };
}
