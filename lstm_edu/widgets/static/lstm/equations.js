// The equations of one unit at one step, with the numbers in them. Each product of a sum opens to its terms.

import { GATES, addendsOf, brokenIn, columnOf, reachOf, vectorsOf } from "./numbers.js";
import { addedAmounts } from "../shared/amounts.js";
import { equationLine, equationNumbers, equationRow } from "../shared/equation.js";
import { quoted } from "../shared/names.js";
import { chip, freshId, h, say, symbol } from "../shared/page.js";
import { TERMS_SHOWN, termText, termTrack, terms } from "../shared/terms.js";
import { plural } from "../shared/words.js";

/** {element, paint(numbers, place, arrays, highlight)}: what numbersAt() gave for this place, and the arrays it came from.
 *  `opens`: whether the weights are here, so that a product can open to its terms. */
export function equationsOf(context, spec, opens) {
  const { palette } = context;
  const parts = equationParts(context, spec, opens);
  const amounts = addedAmounts(["kept", "written"], [palette.colors.f, palette.colors.i]);
  const unlike = note("≠ marks where this run does not follow the equation: something there is held, or mistaken.");
  const heavy = opens ? null : note("The weights are too large to send to this page: the sums cannot be opened here.");
  const gates = GATES.map((gate) => gateRow(parts, spec, gate));
  const states = [maskedNote(), cellStateRow(parts, amounts), outputRow(parts, spec)];
  const element = h("div", { class: "le-equations" }, heavy, unlike, gates, states);
  const rows = [...element.querySelectorAll("[data-row]")];

  let latest = null; // what was painted, for what is opened afterwards
  function paint(numbers, place, arrays, highlight) {
    latest = [place, arrays];
    const addends = addendsOf(spec, arrays, place);
    const broken = brokenIn(spec, numbers, addends);
    parts.paint((quantity) => numbers.ours[quantity] ?? addends[quantity], broken);
    unlike.hidden = !Object.keys(broken).length;
    element.classList.toggle("le-masked", numbers.masked);
    for (const row of rows) row.classList.toggle("le-lit", row.dataset.row === highlight);
    for (const product of parts.products) {
      product.button.classList.toggle("le-lit", highlight === "x" && product.kind === "xW");
      product.paint(place, arrays);
    }
    const { ours, masked } = numbers;
    const added = masked ? null : [ours.f * ours.c_prev, ours.i * ours.g];
    amounts.paint(added, ours.c, reachOf(spec, arrays, place));
  }
  for (const product of parts.products) product.onOpen = () => latest && product.paint(...latest);

  return { element, paint };
}

// A masked step has its own equations: what was computed is discarded.
const WHEN_MASKED = { class: "le-if-masked" };
const UNLESS_MASKED = { class: "le-unless-masked" };

const note = (text) => h("p", { class: "le-note" }, text);

const maskedNote = () =>
  h(
    "p",
    { class: "le-note le-if-masked" },
    "A masked step: its gates were computed, then discarded. ",
    symbol("c"),
    " and ",
    symbol("h"),
    " stay as they were.",
  );

/** What the equations are made of: {number(quantity), equals(quantity), row(quantity, ...lines), addend(quantity, name),
 *  product(kind, gate), products, opens, paint(valueOf, broken)}. */
function equationParts({ palette, listen }, spec, opens) {
  const signs = []; // [element, quantity]: "=", or "≠" where the run does not follow the equation
  const products = []; // what opens to its terms
  const { number, paint } = equationNumbers((quantity) => {
    const letter = quantity[0] === "s" ? "c" : quantity[0];
    return letter === "z" ? null : palette.colors[letter];
  });
  return {
    opens,
    number,
    products,
    row: (quantity, ...lines) => equationRow(quantity, chip(quantity, palette), ...lines),
    equals(quantity) {
      const element = h("span", {}, "=");
      signs.push([element, quantity]);
      return [element, " "];
    },
    /** A part of a sum: its number, and under it what it is. */
    addend: (quantity, name) =>
      h("span", { class: "le-addend" }, number(quantity), h("span", { class: "le-under" }, name)),
    /** The same of a product, as a button: it opens. */
    product(kind, gate) {
      const made = dotProduct(kind, gate, spec, listen, [
        number(`${kind}_${gate}`),
        h("span", { class: "le-under" }, symbol(kind === "xW" ? "x" : "h_prev"), "·", symbol(`${kind[1]}_${gate}`)),
      ]);
      products.push(made);
      return made;
    },
    paint(valueOf, broken) {
      paint(valueOf);
      for (const [sign, quantity] of signs) {
        say(sign, broken[quantity] ? "≠" : "=");
        sign.classList.toggle("le-differs", Boolean(broken[quantity]));
      }
    },
  };
}

