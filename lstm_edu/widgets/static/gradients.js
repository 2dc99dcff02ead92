// The gradient explorer: a layer's run, and what the loss sends back through it, step by step from the last to the first.

// --- the numbers of one place (pure) --------------------------------------------------------------------------------

/** A gradient as text, four figures of whatever size it has: gradients may be small, and still be all there is. */
export function sized(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!Number.isFinite(value)) return format(value);
  const text = size >= 1e-3 && size < 1e4 ? value.toPrecision(4) : value.toExponential(2).replace("+", "");
  return text.replace(/-/g, "−");
}

/** The gradient's arithmetic for one unit at one step of one layer. `arrays`: the layer's own, `counts` the mask or null.
 *  dh = own + the sum of back; for an LSTM dc = dh · o · slope + dc_next · f_next. `sums`: dL/dz (a GRU's dL/da) by block. */
export function gradientAt(layer, arrays, counts, steps, { batch, t, unit }) {
  const get = (name, step, k) => at(arrays[name], batch, step, k);
  const counted = (step) => !counts || Boolean(at(counts, batch, step));
  const last = t === steps - 1;
  const found = { last, masked: !counted(t), h: get("h", t, unit), dh: get("d_h", t, unit), slope: get("slope", t, unit) };
  found.own = arrays.own ? get("own", t, unit) : last ? found.dh : 0;
  const back = last ? [] : comesBack(layer, arrays, { batch, t: t + 1, unit }, counted(t + 1));
  found.back = back ?? [["step t+1", found.dh - found.own]]; // U stayed in Python: all that is not its own
  found.dhSum = found.back.reduce((sum, [, value]) => sum + value, found.own);
  if (layer.kind === "LSTM") {
    found.c = get("c", t, unit);
    found.o = get("o", t, unit);
    found.dc = get("d_c", t, unit);
    found.shown = found.masked ? 0 : found.dh * found.o * found.slope;
    found.dcNext = last ? 0 : get("d_c", t + 1, unit);
    found.fNext = last ? 0 : get("direct", t + 1, unit);
    found.dcSum = found.shown + found.dcNext * found.fNext;
  }
  found.sums = layer.blocks.map((_, n) => get("d_sums", t, n * layer.units + unit));
  return found;
}

/** What step t sends back into dL/dh of one unit at the step before it: [[by which way, how much], ...]; null without U. */
function comesBack(layer, arrays, { batch, t, unit }, counted) {
  const dh = at(arrays.d_h, batch, t, unit);
  if (!counted) return [["a masked step", dh]];
  if (!arrays.U) return null;
  const { units } = layer;
  const through = (block, factor = () => 1) => {
    let sum = 0;
    for (let k = 0; k < units; k++) {
      sum += at(arrays.d_sums, batch, t, block * units + k) * factor(k) * at(arrays.U, unit, block * units + k);
    }
    return sum;
  };
  if (layer.kind === "SimpleRNN") {
    const itself = dh * at(arrays.direct, batch, t, unit);
    return [["itself", itself], ["the other units", through(0) - itself]]; // prettier-ignore
  }
  if (layer.kind === "LSTM") return layer.blocks.map(({ name }, n) => [name, through(n)]);
  const r = (k) => at(arrays.r, batch, t, k);
  const g = layer.reset_after ? through(2, r) : through(2) * r(unit);
  return [["h · z", dh * at(arrays.direct, batch, t, unit)], ["z", through(0)], ["r", through(1)], ["g", g]]; // prettier-ignore
}

/** The product of one unit's factors from each step to the last, d[t+1] · ... · d[T], as exponents of ten and signs: it
 *  may be smaller than any number. */
export function directWay({ shape, data }, batch, unit) {
  const [, steps, units] = shape;
  const exponent = new Float64Array(steps);
  const sign = new Int8Array(steps).fill(1);
  for (let t = steps - 2; t >= 0; t--) {
    const factor = data[(batch * steps + t + 1) * units + unit];
    exponent[t] = exponent[t + 1] + Math.log10(Math.abs(factor));
    sign[t] = sign[t + 1] * Math.sign(factor);
  }
  return { exponent, sign };
}

