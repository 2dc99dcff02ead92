// How much an explorer shows: "simple", "gates" or "all"; and the control that changes it, which the page remembers.
// What is not for all levels has `data-from` or `data-until`, by which page.css hides it.

import { freshId, h } from "./page.js";
import { LEVEL_TITLES, SHOW } from "./words.js";

export const LEVELS = ["simple", "gates", "all"];

/** Whether what begins at the level `from` and ends with `until` is shown at this one. */
export function shownAt(level, { from = "simple", until = "all" } = {}) {
  const [now, first, last] = [level, from, until].map((one) => LEVELS.indexOf(one));
  return first <= now && now <= last;
}

/** Mark elements that are shown from a level on; returns them. */
export function showFrom(level, ...elements) {
  for (const element of elements) if (element) element.dataset.from = level;
  return elements;
}

// --- what is remembered ---------------------------------------------------------------------------------------------

const key = () => `lstm-edu-detail ${window.location.pathname}`;

/** What the reader chose on this page, by what was asked for there: {"simple": "all"}. Not every page may keep something. */
function chosenHere() {
  try {
    return JSON.parse(localStorage.getItem(key())) ?? {};
  } catch {
    return {};
  }
}

function remember(asked, level) {
  try {
    localStorage.setItem(key(), JSON.stringify({ ...chosenHere(), [asked]: level }));
  } catch {
    // then it is not remembered
  }
}

/** Begin with what the reader chose earlier on this page, instead of what was asked for; what Python sets later wins.
 *  @param {import("../types.d.ts").Context} context */
export function recallLevel({ spec, level, set }) {
  const chosen = chosenHere()[spec.detail];
  if (spec.levels && level() === spec.detail && LEVELS.includes(chosen)) set({ detail: chosen });
}

// --- the control ----------------------------------------------------------------------------------------------------

/** {element, has(target), paint()}: one choice for each level that differs from the one before.
 *  @param {import("../types.d.ts").Context} context */
export function levelChoice(context) {
  const { spec, listen } = context;
  const name = freshId("levels");
  const choices = Object.entries(spec.levels).map(([level, label]) => {
    const input = h("input", { type: "radio", name, value: level });
    listen(input, "change", () => {
      remember(spec.detail, level);
      context.set({ detail: level });
    });
    return { level, input, element: h("label", { title: LEVEL_TITLES[level] }, input, ` ${label}`) };
  });
  const elements = choices.map(({ element }) => element);
  return {
    element: h("span", { class: "le-levels", role: "radiogroup", "aria-label": `${SHOW} how much` }, SHOW, elements),
    has: (target) => choices.some(({ input }) => input === target),
    paint() {
      const now = choices.filter(({ level }) => shownAt(context.level(), { from: level })).at(-1);
      for (const choice of choices) choice.input.checked = choice === now;
    },
  };
}
