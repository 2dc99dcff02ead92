// The drawing of one layout: its arrays to scale, each a grid of blocks that can be pointed at.

import { GAP, LEAST, partOf, shapeOf, sizesIn } from "./layouts.js";
import { inkOn } from "../shared/colours.js";
import { h, symbol } from "../shared/page.js";

/** {layout, matrix: the blocks as rows, for the arrow keys, element, scaleFits(scale), paint(scale) -> stretched?,
 *  light(chosen, where)}. `parts`: gateOf(id), point(id, array): what a block belongs to, and what happens when it is
 *  pointed at; sizes(): {H, F}; gates: how many there are. */
export function layoutDrawing(context, layout, parts) {
  const { matrix, drawn, lines } = gridsOf(context, layout, parts);
  const note = layout.note ? h("p", { class: "le-muted le-small" }, layout.note) : null;
  const name = h("div", { class: "le-packing-name le-strong" }, layout.name);
  const element = h("div", { class: "le-packing-side", "data-side": layout.name }, name, lines, note);
  return {
    layout,
    matrix,
    element,
    scaleFits: (scale) => layoutFits(layout, parts.sizes(), scale, element.clientWidth),
    paint(scale) {
      const sizes = parts.sizes();
      let stretched = false;
      for (const one of drawn) {
        const { array, grid, blocks } = one;
        writeLabel(one, layout, sizes);
        const [wide, tall] = [array.columns, array.rows].map((list, axis) => {
          const wanted = list.map((size) => scale * sizesIn(sizes)[size]);
          const least = axis ? LEAST.height : LEAST.width;
          stretched ||= wanted.some((size) => size < least - 0.5);
          return wanted.map((size) => Math.max(size, least));
        });
        grid.style.gridTemplateColumns = wide.map((w) => `${w}px`).join(" ");
        grid.style.gridTemplateRows = tall.map((t) => `${t}px`).join(" ");
        blocks.forEach((row, r) =>
          row.forEach((block, c) => {
            const part = partOf(array, r, c, layout.unit, sizes);
            paintBlock(block, part, parts.gateOf(block.dataset.block), [
              { drawn: wide[c], scale, numbers: sizesIn(sizes)[array.columns[c]] },
              { drawn: tall[r], scale, numbers: sizesIn(sizes)[array.rows[r]] },
            ]);
          }),
        );
      }
      return stretched;
    },
    light: (chosen, where, first) => lightBlocks(matrix.flat(), parts, chosen, where, first),
  };
}

/** The arrays, line by line: {matrix: the blocks as rows, drawn: [{array, label, grid, blocks}, ...], lines: elements}. */
function gridsOf(context, layout, parts) {
  const matrix = [];
  const drawn = [];
  function arrayGrid(array, top) {
    const label = h("div", { class: "le-packing-label" });
    const grid = h("div", { class: "le-packing-array", role: "group", "aria-label": `${layout.name}: ${array.name}` });
    const blocks = array.blocks.map((row, r) => {
      const buttons = row.map((id) => blockButton(context, id, array, parts));
      (matrix[top + r] ??= []).push(...buttons);
      grid.append(...buttons);
      return buttons;
    });
    drawn.push({ array, label, grid, blocks });
    return h("div", { class: "le-packing-one" }, label, grid);
  }
  const lines = layout.lines.map((line) => {
    const top = matrix.length;
    const grids = line.map((array) => arrayGrid(array, top));
    return h("div", { class: "le-packing-line" }, grids);
  });
  return { matrix, drawn, lines };
}

function blockButton(context, id, array, { gateOf, point }) {
  const colour = context.palette.colors[gateOf(id).color];
  const block = h(
    "button",
    { type: "button", class: "le-packing-block", tabindex: -1, "data-block": id, "data-array": array.name },
    symbol(id),
  );
  block.style.backgroundColor = colour;
  block.style.color = inkOn(colour);
  context.listen(block, "pointermove", (event) => {
    // Scrolling brings blocks under a pointer that rests: that is not pointing.
    if (event.movementX || event.movementY) point(id, array.name);
  });
  context.listen(block, "focus", () => point(id, array.name));
  context.listen(block, "click", () => block.focus());
  return block;
}

/** Whether the arrays of a layout fit into this width at this scale, in pixels per number. */
function layoutFits(layout, sizes, scale, width) {
  const labelWidth = (array, inLine) => (inLine > 1 ? Math.min(86, 7 * array.name.length + 8) : 0);
  const long = (list, least) => list.reduce((sum, size) => sum + Math.max(scale * sizesIn(sizes)[size], least), 0);
  const widths = layout.lines.map((line) =>
    line.reduce(
      (sum, array) => sum + Math.max(long(array.columns, LEAST.width), labelWidth(array, line.length)),
      GAP * (line.length - 1),
    ),
  );
  const heights = layout.lines.map((line) => Math.max(...line.map((array) => long(array.rows, LEAST.height))));
  return Math.max(...widths) <= width && heights.reduce((sum, tall) => sum + tall, 0) <= 430;
}

function writeLabel({ array, label, grid }, layout, sizes) {
  const [letters, inNumbers] = shapeOf(array, sizes);
  label.style.maxWidth = layout.lines.some((line) => line.length > 1) ? `${Math.max(86, grid.offsetWidth)}px` : "";
  const shapes = letters === inNumbers ? [letters] : [letters, ` = ${inNumbers}`];
  label.replaceChildren(
    h("code", {}, array.name),
    " ",
    ...shapes.map((text) => h("span", { class: "le-muted" }, text)),
  );
}

/** A block: its lines, its text, its name. `part`: what it is in code; `axes`: how wide and how tall it is drawn, at which
 *  scale, and of how many numbers. */
function paintBlock(block, part, gate, axes) {
  const [wide, tall] = axes.map((axis) => axis.drawn);
  // The lines between single numbers, where there is room for them.
  const cells = axes.map(({ drawn, scale, numbers }) =>
    Math.abs(drawn - scale * numbers) < 0.5 && scale >= 6 ? scale : drawn,
  );
  block.style.setProperty("--le-cell", `${cells[0]}px ${cells[1]}px`);
  block.classList.toggle("le-ruled", cells[0] < wide || cells[1] < tall);
  block.style.fontSize = `${Math.min(17, Math.max(12, tall / 2.4))}px`;
  const what = gate.letter ? `, ${gate.name}` : "";
  const id = block.dataset.block.replace("_", " ");
  block.setAttribute("aria-label", `${id}${what}: ${part.numbers}, shape ${part.shape}`);
}

/** Show which block is pointed out; one is in the tab order, in the array where that happened. */
function lightBlocks(all, { gateOf, gates }, chosen, where, first) {
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
}