/** "z_f = 0.1 + 0.2 + 0.3 = 0.6", and below it what the products open to. */
function openSum({ number, equals, addend, product }, spec, gate) {
  const [xW, hU] = [product("xW", gate), product("hU", gate)];
  const line = [
    h("span", {}, symbol(`z_${gate}`), " ="),
    xW.button,
    h("span", {}, "+"),
    hU.button,
    spec.use_bias && [h("span", {}, "+"), addend(`b_${gate}`, symbol(`b_${gate}`))],
    h("span", {}, equals(`z_${gate}`), number(`z_${gate}`)),
  ];
  return [h("div", { class: "le-sum" }, line), h("div", { class: "le-dot-products" }, xW.panel, hU.panel)];
}

/** The same in symbols, where the weights stayed in Python. */
function closedSum({ number }, spec, gate) {
  const products = [symbol("x"), " · ", symbol(`W_${gate}`), " + ", symbol("h_prev"), " · ", symbol(`U_${gate}`)];
  const bias = spec.use_bias ? [" + ", symbol(`b_${gate}`)] : "";
  return h("div", {}, symbol(`z_${gate}`), " = ", products, bias, " = ", number(`z_${gate}`));
}

/** A gate: its sum, and what the activation makes of it. */
function gateRow(parts, spec, gate) {
  const { number, equals, row } = parts;
  const name = gate === "g" ? spec.activation : spec.recurrent_activation;
  const sum = (parts.opens ? openSum : closedSum)(parts, spec, gate);
  const numbers = [
    ["= ", name, "(", number(`z_${gate}`), ")"],
    [equals(gate), number(gate)],
  ];
  return row(gate, sum, equationLine([symbol(gate), " = ", name, "(", symbol(`z_${gate}`), ")"], numbers));
}

/** "c = f · c_prev + i · g". */
function cellStateRow({ number, equals, row }, amounts) {
  const symbols = [symbol("c"), " = ", symbol("f"), " · ", symbol("c_prev"), " + ", symbol("i"), " · ", symbol("g")];
  const numbers = [
    ["= ", number("f"), " · ", number("c_prev"), " + ", number("i"), " · ", number("g")],
    [equals("c"), number("c")],
  ];
  return row(
    "c",
    equationLine(symbols, numbers, UNLESS_MASKED),
    equationLine([symbol("c"), " = ", symbol("c_prev")], [["= ", number("c")]], WHEN_MASKED),
    amounts.elements,
  );
}

/** "h = o · tanh(c)". */
function outputRow({ number, equals, row }, spec) {
  const symbols = [symbol("h"), " = ", symbol("o"), " · ", spec.activation, "(", symbol("c"), ")"];
  const numbers = [
    ["= ", number("o"), " · ", spec.activation, "(", number("c"), ")"],
    ["= ", number("o"), " · ", number("squashed")],
    [equals("h"), number("h")],
  ];
  return row(
    "h",
    equationLine(symbols, numbers, UNLESS_MASKED),
    equationLine([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], WHEN_MASKED),
  );
}

/** A product of two vectors that opens to its terms: {kind, button, panel, paint(place, arrays), onOpen}. The largest
 *  terms come first where there are more than TERMS_SHOWN. */
