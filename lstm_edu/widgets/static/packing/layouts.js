// What a block of a layout is: its slice, shape and count (pure). The layouts come from Python (plots/layouts.py).

export const sizesIn = ({ F, H }) => ({ 1: 1, F, H });

const repeated = (sizes) => sizes.every((size) => size === sizes[0]);

/** The sum of some sizes as a formula, "3*H" or "F+H"; `unit` is what H is called. */
function sumOf(sizes, unit, times = "*") {
  if (!sizes.length) return "0";
  const name = (size) => (size === "H" ? unit : size);
  if (sizes[0] === "1" && repeated(sizes)) return String(sizes.length);
  if (repeated(sizes)) return `${sizes.length > 1 ? sizes.length + times : ""}${name(sizes[0])}`;
  return sizes.map(name).join("+");
}

const total = (sizes, numbers) => sizes.reduce((sum, size) => sum + sizesIn(numbers)[size], 0);

/** The axes of an array: [[sizes, place of this block on it], ...]; a number for a row that is counted. */
function axesOf(array, r, c) {
  if (!array.flat) return [array.numbered ? r : [array.rows, r], [array.columns, c]];
  return upright(array) ? [[flatRows(array), c * array.rows.length + r]] : [[array.columns, c]];
}

// A flat array may be drawn upright, in one column or several that follow one another.
const upright = (array) => array.columns.every((size) => size === "1");

const flatRows = (array) => array.columns.flatMap(() => array.rows);

/** One block of one array: {slice, numbers, shape, count}. The slice is Python and gives Keras's block. */
export function partOf(array, r, c, unit, numbers) {
  const axes = axesOf(array, r, c);
  const write = (bound, ends) => {
    const texts = axes.map((axis) => {
      if (!Array.isArray(axis)) return String(axis);
      const [sizes, n] = axis;
      if (sizes.length === 1) return ":";
      const first = n === 0 && !ends ? "" : bound(sizes.slice(0, n));
      const last = n === sizes.length - 1 && !ends ? "" : bound(sizes.slice(0, n + 1));
      return `${first}:${last}`;
    });
    if (array.batch) texts.unshift("0");
    while (texts.at(-1) === ":") texts.pop();
    const indexed = texts.length ? `[${texts.join(", ")}]` : "";
    const added = Object.fromEntries(array.added)[array.blocks[r][c]];
    return `${array.name}${indexed}${array.transposed ? ".T" : ""}${added ? ` + ${added}` : ""}`;
  };
  const lengths = axes.filter(Array.isArray).map(([sizes, n]) => total([sizes[n]], numbers));
  if (array.transposed) lengths.reverse();
  return {
    slice: write((sizes) => sumOf(sizes, unit), false),
    numbers: write((sizes) => String(total(sizes, numbers)), true),
    shape: lengths.length === 1 ? `(${lengths[0]},)` : `(${lengths.join(", ")})`,
    count: lengths.reduce((a, b) => a * b, 1),
  };
}

/** Keras's block "W_f" as a layout has it: {slice, numbers, shape, count, arrays}; two biases are added up. */
export function blockOf(layout, id, H, F) {
  const parts = [];
  for (const array of layout.lines.flat()) {
    array.blocks.forEach((row, r) =>
      row.forEach((block, c) => {
        if (block === id) parts.push({ array: array.name, ...partOf(array, r, c, layout.unit, { F, H }) });
      }),
    );
  }
  const sum = (key) => parts.map((part) => part[key]).join(" + ");
  return {
    slice: sum("slice"),
    numbers: sum("numbers"),
    shape: parts[0].shape,
    count: parts.reduce((n, part) => n + part.count, 0),
    arrays: parts.map((part) => part.array),
  };
}

/** An array's shape, in letters and in numbers: ["(F, 4H)", "(4, 8)"]. */
export function shapeOf(array, numbers) {
  const axes = array.flat ? [upright(array) ? flatRows(array) : array.columns] : [array.rows, array.columns];
  const tuple = (parts) =>
    `(${[...(array.batch ? ["1"] : []), ...parts].join(", ")}${parts.length + array.batch === 1 ? "," : ""})`;
  return [tuple(axes.map((sizes) => sumOf(sizes, "H", ""))), tuple(axes.map((sizes) => total(sizes, numbers)))];
}

/** How many numbers the arrays have: {arrays: [[name, count], ...], total}. */
export function countOf(layout, H, F) {
  const arrays = layout.lines
    .flat()
    .map((array) => [array.name, total(array.rows, { F, H }) * total(array.columns, { F, H })]);
  return { arrays, total: arrays.reduce((n, [, count]) => n + count, 0) };
}

/** "4 · (F·H + H·H + H)": the count as a formula, in letters and in numbers. */
export function formulaOf(layout, gates, H, F) {
  const own = layout.lines.flat();
  const blocks = own
    .flatMap((array) => array.blocks.flat())
    .filter((id) => (gates > 1 ? id.endsWith(`_${layout.first}`) : true));
  const biases = blocks.filter((id) => id[0] === "b" || id[0] === "d").length;
  const write = (f, h) => {
    const terms = [`${f}·${h}`, ...(blocks.some((id) => id[0] === "U") ? [`${h}·${h}`] : [])];
    if (biases) terms.push(biases > 1 ? `${biases}·${h}` : h);
    return gates > 1 ? `${gates} · (${terms.join(" + ")})` : terms.join(" + ");
  };
  return [write("F", "H"), write(String(F), String(H))];
}

/** The largest scale, pixels per number, at which something still fits: `fits(scale)` falls from true to false once. */
export function largestScale(fits, most) {
  if (fits(most)) return most;
  let [low, high] = [0, most];
  for (let n = 0; n < 24; n++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

export const LEAST = { width: 28, height: 24 }; // what a finger or a mouse can still point at

export const GAP = 10;