/** The first factors of the way from step t to the last: {factors: [[step, factor], ...], more: how many are left out}. */
export function wayFrom({ shape, data }, { batch, t, unit }, most = 8) {
  const [, steps, units] = shape;
  const count = steps - 1 - t;
  const factors = [];
  for (let s = t + 1; s < steps && factors.length < most; s++) factors.push([s, data[(batch * steps + s) * units + unit]]);
  return { factors, more: count - factors.length };
}

/** The length of a sequence's vector (over units) at each step. */
export function lengths({ shape, data }, batch) {
  const [, steps, units] = shape;
  return Float64Array.from({ length: steps }, (_, t) => {
    let sum = 0;
    for (let k = 0, n = (batch * steps + t) * units; k < units; k++, n++) sum += data[n] * data[n];
    return Math.sqrt(sum);
  });
}

/** Numbers as exponents of ten: 0 becomes minus infinity, what is not finite stays no number. */
export const exponents = (values) =>
  Float64Array.from(values, (v) => (Number.isFinite(v) ? Math.log10(Math.abs(v)) : NaN));

/** ±10^exponent as text, however small. */
export function fromExponent(exponent, sign) {
  if (Number.isNaN(exponent)) return "NaN";
  if (exponent === -Infinity || sign === 0) return "0";
  if (Math.abs(exponent) < 300) return sized(sign * 10 ** exponent);
  const whole = Math.floor(exponent);
  return `${sign < 0 ? "−" : ""}${(10 ** (exponent - whole)).toFixed(2)}e${String(whole).replace("-", "−")}`;
}

/** A value on a scale of powers of ten, −1 to 1: `decades` below the largest lie together at 0. */
export function byPowers(value, high, decades = 6) {
  if (!Number.isFinite(value)) return value;
  const height = 1 + Math.log10(Math.abs(value) / high) / decades;
  return Math.sign(value) * Math.max(0, Math.min(1, height));
}

/** What each block gets from the last step back to each step t: sums over steps t ... T of dL/dsums, one array a block. */
export function gathered({ shape, data }, batch, unit, blocks) {
  const [, steps, width] = shape;
  const units = width / blocks;
  return Array.from({ length: blocks }, (_, n) => {
    const sums = new Float64Array(steps + 1);
    for (let t = steps - 1; t >= 0; t--) sums[t] = sums[t + 1] + data[(batch * steps + t) * width + n * units + unit];
    return sums;
  });
}

/** How large two layers' gradients are at a step beside each other, in words; "" for one layer. */
function besideInWords(layers, norms, t) {
  if (layers.length < 2) return "";
  const [a, b] = norms.map((norm) => norm.dh[t]);
  const size = (v) => (v === 0 ? "exactly 0" : sized(v));
  const start = `At step ${t}, |dL/dh| is ${size(a)} in the ${layers[0].kind} and ${size(b)} in the ${layers[1].kind}`;
  const times = a / b;
  if (!Number.isFinite(times) || times === 0 || (times < 2 && times > 0.5)) return `${start}.`;
  const [more, larger] = times > 1 ? [times, layers[0]] : [1 / times, layers[1]];
  return `${start}: ${more < 1e4 ? Math.round(more) : more.toExponential(0).replace("+", "")} times as much in the ${larger.kind}.`;
}

