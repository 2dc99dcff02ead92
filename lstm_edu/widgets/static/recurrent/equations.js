// The equations of a GRU or a SimpleRNN with their numbers.

import { RNN_SUMS, rnnNamed, rnnVectors } from "./numbers.js";
import { addedAmounts } from "../shared/amounts.js";
import { equationLine, equationNumbers, equationRow } from "../shared/equation.js";
import { quoted } from "../shared/names.js";
import { chip, freshId, h, symbol } from "../shared/page.js";
import { TERMS_SHOWN, factorsCell, termBar, termText, terms } from "../shared/terms.js";
import { plural } from "../shared/words.js";

/** {element, paint(numbers, place, arrays, highlight)}. */
export function rnnEquations(spec, palette, listen) {
  const parts = equationParts(spec, palette, listen);
  const amounts = addedAmounts(["kept", "taken"], [palette.colors.z, palette.colors.g]);
  const rows = spec.kind === "GRU" ? gruRows(spec, palette, parts, amounts.elements) : simpleRows(spec, palette, parts);
  const closed = spec.closed ? h("p", { class: "le-note" }, `${spec.closed}: the sums cannot be opened here.`) : null;
  const element = h("div", { class: "le-equations le-rnn" }, closed, rows);
  const lit = [...element.querySelectorAll("[data-row]")];

  /** What the old state and the candidate each contribute to the new one. */
  function paintAmounts({ ours, masked }) {
    if (spec.kind !== "GRU") return;
    const added = [ours.z * ours.h_prev, ours.rest * ours.g];
    amounts.paint(masked ? null : added, ours.h, Math.max(spec.scales.h.high, ...added.map(Math.abs), 1e-30));
  }

  let latest = null;
  for (const one of parts.products) one.onOpen = () => latest && one.paint(...latest);
  return {
    element,
    paint(numbers, place, arrays, highlight) {
      latest = [place, arrays];
      parts.paint((quantity) => numbers.ours[quantity]);
      element.classList.toggle("le-masked", numbers.masked);
      for (const one of lit) one.classList.toggle("le-lit", one.dataset.row === highlight);
      for (const one of parts.products) one.paint(place, arrays);
      paintAmounts(numbers);
    },
  };
}

/** What the equations are made of: {number(quantity), part(quantity, name), product(kind, block, subscript), products,
 *  paint(valueOf)}. */
function equationParts(spec, palette, listen) {
  const { number, paint } = equationNumbers((quantity) => palette.colors[quantity]);
  const products = []; // what opens to its terms
  return {
    number,
    paint,
    products,
    part: (quantity, name) =>
      h("span", { class: "le-rnn-part" }, number(quantity), h("span", { class: "le-rnn-what" }, name)),
    product(kind, block, subscript) {
      const what = {
        xW: [symbol("x"), "·", symbol(rnnNamed("W", subscript))],
        hU: [symbol("h_prev"), "·", symbol(rnnNamed("U", subscript))],
        rhU: ["(", symbol("r"), "·", symbol("h_prev"), ")·", symbol(rnnNamed("U", subscript))],
      }[kind];
      const quantity = rnnNamed(kind, subscript);
      const face = [number(quantity), h("span", { class: "le-rnn-what" }, what)];
      const made = rnnProduct(kind, block, quantity, spec, listen, face);
      products.push(made);
      return made;
    },
  };
}

function gruRows(spec, palette, parts, amounts) {
  const { number } = parts;
  const gates = RNN_SUMS.GRU.map(([sum, gate, subscript], block) => {
    const name = gate === "g" ? spec.activation : spec.recurrent_activation;
    const lines = sumLines(spec, parts, sum, subscript, block);
    return equationRow(gate, chip(gate, palette), lines, becomes(number, gate, sum, name));
  });
  const numbers = [
    ["= ", number("z"), " · ", number("h_prev"), " + ", number("rest"), " · ", number("g")],
    ["= ", number("h")],
  ];
  const mix = [symbol("h"), " = ", symbol("z"), " · ", symbol("h_prev"), " + (1 − ", symbol("z"), ") · ", symbol("g")];
  const state = equationLine(mix, numbers, UNLESS_MASKED);
  return [...gates, maskedNote(), equationRow("h", chip("h", palette), state, carried(number), amounts)];
}

