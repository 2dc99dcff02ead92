// Two amounts that add up, as lengths from zero.

import { format } from "./numbers.js";
import { h, say } from "./page.js";

/** {elements, paint(amounts, total, range)}: `amounts` two numbers, or null where there are none to draw. `words`: what
 *  each is called, `colours`: theirs. `write`: how numbers are written. */
export function addedAmounts(words, colours, write = format) {
  const bars = colours.map((colour) => h("div", { class: "le-amount", style: `background:${colour}` }));
  const mark = h("div", { class: "le-total" });
  const picture = h("div", { class: "le-amounts", role: "img" }, h("div", { class: "le-zero" }), bars, mark);
  const text = h("div", { class: "le-amount-text" });
  const signed = (v) => (v < 0 ? "" : "+") + write(v);
  return {
    elements: [picture, text],
    paint(amounts, total, range) {
      const usable = amounts !== null && amounts.every(Number.isFinite);
      picture.hidden = text.hidden = !usable;
      if (!usable) return;
      const percent = (v) => 50 + 50 * Math.max(-1, Math.min(1, v / range));
      let from = 0;
      amounts.forEach((amount, n) => {
        const [left, right] = [from, from + amount].map(percent).sort((a, b) => a - b);
        Object.assign(bars[n].style, { left: `${left}%`, width: `${right - left}%` });
        from += amount;
      });
      mark.style.left = `${percent(total)}%`;
      const parts = words.map((word, n) => `${word} ${signed(amounts[n])}`).join(", ");
      say(text, `${parts}; together ${write(total)}`);
      picture.setAttribute("aria-label", text.textContent);
    },
  };
}
