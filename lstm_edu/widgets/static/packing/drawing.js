// The drawing of one layout: its arrays to scale, each a grid of blocks that can be pointed at.

import { GAP, LEAST, partOf, shapeOf, sizesIn } from "./layouts.js";
import { inkOn } from "../shared/colours.js";
import { h, symbol } from "../shared/page.js";

/** {layout, matrix: the blocks as rows, for the arrow keys, element, scaleFits(scale), paint(scale) -> stretched?,
 *  light(chosen, where)}. `gateOf(id)`, `point(id, array)`: what a block belongs to, and what happens when it is pointed at.
 *  `sizes()`: {H, F}. */
export function layoutDrawing(context, layout, { gateOf, point, sizes, gates }) {
  const matrix = [];
  const drawn = [];
  const colourOf = (id) => context.palette.colors[gateOf(id).color];

  function blockButton(id, array) {
    const block = h(
      "button",
      { type: "button", class: "le-packing-block", tabindex: -1, "data-block": id, "data-array": array.name },
      symbol(id),
    );
    block.style.backgroundColor = colourOf(id);
    block.style.color = inkOn(colourOf(id));
    context.listen(block, "pointermove", (event) => {
      // Scrolling brings blocks under a pointer that rests: that is not pointing.
      if (event.movementX || event.movementY) point(id, array.name);
    });
    context.listen(block, "focus", () => point(id, array.name));
    context.listen(block, "click", () => block.focus());
    return block;
  }

  function arrayGrid(array, top) {
    const label = h("div", { class: "le-packing-label" });
    const grid = h("div", { class: "le-packing-array", role: "group", "aria-label": `${layout.name}: ${array.name}` });
    const blocks = array.blocks.map((row, r) => {
      const buttons = row.map((id) => blockButton(id, array));
      (matrix[top + r] ??= []).push(...buttons);
      grid.append(...buttons);
      return buttons;
    });
    drawn.push({ array, label, grid, blocks });
    return h("div", { class: "le-packing-one" }, label, grid);
  }

  const lines = layout.lines.map((line) => {
    const top = matrix.length;
    return h(
      "div",
      { class: "le-packing-line" },
      line.map((array) => arrayGrid(array, top)),
    );
  });
  const note = layout.note ? h("p", { class: "le-muted le-small" }, layout.note) : null;
  const name = h("div", { class: "le-packing-name le-strong" }, layout.name);
  const element = h("div", { class: "le-packing-side", "data-side": layout.name }, name, lines, note);
  const labelWidth = (array, inLine) => (inLine > 1 ? Math.min(86, 7 * array.name.length + 8) : 0);

  /** Whether the arrays fit at this scale, pixels a number. */
  function scaleFits(scale) {
    const long = (list, least) => list.reduce((sum, size) => sum + Math.max(scale * sizesIn(sizes())[size], least), 0);
    const widths = layout.lines.map((line) =>
      line.reduce(
        (sum, array) => sum + Math.max(long(array.columns, LEAST.width), labelWidth(array, line.length)),
        GAP * (line.length - 1),
      ),
    );
    const heights = layout.lines.map((line) => Math.max(...line.map((array) => long(array.rows, LEAST.height))));
    return Math.max(...widths) <= element.clientWidth && heights.reduce((sum, tall) => sum + tall, 0) <= 430;
  }

  function writeLabel({ array, label, grid }) {
    const [letters, inNumbers] = shapeOf(array, sizes());
    label.style.maxWidth = layout.lines.some((line) => line.length > 1) ? `${Math.max(86, grid.offsetWidth)}px` : "";
    const shapes = letters === inNumbers ? [letters] : [letters, ` = ${inNumbers}`];
    label.replaceChildren(
      h("code", {}, array.name),
      " ",
      ...shapes.map((text) => h("span", { class: "le-muted" }, text)),
    );
  }

  function paintBlock(block, array, [r, c], [wide, tall], scale) {
    const numbers = sizesIn(sizes());
    // The lines between single numbers, where there is room for them.
    const cell = (size, kind) => (Math.abs(size - scale * numbers[kind]) < 0.5 && scale >= 6 ? scale : size);
    const cells = [cell(wide, array.columns[c]), cell(tall, array.rows[r])];
    block.style.setProperty("--le-cell", `${cells[0]}px ${cells[1]}px`);
    block.classList.toggle("le-ruled", cells[0] < wide || cells[1] < tall);
    block.style.fontSize = `${Math.min(17, Math.max(12, tall / 2.4))}px`;
    const id = block.dataset.block;
    const part = partOf(array, r, c, layout.unit, sizes());
    const what = gateOf(id).letter ? `, ${gateOf(id).name}` : "";
    block.setAttribute("aria-label", `${id.replace("_", " ")}${what}: ${part.numbers}, shape ${part.shape}`);
  }

  return {
    layout,
    matrix,
    element,
    scaleFits,
    paint(scale) {
      let stretched = false;
      const track = (list, least) =>
        list.map((size) => {
          const wanted = scale * sizesIn(sizes())[size];
          stretched ||= wanted < least - 0.5;
          return Math.max(wanted, least);
        });
      for (const one of drawn) {
        const { array, grid, blocks } = one;
        writeLabel(one);
        const [wide, tall] = [track(array.columns, LEAST.width), track(array.rows, LEAST.height)];
        grid.style.gridTemplateColumns = wide.map((w) => `${w}px`).join(" ");
        grid.style.gridTemplateRows = tall.map((t) => `${t}px`).join(" ");
        blocks.forEach((row, r) =>
          row.forEach((block, c) => paintBlock(block, array, [r, c], [wide[c], tall[r]], scale)),
        );
      }
      return stretched;
    },
    /** Show which block is pointed out; one is in the tab order, in the array where that happened. */
    light(chosen, where, first) {
      const all = matrix.flat();
      const mine = all.filter((block) => block.dataset.block === (chosen || first));
      const stop =
        mine.find((block) => block === document.activeElement) ??
        mine.find((block) => block.dataset.array === where) ??
        mine[0] ??
        all[0];
      for (const block of all) {
        const id = block.dataset.block;
        block.tabIndex = block === stop ? 0 : -1;
        block.classList.toggle("le-chosen", id === chosen);
        block.classList.toggle("le-same", Boolean(chosen) && gateOf(id) === gateOf(chosen) && gates > 1);
      }
    },
  };
}
