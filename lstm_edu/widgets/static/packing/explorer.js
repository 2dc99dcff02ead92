// The packing explorer: a layer's arrays to scale, cut into the gates' blocks, in Keras 3 and beside it elsewhere.
// What the layouts are comes from Python (plots/layouts.py); here they are counted, written as slices, and drawn.

import { GAP, LEAST, blockOf, countOf, formulaOf, largestScale, partOf, shapeOf, sizesIn } from "./layouts.js";
import { inkOn } from "../shared/colours.js";
import { explorer } from "../shared/explorer.js";
import { announcer, h, say, symbol } from "../shared/page.js";

export function packingExplorer(context) {
  const { model, root, spec, palette, listen } = context;
  const keras = spec.layouts[0];
  const gates = Object.fromEntries(spec.gates.map((gate) => [gate.letter, gate]));
  const gateOf = (id) => gates[id.split("_")[1] ?? ""];
  const colourOf = (id) => palette.colors[gateOf(id).color];
  const first = keras.lines[0][0].blocks[0][0];
  const plain = (n) => n.toLocaleString("en-US").replace(/,/g, "\u202f");
  const numbers = (n) => `${plain(n)} number${n === 1 ? "" : "s"}`;
  const code = (text) => h("code", {}, text);

  // --- controls -------------------------------------------------------------
  const slider = (name) => {
    const input = h("input", { type: "range", min: 1, max: spec.most[name], "aria-label": name });
    const text = h("output", { class: "le-step" });
    listen(input, "input", () => context.set({ [name]: Number(input.value) }));
    return { input, text, element: h("label", { class: "le-control" }, text, input) };
  };
  const units = slider("units");
  const features = slider("features");
  const toggles = spec.layouts.slice(1).map(({ name }) => {
    const button = h("button", { type: "button", class: "le-toggle", "data-layout": name }, name);
    listen(button, "click", () => context.set({ beside: model.get("beside") === name ? "" : name }));
    return button;
  });
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h("span", { class: "le-muted" }, spec.subtitle),
  );

  // --- the arrays of one layout ---------------------------------------------
  let where = "";

  /** The drawing of a layout: its element, the blocks as a matrix for the arrow keys, and how to size them. */
  function panel(layout) {
    const matrix = [];
    const drawn = [];
    const lines = layout.lines.map((line) => {
      const top = matrix.length;
      return h(
        "div",
        { class: "le-packing-line" },
        line.map((array) => {
          const label = h("div", { class: "le-packing-label" });
          const grid = h("div", {
            class: "le-packing-array",
            role: "group",
            "aria-label": `${layout.name}: ${array.name}`,
          });
          const blocks = array.blocks.map((row, r) => {
            const buttons = row.map((id) => {
              const block = h(
                "button",
                { type: "button", class: "le-packing-block", tabindex: -1, "data-block": id, "data-array": array.name },
                symbol(id),
              );
              block.style.backgroundColor = colourOf(id);
              block.style.color = inkOn(colourOf(id));
              listen(block, "pointermove", (event) => {
                // Scrolling brings blocks under a pointer that rests: that is not pointing.
                if (event.movementX || event.movementY) point(id, array.name);
              });
              listen(block, "focus", () => point(id, array.name));
              listen(block, "click", () => block.focus());
              return block;
            });
            (matrix[top + r] ??= []).push(...buttons);
            grid.append(...buttons);
            return buttons;
          });
          drawn.push({ array, label, grid, blocks });
          return h("div", { class: "le-packing-one" }, label, grid);
        }),
      );
    });
    const note = layout.note ? h("p", { class: "le-muted le-small" }, layout.note) : null;
    return {
      layout,
      matrix,
      drawn,
      element: h(
        "div",
        { class: "le-packing-side", "data-side": layout.name },
        h("div", { class: "le-packing-name le-strong" }, layout.name),
        lines,
        note,
      ),
    };
  }

  const left = panel(keras);
  let right = null;
  const sides = h("div", { class: "le-packing" }, left.element);
  const panels = () => (right ? [left, right] : [left]);
  const point = (id, array) => {
    where = array;
    context.set({ block: id });
    context.repaint();
  };

  // --- what is said of it ---------------------------------------------------
  const card = h("div", { class: "le-card" });
  const formula = h("div", { class: "le-formula" });
  const scaleNote = h("p", { class: "le-muted le-small", hidden: true });
  const tabs = h("span", {}, ", with ", h("kbd", {}, "Tab"), " from one drawing to the other");
  const keys = h(
    "p",
    { class: "le-keys le-muted" },
    "Point at a block, or move with ",
    h("kbd", {}, "← → ↑ ↓"),
    " from block to block",
    tabs,
    ".",
  );
  const body = h(
    "div",
    { class: "le-body" },
    h("div", {}, sides, scaleNote),
    h("div", { class: "le-side" }, card, formula),
  );
  root.append(
    head,
    h(
      "div",
      { class: "le-controls" },
      units.element,
      features.element,
      h(
        "span",
        { class: "le-buttons le-wrap", role: "group", "aria-label": "beside Keras 3" },
        h("span", {}, "beside it "),
        toggles,
      ),
    ),
    body,
    keys,
  );
  const voice = announcer(root);
  const sizes = () => ({ H: model.get("units"), F: model.get("features") });

  /** What the block is for, in words. */
  function roleOf(id) {
    const gate = gateOf(id);
    const twoRows = keras.lines.flat().some((array) => array.numbered);
    const what = {
      W: `what the input x is multiplied by on its way to the ${gate.name}`,
      U: `what the previous output h is multiplied by on its way to the ${gate.name}`,
      b: twoRows ? `what is added to x·W for the ${gate.name}` : `what is added to the sum of the ${gate.name}`,
      d: `what is added to h·U for the ${gate.name}`,
    }[id[0]];
    return what + (gate.also ? ` (${gate.also})` : "");
  }

  function describeBlock(id, H, F) {
    if (!id) {
      const order =
        spec.gates.length > 1
          ? `Each array has ${spec.gates.length} blocks of columns side by side, one for each gate, in the order ` +
            `${spec.gates.map((gate) => gate.letter).join(", ")}. Point at one.`
          : "Each array is one block. Point at one.";
      card.replaceChildren(h("p", {}, order));
      return order;
    }
    const role = roleOf(id);
    const found = panels().map(({ layout }) => [layout, blockOf(layout, id, H, F)]);
    const own = found[0][1];
    const chipOf = (gate) => {
      const colour = palette.colors[gate.color];
      return h(
        "span",
        { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` },
        gate.letter || id[0],
      );
    };
    card.replaceChildren(
      h("div", { class: "le-card-title" }, chipOf(gateOf(id)), symbol(id), h("span", {}, `: ${role}.`)),
      ...found.map(([layout, part]) =>
        h(
          "div",
          { class: "le-card-line", "data-of": layout.name },
          right && h("span", { class: "le-card-of" }, layout.name),
          code(part.slice),
          part.numbers === part.slice ? "" : [" = ", code(part.numbers)],
        ),
      ),
      h(
        "div",
        { class: "le-card-line" },
        "shape ",
        h("span", { class: "le-strong", "data-q": "shape" }, own.shape),
        ", ",
        h("span", { class: "le-strong", "data-q": "count" }, plain(own.count)),
        own.count === 1 ? " number" : " numbers",
        right && found[1][1].count > own.count
          ? `; ${plain(found[1][1].count)} in ${right.layout.name}, which are added up`
          : "",
      ),
    );
    const said = found.map(([layout, part]) => `${layout.name}: ${part.numbers}`).join("; ");
    return `${id.replace("_", " ")}: ${role}. ${said}. Shape ${own.shape}, ${numbers(own.count)}.`;
  }

  function writeFormula(H, F) {
    if (!spec.total) return "";
    const lines = panels().map(({ layout }) => {
      const { arrays, total: all } = countOf(layout, H, F);
      const [letters, inNumbers] = formulaOf({ ...layout, first: spec.gates[0].letter }, spec.gates.length, H, F);
      const mine = layout === keras;
      // three terms are read with ease, twelve are not
      const terms =
        arrays.length > 1 && arrays.length < 5
          ? [
              h(
                "div",
                {},
                "= ",
                arrays.flatMap(([name, count], n) => [
                  n ? " + " : "",
                  h("span", { class: "le-term", "data-q": mine ? name : `${layout.name} ${name}` }, plain(count)),
                ]),
              ),
            ]
          : [];
      return h(
        "div",
        { class: "le-formula-one", "data-of": layout.name },
        h("div", {}, right ? `${layout.name}: ` : "numbers in all = ", letters),
        h("div", {}, `= ${inNumbers}`),
        terms,
        h("div", {}, "= ", h("span", { class: "le-strong", "data-q": mine ? "total" : "other-total" }, plain(all))),
        mine &&
          h(
            "div",
            { class: "le-muted le-small" },
            symbol("F"),
            " features, ",
            symbol("H"),
            " units",
            spec.gates.length > 1 ? `, ${spec.gates.length} gates` : "",
            ".",
          ),
      );
    });
    formula.replaceChildren(...lines);
    return panels()
      .map(({ layout }) => `${layout.name}: ${numbers(countOf(layout, H, F).total)}.`)
      .join(" ");
  }

  // --- painting -------------------------------------------------------------

  /** Put the chosen layout beside Keras's. */
  function choosePanel() {
    const name = model.get("beside");
    tabs.hidden = name === "";
    if ((right?.layout.name ?? "") === name) return;
    const layout = spec.layouts.find((one) => one.name === name);
    right = layout && layout !== keras ? panel(layout) : null;
    sides.replaceChildren(...panels().map((side) => side.element));
    for (const element of [sides, body]) element.classList.toggle("le-two", right !== null);
  }

  /** One number is one cell of the same size in all arrays of both, as long as a block can still be pointed at. */
  function scaleFor(numbersOf) {
    const long = (list, scale, least) =>
      list.reduce((sum, size) => sum + Math.max(scale * sizesIn(numbersOf)[size], least), 0);
    return largestScale(
      (scale) =>
        panels().every(({ layout, element }) => {
          const widths = layout.lines.map((line) =>
            line.reduce(
              (sum, array) => sum + Math.max(long(array.columns, scale, LEAST.width), labelWidth(array, line.length)),
              GAP * (line.length - 1),
            ),
          );
          const height = layout.lines.reduce(
            (sum, line) => sum + Math.max(...line.map((array) => long(array.rows, scale, LEAST.height))),
            0,
          );
          return Math.max(...widths) <= element.clientWidth && height <= 430;
        }),
      30,
    );
  }
  const labelWidth = (array, inLine) => (inLine > 1 ? Math.min(86, 7 * array.name.length + 8) : 0);

  function paint() {
    const { H, F } = sizes();
    const chosen = model.get("block");
    choosePanel();
    root.dataset.kind = "Packing";
    root.dataset.units = H;
    root.dataset.features = F;
    root.dataset.block = chosen;
    root.dataset.beside = right?.layout.name ?? "";
    root.setAttribute("aria-label", `Packing explorer: ${spec.article} of ${H} units on ${F} features`);
    for (const [slot, value, letter] of [
      [units, H, "H"],
      [features, F, "F"],
    ]) {
      slot.input.max = Math.max(slot.input.max, value);
      slot.input.value = value;
      slot.text.replaceChildren(slot === units ? "units " : "features ", symbol(letter), ` = ${value}`);
    }
    for (const button of toggles) button.setAttribute("aria-pressed", button.dataset.layout === root.dataset.beside);

    const scale = scaleFor({ F, H });
    let stretched = false;
    for (const { layout, drawn, matrix } of panels()) {
      for (const { array, label, grid, blocks } of drawn) {
        const [letters, inNumbers] = shapeOf(array, { F, H });
        label.style.maxWidth = layout.lines.some((line) => line.length > 1)
          ? `${Math.max(86, grid.offsetWidth)}px`
          : "";
        const shapes = letters === inNumbers ? [letters] : [letters, ` = ${inNumbers}`];
        label.replaceChildren(code(array.name), " ", ...shapes.map((text) => h("span", { class: "le-muted" }, text)));
        const track = (list, least) =>
          list.map((size) => {
            const wanted = scale * sizesIn({ F, H })[size];
            stretched ||= wanted < least - 0.5;
            return Math.max(wanted, least);
          });
        const [wide, tall] = [track(array.columns, LEAST.width), track(array.rows, LEAST.height)];
        grid.style.gridTemplateColumns = wide.map((w) => `${w}px`).join(" ");
        grid.style.gridTemplateRows = tall.map((t) => `${t}px`).join(" ");
        blocks.forEach((row, r) =>
          row.forEach((block, c) => {
            const id = block.dataset.block;
            const part = partOf(array, r, c, layout.unit, { F, H });
            const cells = [wide[c], tall[r]].map((size, axis) => {
              const count = sizesIn({ F, H })[[array.columns[c], array.rows[r]][axis]];
              return Math.abs(size - scale * count) < 0.5 && scale >= 6 ? scale : size;
            }); // the lines between single numbers, where there is room for them
            block.style.setProperty("--le-cell", `${cells[0]}px ${cells[1]}px`);
            block.classList.toggle("le-ruled", cells[0] < wide[c] || cells[1] < tall[r]);
            block.style.fontSize = `${Math.min(17, Math.max(12, tall[r] / 2.4))}px`;
            const what = gateOf(id).letter ? `, ${gateOf(id).name}` : "";
            block.setAttribute("aria-label", `${id.replace("_", " ")}${what}: ${part.numbers}, shape ${part.shape}`);
            block.classList.toggle("le-chosen", id === chosen);
            block.classList.toggle(
              "le-same",
              Boolean(chosen) && gateOf(id) === gateOf(chosen) && spec.gates.length > 1,
            );
          }),
        );
      }
      // One block of each drawing is in the tab order: the one pointed out, in the array where that happened.
      const all = matrix.flat();
      const mine = all.filter((block) => block.dataset.block === (chosen || first));
      const stop =
        mine.find((block) => block === document.activeElement) ??
        mine.find((block) => block.dataset.array === where) ??
        mine[0] ??
        all[0];
      for (const block of all) block.tabIndex = block === stop ? 0 : -1;
    }
    scaleNote.hidden = !stretched && !spec.absent;
    say(
      scaleNote,
      [
        stretched ? "Blocks too thin to point at are drawn larger than they are; all others are to scale." : "",
        spec.absent,
      ]
        .filter(Boolean)
        .join(" "),
    );
    const said = describeBlock(chosen, H, F);
    voice.tell(`${said} ${writeFormula(H, F)}`);
  }

  context.onChange(["units", "features", "block", "beside"], context.repaint);
  return {
    layout() {},
    paint,
    key(event) {
      if ([units.input, features.input, ...toggles].includes(event.target)) return false;
      const by = {
        ArrowLeft: [0, -1],
        ArrowRight: [0, 1],
        ArrowUp: [-1, 0],
        ArrowDown: [1, 0],
        Home: [0, -99],
        End: [0, 99],
      }[event.key];
      if (!by) return false;
      const side = panels().find(({ matrix }) => matrix.flat().includes(event.target)) ?? left;
      const onBlock = side.matrix.flat().includes(event.target);
      const from = onBlock
        ? event.target
        : side.matrix.flat().find((block) => block.dataset.block === model.get("block"));
      const limit = (n, count) => Math.max(0, Math.min(count - 1, n));
      const row = from ? side.matrix.findIndex((line) => line.includes(from)) : 0;
      const down = from ? limit(row + by[0], side.matrix.length) : 0;
      const across = from ? limit(side.matrix[row].indexOf(from) + by[1], side.matrix[down].length) : 0;
      const to = side.matrix[down][across];
      point(to.dataset.block, to.dataset.array);
      if (onBlock) {
        to.tabIndex = 0;
        to.focus();
      }
      return true;
    },
    close: voice.close,
  };
}

export default explorer(packingExplorer);
