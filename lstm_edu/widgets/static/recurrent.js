// The explorer of the GRU and of the SimpleRNN: pictures over time, and one unit's numbers at one step. What the kinds
// have in common is written once; RNN_KINDS says what they differ in.

// --- what the numbers are at one place (pure) -----------------------------------------------------------------------

/** The gates' sums, in the order of the blocks: [name of the sum, of what it becomes, subscript of its weights]. */
export const RNN_SUMS = {
  GRU: [["a_z", "z", "z"], ["a_r", "r", "r"], ["a_g", "g", "g"]],
  SimpleRNN: [["z", "h", ""]],
}; // prettier-ignore

const rnnNamed = (letter, subscript) => (subscript ? `${letter}_${subscript}` : letter);

/** What a sum multiplies: {count, x: [...], w: k -> weight, column}. product "xW", "hU", or "rhU", (r · h_prev) U. */
export function rnnVectors(spec, arrays, { batch, t, unit }, block, product) {
  const column = block * spec.units + unit;
  const before = (k) => (t ? at(arrays.h, batch, t - 1, k) : at(arrays.h_start, batch, k));
  const [count, value, weights] = {
    xW: [spec.features, (k) => at(arrays.x, batch, t, k), arrays.kernel],
    hU: [spec.units, before, arrays.recurrent_kernel],
    rhU: [spec.units, (k) => at(arrays.r, batch, t, k) * before(k), arrays.recurrent_kernel],
  }[product];
  return { count, column, x: Array.from({ length: count }, (_, k) => value(k)), w: (k) => at(weights, k, column) };
}

/** Every number of one unit at one step, ours and, where there is a reference, Keras's: {ours, keras, masked}. ours has
 *  the sums' parts too (xW_z, hU_z, b_z, d_z, ...), where the weights have travelled. */
export function rnnNumbersAt(spec, arrays, place) {
  const { batch, t, unit } = place;
  const read = (prefix) => {
    const found = {};
    RNN_SUMS[spec.kind].forEach(([sum, gate], block) => {
      const array = arrays[prefix + (spec.kind === "GRU" ? "a" : "z")];
      found[sum] = at(array, batch, t, block * spec.units + unit);
      found[gate] = at(arrays[prefix + gate], batch, t, unit);
    });
    found.h = at(arrays[`${prefix}h`], batch, t, unit);
    return found;
  };
  const ours = read("");
  ours.h_prev = t ? at(arrays.h, batch, t - 1, unit) : at(arrays.h_start, batch, unit);
  if (spec.kind === "GRU") ours.rest = 1 - ours.z;
  if (arrays.kernel) {
    RNN_SUMS[spec.kind].forEach(([sum, , subscript], block) => {
      const add = (product) => {
        const { x, w } = rnnVectors(spec, arrays, place, block, product);
        return x.reduce((total, value, k) => total + value * w(k), 0);
      };
      const column = block * spec.units + unit;
      const inside = sum === "a_g" && !spec.reset_after ? "rhU" : "hU";
      ours[rnnNamed("xW", subscript)] = add("xW");
      ours[rnnNamed(inside, subscript)] = add(inside);
      if (!arrays.bias) return;
      const rows = arrays.bias.shape.length === 2;
      ours[rnnNamed("b", subscript)] = rows ? at(arrays.bias, 0, column) : at(arrays.bias, column);
      if (rows) ours[rnnNamed("d", subscript)] = at(arrays.bias, 1, column);
    });
    if (spec.reset_after) ours.seen = ours.hU_g + (ours.d_g ?? 0);
  }
  return { ours, keras: arrays.keras_h ? read("keras_") : null, masked: arrays.counts ? !at(arrays.counts, batch, t) : false };
}