/** What happens at this place, in words. */
export function gradientInWords(spec, { t, unit, batch }, numbers, way) {
  const layer = spec.layers[0];
  const n = sized;
  const place = `Unit ${unit} at step ${t}${spec.rows > 1 ? ` of sequence ${batch}` : ""}`;
  const state = layer.carries;
  const gradient = layer.kind === "LSTM" ? numbers.dc : numbers.dh;
  if (!Number.isFinite(gradient)) return `${place}: dL/d${state} is not finite (${n(gradient)}).`;
  const steps = spec.steps - 1 - t;
  const head = `${place}: dL/d${state} = ${n(gradient)}, so adding a little e to ${state} here changes the loss by ${n(gradient)} · e.`;
  if (numbers.masked) return `${head} The step is masked: the gradient passes through it untouched.`;
  if (!steps) return `${head} This is the last step: the gradient comes from the loss alone. Go left, back in time.`;
  const what = { LSTM: "the forget gates", GRU: "the update gates", SimpleRNN: "slope times U[u, u]" }[layer.kind];
  const split =
    layer.kind === "LSTM"
      ? ` ${n(numbers.shown)} of it comes through h of this step, ${n(numbers.dcNext * numbers.fNext)} from step ${t + 1}, past its forget gate (${n(numbers.fNext)}).`
      : "";
  return `${head}${split} On the unit's own way from the last step, ${steps} step${steps === 1 ? "" : "s"} back, ${what} multiply to ${way}.`;
}

// --- the explorer ---------------------------------------------------------------------------------------------------

const GRADIENT_DASHES = ["solid", "dashed"]; // the first layer's lines, the second's
const DECADES_OF_COLOUR = 6;

