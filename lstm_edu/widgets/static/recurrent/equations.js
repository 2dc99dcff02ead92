// The equations of a GRU or a SimpleRNN with their numbers.

import { RNN_SUMS, rnnNamed, rnnVectors } from "./numbers.js";
import { format } from "../shared/numbers.js";
import { chip, h, say, symbol } from "../shared/page.js";
import { TERMS_SHOWN, terms } from "../shared/terms.js";

/** {element, paint(numbers, place, arrays, highlight)}. */
export function rnnEquations(spec, palette, listen) {
  const values = [];
  const products = [];
  const number = (quantity) => {
    const element = h("span", { class: "le-num", "data-q": quantity });
    if (palette.colors[quantity]) element.style.borderColor = palette.colors[quantity];
    values.push([element, quantity]);
    return element;
  };
  const line = (symbols, parts, attributes = {}) =>
    h(
      "div",
      attributes,
      h("span", { class: "le-sym-line" }, symbols),
      " ",
      parts.map((part) => [h("span", { class: "le-part" }, part), " "]),
    );
  const row = (quantity, ...lines) =>
    h("div", { class: "le-equation", "data-row": quantity }, chip(quantity, palette), h("div", {}, lines));
  const part = (quantity, ...name) =>
    h("span", { class: "le-rnn-part" }, number(quantity), h("span", { class: "le-rnn-what" }, name));
  const product = (kind, block, subscript) => {
    const what = {
      xW: [symbol("x"), "·", symbol(rnnNamed("W", subscript))],
      hU: [symbol("h_prev"), "·", symbol(rnnNamed("U", subscript))],
      rhU: ["(", symbol("r"), "·", symbol("h_prev"), ")·", symbol(rnnNamed("U", subscript))],
    }[kind];
    const made = rnnProduct(kind, block, rnnNamed(kind, subscript), spec, listen, [
      number(rnnNamed(kind, subscript)),
      h("span", { class: "le-rnn-what" }, what),
    ]);
    products.push(made);
    return made;
  };

  /** "a_z = x·W + h·U + b + d = 0.3", each part with its number, the products as buttons that open. */
  function sumLine(names, block) {
    const [sum, , subscript] = names;
    const twoRows = spec.reset_after && spec.use_bias;
    const bias = spec.use_bias ? [" + ", part(rnnNamed("b", subscript), symbol(rnnNamed("b", subscript)))] : [];
    const second = twoRows ? [" + ", part(rnnNamed("d", subscript), symbol(rnnNamed("d", subscript)))] : [];
    const start = [symbol(sum), " = "];
    const end = [" ", h("span", { class: "le-part" }, "= ", number(sum))];
    if (spec.closed) {
      const past =
        sum === "a_g" && !spec.reset_after
          ? ["(", symbol("r"), " · ", symbol("h_prev"), ") · "]
          : [symbol("h_prev"), " · "];
      const seen = sum === "a_g" && spec.reset_after ? [symbol("r"), " · ("] : [];
      const add = (letter) => [" + ", symbol(rnnNamed(letter, subscript))];
      return [
        h(
          "div",
          {},
          start,
          symbol("x"),
          " · ",
          symbol(rnnNamed("W", subscript)),
          seen.length && spec.use_bias ? add("b") : "",
          " + ",
          seen,
          past,
          symbol(rnnNamed("U", subscript)),
          seen.length ? [spec.use_bias ? add("d") : "", ")"] : [spec.use_bias ? add("b") : "", twoRows ? add("d") : ""],
          end,
        ),
      ];
    }
    const xW = product("xW", block, subscript);
    if (sum === "a_g" && spec.reset_after) {
      const hU = product("hU", block, subscript);
      return [
        h(
          "div",
          { class: "le-rnn-sum" },
          start,
          xW.button,
          bias,
          " + ",
          part("r", symbol("r")),
          " · (",
          hU.button,
          second,
          ")",
          end,
        ),
        xW.panel,
        hU.panel,
      ];
    }
    const past = product(sum === "a_g" ? "rhU" : "hU", block, subscript);
    return [
      h("div", { class: "le-rnn-sum" }, start, xW.button, " + ", past.button, bias, second, end),
      xW.panel,
      past.panel,
    ];
  }

  const unlessMasked = { class: "le-unless-masked" };
  const whenMasked = { class: "le-if-masked" };
  const kept = h("div", { class: "le-amount" });
  const taken = h("div", { class: "le-amount" });
  const total = h("div", { class: "le-total" });
  const amounts = h("div", { class: "le-amounts", role: "img" }, h("div", { class: "le-zero" }), kept, taken, total);
  const amountText = h("div", { class: "le-amount-text" });
  const carried = line([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], whenMasked);
  const note = h(
    "p",
    { class: "le-note le-if-masked" },
    "A masked step: its sums were computed, and thrown away. ",
    symbol("h"),
    " stays as it was.",
  );
  const becomes = (gate, sum, name, attributes = {}) =>
    line(
      [symbol(gate), " = ", name, "(", symbol(sum), ")"],
      [
        ["= ", name, "(", number(sum), ")"],
        ["= ", number(gate)],
      ],
      attributes,
    );

  let rows;
  if (spec.kind === "GRU") {
    rows = RNN_SUMS.GRU.map((one, block) =>
      row(
        one[1],
        sumLine(one, block),
        becomes(one[1], one[0], one[1] === "g" ? spec.activation : spec.recurrent_activation),
      ),
    );
    rows.push(
      note,
      row(
        "h",
        line(
          [symbol("h"), " = ", symbol("z"), " · ", symbol("h_prev"), " + (1 − ", symbol("z"), ") · ", symbol("g")],
          [
            ["= ", number("z"), " · ", number("h_prev"), " + ", number("rest"), " · ", number("g")],
            ["= ", number("h")],
          ],
          unlessMasked,
        ),
        carried,
        amounts,
        amountText,
      ),
    );
  } else {
    const [one] = RNN_SUMS.SimpleRNN;
    rows = [row("z", sumLine(one, 0)), note, row("h", becomes("h", "z", spec.activation, unlessMasked), carried)];
    amounts.hidden = amountText.hidden = true;
  }
  const closed = spec.closed ? h("p", { class: "le-note" }, `${spec.closed}: the sums cannot be opened here.`) : null;
  const element = h("div", { class: "le-equations le-rnn" }, closed, rows);
  const lit = [...element.querySelectorAll("[data-row]")];

  /** What the old state and the candidate each give to the new one, as lengths from zero. */
  function paintAmounts({ ours, masked }) {
    if (spec.kind !== "GRU") return;
    const [old, fresh] = [ours.z * ours.h_prev, ours.rest * ours.g];
    const usable = !masked && Number.isFinite(old) && Number.isFinite(fresh);
    amounts.hidden = amountText.hidden = !usable;
    if (!usable) return;
    const range = Math.max(spec.scales.h.high, Math.abs(old), Math.abs(fresh), 1e-30);
    const percent = (v) => 50 + 50 * Math.max(-1, Math.min(1, v / range));
    const bar = (one, from, to, colour) => {
      const [left, right] = [percent(Math.min(from, to)), percent(Math.max(from, to))];
      Object.assign(one.style, { left: `${left}%`, width: `${right - left}%`, background: colour });
    };
    bar(kept, 0, old, palette.colors.z);
    bar(taken, old, old + fresh, palette.colors.g);
    total.style.left = `${percent(ours.h)}%`;
    const signed = (v) => (v < 0 ? "" : "+") + format(v);
    const text = `kept ${signed(old)}, taken ${signed(fresh)}`;
    say(amountText, text);
    amounts.setAttribute("aria-label", `${text}; together ${format(ours.h)}`);
  }

  let latest = null;
  for (const one of products) one.onOpen = () => latest && one.paint(...latest);
  return {
    element,
    paint(numbers, place, arrays, highlight) {
      latest = [place, arrays];
      for (const [cell, quantity] of values) {
        say(cell, format(numbers.ours[quantity]));
        cell.title = `${quantity} = ${numbers.ours[quantity]}`;
      }
      element.classList.toggle("le-masked", numbers.masked);
      for (const one of lit) one.classList.toggle("le-lit", one.dataset.row === highlight);
      for (const one of products) one.paint(place, arrays);
      paintAmounts(numbers);
    },
  };
}

