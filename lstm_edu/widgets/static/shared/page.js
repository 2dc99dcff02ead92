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

/** A quantity's letter on its colour: its sign everywhere. */
export function chip(letter, palette) {
  const colour = palette.colors[letter];
  return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, letter);
}

/** "f · c<sub>prev</sub>": a name with its index set low. */
export function symbol(name) {
  const [letter, index] = name.split("_");
  return h("span", { class: "le-sym" }, h("i", {}, letter), index ? h("sub", {}, index) : null);
}

/** "0 [bar] 1": the scale of one picture, shown next to it; `after` it more words. */
export function legend({ low, high }, stops, after = "") {
  const end = (value) => String(Number(value.toPrecision(3))).replace(/-/g, "−");
  const bar = h("span", { class: "le-bar", style: `background:linear-gradient(to right, ${stops.join(", ")})` });
  return h("span", { class: "le-legend" }, end(low), bar, end(high) + after);
}

/** The line above an explorer: a name, and what it is in a few words; those that are empty are left out. */
export function headLine(name, ...about) {
  return h(
    "div",
    { class: "le-head" },
    h("strong", {}, name),
    h("span", { class: "le-muted" }, about.filter(Boolean).join(" · ")),
  );
}

/** A note that is there only where there is something to say: {element, text(), tell(sentences)}. */
export function noteLine() {
  const element = h("p", { class: "le-note", hidden: true });
  return {
    element,
    text: () => element.textContent,
    tell(sentences) {
      const text = sentences.filter(Boolean).join(" ");
      element.hidden = !text;
      say(element, text);
    },
  };
}

/** A region that tells a screen reader the state, once it has settled: thirty sentences a second would be too many. */
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

let ids = 0;

/** An id that nothing else on the page has. */
export const freshId = (name) => `lstm-edu-${name}-${Math.random().toString(36).slice(2)}-${++ids}`;