export function gradientExplorer(context) {
  const { root, model, spec, palette, listen } = context;
  const everything = readArrays(spec.arrays, model.get("_data"));
  const counts = everything.counts ?? null;
  const arrays = spec.layers.map((_, n) => {
    const mine = Object.entries(everything).filter(([name]) => name.startsWith(`${n}/`));
    return Object.fromEntries(mine.map(([name, array]) => [name.slice(2), array]));
  });
  const both = spec.layers.length > 1;
  const unitOf = (n, unit) => Math.min(unit, spec.layers[n].units - 1);

  const choice = (name, text) => {
    const box = h("input", { type: "checkbox" });
    listen(box, "change", () => context.set({ [name]: box.checked }));
    return [box, h("label", { class: "le-check" }, box, ` ${text}`)];
  };
  const [logMaps, logMapsLabel] = choice("log_maps", "colours by powers of ten");
  const [logNorm, logNormLabel] = choice("log_norm", "curve by powers of ten");
  const bar = timeBar(
    context,
    { steps: spec.steps, units: spec.units, rows: spec.rows },
    { backwards: true, more: [logMapsLabel, logNormLabel] },
  );
  const tip = pointerTip();

  // --- pictures -------------------------------------------------------------
  const gradientOf = (letter) => h("span", { class: "le-partial" }, "∂L/∂", h("i", {}, letter));
  const maps = spec.layers.flatMap((layer, n) =>
    [...new Set([layer.carries, "h"])].flatMap((state) =>
      [state, `d_${state}`].map((name) => {
        const isGradient = name.startsWith("d_");
        const called = both ? `${layer.kind} ` : "";
        const label = isGradient
          ? [gradientOf(state), h("span", { class: "le-name" }, `${called}gradient of ${state}`)]
          : [chip(state, palette), h("span", { class: "le-name" }, called + palette.names[state])];
        const read = (t, k) => at(arrays[n][name], bar.here().batch, t, k);
        const text = isGradient ? `dL/d${state}` : state;
        return {
          n,
          name,
          state,
          isGradient,
          ...timeMap(context, bar, tip, {
            key: `${n}/${name}`,
            title: label,
            veiled: isGradient,
            rows: layer.units,
            steps: spec.steps,
            pick: (t, k) => bar.go({ t, unit: Math.min(k, spec.units - 1) }),
            tell: (t, k) => `${called}${text} · step ${t}, unit ${k}: ${format(read(t, k), 6)}`,
          }),
        };
      }),
    ),
  );
  const normChart = timeChart(context, bar, tip, {
    key: "norm",
    title: h("span", { class: "le-name" }, "size of the gradient at each step, over all units"),
    steps: spec.steps,
    tell: (t) => `step ${t}: ` + norms.map((norm, n) => `${spec.layers[n].kind} |dL/dh| = ${sized(norm.dh[t])}`).join(", "),
  });
  const wayChart = timeChart(context, bar, tip, {
    key: "way",
    title: h("span", { class: "le-name" }, "what is left of a gradient, from the last step back to here"),
    steps: spec.steps,
    tell: (t) =>
      `step ${t}: ` + ways.map((w, n) => `${spec.layers[n].kind}, own way: ${fromExponent(w.exponent[t], w.sign[t])}`).join(", "),
  });
  const order = spec.time ? " (in the order of processing)" : "";
  const axis = timeAxis(`step${order} · the gradient flows from right to left`);
  const pictures = h("div", { class: "le-maps", role: "img" }, maps.map((map) => map.element), normChart.element,
    wayChart.element, axis.element, tip.element); // prettier-ignore

  // --- numbers --------------------------------------------------------------
  const words = h("p", { class: "le-words" });
  const loss = h("p", { class: "le-loss" },
    spec.given
      ? "L is the loss whose gradient dL/dy was given."
      : "The loss L is the sum of the last output over all units: at the last step dL/dh = 1 for every unit."); // prettier-ignore
  const note = h("p", { class: "le-note", hidden: true });
  const sides = spec.layers.map((layer, n) => gradientSide(context, spec, layer, arrays[n], counts, n));
  const side = h("div", { class: "le-side" }, loss, words, sides.map((s) => s.element), note);
  const heads = spec.layers.map((layer) => [
    h("strong", {}, layer.name),
    h("span", { class: "le-muted" }, `${layer.kind} · ${layer.units} unit${layer.units === 1 ? "" : "s"}`),
  ]);
  root.append(
    h("div", { class: "le-head" }, heads[0], both && [h("span", { class: "le-muted" }, "beside"), heads[1]],
      h("span", { class: "le-muted" }, `· backpropagation through ${spec.steps} step${spec.steps === 1 ? "" : "s"}` +
        (spec.batch > 1 ? ` · ${spec.batch} sequences` : ""))),
    bar.element,
    h("div", { class: "le-body" }, pictures, side),
    keysLine(),
  ); // prettier-ignore
  const voice = announcer(root);

  // --- what belongs to a sequence, and to a unit of it -----------------------
  let norms = [];
  let ways = [];
  let drawn = ""; // what the pictures were drawn for
  let drawnWay = "";
  let plotWidth = 0;
  let noteText = "";

  function drawSequence(batch) {
    const dark = context.theme === "dark";
    const runs = skippedRuns(counts, batch, spec.steps);
    plotWidth = Math.max(40, maps[0].plot.clientWidth);
    norms = arrays.map((mine, n) => ({
      dh: lengths(mine.d_h, batch),
      dc: spec.layers[n].carries === "c" ? lengths(mine.d_c, batch) : null,
    }));
    const stops = palette.diverging[context.theme];
    const byPower = model.get("log_maps");
    for (const map of maps) {
      const { data, shape } = arrays[map.n][map.name];
      const start = batch * shape[1] * shape[2];
      const value = (k, t) => data[start + t * shape[2] + k];
      // Gradients of one state have one scale in both layers: or what has vanished would look as large as the other.
      const scales = spec.layers.map((layer) => layer.scales[map.name]).filter(Boolean);
      const scale = map.isGradient ? scales.reduce((a, b) => (a.high > b.high ? a : b)) : spec.layers[map.n].scales[map.name];
      if (map.isGradient && byPower) {
        const { high } = scale;
        const named = h("span", { class: "le-legend" }, `−${formatLimit(high)}`, h("span", { class: "le-bar",
          style: `background:linear-gradient(to right, ${stops.join(", ")})` }), `${formatLimit(high)}, log`); // prettier-ignore
        const powers = (k, t) => byPowers(value(k, t), high, DECADES_OF_COLOUR);
        map.draw(plotWidth, powers, { kind: "signed", low: -1, high: 1 }, stops, runs, dark, named);
      } else {
        map.draw(plotWidth, value, scale, stops, runs, dark);
      }
    }
    const log = model.get("log_norm");
    const as = log ? exponents : (values) => values;
    normChart.draw(
      plotWidth,
      spec.layers.flatMap((layer, n) => [
        { name: `${n}/dh`, label: `${layer.kind} |dL/dh|`, colour: palette.colors.h, dash: GRADIENT_DASHES[n], values: as(norms[n].dh) },
        norms[n].dc && { name: `${n}/dc`, label: `${layer.kind} |dL/dc|`, colour: palette.colors.c,
          dash: ["dotted", "dash-dot"][n], values: as(norms[n].dc) },
      ].filter(Boolean)),
      { log, dark, runs },
    ); // prettier-ignore
    axis.draw(spec.steps, plotWidth);
    noteText = notes(batch, runs);
    note.hidden = !noteText;
    say(note, noteText);
  }

  function notes(batch, runs) {
    const named = maps.map((map) => {
      const text = map.isGradient ? `dL/d${map.state}` : map.state;
      return [both ? `${spec.layers[map.n].kind}'s ${text}` : text, arrays[map.n][map.name]];
    });
    const found = [oddNumbers(named, batch)];
    for (const [n, { dh }] of norms.entries()) {
      const { kind } = spec.layers[n];
      const first = dh.findIndex((v) => v !== 0);
      if (first < 0) found.push(`No gradient reaches the ${kind} in this sequence: dL/dh is 0 at every step.`);
      else if (first) {
        found.push(`Before step ${first} nothing is left of the ${kind}'s gradient: it is smaller than the smallest number of ` +
          "this precision, and so exactly 0."); // prettier-ignore
      }
    }
    if (model.get("log_maps")) {
      found.push(`The gradients' colours go by powers of ten, down to 1e−${DECADES_OF_COLOUR} of the end of their scale; what is ` +
        "smaller has the colour of 0."); // prettier-ignore
    }
    if (runs.length) found.push("Hatched steps are masked: the gradient passes through them untouched.");
    found.push(...stayedInPython(spec));
    if (spec.layers.some((layer) => layer.traced <= batch)) {
      found.push("All ways together were not computed for this sequence: that is done for a few, and for layers of a moderate size.");
    }
    found.push(sharedPixels(maps, { curves: true }));
    return found.filter(Boolean).join(" ");
  }

  function drawWays(batch, unit) {
    ways = arrays.map((mine, n) => directWay(mine.direct, batch, unitOf(n, unit)));
    const curves = spec.layers.flatMap((layer, n) => {
      const { whole, norm } = arrays[n];
      const traced = batch < layer.traced;
      const column = (array, k) =>
        exponents(Float64Array.from({ length: spec.steps }, (_, t) => (k === null ? at(array, batch, t) : at(array, batch, t, k))));
      const factor = { LSTM: "product of f", GRU: "product of z", SimpleRNN: "product of slope · U[u,u]" }[layer.kind];
      const colour = palette.colors[{ LSTM: "f", GRU: "f", SimpleRNN: "x" }[layer.kind]];
      const s = layer.carries;
      return [
        { name: `${n}/way`, label: `${layer.kind}: ${factor}`, colour, dash: GRADIENT_DASHES[n], values: ways[n].exponent },
        traced && !n && { name: `${n}/whole`, label: `${layer.kind}: all ways, ∂${s}_T/∂${s}_t`, colour: palette.colors[s],
          dash: "dotted", values: column(whole, unitOf(n, unit)) },
        traced && { name: `${n}/jacobian`, label: `${layer.kind}: all units, ‖∂${s}_T/∂${s}_t‖`, colour: palette.colors.g,
          dash: n ? "dashed" : "solid", values: column(norm, null) },
      ].filter(Boolean); // prettier-ignore
    });
    wayChart.draw(plotWidth, curves, { log: true, dark: context.theme === "dark", runs: skippedRuns(counts, batch, spec.steps) });
  }

  function draw({ batch, unit }) {
    const sequence = [batch, root.clientWidth, context.theme, model.get("log_maps"), model.get("log_norm")].join();
    if (sequence !== drawn) drawSequence(batch);
    if (`${sequence},${unit}` !== drawnWay) drawWays(batch, unit);
    [drawn, drawnWay] = [sequence, `${sequence},${unit}`];
  }

  function paint() {
    const place = bar.here();
    const { t, unit, batch } = place;
    draw(place);
    root.dataset.kind = spec.kind;
    bar.paint(place, spec.time);
    logMaps.checked = model.get("log_maps");
    logNorm.checked = model.get("log_norm");
    for (const map of maps) {
      const k = unitOf(map.n, unit);
      map.place(t, k);
      say(map.value, (map.isGradient ? sized : format)(at(arrays[map.n][map.name], batch, t, k)));
    }
    const sizes = {};
    const wayTexts = {};
    spec.layers.forEach((layer, n) => {
      sizes[`${n}/dh`] = sized(norms[n].dh[t]);
      if (norms[n].dc) sizes[`${n}/dc`] = sized(norms[n].dc[t]);
      wayTexts[`${n}/way`] = fromExponent(ways[n].exponent[t], ways[n].sign[t]);
      if (batch < layer.traced) {
        wayTexts[`${n}/whole`] = sized(at(arrays[n].whole, batch, t, unitOf(n, unit)));
        wayTexts[`${n}/jacobian`] = sized(at(arrays[n].norm, batch, t));
      }
    });
    normChart.place(t, sizes);
    wayChart.place(t, wayTexts);
    const numbers = sides.map((s, n) => s.paint({ ...place, unit: unitOf(n, unit) }, ways[n]));
    const text = `${gradientInWords(spec, place, numbers[0], wayTexts["0/way"])} ${besideInWords(spec.layers, norms, t)}`.trim();
    say(words, text);
    voice.tell(`${text} ${noteText}`);
    pictures.setAttribute("aria-label",
      `Heat maps of units over ${spec.steps} steps: states and their gradients${both ? ", of two layers" : ""}; curves of the ` +
        `gradient's size and of what is left of it. ${text}`); // prettier-ignore
    root.setAttribute("aria-label", `Gradient explorer, ${spec.layers.map((l) => `${l.kind} ${l.name}`).join(" beside ")}`);
  }

  context.onChange(["t", "unit", "batch", "log_maps", "log_norm"], context.repaint);
  return {
    layout: () => ([drawn, drawnWay] = ["", ""]),
    paint,
    key: bar.key,
    close() {
      bar.stop();
      voice.close();
    },
  };
}

