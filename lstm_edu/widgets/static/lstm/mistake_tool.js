// Make a mistake of the catalogue: in words, in groups that fold, and searchable.

import { MISTAKES, foundInWords } from "./words.js";
import { freshId, h, say } from "../shared/page.js";

/** A tool of the what-if panel: {title, content, on(): whether it is in use, paint()}. */
export function mistakeTool(context, spec, { edits, put }) {
  const choose = (id) => put({ ...edits(), mistake: id });
  const chosen = () => edits().mistake ?? "";
  const none = mistakeChoice(context, freshId("mistake"), { id: "", words: MISTAKES.none }, choose);
  const groups = mistakeGroups(spec.mistakes, (name, entry) => mistakeChoice(context, name, entry, choose));
  const choices = [none, ...groups.flatMap((group) => group.choices)];
  const search = h("input", { type: "search", "aria-label": MISTAKES.search, placeholder: MISTAKES.hint });
  const found = h("span", { class: "le-muted", role: "status" });
  const elements = [none.element, groups.map((group) => group.element)];
  const list = h("div", { class: "le-mistakes", role: "radiogroup", "aria-label": "mistake" }, elements);

  context.listen(search, "input", () => {
    const sought = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const count = groups.reduce((sum, group) => sum + group.show(sought, chosen()), 0);
    say(found, sought.length ? foundInWords(count) : "");
  });

  let painted = ""; // the mistake that is marked
  return {
    title: "Make a mistake",
    content: [search, found, list],
    on: () => chosen() !== "",
    paint() {
      for (const { id, input } of choices) input.checked = id === chosen();
      if (painted === chosen()) return;
      painted = chosen();
      for (const group of groups) group.reveal(painted);
    },
  };
}

/** One mistake: {id, element, input, matches(words sought)}. */
function mistakeChoice(context, name, { id, words, group = "", sentence = "" }, choose) {
  const input = h("input", { type: "radio", name, value: id });
  context.listen(input, "change", () => choose(id));
  const text = [words, group, id, sentence].join(" ").toLowerCase();
  return {
    id,
    input,
    element: h(
      "label",
      { class: "le-mistake", title: sentence || null },
      input,
      h("span", {}, words, " ", id && h("code", { class: "le-id" }, id)),
    ),
    matches: (sought) => sought.every((word) => text.includes(word)),
  };
}

/** The mistakes by group, each with its own arrow keys, so that no button out of sight keeps others from the Tab key:
 *  [{element, choices, show(words sought, the one chosen) -> how many match, reveal(id)}, ...]. */
function mistakeGroups(mistakes, choiceOf) {
  const titles = [...new Set(mistakes.map(({ group }) => group))];
  return titles.map((title) => {
    const name = freshId("mistake");
    const choices = mistakes.filter(({ group }) => group === title).map((entry) => choiceOf(name, entry));
    const count = h("span", { class: "le-muted" }, String(choices.length));
    const elements = choices.map(({ element }) => element);
    const element = h("details", { class: "le-mistake-group" }, h("summary", {}, title, " ", count), elements);
    const holds = (id) => choices.some((one) => one.id === id);
    return {
      element,
      choices,
      show(sought, chosen) {
        const matching = choices.filter((one) => one.matches(sought));
        for (const one of choices) one.element.hidden = !matching.includes(one) && one.id !== chosen;
        element.hidden = matching.length === 0;
        element.open = sought.length ? matching.length > 0 : holds(chosen);
        say(count, String(matching.length));
        return matching.length;
      },
      reveal(id) {
        if (holds(id)) element.open = true;
      },
    };
  });
}
