// The packing explorer: an LSTM's three arrays to scale, cut into the gates' blocks.

const BLOCK_GATES = ["i", "f", "g", "o"];
const ARRAYS = [
  { letter: "W", name: "kernel", rows: ({ F }) => F, what: "the input x" },
  { letter: "U", name: "recurrent_kernel", rows: ({ H }) => H, what: "the previous output h" },
  { letter: "b", name: "bias", rows: () => 1, what: "" },
];

// --- what a block is (pure) -----------------------------------------------------------------------------------------

/** All that is to be said of the block "W_f": {array, gate, slice, numbers, shape, count}. */
export function blockOf(id, H, F) {
  const [letter, gate] = id.split("_");
  const array = ARRAYS.find((a) => a.letter === letter);
  const n = BLOCK_GATES.indexOf(gate);
  const names = ["", "units", "2*units", "3*units", ""];
  const flat = letter === "b";
  const rows = array.rows({ F, H });
  return {
    array,
    gate,
    slice: `${array.name}[${flat ? "" : ":, "}${names[n]}:${names[n + 1]}]`,
    numbers: `${array.name}[${flat ? "" : ":, "}${n * H}:${(n + 1) * H}]`,
    shape: flat ? `(${H},)` : `(${rows}, ${H})`,
    count: rows * H,
  };
}

/** How many numbers an LSTM holds: {kernel, recurrent, bias, total}. */
export function parameters(H, F, useBias) {
  const [kernel, recurrent, bias] = [4 * F * H, 4 * H * H, useBias ? 4 * H : 0];
  return { kernel, recurrent, bias, total: kernel + recurrent + bias };
}

// --- the explorer ---------------------------------------------------------------------------------------------------

