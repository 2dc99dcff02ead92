// A prediction: the question, a place for the guess, and then the answer, the verdict and the reason.

import { guessFrom, isRight, textPieces } from "./guesses.js";
import { explorer } from "../shared/explorer.js";
import { freshId, h, say } from "../shared/page.js";

const ASKED_FOR = {
  choice: "Choose an answer first. Or press “Show me”.",
  number: "Write one number, such as 0.25 or −3. Or press “Show me”.",
  numbers: "Write the numbers with commas between them, such as 2, 3. Or press “Show me”.",
  text: "Write something first. Or press “Show me”.",
};

/** @type {import("../types.d.ts").Build} */
export function predictionCard(context) {
  const { model, root, spec, listen } = context;
  const id = freshId("predict");
  const inline = (line) => line.map((piece) => (piece.code ? h("code", {}, piece.text) : piece.text));
  const rich = (text) => textPieces(text).map((line) => h("p", {}, inline(line)));
  const oneLine = (text) => inline(textPieces(text.replace(/\n/g, " "))[0]);
  const isChoice = spec.mode === "choice";
  const lines = (guess) =>
    (Array.isArray(guess) ? `(${guess.join(", ")})` : String(guess)).replace(
      /-/g,
      isChoice || spec.mode === "text" ? "-" : "−",
    );

  // --- the question and the place for the guess -----------------------------
  const question = h("div", { class: "le-question", id }, rich(spec.question));
  const radios = (spec.choices ?? []).map((choice, n) =>
    h("input", { type: "radio", name: id, value: choice, id: `${id}-${n}` }),
  );
  const field = h("input", {
    type: "text",
    class: "le-guess",
    "aria-labelledby": id,
    "aria-describedby": `${id}-problem`,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: { number: "a number", numbers: "2, 3, …", text: "your guess" }[spec.mode],
  });
  const place = isChoice
    ? h(
        "div",
        { class: "le-choices", role: "radiogroup", "aria-labelledby": id, "aria-describedby": `${id}-problem` },
        radios.map((radio, n) => h("label", { class: "le-choice" }, radio, h("span", {}, oneLine(spec.choices[n])))),
      )
    : h("label", { class: "le-field" }, h("span", {}, "Your guess"), field);
  const check = h("button", { type: "button", class: "le-check" }, "That is my guess");
  const show = h("button", { type: "button" }, "Show me");
  const again = h("button", { type: "button", class: "le-again" }, "Ask me again");
  const tolerances = /** @type {number[]} */ (/** @type {unknown} */ (spec.tolerance ?? []));
  const exact = tolerances.every((t, n) => t <= 1e-6 * Math.abs([spec.answer].flat()[n]));
  const enough = exact ? "" : "Two digits are enough.";
  const problem = h("p", { class: "le-problem", id: `${id}-problem`, "aria-live": "polite" }, enough);

  // --- the answer -----------------------------------------------------------
  // There from the beginning, and empty: a screen reader tells what is put into it.
  const result = h("div", { class: "le-answer", "aria-live": "polite" });
  root.append(
    h("div", { class: "le-predict-head le-muted" }, "Predict first"),
    question,
    h("div", { class: "le-ask" }, place, h("div", { class: "le-controls" }, check, show)),
    problem,
    result,
    again,
  );

  // --- view to model --------------------------------------------------------
  const current = () => (isChoice ? (radios.find((radio) => radio.checked)?.value ?? "") : field.value);
  function submit() {
    if (model.get("shown")) return;
    const guess = guessFrom(spec, current());
    if (guess === null) {
      say(problem, ASKED_FOR[spec.mode]);
      problem.classList.add("le-asks");
      if (!isChoice) field.setAttribute("aria-invalid", "true");
      (isChoice ? radios[0] : field).focus();
      return;
    }
    context.set({ guess, shown: true });
  }
  const reveal = () => context.set({ shown: true });
  listen(check, "click", submit);
  listen(show, "click", () => {
    reveal();
    again.hidden = false;
    again.focus(); // the button that had the focus is about to go
  });
  listen(again, "click", () => {
    for (const radio of radios) radio.checked = false;
    field.value = "";
    context.set({ guess: null, shown: false });
    for (const input of [...radios, field]) input.disabled = false;
    (isChoice ? radios[0] : field).focus();
  });
  listen(root, "input", calm);
  function calm() {
    say(problem, enough);
    problem.classList.remove("le-asks");
    field.removeAttribute("aria-invalid");
  }

  function paint() {
    const shown = model.get("shown");
    const guess = model.get("guess");
    const right = guess === null ? null : isRight(spec, guess);
    const state = !shown ? "asked" : right === null ? "shown" : right ? "right" : "wrong";
    if (root.dataset.state === state && root.dataset.guess === JSON.stringify(guess)) return;
    const hadFocus = shown && root.contains(document.activeElement) && document.activeElement !== root;
    root.dataset.kind = "Prediction";
    root.dataset.state = state;
    root.dataset.guess = JSON.stringify(guess);
    root.setAttribute("aria-label", `Prediction: ${spec.question.replace(/`/g, "")}`);
    if (guess !== null) {
      for (const radio of radios) radio.checked = radio.value === guess;
      if (!isChoice && guessFrom(spec, field.value) === null) field.value = lines(guess);
    }
    for (const input of [...radios, field]) input.disabled = shown;
    radios.forEach((radio) =>
      radio.parentElement.classList.toggle("le-is-answer", shown && radio.value === spec.answer),
    );
    check.parentElement.hidden = shown;
    again.hidden = !shown;
    if (hadFocus) again.focus();
    problem.hidden = shown;
    if (shown) calm();
    const verdict = { right: "✓ Right.", wrong: `✗ Not so. You said: ${guess === null ? "" : lines(guess)}` }[state];
    result.replaceChildren(
      ...(shown
        ? [
            verdict ? h("p", { class: "le-verdict-line" }, oneLine(verdict)) : null,
            h("div", { class: "le-the-answer" }, h("strong", {}, "Answer: "), oneLine(spec.answer_text)),
            spec.why ? h("div", { class: "le-why" }, rich(spec.why)) : null,
          ].filter(Boolean)
        : []),
    );
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

export default explorer(predictionCard);