/** What happens at this place, in words that a reader new to these layers can follow. */
export function rnnInWords(spec, { t, unit, batch }, { ours, masked }) {
  const n = (v) => format(v, 3);
  const place = `Unit ${unit} at step ${t}${spec.rows > 1 ? ` of sequence ${batch}` : ""}`;
  if (masked) {
    const output = spec.zero_output_for_mask ? "the output is 0" : "the output repeats the one before";
    return `${place}: this step is masked, so the layer skips it. The state stays as it was, h = ${n(ours.h)}, and ${output}.`;
  }
  const all = spec.maps.slice(1).map((name) => ours[name]);
  if (!all.every(Number.isFinite)) {
    return `${place}: some numbers here are not finite. ${spec.maps.slice(1).map((name) => `${name} = ${n(ours[name])}`).join(", ")}.`;
  }
  if (spec.kind === "SimpleRNN") {
    return `${place}: the input and the previous output (${n(ours.h_prev)}) add up to z = ${n(ours.z)}, ` +
      `and ${spec.activation} makes h = ${n(ours.h)} of it. Nothing is kept but what comes through that sum.`; // prettier-ignore
  }
  if (spec.scales.z.kind === "signed") {
    // gates that are no shares of anything (linear, relu, ...): no percentages
    return `${place}: update gate ${n(ours.z)}, reset gate ${n(ours.r)}, candidate ${n(ours.g)}. ` +
      `The state goes from ${n(ours.h_prev)} to h = ${n(ours.h)}.`; // prettier-ignore
  }
  const share = (v) => `${Math.round(100 * v)} %`;
  return `${place} keeps ${share(ours.z)} of its state (${n(ours.h_prev)}) and takes ${share(ours.rest)} of the candidate ` +
    `(${n(ours.g)}): h = ${n(ours.h)}. Of the old state the candidate saw ${share(ours.r)}.`; // prettier-ignore
}

// --- the equations --------------------------------------------------------------------------------------------------