export function packingExplorer(context) {
  const { model, root, spec, palette, listen } = context;
  const used = ARRAYS.filter((array) => spec.use_bias || array.letter !== "b");
  const ids = used.map((array) => BLOCK_GATES.map((gate) => `${array.letter}_${gate}`));
  const plain = (n) => n.toLocaleString("en-US").replace(/,/g, "\u202f");

  // --- controls -------------------------------------------------------------
  const slider = (name) => {
    const input = h("input", { type: "range", min: 1, max: spec.most[name], "aria-label": name });
    const text = h("output", { class: "le-step" });
    listen(input, "input", () => context.set({ [name]: Number(input.value) }));
    return { input, text, element: h("label", { class: "le-control" }, text, input) };
  };
  const units = slider("units");
  const features = slider("features");
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h("span", { class: "le-muted" }, "how the weights of an LSTM are packed in Keras: get_weights()"),
  );

  // --- the arrays -----------------------------------------------------------
  const blocks = {};
  const rows = used.map((array) => {
    const label = h("div", { class: "le-packing-label" });
    const bar = h("div", { class: "le-packing-array", role: "group", "aria-label": array.name });
    for (const gate of BLOCK_GATES) {
      const id = `${array.letter}_${gate}`;
      const colour = palette.colors[gate];
      const block = h("button", { type: "button", class: "le-packing-block", tabindex: -1, "data-block": id }, symbol(id));
      block.style.backgroundColor = colour;
      block.style.color = inkOn(colour);
      listen(block, "pointermove", (event) => {
        // Scrolling brings blocks under a pointer that rests: that is not pointing.
        if (event.movementX || event.movementY) context.set({ block: id });
      });
      listen(block, "focus", () => context.set({ block: id }));
      listen(block, "click", () => block.focus());
      blocks[id] = block;
      bar.append(block);
    }
    return { array, label, bar, element: h("div", { class: "le-packing-row" }, label, bar) };
  });
  const drawing = h("div", { class: "le-packing" }, rows.map((row) => row.element));
  const scaleNote = h("p", { class: "le-muted le-small", hidden: true });

  // --- what is said of it ---------------------------------------------------
  const card = h("div", { class: "le-card" });
  const formula = h("div", { class: "le-formula" });
  const keys = h("p", { class: "le-keys le-muted" }, "Point at a block, or move with ", h("kbd", {}, "← → ↑ ↓"), " from block to block.");
  root.append(
    head,
    h("div", { class: "le-controls" }, units.element, features.element),
    h("div", { class: "le-body" }, h("div", {}, drawing, scaleNote), h("div", { class: "le-side" }, card, formula)),
    keys,
  );
  const voice = announcer(root);
  const sizes = () => ({ H: model.get("units"), F: model.get("features") });
  let width = 0;

  function describeBlock(id, H, F) {
    if (!id) {
      card.replaceChildren(h("p", {}, "Each array has four blocks of columns side by side, one for each gate, ",
        "in the order i, f, g, o. Point at one.")); // prettier-ignore
      return "";
    }
    const block = blockOf(id, H, F);
    const gate = palette.names[block.gate];
    const role =
      block.array.letter === "b"
        ? `what is added to the sum of the ${gate}`
        : `what ${block.array.what} is multiplied by on its way to the ${gate}`;
    const keras = block.gate === "g" ? " (in Keras's own code its letter is c)" : "";
    const code = (text) => h("code", {}, text);
    card.replaceChildren(
      h("div", { class: "le-card-title" }, chip(block.gate, palette), symbol(id), h("span", {}, `: ${role}${keras}.`)),
      h("div", { class: "le-card-line" }, code(block.slice), ...(H > 1 || block.gate !== "i" ? [" = ", code(block.numbers)] : [])),
      h("div", { class: "le-card-line" }, "shape ", h("span", { class: "le-strong", "data-q": "shape" }, block.shape), ", ",
        h("span", { class: "le-strong", "data-q": "count" }, plain(block.count)), block.count === 1 ? " number" : " numbers"), // prettier-ignore
    );
    return `${id.replace("_", " ")}: ${role}${keras}. ${block.numbers}, shape ${block.shape}, ${block.count} numbers.`;
  }

  function writeFormula(H, F) {
    const n = parameters(H, F, spec.use_bias);
    const term = (quantity, text) => h("span", { class: "le-term", "data-q": quantity }, text);
    const sum = [term("kernel", plain(n.kernel)), " + ", term("recurrent_kernel", plain(n.recurrent))];
    if (spec.use_bias) sum.push(" + ", term("bias", plain(n.bias)));
    formula.replaceChildren(
      h("div", {}, "numbers in all = 4 · (", symbol("F"), "·", symbol("H"), " + ", symbol("H"), "·", symbol("H"),
        spec.use_bias ? [" + ", symbol("H")] : "", ")"), // prettier-ignore
      h("div", {}, `= 4 · (${F}·${H} + ${H}·${H}${spec.use_bias ? ` + ${H}` : ""})`),
      h("div", {}, "= ", sum),
      h("div", {}, "= ", h("span", { class: "le-strong", "data-q": "total" }, plain(n.total))),
      h("div", { class: "le-muted le-small" }, symbol("F"), " features, ", symbol("H"), " units, four gates."),
    );
    return `${n.kernel} + ${n.recurrent}${spec.use_bias ? ` + ${n.bias}` : ""} = ${n.total} numbers.`;
  }

  function paint() {
    const { H, F } = sizes();
    const chosen = model.get("block");
    root.dataset.kind = "Packing";
    root.dataset.units = H;
    root.dataset.features = F;
    root.dataset.block = chosen;
    root.setAttribute("aria-label", `Packing explorer: an LSTM of ${H} units on ${F} features`);
    for (const [slot, value, letter] of [[units, H, "H"], [features, F, "F"]]) {
      slot.input.max = Math.max(slot.input.max, value);
      slot.input.value = value;
      slot.text.replaceChildren(slot === units ? "units " : "features ", symbol(letter), ` = ${value}`);
    }

    // One number is one cell of the same size in all three arrays, as long as a block can still be pointed at.
    const cell = Math.min(30, (width - 4) / (4 * H), 330 / (F + H + 1));
    const least = { width: 30, height: 24 };
    let stretched = false;
    for (const { array, label, bar } of rows) {
      const count = array.rows({ F, H });
      label.replaceChildren(h("span", { class: "le-sym" }, h("i", {}, array.letter)), ` ${array.name} `,
        h("span", { class: "le-muted" }, array.letter === "b" ? `(4H,) = (${4 * H},)` :
          `(${array.letter === "W" ? "F" : "H"}, 4H) = (${count}, ${4 * H})`)); // prettier-ignore
      const size = { width: Math.max(cell * H, least.width), height: Math.max(cell * count, least.height) };
      stretched ||= size.width > cell * H + 0.5 || size.height > cell * count + 0.5;
      const lines = cell >= 6 && size.width === cell * H ? `${cell}px` : "0";
      for (const gate of BLOCK_GATES) {
        const block = blocks[`${array.letter}_${gate}`];
        block.style.width = `${size.width}px`;
        block.style.height = `${size.height}px`;
        block.style.setProperty("--le-cell", size.height > cell * count + 0.5 ? `${lines === "0" ? 0 : cell}px ${size.height}px` : `${lines} ${lines}`);
        block.style.fontSize = `${Math.min(17, Math.max(12, size.height / 2.4))}px`;
        block.classList.toggle("le-ruled", lines !== "0");
        const id = block.dataset.block;
        const b = blockOf(id, H, F);
        block.setAttribute("aria-label", `${id.replace("_", " ")}, ${palette.names[gate]}: ${b.numbers}, shape ${b.shape}`);
        block.classList.toggle("le-chosen", id === chosen);
        block.classList.toggle("le-same", chosen.endsWith(`_${gate}`));
        block.tabIndex = id === (chosen || "W_i") ? 0 : -1;
      }
    }
    scaleNote.hidden = !stretched;
    say(scaleNote, "Blocks too thin to point at are drawn larger than they are; all others are to scale.");
    const said = describeBlock(chosen, H, F);
    voice.tell(`${said} ${writeFormula(H, F)}`);
  }

  context.onChange(["units", "features", "block"], context.repaint);
  return {
    layout() {
      width = Math.max(120, drawing.clientWidth);
    },
    paint,
    key(event) {
      if (event.target === units.input || event.target === features.input) return false;
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -3], End: [0, 3] }[event.key];
      if (!by) return false;
      const chosen = model.get("block");
      const row = chosen ? ids.findIndex((line) => line.includes(chosen)) : 0;
      const column = chosen ? BLOCK_GATES.indexOf(chosen.at(-1)) : 0;
      const limit = (n, count) => Math.max(0, Math.min(count - 1, n));
      const id = chosen ? ids[limit(row + by[0], ids.length)][limit(column + by[1], 4)] : "W_i";
      context.set({ block: id });
      blocks[id].tabIndex = 0;
      if (event.target !== root) blocks[id].focus();
      return true;
    },
    close: voice.close,
  };
}
