// Where a layer's gradient comes from, as equations with their numbers.

import { inProduct, sized, summand } from "./numbers.js";
import { equationPart, equationRow } from "../shared/equation.js";
import { chip, h, say, symbol } from "../shared/page.js";

/** {element, paint(numbers)}: what gradientAt() gave. */
export function gradientEquations(layer, palette, which) {
  const slots = {};
  const slot = (name, colour = null) => {
    const element = h("span", { class: "le-num", "data-q": `${which}/${name}` });
    if (colour) element.style.borderBottomColor = palette.colors[colour];
    (slots[name] ??= []).push(element);
    return element;
  };
  const row = (letter, ...lines) => equationRow(`${which}/d${letter}`, chip(letter, palette), ...lines);
  const ways = waysBack(layer, palette, which);
  const element = h(
    "div",
    { class: "le-equations" },
    hEquation(slot, ways.element),
    layer.kind === "LSTM" && cEquation(slot),
  );

  function hEquation(slot, back) {
    return row(
      "h",
      equationPart(partial("h_t"), " = from the loss"),
      equationPart("+ back from step t+1"),
      h("div", {}, "= ", slot("own"), " ", back, " = ", slot("dh", "h")),
    );
  }
  function cEquation(slot) {
    const slope = layer.activation === "tanh" ? "(1 − tanh²c)" : `${layer.activation}'(c)`;
    const numbers = [
      equationPart("= ", slot("dh", "h"), " · ", slot("o", "o")),
      equationPart("· ", slot("slope")),
      equationPart("+ ", slot("dcNext", "c"), " · ", slot("fNext", "f")),
    ];
    return row(
      "c",
      h(
        "div",
        { class: "le-unless-masked" },
        equationPart(partial("c_t"), " = ", partial("h_t"), " · ", symbol("o")),
        equationPart(`· ${slope}`),
        equationPart(" + ", partial("c_t+1"), " · ", symbol("f_t+1")),
        h("div", {}, numbers),
        h("div", {}, equationPart("= ", slot("shown"), " ", slot("kept")), equationPart(" = ", slot("dc", "c"))),
      ),
      h(
        "div",
        { class: "le-if-masked" },
        equationPart(partial("c_t"), " = ", partial("c_t+1"), " = ", slot("dc", "c"), " (masked)"),
      ),
    );
  }

  function put(name, value, write = sized) {
    for (const slotted of slots[name] ?? []) {
      say(slotted, write(value));
      slotted.title = `${name} = ${value}`;
    }
  }
  return {
    element,
    paint(numbers) {
      element.classList.toggle("le-masked", numbers.masked);
      for (const name of ["own", "dh", "shown", "dc"]) if (name in numbers) put(name, numbers[name]);
      if (layer.kind === "LSTM") {
        for (const name of ["o", "slope", "dcNext", "fNext"]) put(name, numbers[name], inProduct);
        put("kept", numbers.dcNext * numbers.fNext, summand);
      }
      ways.paint(numbers.back);
    },
  };
}

/** "∂L/∂c", its index set low. */
function partial(name) {
  const [letter, index] = name.split("_");
  return h("span", { class: "le-sym" }, "∂L/∂", h("i", {}, letter), index ? h("sub", {}, index) : null);
}

/** What came back by each way: the same ways at most steps, so that only the numbers change. */
function waysBack(layer, palette, which) {
  const element = h("div", { class: "le-ways" });
  let shown = "";
  function rule(back) {
    const names = back.map(([by]) => by).join();
    if (names === shown) return;
    shown = names;
    element.hidden = !back.length;
    element.replaceChildren(
      ...back.flatMap(([by]) => {
        const block = layer.blocks.find(({ name }) => name === by);
        const number = h("span", { class: "le-num", "data-q": `${which}/back_${by}` });
        if (block) number.style.borderBottomColor = palette.colors[block.like];
        return [" ", h("span", { class: "le-part" }, number, h("sub", {}, block ? by : ` ${by}`))];
      }),
    );
  }
  return {
    element,
    paint(back) {
      rule(back);
      element.querySelectorAll(".le-num").forEach((number, n) => {
        say(number, summand(back[n][1]));
        number.title = `${back[n][0]} = ${back[n][1]}`;
      });
    },
  };
}
