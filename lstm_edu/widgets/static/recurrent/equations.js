// The equations of a GRU or a SimpleRNN with their numbers.

import { RNN_SUMS, rnnNamed, rnnVectors } from "./numbers.js";
import { addedAmounts } from "../shared/amounts.js";
import { equationLine, equationRow } from "../shared/equation.js";
import { format } from "../shared/numbers.js";
import { chip, freshId, h, say, symbol } from "../shared/page.js";
import { TERMS_SHOWN, termBar, terms } from "../shared/terms.js";
import { plural } from "../shared/words.js";

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
  const row = (quantity, ...lines) => equationRow(quantity, chip(quantity, palette), ...lines);
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
  const amounts = addedAmounts(["kept", "taken"], [palette.colors.z, palette.colors.g]);
  const carried = equationLine([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], whenMasked);
  const note = h(
    "p",
    { class: "le-note le-if-masked" },
    "A masked step: its sums were computed, and thrown away. ",
    symbol("h"),
    " stays as it was.",
  );
  const becomes = (gate, sum, name, attributes = {}) =>
    equationLine(
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
        equationLine(
          [symbol("h"), " = ", symbol("z"), " · ", symbol("h_prev"), " + (1 − ", symbol("z"), ") · ", symbol("g")],
          [
            ["= ", number("z"), " · ", number("h_prev"), " + ", number("rest"), " · ", number("g")],
            ["= ", number("h")],
          ],
          unlessMasked,
        ),
        carried,
        amounts.elements,
      ),
    );
  } else {
    const [one] = RNN_SUMS.SimpleRNN;
    rows = [row("z", sumLine(one, 0)), note, row("h", becomes("h", "z", spec.activation, unlessMasked), carried)];
  }
  const closed = spec.closed ? h("p", { class: "le-note" }, `${spec.closed}: the sums cannot be opened here.`) : null;
  const element = h("div", { class: "le-equations le-rnn" }, closed, rows);
  const lit = [...element.querySelectorAll("[data-row]")];

  /** What the old state and the candidate each give to the new one. */
  function paintAmounts({ ours, masked }) {
    if (spec.kind !== "GRU") return;
    const added = [ours.z * ours.h_prev, ours.rest * ours.g];
    amounts.paint(masked ? null : added, ours.h, Math.max(spec.scales.h.high, ...added.map(Math.abs), 1e-30));
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

/** A product of two vectors that opens to its terms, the largest first where there are many. */
function rnnProduct(kind, block, quantity, spec, listen, face) {
  const [letters, array, letter] = {
    xW: ["x[k]", "kernel", "W"],
    hU: ["h_prev[k]", "recurrent_kernel", "U"],
    rhU: ["(r · h_prev)[k]", "recurrent_kernel", "U"],
  }[kind];
  const id = freshId("rnn");
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
        `, ${plural(count, "product")}`,
      );
      const largest = Math.max(
        ...shown.map((term) => Math.abs(term.product)).filter(Number.isFinite),
        Math.abs(rest) || 0,
        1e-30,
      );
      const line = (title, middle, value, name) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, title),
          h("td", {}, middle),
          h("td", { "data-q": name, title: String(value) }, format(value)),
          termBar(value, largest),
        );
      body.replaceChildren(
        ...shown.map((term) =>
          line(`k = ${term.f}`, `${format(term.x)} · ${format(term.w)}`, term.product, `${quantity}.${term.f}`),
        ),
        ...(others ? [line(plural(others, "smaller term"), "", rest, `${quantity}.others`)] : []),
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