function simpleRows(spec, palette, parts) {
  const [[sum, , subscript]] = RNN_SUMS.SimpleRNN;
  const state = becomes(parts.number, "h", "z", spec.activation, UNLESS_MASKED);
  return [
    equationRow("z", chip("z", palette), sumLines(spec, parts, sum, subscript, 0)),
    maskedNote(),
    equationRow("h", chip("h", palette), state, carried(parts.number)),
  ];
}

const UNLESS_MASKED = { class: "le-unless-masked" };

const maskedNote = () =>
  h(
    "p",
    { class: "le-note le-if-masked" },
    "A masked step: its sums were computed, then discarded. ",
    symbol("h"),
    " stays as it was.",
  );

/** "h = h_prev": of a masked step. */
const carried = (number) =>
  equationLine([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], { class: "le-if-masked" });

/** "z = sigmoid(a_z)", in symbols and in numbers. */
const becomes = (number, gate, sum, name, attributes = {}) =>
  equationLine(
    [symbol(gate), " = ", name, "(", symbol(sum), ")"],
    [
      ["= ", name, "(", number(sum), ")"],
      ["= ", number(gate)],
    ],
    attributes,
  );

/** "a_z = x·W + h·U + b + d = 0.3", each part with its number, the products as buttons that open. */
function sumLines(spec, parts, sum, subscript, block) {
  const end = [" ", h("span", { class: "le-part" }, "= ", parts.number(sum))];
  if (spec.closed) return h("div", {}, symbolsOfSum(spec, sum, subscript), end);
  const { part, product } = parts;
  const twoRows = spec.reset_after && spec.use_bias;
  const added = (letter) => [" + ", part(rnnNamed(letter, subscript), symbol(rnnNamed(letter, subscript)))];
  const start = [symbol(sum), " = "];
  const bias = spec.use_bias ? added("b") : [];
  const second = twoRows ? added("d") : [];
  const xW = product("xW", block, subscript);
  const inside = sum === "a_g" && !spec.reset_after ? "rhU" : "hU";
  const past = product(inside, block, subscript);
  const line =
    sum === "a_g" && spec.reset_after
      ? [start, xW.button, bias, " + ", part("r", symbol("r")), " · (", past.button, second, ")", end]
      : [start, xW.button, " + ", past.button, bias, second, end];
  return [h("div", { class: "le-rnn-sum" }, line), xW.panel, past.panel];
}

/** A sum in symbols, where its weights stayed in Python. */
function symbolsOfSum(spec, sum, subscript) {
  const add = (letter) => (spec.use_bias ? [" + ", symbol(rnnNamed(letter, subscript))] : "");
  const [W, U] = ["W", "U"].map((letter) => symbol(rnnNamed(letter, subscript)));
  const start = [symbol(sum), " = ", symbol("x"), " · ", W];
  if (sum === "a_g" && spec.reset_after) {
    return [start, add("b"), " + ", symbol("r"), " · (", symbol("h_prev"), " · ", U, add("d"), ")"];
  }
  const past = sum === "a_g" ? ["(", symbol("r"), " · ", symbol("h_prev"), ") · "] : [symbol("h_prev"), " · "];
  return [start, " + ", past, U, add("b"), spec.reset_after ? add("d") : ""];
}

/** A product of two vectors that opens to its terms, the largest first where there are many. */
function rnnProduct(kind, block, quantity, spec, listen, face) {
  const [letters, array, letter] = {
    xW: ["x[k]", "kernel", "W"],
    hU: ["h_prev[k]", "recurrent_kernel", "U"],
    rhU: ["(r · h_prev)[k]", "recurrent_kernel", "U"],
  }[kind];
  const axis = kind === "xW" ? "features" : "units";
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
      const sum = shown.reduce((sum, term) => sum + term.product, rest);
      const sizes = [...shown.map((term) => term.product), rest, sum].map(Math.abs);
      const largest = Math.max(...sizes.filter(Number.isFinite), 1e-30);
      const line = (title, middle, value, name) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, title),
          factorsCell(middle),
          h("td", { "data-q": name, title: String(value) }, termText(value)),
          termBar(value, largest),
        );
      body.replaceChildren(
        ...shown.map((term) =>
          line(
            `k = ${term.f}${quoted(spec, axis, term.f)}`,
            `${termText(term.x)} · ${termText(term.w)}`,
            term.product,
            `${quantity}.${term.f}`,
          ),
        ),
        ...(others ? [line(plural(others, "smaller term"), "", rest, `${quantity}.others`)] : []),
        line("sum", "", sum, `${quantity}.sum`),
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
