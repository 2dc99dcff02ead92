// Side by side: two runs of the same input, their difference, and the first place where they diverge.

import { pairPictures } from "./pictures.js";
import { readersOf } from "./runs.js";
import { chipOf, pairTable } from "./table.js";
import { divergenceInWords, nameOf, pairInWords, pairPicturesInWords } from "./words.js";
import { readArrays } from "../shared/arrays.js";
import { explorer } from "../shared/explorer.js";
import { announcer, freshId, h, say } from "../shared/page.js";
import { tabList } from "../shared/tabs.js";
import { plural, sequencesInWords } from "../shared/words.js";
import { keysLine, timeBar } from "../time/bar.js";

/** @type {import("../types.d.ts").Build} */
export function pairExplorer(context) {
  const { root, model, spec, palette, listen } = context;
  const arrays = readArrays(spec.arrays, model.get("_data"));
  const id = freshId("pair");
  const [one, other] = spec.names;
  const kind = spec.kinds[0];
  const valueOf = readersOf(arrays);
  const chosen = () => (spec.quantities.includes(model.get("quantity")) ? model.get("quantity") : spec.quantities[0]);

  const jump = h("button", { type: "button", title: "go to the first divergence (d)" }, "Go to the first divergence");
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows }, { more: [jump] });
  listen(jump, "click", toDivergence);
  const signs = spec.quantities.map(() => h("span", { class: "le-unequal", title: "the runs differ in it" }));
  const tabs = tabList(
    context,
    "quantities",
    spec.quantities.map((name, n) => ({
      id: `${id}-${name}`,
      controls: `${id}-panel`,
      content: [chipOf(name, kind, palette), " ", signs[n]],
      attributes: { "data-quantity": name },
    })),
    (n) => context.set({ quantity: spec.quantities[n] }),
  );
  const pictures = pairPictures(context, spec, arrays, bar, chosen);
  const parting = h("p", { class: "le-parting-words" });
  const words = h("p", { class: "le-words le-short" });
  const table = pairTable(spec, palette, valueOf);
  const scrolled = h("div", { class: "le-scroll" }, table.element);
  const side = h("div", { class: "le-side" }, parting, words, scrolled, pictures.note.element);
  const panel = h("div", { class: "le-body", role: "tabpanel", id: `${id}-panel` }, pictures.element, side);
  root.append(pairHead(spec), bar.element, tabs.element, panel, keysLine({ more: [["d", "first divergence"]] }));
  const voice = announcer(root);

  function toDivergence() {
    const found = spec.divergences[bar.here().batch];
    if (!found) return;
    bar.stop();
    bar.go({ t: found.t, unit: found.unit, quantity: found.quantity });
  }

  function paintTabs(quantity, batch) {
    tabs.paint(spec.quantities.indexOf(quantity));
    spec.quantities.forEach((name, n) => {
      const differs = spec.differing[batch].includes(name);
      say(signs[n], differs ? "≠" : "=");
      const about = `${name}, ${nameOf(name, kind, palette.names)}: the runs ${differs ? "differ" : "agree"}`;
      tabs.buttons[n].setAttribute("aria-label", about);
    });
    panel.setAttribute("aria-labelledby", `${id}-${quantity}`);
  }

  function paint() {
    const quantity = chosen();
    const { t, batch, ...here } = bar.here();
    const place = { t, batch, unit: Math.min(here.unit, spec.widths[quantity] - 1) };
    const { a, b } = pictures.paint(place, quantity);
    root.dataset.kind = spec.kind;
    root.dataset.quantity = quantity;
    bar.paint(place, spec.time);
    paintTabs(quantity, batch);
    table.paint(place);

    const found = spec.divergences[batch];
    jump.disabled = !found;
    const there = found ? [valueOf.a, valueOf.b].map((read) => read(found.quantity, batch, found.t, found.unit)) : [];
    say(parting, divergenceInWords(spec, found, there, batch));
    const text = pairInWords(spec, place, quantity, a, b);
    say(words, text);
    voice.tell(`${text} ${parting.textContent} ${pictures.note.text()}`);
    pictures.describe(`${pairPicturesInWords(spec, quantity, place.unit)} ${text}`);
    root.setAttribute("aria-label", `Two runs side by side, ${one} and ${other}`);
  }

  context.onChange(["t", "unit", "batch", "quantity"], context.repaint);
  return {
    layout: pictures.layout,
    paint,
    key(event) {
      if (tabs.key(event)) return true;
      if (event.key !== "d") return bar.key(event);
      toDivergence();
      return true;
    },
    close() {
      bar.stop();
      voice.close();
    },
  };
}

/** Which two runs these are. */
function pairHead(spec) {
  const muted = (text) => h("span", { class: "le-muted" }, text);
  const run = (n) => [h("strong", {}, spec.names[n]), muted(`${spec.kinds[n]} ${spec.layers[n]}`)];
  const size = [`· ${plural(spec.steps, "step")}`, sequencesInWords(spec)].filter(Boolean).join(" · ");
  return h("div", { class: "le-head" }, run(0), muted("and"), run(1), muted(size));
}

export default explorer(pairExplorer);
