// Building the page. Text reaches it through textContent only.

import { inkOn } from "./colours.js";

/** An element with attributes and children. Strings become text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Set text only where it differs: nothing is laid out again for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A quantity's letter on its colour: the sign that stands for it everywhere. */
export function chip(letter, palette) {
  const colour = palette.colors[letter];
  return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, letter);
}

/** "f · c<sub>prev</sub>": a name with its index set low. */
export function symbol(name) {
  const [letter, index] = name.split("_");
  return h("span", { class: "le-sym" }, h("i", {}, letter), index ? h("sub", {}, index) : null);
}

/** "0 [bar] 1": the scale of one picture, to be read beside it. */
export function legend(scale, stops) {
  const bar = h("span", { class: "le-bar", style: `background:linear-gradient(to right, ${stops.join(", ")})` });
  return h("span", { class: "le-legend" }, formatEnd(scale.low), bar, formatEnd(scale.high));
}

function formatEnd(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** A region that tells a screen reader the state, once it has settled: nobody wants thirty sentences a second. */
export function announcer(root, wait = 350) {
  const region = h("div", { class: "le-hidden", "aria-live": "polite" });
  root.append(region);
  let timer = 0;
  return {
    tell(text) {
      clearTimeout(timer);
      timer = setTimeout(() => say(region, text), wait);
    },
    close: () => clearTimeout(timer),
  };
}