let rnnProducts = 0; // for ids that no other product on the page has

/** A product of two vectors that opens to its terms, the largest first where there are many. */
function rnnProduct(kind, block, quantity, spec, listen, face) {
  const [letters, array, letter] = {
    xW: ["x[k]", "kernel", "W"],
    hU: ["h_prev[k]", "recurrent_kernel", "U"],
    rhU: ["(r · h_prev)[k]", "recurrent_kernel", "U"],
  }[kind];
  const id = `lstm-edu-rnn-${++rnnProducts}`;
  const button = h(
    "button",
    { type: "button", class: "le-rnn-part", "aria-expanded": "false", "aria-controls": id },
    face,
  );
  const caption = h("caption", {});
  const body = h("tbody", {});
  const panel = h(
    "div",
    { class: "le-rnn-terms", id, hidden: true },
    h("table", { class: "le-table le-terms" }, caption, body),
  );
  const made = {
    button,
    panel,
    onOpen() {},
    paint(place, arrays) {
      if (panel.hidden) return;
      const { x, w, count, column } = rnnVectors(spec, arrays, place, block, kind);
      const { shown, others, rest } = terms(x, w, TERMS_SHOWN);
      caption.replaceChildren(
        `${letters} times `,
        h("code", {}, `${array}[k, ${column}]`),
        `, ${count} product${count === 1 ? "" : "s"}`,
      );
      const largest = Math.max(
        ...shown.map((term) => Math.abs(term.product)).filter(Number.isFinite),
        Math.abs(rest) || 0,
        1e-30,
      );
      const bar = (value) => {
        const width = Number.isFinite(value) ? (50 * Math.abs(value)) / largest : 0;
        const fill = h("span", { class: value < 0 ? "le-fill le-minus" : "le-fill" });
        Object.assign(fill.style, { width: `${width}%`, left: `${value < 0 ? 50 - width : 50}%` });
        return h("td", { class: "le-termbar", "aria-hidden": "true" }, h("span", { class: "le-track" }, fill));
      };
      const line = (title, middle, value, name) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, title),
          h("td", {}, middle),
          h("td", { "data-q": name, title: String(value) }, format(value)),
          bar(value),
        );
      body.replaceChildren(
        ...shown.map((term) =>
          line(`k = ${term.f}`, `${format(term.x)} · ${format(term.w)}`, term.product, `${quantity}.${term.f}`),
        ),
        ...(others ? [line(`${others} smaller term${others === 1 ? "" : "s"}`, "", rest, `${quantity}.others`)] : []),
        line(
          "sum",
          "",
          shown.reduce((sum, term) => sum + term.product, rest),
          `${quantity}.sum`,
        ),
      );
      caption.dataset.letter = letter;
    },
  };
  listen(button, "click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    made.onOpen();
  });
  return made;
}
