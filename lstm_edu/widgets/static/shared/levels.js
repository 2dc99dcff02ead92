// How much an explorer shows: "simple", "gates" or "all", of gradients "size", "path" or "all"; and the control that changes
// it, which the page remembers. What is not for all levels has `data-from` or `data-until`, by which page.css hides it.

import { freshId, h } from "./page.js";
import { LEVEL_TITLES, SHOW } from "./words.js";

// By the trait that says which one it is, the least first; what is hidden at each is in page.css.
const LEVELS = { detail: ["simple", "gates", "all"], show: ["size", "path", "all"] };

const rankOf = (level) => Math.max(...Object.values(LEVELS).map((levels) => levels.indexOf(level)));

/** Whether what begins at the level `from` and ends with `until` is shown at this one. */
export function shownAt(level, { from = null, until = "all" } = {}) {
  const now = rankOf(level);
  return rankOf(from) <= now && now <= rankOf(until);
}

/** Mark elements that are shown from a level on; returns them. */
export function showFrom(level, ...elements) {
  for (const element of elements) if (element) element.dataset.from = level;
  return elements;
}

// --- what is remembered ---------------------------------------------------------------------------------------------

const key = (trait) => `lstm-edu-${trait} ${window.location.pathname}`;

/** What the reader chose on this page, by what was asked for there: {"simple": "all"}. Not every page may keep something. */
function chosenHere(trait) {
  try {
    return JSON.parse(localStorage.getItem(key(trait))) ?? {};
  } catch {
    return {};
  }
}

function remember(trait, asked, level) {
  try {
    localStorage.setItem(key(trait), JSON.stringify({ ...chosenHere(trait), [asked]: level }));
  } catch {
    // then it is not remembered
  }
}

/** Begin with what the reader chose earlier on this page, instead of what was asked for; what Python sets later wins.
 *  @param {import("../types.d.ts").Context} context */
export function recallLevel({ spec, level, set }) {
  const trait = spec.level_trait;
  if (!trait) return;
  const chosen = chosenHere(trait)[spec[trait]];
  if (level() === spec[trait] && LEVELS[trait].includes(chosen)) set({ [trait]: chosen });
}

// --- the control ----------------------------------------------------------------------------------------------------

/** {element, has(target), paint()}: one choice for each level that differs from the one before.
 *  @param {import("../types.d.ts").Context} context */
export function levelChoice(context) {
  const { spec, listen } = context;
  const trait = spec.level_trait;
  const name = freshId("levels");
  const choices = Object.entries(spec.levels).map(([level, label]) => {
    const input = h("input", { type: "radio", name, value: level });
    listen(input, "change", () => {
      remember(trait, spec[trait], level);
      context.set({ [trait]: level });
    });
    return { level, input, element: h("label", { title: LEVEL_TITLES[trait][level] }, input, ` ${label}`) };
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