/** A summand as it stands in a sum: "+ 0.5000", "− 0.2500". */
export const summand = (v) => (v < 0 ? `− ${sized(-v)}` : `+ ${sized(v)}`);

/** A factor as it stands in a product: negative ones in brackets. */
export const inProduct = (v) => (v < 0 ? `(${sized(v)})` : sized(v));

const formatLimit = (v) => String(Number(v.toPrecision(3))).replace("-", "−");

// --- one layer's numbers --------------------------------------------------------------------------------------------

/** One layer's equations with their numbers, the factors of the unit's own way, and what the step gives to dL/db. */
function gradientSide(context, spec, layer, arrays, counts, which) {
  const { palette } = context;
  const slots = {};
  const slot = (name, colour = null) => {
    const element = h("span", { class: "le-num", "data-q": `${which}/${name}` });
    if (colour) element.style.borderBottomColor = palette.colors[colour];
    (slots[name] ??= []).push(element);
    return element;
  };
  const sign = (name) => {
    const [letter, index] = name.split("_");
    return h("span", { class: "le-sym" }, "∂L/∂", h("i", {}, letter), index ? h("sub", {}, index) : null);
  };
  const line = (...parts) => [h("span", { class: "le-part" }, parts), " "]; // may break between two, not within one
  const chipOf = ({ name, like }) => {
    const colour = palette.colors[like];
    return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, name);
  };
  const slopeText = layer.activation === "tanh" ? "(1 − tanh²c)" : `${layer.activation}'(c)`;

  const ways = h("div", { class: "le-ways" });
  const dhRow = h("div", { class: "le-equation", "data-row": `${which}/dh` }, chip("h", palette),
    h("div", {}, line(sign("h_t"), " = from the loss"), line("+ back from step t+1"),
      h("div", {}, "= ", slot("own"), " ", ways, " = ", slot("dh", "h")))); // prettier-ignore
  const dcRow = layer.kind === "LSTM" &&
    h("div", { class: "le-equation", "data-row": `${which}/dc` }, chip("c", palette),
      h("div", {},
        h("div", { class: "le-unless-masked" },
          line(sign("c_t"), " = ", sign("h_t"), " · ", symbol("o")), line(`· ${slopeText}`),
          line(" + ", sign("c_t+1"), " · ", symbol("f_t+1")),
          h("div", {}, line("= ", slot("dh", "h"), " · ", slot("o", "o")), line("· ", slot("slope")),
            line("+ ", slot("dcNext", "c"), " · ", slot("fNext", "f"))),
          h("div", {}, line("= ", slot("shown"), " ", slot("kept")), line(" = ", slot("dc", "c")))),
        h("div", { class: "le-if-masked" }, line(sign("c_t"), " = ", sign("c_t+1"), " = ", slot("dc", "c"), " (masked)")))); // prettier-ignore
  const equations = h("div", { class: "le-equations" }, dhRow, dcRow);

  const letter = { LSTM: "f", GRU: "z", SimpleRNN: "" }[layer.kind];
  const rule = {
    LSTM: "the forget gates between here and the end: f[t+1] · … · f[T]",
    GRU: "the update gates between here and the end: z[t+1] · … · z[T]",
    SimpleRNN: `the slopes between here and the end, each times U[u, u]: (${layer.activation === "tanh" ? "1 − h²" : `${layer.activation}'`}) · U[u, u]`,
  }[layer.kind];
  const chips = Array.from({ length: 8 }, (_, n) => {
    const [index, value] = [h("sub", {}), h("span", {})];
    const chipped = h("span", {}, n ? " · " : "", h("span", { class: "le-factor" }, h("small", {}, letter, index), value));
    return { chipped, index, value };
  });
  const [rest, equals] = [h("span", {}), h("span", {})];
  const product = h("strong", { class: "le-num", "data-q": `${which}/product` });
  const factors = h("div", { class: "le-factors" }, chips.map(({ chipped }) => chipped), rest,
    h("span", { class: "le-product" }, equals, product)); // prettier-ignore
  const wayTitle = h("p", { class: "le-small le-muted" }, `The unit's own way: ${rule}`);

  const bars = layer.blocks.map((block) => {
    const fill = h("span", { class: "le-fill" });
    const [now, sofar, all] = [0, 1, 2].map(() => h("td", {}));
    now.dataset.q = `${which}/db_${block.name}`;
    sofar.dataset.q = `${which}/gathered_${block.name}`;
    const row = h("tr", {}, h("th", { scope: "row" }, chipOf(block)), h("td", { class: "le-termbar" },
      h("span", { class: "le-track" }, fill)), now, sofar, all); // prettier-ignore
    return { fill, now, sofar, all, row, colour: palette.colors[block.like] };
  });
  const headings = ["", "", "this step", "from the end to here", "all steps"];
  const table = h("table", { class: "le-table le-terms" },
    h("caption", { class: "le-muted" }, "dL/db of this unit, a sum over the steps. The bar: what has been gathered from the end to here"),
    h("thead", {}, h("tr", {}, headings.map((text, n) => (n < 2 ? h("td", {}) : h("th", { scope: "col" }, text))))),
    h("tbody", {}, bars.map((b) => b.row))); // prettier-ignore
  const others = h("p", { class: "le-small le-muted" });
  const heading = spec.layers.length > 1 ? h("h4", { class: "le-layer" }, `${layer.kind} ${layer.name}`) : null;
  const element = h("section", { class: "le-gradient-side", "aria-label": `numbers of the ${layer.kind}` }, heading, equations,
    wayTitle, factors, layer.use_bias && table, others); // prettier-ignore

  const put = (name, value, write = sized) => {
    for (const slotted of slots[name] ?? []) {
      say(slotted, write(value));
      slotted.title = `${name} = ${value}`;
    }
  };
  let sums = { key: "", found: null, span: 1 };

  /** What came back by each way: the same ways at most steps, so that only the numbers change. */
  let waysShown = "";
  function paintWays(back) {
    const names = back.map(([by]) => by).join();
    if (names !== waysShown) {
      waysShown = names;
      ways.hidden = !back.length;
      ways.replaceChildren(
        ...back.flatMap(([by]) => {
          const block = layer.blocks.find(({ name }) => name === by);
          const number = h("span", { class: "le-num", "data-q": `${which}/back_${by}` });
          if (block) number.style.borderBottomColor = palette.colors[block.like];
          return [" ", h("span", { class: "le-part" }, number, h("sub", {}, block ? by : ` ${by}`))];
        }),
      );
    }
    ways.querySelectorAll(".le-num").forEach((number, n) => {
      say(number, summand(back[n][1]));
      number.title = `${back[n][0]} = ${back[n][1]}`;
    });
  }

  return {
    element,
    paint(place, way) {
      const { batch, t, unit } = place;
      const numbers = gradientAt(layer, arrays, counts, spec.steps, place);
      equations.classList.toggle("le-masked", numbers.masked);
      for (const name of ["own", "dh", "shown", "dc"]) if (name in numbers) put(name, numbers[name]);
      if (layer.kind === "LSTM") {
        for (const name of ["o", "slope", "dcNext", "fNext"]) put(name, numbers[name], inProduct);
        put("kept", numbers.dcNext * numbers.fNext, summand);
      }
      paintWays(numbers.back);
      const { factors: shown, more } = wayFrom(arrays.direct, place, chips.length);
      chips.forEach(({ chipped, index, value }, n) => {
        chipped.hidden = n >= shown.length;
        if (chipped.hidden) return;
        say(index, String(shown[n][0]));
        say(value, ` ${format(shown[n][1], 3)}`);
      });
      say(rest, more ? " · … (" + more + " more)" : "");
      say(equals, shown.length ? " = " : "no factor yet: ");
      say(product, fromExponent(way.exponent[t], way.sign[t]));

      const key = `${batch},${unit}`;
      if (sums.key !== key) {
        const found = gathered(arrays.d_sums, batch, unit, bars.length);
        sums = { key, found, span: Math.max(...found.map((s) => s.reduce((most, v) => Math.max(most, Math.abs(v)), 0)), 1e-300) };
      }
      const { span } = sums;
      bars.forEach(({ fill, now, sofar, all, colour }, n) => {
        const value = sums.found[n][t];
        say(now, sized(numbers.sums[n]));
        say(sofar, sized(value));
        say(all, sized(sums.found[n][0]));
        const share = Number.isFinite(value) ? Math.min(50, (50 * Math.abs(value)) / span) : 0;
        fill.style.left = `${value < 0 ? 50 - share : 50}%`;
        fill.style.width = `${share}%`;
        fill.style.background = colour;
      });
      const all = Math.sqrt(sumOfSquares(arrays.d_sums, batch, t));
      const before = t
        ? Math.sqrt(sumOfSquares(arrays.h, batch, t - 1))
        : Math.hypot(...Array.from({ length: layer.units }, (_, k) => at(arrays.h_start, batch, k)));
      say(others, `To all of dL/dW this step gives a matrix of size |x| · |dL/dz| = ${sized(at(arrays.x_norm, batch, t, 0) * all)}` +
        (layer.kind === "GRU" ? "." : `, to dL/dU one of |h_t−1| · |dL/dz| = ${sized(before * all)}.`)); // prettier-ignore
      return numbers;
    },
  };
}

function sumOfSquares({ shape, data }, batch, t) {
  let sum = 0;
  for (let k = 0, n = (batch * shape[1] + t) * shape[2]; k < shape[2]; k++, n++) sum += data[n] * data[n];
  return sum;
}