/** {element, paint(numbers, place, arrays, highlight)}. */
function rnnEquations(spec, palette, listen) {
  const values = [];
  const products = [];
  const number = (quantity) => {
    const element = h("span", { class: "le-num", "data-q": quantity });
    if (palette.colors[quantity]) element.style.borderColor = palette.colors[quantity];
    values.push([element, quantity]);
    return element;
  };
  const line = (symbols, parts, attributes = {}) =>
    h("div", attributes, h("span", { class: "le-sym-line" }, symbols), " ",
      parts.map((part) => [h("span", { class: "le-part" }, part), " "])); // prettier-ignore
  const row = (quantity, ...lines) =>
    h("div", { class: "le-equation", "data-row": quantity }, chip(quantity, palette), h("div", {}, lines));
  const part = (quantity, ...name) => h("span", { class: "le-rnn-part" }, number(quantity), h("span", { class: "le-rnn-what" }, name));
  const product = (kind, block, subscript) => {
    const what = {
      xW: [symbol("x"), "·", symbol(rnnNamed("W", subscript))],
      hU: [symbol("h_prev"), "·", symbol(rnnNamed("U", subscript))],
      rhU: ["(", symbol("r"), "·", symbol("h_prev"), ")·", symbol(rnnNamed("U", subscript))],
    }[kind];
    const made = rnnProduct(kind, block, rnnNamed(kind, subscript), spec, listen, [
      number(rnnNamed(kind, subscript)),
      h("span", { class: "le-rnn-what" }, what),
    ]);
    products.push(made);
    return made;
  };

  /** "a_z = x·W + h·U + b + d = 0.3", each part with its number, the products as buttons that open. */
  function sumLine([sum, , subscript], block) {
    const twoRows = spec.reset_after && spec.use_bias;
    const bias = spec.use_bias ? [" + ", part(rnnNamed("b", subscript), symbol(rnnNamed("b", subscript)))] : [];
    const second = twoRows ? [" + ", part(rnnNamed("d", subscript), symbol(rnnNamed("d", subscript)))] : [];
    const start = [symbol(sum), " = "];
    const end = [" ", h("span", { class: "le-part" }, "= ", number(sum))];
    if (spec.closed) {
      const past = sum === "a_g" && !spec.reset_after ? ["(", symbol("r"), " · ", symbol("h_prev"), ") · "] : [symbol("h_prev"), " · "];
      const seen = sum === "a_g" && spec.reset_after ? [symbol("r"), " · ("] : [];
      const add = (letter) => [" + ", symbol(rnnNamed(letter, subscript))];
      return [h("div", {}, start, symbol("x"), " · ", symbol(rnnNamed("W", subscript)), seen.length && spec.use_bias ? add("b") : "", " + ",
        seen, past, symbol(rnnNamed("U", subscript)), seen.length ? [spec.use_bias ? add("d") : "", ")"]
          : [spec.use_bias ? add("b") : "", twoRows ? add("d") : ""], end)]; // prettier-ignore
    }
    const xW = product("xW", block, subscript);
    if (sum === "a_g" && spec.reset_after) {
      const hU = product("hU", block, subscript);
      return [h("div", { class: "le-rnn-sum" }, start, xW.button, bias, " + ", part("r", symbol("r")), " · (", hU.button, second, ")", end),
        xW.panel, hU.panel]; // prettier-ignore
    }
    const past = product(sum === "a_g" ? "rhU" : "hU", block, subscript);
    return [h("div", { class: "le-rnn-sum" }, start, xW.button, " + ", past.button, bias, second, end), xW.panel, past.panel];
  }

  const unlessMasked = { class: "le-unless-masked" };
  const whenMasked = { class: "le-if-masked" };
  const kept = h("div", { class: "le-amount" });
  const taken = h("div", { class: "le-amount" });
  const total = h("div", { class: "le-total" });
  const amounts = h("div", { class: "le-amounts", role: "img" }, h("div", { class: "le-zero" }), kept, taken, total);
  const amountText = h("div", { class: "le-amount-text" });
  const carried = line([symbol("h"), " = ", symbol("h_prev")], [["= ", number("h")]], whenMasked);
  const note = h("p", { class: "le-note le-if-masked" }, "A masked step: its sums were computed, and thrown away. ",
    symbol("h"), " stays as it was."); // prettier-ignore
  const becomes = (gate, sum, name, attributes = {}) =>
    line([symbol(gate), " = ", name, "(", symbol(sum), ")"], [["= ", name, "(", number(sum), ")"], ["= ", number(gate)]], attributes);

  let rows;
  if (spec.kind === "GRU") {
    rows = RNN_SUMS.GRU.map((one, block) =>
      row(one[1], sumLine(one, block), becomes(one[1], one[0], one[1] === "g" ? spec.activation : spec.recurrent_activation)));
    rows.push(note, row("h",
      line([symbol("h"), " = ", symbol("z"), " · ", symbol("h_prev"), " + (1 − ", symbol("z"), ") · ", symbol("g")], [
        ["= ", number("z"), " · ", number("h_prev"), " + ", number("rest"), " · ", number("g")],
        ["= ", number("h")],
      ], unlessMasked), carried, amounts, amountText)); // prettier-ignore
  } else {
    const [one] = RNN_SUMS.SimpleRNN;
    rows = [row("z", sumLine(one, 0)), note, row("h", becomes("h", "z", spec.activation, unlessMasked), carried)];
    amounts.hidden = amountText.hidden = true;
  }
  const closed = spec.closed ? h("p", { class: "le-note" }, `${spec.closed}: the sums cannot be opened here.`) : null;
  const element = h("div", { class: "le-equations le-rnn" }, closed, rows);
  const lit = [...element.querySelectorAll("[data-row]")];

  /** What the old state and the candidate each give to the new one, as lengths from zero. */
  function paintAmounts({ ours, masked }) {
    if (spec.kind !== "GRU") return;
    const [old, fresh] = [ours.z * ours.h_prev, ours.rest * ours.g];
    const usable = !masked && Number.isFinite(old) && Number.isFinite(fresh);
    amounts.hidden = amountText.hidden = !usable;
    if (!usable) return;
    const range = Math.max(spec.scales.h.high, Math.abs(old), Math.abs(fresh), 1e-30);
    const percent = (v) => 50 + 50 * Math.max(-1, Math.min(1, v / range));
    const bar = (one, from, to, colour) => {
      const [left, right] = [percent(Math.min(from, to)), percent(Math.max(from, to))];
      Object.assign(one.style, { left: `${left}%`, width: `${right - left}%`, background: colour });
    };
    bar(kept, 0, old, palette.colors.z);
    bar(taken, old, old + fresh, palette.colors.g);
    total.style.left = `${percent(ours.h)}%`;
    const signed = (v) => (v < 0 ? "" : "+") + format(v);
    const text = `kept ${signed(old)}, taken ${signed(fresh)}`;
    say(amountText, text);
    amounts.setAttribute("aria-label", `${text}; together ${format(ours.h)}`);
  }

  let latest = null;
  for (const one of products) one.onOpen = () => latest && one.paint(...latest);
  return {
    element,
    paint(numbers, place, arrays, highlight) {
      latest = [place, arrays];
      for (const [cell, quantity] of values) {
        say(cell, format(numbers.ours[quantity]));
        cell.title = `${quantity} = ${numbers.ours[quantity]}`;
      }
      element.classList.toggle("le-masked", numbers.masked);
      for (const one of lit) one.classList.toggle("le-lit", one.dataset.row === highlight);
      for (const one of products) one.paint(place, arrays);
      paintAmounts(numbers);
    },
  };
}

