// The equations of one unit at one step, with the numbers in them.

/** {element, paint(numbers, place, arrays, highlight)}: what numbersAt() gave for this place, and the arrays it came from. */
export function equationsOf(spec, palette) {
  const values = []; // [element, quantity, digits]: what changes with the place
  const number = (quantity) => {
    const element = h("span", { class: "le-num", "data-q": quantity });
    const letter = quantity[0] === "s" ? "c" : quantity[0];
    if (palette.colors[letter] && !quantity.startsWith("z")) element.style.borderColor = palette.colors[letter];
    values.push([element, quantity]);
    return element;
  };
  const line = (symbols, parts, attributes = {}) =>
    h("div", attributes, h("span", { class: "le-sym-line" }, symbols), " ",
      parts.map((part) => [h("span", { class: "le-part" }, part), " "])); // prettier-ignore
  const equation = (quantity, ...lines) =>
    h("div", { class: "le-equation", "data-row": quantity }, chip(quantity, palette), h("div", {}, lines));
  const gateRow = (gate) => {
    const name = gate === "g" ? spec.activation : spec.recurrent_activation;
    return equation(gate, line([symbol(gate), " = ", name, "(", symbol(`z_${gate}`), ")"], [
      ["= ", name, "(", number(`z_${gate}`), ")"],
      ["= ", number(gate)],
    ])); // prettier-ignore
  };
  const kept = h("div", { class: "le-amount" });
  const written = h("div", { class: "le-amount" });
  const total = h("div", { class: "le-total" });
  const amounts = h("div", { class: "le-amounts", role: "img" }, h("div", { class: "le-zero" }), kept, written, total);
  const amountText = h("div", { class: "le-amount-text" });
  // A masked step has equations of its own: what was computed is thrown away.
  const whenMasked = { class: "le-if-masked" };
  const unlessMasked = { class: "le-unless-masked" };
  const cRow = equation(
    "c",
    line([symbol("c"), " = ", symbol("f"), " · ", symbol("c_prev"), " + ", symbol("i"), " · ", symbol("g")], [
      ["= ", number("f"), " · ", number("c_prev"), " + ", number("i"), " · ", number("g")],
      ["= ", number("c")],
    ], unlessMasked), // prettier-ignore
    line([symbol("c"), " = ", symbol("c_prev")], [["= ", number("c")]], whenMasked),
    amounts,
    amountText,
  );
  const hRow = equation(
    "h",
    line([symbol("h"), " = ", symbol("o"), " · ", spec.activation, "(", symbol("c"), ")"], [
      ["= ", number("o"), " · ", spec.activation, "(", number("c"), ")"],
      ["= ", number("o"), " · ", number("squashed")],
      ["= ", number("h")],
    ], unlessMasked), // prettier-ignore
    line([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], whenMasked),
  );
  const carried = h("p", { class: "le-note le-if-masked" },
    "A masked step: its gates were computed, and thrown away. ", symbol("c"), " and ", symbol("h"),
    " stay as they were."); // prettier-ignore
  const element = h("div", { class: "le-equations" }, GATES.map(gateRow), carried, cRow, hRow);

  /** What the old cell state and the candidate each give to the new one, as lengths from zero. */
  function paintAmounts({ ours, masked }) {
    const old = ours.f * ours.c_prev;
    const fresh = ours.i * ours.g;
    const usable = !masked && Number.isFinite(old) && Number.isFinite(fresh);
    amounts.hidden = amountText.hidden = !usable;
    if (!usable) return;
    const range = Math.max(spec.scales.c.high, 1e-30);
    const percent = (v) => 50 + 50 * Math.max(-1, Math.min(1, v / range));
    const bar = (element, from, to, colour) => {
      const [left, right] = [percent(Math.min(from, to)), percent(Math.max(from, to))];
      element.style.left = `${left}%`;
      element.style.width = `${right - left}%`;
      element.style.background = colour;
    };
    bar(kept, 0, old, palette.colors.f);
    bar(written, old, old + fresh, palette.colors.i);
    total.style.left = `${percent(ours.c)}%`;
    const signed = (v) => (v < 0 ? "" : "+") + format(v);
    const text = `kept ${signed(old)}, written ${signed(fresh)}`;
    say(amountText, text);
    amounts.setAttribute("aria-label", `${text}; together ${format(ours.c)}`);
  }

  function paint(numbers, place, arrays, highlight) {
    for (const [cell, quantity] of values) {
      say(cell, format(numbers.ours[quantity]));
      cell.title = `${quantity} = ${numbers.ours[quantity]}`;
    }
    element.classList.toggle("le-masked", numbers.masked);
    for (const row of element.querySelectorAll("[data-row]")) {
      row.classList.toggle("le-lit", row.dataset.row === highlight);
    }
    paintAmounts(numbers);
  }

  return { element, paint };
}