function dotProduct(kind, gate, spec, listen, face) {
  const [letter, weights, array] = kind === "xW" ? ["x", "W", "kernel"] : ["h_prev", "U", "recurrent_kernel"];
  const [count, axis] = kind === "xW" ? [spec.features, "features"] : [spec.units, "units"];
  const id = freshId("terms");
  const button = h(
    "button",
    { type: "button", class: "le-addend", "aria-expanded": "false", "aria-controls": id },
    face,
  );
  const where = h("span", {});
  const slice = h("code", {});
  const column = h("th", { scope: "col" });
  const body = h("tbody", {});
  const total = h("td", { "data-q": `sum_${kind}_${gate}` });
  const all = h("button", { type: "button", class: "le-quiet" });
  const head = ["k", [symbol(letter), "[k]"], null, "", "product"].map((text, n) =>
    n === 2 ? column : h(n === 3 ? "td" : "th", n === 3 ? {} : { scope: "col" }, text),
  );
  const table = h(
    "table",
    { class: "le-table le-terms" },
    h("thead", {}, h("tr", {}, head)),
    body,
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row", colspan: 4 }, "sum of the products"), total)),
  );
  const panel = h(
    "div",
    { class: "le-dot-product", id, hidden: true },
    h("p", {}, symbol(letter), " times column ", where, " of ", array, ", which is ", slice),
    table,
    count > TERMS_SHOWN && all,
  );
  const rest = h("tr", {}, h("th", { scope: "row", colspan: 4 }), h("td", {}));
  let most = TERMS_SHOWN;
  let lines = [];

  /** As many empty lines as there are terms to show. */
  function rule() {
    lines = Array.from({ length: Math.min(count, most) }, () => {
      const { cell: bar, fill } = termTrack();
      const cells = [h("th", { scope: "row" }), h("td", {}), h("td", {}), h("td", {})];
      return { cells, fill, row: h("tr", {}, cells.slice(0, 3), bar, cells[3]) };
    });
    body.replaceChildren(...lines.map(({ row }) => row), ...(count > most ? [rest] : []));
    say(all, count > most ? `show all ${count} terms` : `show the ${TERMS_SHOWN} largest`);
  }

  const made = {
    kind,
    button,
    panel,
    onOpen() {},
    paint(place, arrays) {
      if (panel.hidden) return;
      const place_ = columnOf(gate, spec.units, place.unit);
      const { x, w } = vectorsOf(kind, spec, arrays, place, place_.column);
      const { shown, others, rest: left } = terms(x, w, most);
      say(where, place_.formula + (place_.sum && ` = ${place_.sum}`) + ` = ${place_.column}`);
      say(slice, `${array}[:, ${place_.column}]`);
      say(column, `${weights}[k, ${place_.column}]`);
      const longest = Math.max(...shown.map(({ product }) => Math.abs(product)).filter(Number.isFinite), 1e-30);
      let long = false;
      shown.forEach(({ f, x, w, product }, n) => {
        const { cells, fill } = lines[n];
        const texts = [x, w, product].map(termText);
        [`${f}${quoted(spec, axis, f)}`, ...texts].forEach((text, k) => say(cells[k], text));
        long ||= texts.some((text) => text.length > 8);
        cells[3].title = `${letter}[${f}] · ${weights}[${f}, ${place_.column}] = ${product}`;
        const width = Number.isFinite(product) ? (50 * Math.abs(product)) / longest : 50;
        fill.style.width = `${width}%`;
        fill.style.left = `${product < 0 ? 50 - width : 50}%`;
        fill.classList.toggle("le-minus", product < 0);
      });
      table.classList.toggle("le-long", long);
      if (others) {
        say(rest.cells[0], `the ${plural(others, "smaller term")}`);
        say(rest.cells[1], termText(left));
        rest.cells[1].title = String(left);
      }
      const sum = shown.reduce((sum, { product }) => sum + product, left);
      say(total, termText(sum));
      total.title = String(sum);
    },
  };
  listen(button, "click", () => {
    if (!lines.length) rule();
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    made.onOpen();
  });
  listen(all, "click", () => {
    most = most < count ? count : TERMS_SHOWN;
    rule();
    made.onOpen();
  });
  return made;
}
