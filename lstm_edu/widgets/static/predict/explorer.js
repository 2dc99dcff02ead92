// A prediction: the question, a place for the guess, and then the answer, the verdict and the reason.

import { guessFrom, hasMoreTries, isRight, stateOf, textPieces } from "./guesses.js";
import {
  ASKED_FOR,
  BUTTONS,
  PLACEHOLDERS,
  SAID_ALREADY,
  TWO_DIGITS,
  guessInWords,
  tryAgain,
  verdictOf,
} from "./words.js";
import { explorer } from "../shared/explorer.js";
import { freshId, h, say } from "../shared/page.js";

/** @type {import("../types.d.ts").Build} */
export function predictionCard(context) {
  const { model, root, spec, listen } = context;
  const id = freshId("predict");
  const place = spec.mode === "choice" ? choicePlace(spec, id) : fieldPlace(spec, id);
  const buttons = Object.fromEntries(
    Object.entries(BUTTONS).map(([name, text]) => [name, h("button", { type: "button", class: `le-${name}` }, text)]),
  );
  const problem = problemLine(spec, id);
  const result = answerPart(spec);
  const said = () => [model.get("guess"), model.get("shown")];

  root.append(
    h("div", { class: "le-predict-head le-muted" }, "Predict first"),
    h("div", { class: "le-question", id }, paragraphs(spec.question)),
    h("div", { class: "le-ask" }, place.element, h("div", { class: "le-controls" }, buttons.check, buttons.show)),
    problem.element,
    result.element,
    buttons.again,
  );

  // --- what the reader does -------------------------------------------------
  function complain(text) {
    problem.complain(text);
    place.mark(true);
    place.focus();
  }
  function calm() {
    problem.calm(...said());
    place.mark(false);
  }
  function submit() {
    const [before, shown] = said();
    if (shown) return;
    const guess = guessFrom(spec, place.text());
    if (guess === null) return complain(ASKED_FOR[spec.mode]);
    const again = stateOf(spec, before, shown) === "again";
    if (again && JSON.stringify(guess) === JSON.stringify(before)) return complain(SAID_ALREADY);
    const over = isRight(spec, guess) || !hasMoreTries(spec, before);
    context.set({ guess, shown: over });
    if (!over) place.focus();
  }
  listen(buttons.check, "click", submit);
  listen(buttons.show, "click", () => {
    context.set({ shown: true });
    buttons.again.hidden = false;
    buttons.again.focus(); // the button that had the focus is about to go
  });
  listen(buttons.again, "click", () => {
    place.clear();
    context.set({ guess: null, shown: false });
    place.disable(false);
    place.focus();
  });
  listen(root, "input", calm);

  // --- painting -------------------------------------------------------------
  function paint() {
    const [guess, shown] = said();
    const state = stateOf(spec, guess, shown);
    if (root.dataset.state === state && root.dataset.guess === JSON.stringify(guess)) return;
    const hadFocus = shown && root.contains(document.activeElement) && document.activeElement !== root;
    Object.assign(root.dataset, { kind: "Prediction", state, guess: JSON.stringify(guess) });
    root.setAttribute("aria-label", `Prediction: ${spec.question.replace(/`/g, "")}`);
    if (guess !== null) place.put(guess);
    place.disable(shown);
    place.markAnswer(shown);
    buttons.check.parentElement.hidden = shown;
    buttons.again.hidden = !shown;
    if (hadFocus) buttons.again.focus();
    problem.element.hidden = shown;
    calm();
    result.paint(state, guess);
  }

  context.onChange(["guess", "shown"], context.repaint);
  return {
    layout() {},
    paint,
    key(event) {
      if (event.key !== "Enter" || event.target.tagName === "BUTTON" || event.target === root) return false;
      submit();
      return true;
    },
  };
}

// --- the place for the guess: {element, text(), put(guess), clear(), focus(), disable(whether), mark(whether it is what is
// asked for again), markAnswer(whether it is shown)} -------------------------------------------------------------------

/** Choices, of which one is taken. */
function choicePlace(spec, id) {
  const radios = spec.choices.map((choice, n) =>
    h("input", { type: "radio", name: id, value: choice, id: `${id}-${n}` }),
  );
  const labels = radios.map((radio, n) =>
    h("label", { class: "le-choice" }, radio, h("span", {}, oneLine(spec.choices[n]))),
  );
  const attributes = { role: "radiogroup", "aria-labelledby": id, "aria-describedby": `${id}-problem` };
  const each = (action) => radios.forEach(action);
  return {
    element: h("div", { class: "le-choices", ...attributes }, labels),
    text: () => radios.find((radio) => radio.checked)?.value ?? "",
    put: (guess) => each((radio) => (radio.checked = radio.value === guess)),
    clear: () => each((radio) => (radio.checked = false)),
    focus: () => radios[0].focus(),
    disable: (whether) => each((radio) => (radio.disabled = whether)),
    mark() {},
    markAnswer: (shown) =>
      labels.forEach((label, n) => label.classList.toggle("le-is-answer", shown && spec.choices[n] === spec.answer)),
  };
}

/** A field for a number, for several, or for a text. */
function fieldPlace(spec, id) {
  const field = h("input", {
    type: "text",
    class: "le-guess",
    "aria-labelledby": id,
    "aria-describedby": `${id}-problem`,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: PLACEHOLDERS[spec.mode],
  });
  return {
    element: h("label", { class: "le-field" }, h("span", {}, "Your guess"), field),
    text: () => field.value,
    put(guess) {
      if (guessFrom(spec, field.value) === null) field.value = guessInWords(spec, guess);
    },
    clear: () => (field.value = ""),
    focus() {
      field.focus();
      field.select();
    },
    disable: (whether) => (field.disabled = whether),
    mark: (whether) => (whether ? field.setAttribute("aria-invalid", "true") : field.removeAttribute("aria-invalid")),
    markAnswer() {},
  };
}

// --- what is said ---------------------------------------------------------------------------------------------------

/** The line below the place for the guess: how exact it must be, that it is wrong, or what is missing. */
function problemLine(spec, id) {
  const element = h("p", { class: "le-problem", id: `${id}-problem`, "aria-live": "polite" });
  const tolerances = /** @type {number[]} */ (/** @type {unknown} */ (spec.tolerance ?? []));
  const exact = tolerances.every((t, n) => t <= 1e-6 * Math.abs([spec.answer].flat()[n]));
  const put = (text, asks) => {
    say(element, text);
    element.classList.toggle("le-asks", asks);
  };
  return {
    element,
    complain: (text) => put(text, true),
    calm(guess, shown) {
      const again = stateOf(spec, guess, shown) === "again";
      put(again ? tryAgain(spec, guess) : exact ? "" : TWO_DIGITS, again);
    },
  };
}

/** The verdict, the answer and the reason: there from the beginning, and empty, so that a screen reader tells what is put
 *  into it. */
function answerPart(spec) {
  const element = h("div", { class: "le-answer", "aria-live": "polite" });
  return {
    element,
    paint(state, guess) {
      if (state === "asked" || state === "again") return element.replaceChildren();
      const verdict = verdictOf(spec, state, guess);
      element.replaceChildren(
        ...(verdict ? [h("p", { class: "le-verdict-line" }, oneLine(verdict))] : []),
        h("div", { class: "le-the-answer" }, h("strong", {}, "Answer: "), oneLine(spec.answer_text)),
        ...(spec.why ? [h("div", { class: "le-why" }, paragraphs(spec.why))] : []),
      );
    },
  };
}

const inline = (line) => line.map((piece) => (piece.code ? h("code", {}, piece.text) : piece.text));
const paragraphs = (text) => textPieces(text).map((line) => h("p", {}, inline(line)));
const oneLine = (text) => inline(textPieces(text.replace(/\n/g, " "))[0]);

export default explorer(predictionCard);