let rnnProducts = 0; // for ids that no other product on the page has

/** A product of two vectors that opens to its terms, the largest first where there are many. */
function rnnProduct(kind, block, quantity, spec, listen, face) {
  const [letters, array, letter] = {
    xW: ["x[k]", "kernel", "W"],
    hU: ["h_prev[k]", "recurrent_kernel", "U"],
    rhU: ["(r · h_prev)[k]", "recurrent_kernel", "U"],
  }[kind];
  const id = `lstm-edu-rnn-${++rnnProducts}`;
  const button = h("button", { type: "button", class: "le-rnn-part", "aria-expanded": "false", "aria-controls": id }, face);
  const caption = h("caption", {});
  const body = h("tbody", {});
  const panel = h("div", { class: "le-rnn-terms", id, hidden: true }, h("table", { class: "le-table le-terms" }, caption, body));
  const made = {
    button,
    panel,
    onOpen() {},
    paint(place, arrays) {
      if (panel.hidden) return;
      const { x, w, count, column } = rnnVectors(spec, arrays, place, block, kind);
      const { shown, others, rest } = terms(x, w, TERMS_SHOWN);
      caption.replaceChildren(`${letters} times `, h("code", {}, `${array}[k, ${column}]`), `, ${count} product${count === 1 ? "" : "s"}`);
      const largest = Math.max(...shown.map((term) => Math.abs(term.product)).filter(Number.isFinite), Math.abs(rest) || 0, 1e-30);
      const bar = (value) => {
        const width = Number.isFinite(value) ? (50 * Math.abs(value)) / largest : 0;
        const fill = h("span", { class: value < 0 ? "le-fill le-minus" : "le-fill" });
        Object.assign(fill.style, { width: `${width}%`, left: `${value < 0 ? 50 - width : 50}%` });
        return h("td", { class: "le-termbar", "aria-hidden": "true" }, h("span", { class: "le-track" }, fill));
      };
      const line = (title, middle, value, name) => h("tr", {}, h("th", { scope: "row" }, title), h("td", {}, middle),
        h("td", { "data-q": name, title: String(value) }, format(value)), bar(value)); // prettier-ignore
      body.replaceChildren(
        ...shown.map((term) => line(`k = ${term.f}`, `${format(term.x)} · ${format(term.w)}`, term.product, `${quantity}.${term.f}`)),
        ...(others ? [line(`${others} smaller term${others === 1 ? "" : "s"}`, "", rest, `${quantity}.others`)] : []),
        line("sum", "", shown.reduce((sum, term) => sum + term.product, rest), `${quantity}.sum`),
      );
      caption.dataset.letter = letter;
    },
  };
  listen(button, "click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    made.onOpen();
  });
  return made;
}

/** The names of the numbers that are compared with Keras's. */
const rnnCompared = (kind) => [...new Set([...RNN_SUMS[kind].flatMap(([sum, gate]) => [sum, gate]), "h"])];

// --- the explorer ---------------------------------------------------------------------------------------------------

/** The palette as this layer uses it: its own letters in the colours they share. */
export function withLetters(palette, letters) {
  const own = (table) => ({ ...table, ...Object.fromEntries(Object.entries(letters).map(([letter, { as }]) => [letter, table[as]])) });
  const said = (key) => Object.fromEntries(Object.entries(letters).map(([letter, one]) => [letter, one[key]]));
  return {
    ...palette,
    colors: own(palette.colors),
    names: { ...palette.names, ...said("name") },
    roles: { ...palette.roles, ...said("role") },
    sequential: { light: own(palette.sequential.light), dark: own(palette.sequential.dark) },
  };
}

export function recurrentExplorer(context) {
  return recurrentInside(context, context.root, context.spec, readArrays(context.spec.arrays, context.model.get("_data")));
}

