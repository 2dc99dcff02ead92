// The numbers beside the pictures: one layer's equations, way and sums.

import { fromExponent, gathered, gradientAt, inProduct, sized, summand, wayFrom } from "./numbers.js";
import { at } from "../shared/arrays.js";
import { inkOn } from "../shared/colours.js";
import { format } from "../shared/numbers.js";
import { chip, h, say, symbol } from "../shared/page.js";

/** One layer's equations with their numbers, the factors of the unit's own way, and what the step gives to dL/db. */
export function gradientSide(context, spec, layer, arrays, counts, which) {
  const { palette } = context;
  const slots = {};
  const slot = (name, colour = null) => {
    const element = h("span", { class: "le-num", "data-q": `${which}/${name}` });
    if (colour) element.style.borderBottomColor = palette.colors[colour];
    (slots[name] ??= []).push(element);
    return element;
  };
  const sign = (name) => {
    const [letter, index] = name.split("_");
    return h("span", { class: "le-sym" }, "∂L/∂", h("i", {}, letter), index ? h("sub", {}, index) : null);
  };
  const line = (...parts) => [h("span", { class: "le-part" }, parts), " "]; // may break between two, not within one
  const chipOf = ({ name, like }) => {
    const colour = palette.colors[like];
    return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, name);
  };
  const slopeText = layer.activation === "tanh" ? "(1 − tanh²c)" : `${layer.activation}'(c)`;

  const ways = h("div", { class: "le-ways" });
  const dhRow = h(
    "div",
    { class: "le-equation", "data-row": `${which}/dh` },
    chip("h", palette),
    h(
      "div",
      {},
      line(sign("h_t"), " = from the loss"),
      line("+ back from step t+1"),
      h("div", {}, "= ", slot("own"), " ", ways, " = ", slot("dh", "h")),
    ),
  );
  const dcRow =
    layer.kind === "LSTM" &&
    h(
      "div",
      { class: "le-equation", "data-row": `${which}/dc` },
      chip("c", palette),
      h(
        "div",
        {},
        h(
          "div",
          { class: "le-unless-masked" },
          line(sign("c_t"), " = ", sign("h_t"), " · ", symbol("o")),
          line(`· ${slopeText}`),
          line(" + ", sign("c_t+1"), " · ", symbol("f_t+1")),
          h(
            "div",
            {},
            line("= ", slot("dh", "h"), " · ", slot("o", "o")),
            line("· ", slot("slope")),
            line("+ ", slot("dcNext", "c"), " · ", slot("fNext", "f")),
          ),
          h("div", {}, line("= ", slot("shown"), " ", slot("kept")), line(" = ", slot("dc", "c"))),
        ),
        h(
          "div",
          { class: "le-if-masked" },
          line(sign("c_t"), " = ", sign("c_t+1"), " = ", slot("dc", "c"), " (masked)"),
        ),
      ),
    );
  const equations = h("div", { class: "le-equations" }, dhRow, dcRow);

  const letter = { LSTM: "f", GRU: "z", SimpleRNN: "" }[layer.kind];
  const rule = {
    LSTM: "the forget gates between here and the end: f[t+1] · … · f[T]",
    GRU: "the update gates between here and the end: z[t+1] · … · z[T]",
    SimpleRNN: `the slopes between here and the end, each times U[u, u]: (${layer.activation === "tanh" ? "1 − h²" : `${layer.activation}'`}) · U[u, u]`,
  }[layer.kind];
  const chips = Array.from({ length: 8 }, (_, n) => {
    const [index, value] = [h("sub", {}), h("span", {})];
    const chipped = h(
      "span",
      {},
      n ? " · " : "",
      h("span", { class: "le-factor" }, h("small", {}, letter, index), value),
    );
    return { chipped, index, value };
  });
  const [rest, equals] = [h("span", {}), h("span", {})];
  const product = h("strong", { class: "le-num", "data-q": `${which}/product` });
  const factors = h(
    "div",
    { class: "le-factors" },
    chips.map(({ chipped }) => chipped),
    rest,
    h("span", { class: "le-product" }, equals, product),
  );
  const wayTitle = h("p", { class: "le-small le-muted" }, `The unit's own way: ${rule}`);

  const bars = layer.blocks.map((block) => {
    const fill = h("span", { class: "le-fill" });
    const [now, sofar, all] = [0, 1, 2].map(() => h("td", {}));
    now.dataset.q = `${which}/db_${block.name}`;
    sofar.dataset.q = `${which}/gathered_${block.name}`;
    const row = h(
      "tr",
      {},
      h("th", { scope: "row" }, chipOf(block)),
      h("td", { class: "le-termbar" }, h("span", { class: "le-track" }, fill)),
      now,
      sofar,
      all,
    );
    return { fill, now, sofar, all, row, colour: palette.colors[block.like] };
  });
  const headings = ["", "", "this step", "from the end to here", "all steps"];
  const table = h(
    "table",
    { class: "le-table le-terms" },
    h(
      "caption",
      { class: "le-muted" },
      "dL/db of this unit, a sum over the steps. The bar: what has been gathered from the end to here",
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        headings.map((text, n) => (n < 2 ? h("td", {}) : h("th", { scope: "col" }, text))),
      ),
    ),
    h(
      "tbody",
      {},
      bars.map((b) => b.row),
    ),
  );
  const others = h("p", { class: "le-small le-muted" });
  const heading = spec.layers.length > 1 ? h("h4", { class: "le-layer" }, `${layer.kind} ${layer.name}`) : null;
  const element = h(
    "section",
    { class: "le-gradient-side", "aria-label": `numbers of the ${layer.kind}` },
    heading,
    equations,
    wayTitle,
    factors,
    layer.use_bias && table,
    others,
  );

  const put = (name, value, write = sized) => {
    for (const slotted of slots[name] ?? []) {
      say(slotted, write(value));
      slotted.title = `${name} = ${value}`;
    }
  };
  let sums = { key: "", found: null, span: 1 };

  /** What came back by each way: the same ways at most steps, so that only the numbers change. */
  let waysShown = "";
  function paintWays(back) {
    const names = back.map(([by]) => by).join();
    if (names !== waysShown) {
      waysShown = names;
      ways.hidden = !back.length;
      ways.replaceChildren(
        ...back.flatMap(([by]) => {
          const block = layer.blocks.find(({ name }) => name === by);
          const number = h("span", { class: "le-num", "data-q": `${which}/back_${by}` });
          if (block) number.style.borderBottomColor = palette.colors[block.like];
          return [" ", h("span", { class: "le-part" }, number, h("sub", {}, block ? by : ` ${by}`))];
        }),
      );
    }
    ways.querySelectorAll(".le-num").forEach((number, n) => {
      say(number, summand(back[n][1]));
      number.title = `${back[n][0]} = ${back[n][1]}`;
    });
  }

  return {
    element,
    paint(place, way) {
      const { batch, t, unit } = place;
      const numbers = gradientAt(layer, arrays, counts, spec.steps, place);
      equations.classList.toggle("le-masked", numbers.masked);
      for (const name of ["own", "dh", "shown", "dc"]) if (name in numbers) put(name, numbers[name]);
      if (layer.kind === "LSTM") {
        for (const name of ["o", "slope", "dcNext", "fNext"]) put(name, numbers[name], inProduct);
        put("kept", numbers.dcNext * numbers.fNext, summand);
      }
      paintWays(numbers.back);
      const { factors: shown, more } = wayFrom(arrays.direct, place, chips.length);
      chips.forEach(({ chipped, index, value }, n) => {
        chipped.hidden = n >= shown.length;
        if (chipped.hidden) return;
        say(index, String(shown[n][0]));
        say(value, ` ${format(shown[n][1], 3)}`);
      });
      say(rest, more ? " · … (" + more + " more)" : "");
      say(equals, shown.length ? " = " : "no factor yet: ");
      say(product, fromExponent(way.exponent[t], way.sign[t]));

      const key = `${batch},${unit}`;
      if (sums.key !== key) {
        const found = gathered(arrays.d_sums, batch, unit, bars.length);
        sums = {
          key,
          found,
          span: Math.max(...found.map((s) => s.reduce((most, v) => Math.max(most, Math.abs(v)), 0)), 1e-300),
        };
      }
      const { span } = sums;
      bars.forEach(({ fill, now, sofar, all, colour }, n) => {
        const value = sums.found[n][t];
        say(now, sized(numbers.sums[n]));
        say(sofar, sized(value));
        say(all, sized(sums.found[n][0]));
        const share = Number.isFinite(value) ? Math.min(50, (50 * Math.abs(value)) / span) : 0;
        fill.style.left = `${value < 0 ? 50 - share : 50}%`;
        fill.style.width = `${share}%`;
        fill.style.background = colour;
      });
      const all = Math.sqrt(sumOfSquares(arrays.d_sums, batch, t));
      const before = t
        ? Math.sqrt(sumOfSquares(arrays.h, batch, t - 1))
        : Math.hypot(...Array.from({ length: layer.units }, (_, k) => at(arrays.h_start, batch, k)));
      say(
        others,
        `To all of dL/dW this step gives a matrix of size |x| · |dL/dz| = ${sized(at(arrays.x_norm, batch, t, 0) * all)}` +
          (layer.kind === "GRU" ? "." : `, to dL/dU one of |h_t−1| · |dL/dz| = ${sized(before * all)}.`),
      );
      return numbers;
    },
  };
}

function sumOfSquares({ shape, data }, batch, t) {
  let sum = 0;
  for (let k = 0, n = (batch * shape[1] + t) * shape[2]; k < shape[2]; k++, n++) sum += data[n] * data[n];
  return sum;
}