/** The explorer of one GRU or SimpleRNN inside `panel`: the whole widget, or one tab of a model's. */
export function recurrentInside(context, panel, spec, arrays) {
  const { model, root, listen } = context;
  const palette = withLetters(context.palette, spec.letters);
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const bar = timeBar(context, { steps: spec.steps, units: spec.units, rows: spec.rows });
  const tip = pointerTip();
  const head = h(
    "div",
    { class: "le-head" },
    h("strong", {}, spec.name),
    h("span", { class: "le-muted" }, `${spec.kind}${spec.kind === "GRU" ? ` (reset_after=${spec.reset_after ? "True" : "False"})` : ""} · ` +
      `${plural(spec.units, "unit")} · ${plural(spec.steps, "step")} of ${plural(spec.features, "feature")}` +
      (spec.batch > 1 ? ` · ${plural(spec.batch, "sequence")}` : "")), // prettier-ignore
  );
  const maps = spec.maps.map((name) => {
    const rows = name === "x" ? spec.features : spec.units;
    const map = timeMap(context, bar, tip, {
      key: name,
      row: name === "x" ? "feature" : "unit",
      rows,
      steps: spec.steps,
      title: [chip(name, palette), h("span", { class: "le-name" }, palette.names[name])],
      about: palette.roles[name],
      marked: name !== "x",
      pick: (t, row) => bar.go(name === "x" ? { t } : { t, unit: row }),
      tell: (t, row) => `${name} · step ${t}, ${name === "x" ? "feature" : "unit"} ${row}: ` +
        format(at(arrays[name], bar.here().batch, t, row), 6), // prettier-ignore
    });
    return { name, rows, map };
  });
  const order = spec.time ? " (in the order of processing)" : "";
  const axis = timeAxis(`step${order} · one row a unit, unit 0 on top`);
  const pictures = h("div", { class: "le-maps", role: "img" }, maps.map(({ map }) => map.element), axis.element, tip.element);
  const words = h("p", { class: "le-words" });
  const equations = rnnEquations(spec, palette, listen);
  const compared = spec.comparison ? comparison(spec, rnnCompared(spec.kind)) : null;
  const note = h("p", { class: "le-note", hidden: true });
  const side = h("div", { class: "le-side" }, words, equations.element, compared?.element, note);
  panel.append(head, bar.element, h("div", { class: "le-body" }, pictures, side), keysLine());
  const voice = announcer(panel);

  let drawnRow = -1;
  let noteText = "";

  /** The pictures themselves: they change with the sequence, the size and the theme, not with the step. */
  function draw() {
    const { batch } = bar.here();
    drawnRow = batch;
    const width = Math.max(40, maps[0].map.plot.clientWidth);
    const dark = context.theme === "dark";
    const runs = skippedRuns(arrays.counts ?? null, batch, spec.steps);
    for (const { name, map } of maps) {
      const { shape, data } = arrays[name];
      const start = batch * shape[1] * shape[2];
      const scale = spec.scales[name];
      map.draw(width, (row, t) => data[start + t * shape[2] + row], scale, stopsOf(scale, name, palette, context.theme), runs, dark);
    }
    axis.draw(spec.steps, width);
    const notes = [oddNumbers(spec.maps.map((name) => [name, arrays[name], name === "x" ? "feature" : "unit"]), batch)];
    if (runs.length) notes.push("Hatched steps are masked: the layer skips them.");
    notes.push(...stayedInPython(spec));
    notes.push(sharedPixels(maps.map(({ map }) => map)));
    noteText = notes.filter(Boolean).join(" ");
    note.hidden = !noteText;
    say(note, noteText);
  }

  context.onChange(["t", "unit", "batch", "highlight"], context.repaint);
  return {
    layout: draw,
    paint() {
      const place = bar.here();
      if (place.batch !== drawnRow) draw();
      root.dataset.kind = context.spec.kind;
      bar.paint(place, spec.time);
      const numbers = rnnNumbersAt(spec, arrays, place);
      const pointedOut = model.get("highlight");
      for (const { name, map } of maps) {
        map.place(place.t, place.unit);
        map.element.classList.toggle("le-lit", name === pointedOut);
        if (name !== "x") say(map.value, format(numbers.ours[name]));
      }
      equations.paint(numbers, place, arrays, pointedOut);
      compared?.paint(numbers);
      const text = rnnInWords(spec, place, numbers);
      say(words, text);
      const against = numbers.keras ? ` Keras has h = ${format(numbers.keras.h)}.` : "";
      voice.tell(`${text}${against} ${noteText}`);
      pictures.setAttribute("aria-label", `Heat maps over ${spec.steps} steps: ${spec.maps.map((name) => `${palette.names[name]} ${name}`).join(", ")}. ${text}`);
      root.setAttribute("aria-label", `${spec.kind} explorer, layer ${spec.name}`);
    },
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}
