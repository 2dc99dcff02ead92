// What every explorer shares. Python puts this file before an explorer's own (see _base.py), so that each widget is one
// ES module: no framework, no network, no build step. Text reaches the page through textContent only.

// --- model to arrays ------------------------------------------------------------------------------------------------

/** The recorded arrays by name: {name: {shape, data}}. `table` says where each one lies in the bytes.
 *  A widget's buffer may start at any byte of a larger one, and a typed array may not: so it is copied once. */
export function readArrays(table, view) {
  const copy = view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view.slice(0);
  const kinds = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(table)) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { shape, data: new kinds[dtype](copy, offset, size) };
  }
  return arrays;
}

/** One number of an array, by its indices: at(trace.c, row, step, unit). */
export function at(array, ...index) {
  let flat = 0;
  for (let axis = 0; axis < array.shape.length; axis++) flat = flat * array.shape[axis] + index[axis];
  return array.data[flat];
}

// --- numbers to text ------------------------------------------------------------------------------------------------

/** A number as a reader wants it: few digits, a true minus sign, and NaN and infinity by name. */
export function format(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return (0).toFixed(digits);
  const text = size < 0.5 * 10 ** -digits || size >= 1e5 ? value.toExponential(2) : value.toFixed(digits);
  return text.replace(/-/g, "−");
}

/** How far two numbers are apart: 0, or two figures and a power of ten. */
export function formatDifference(a, b) {
  const apart = Math.abs(a - b);
  if (Object.is(a, b) || apart === 0 || (Number.isNaN(a) && Number.isNaN(b))) return "0";
  return Number.isFinite(apart) ? apart.toExponential(1).replace(/-/g, "−") : "not finite";
}

/** What a quantity may differ by from Keras's: what rounding can do to it in this layer, or else the usual tolerance. */
export function allowed(spec, name) {
  const limit = spec.comparison?.limits?.[name];
  return limit === undefined ? spec.tolerance : { atol: limit, rtol: 0 };
}

/** Whether ours agrees with Keras's: |a − b| within atol + rtol |b|; NaN agrees with NaN, ∞ with ∞. */
export function agrees(a, b, { atol, rtol }) {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= atol + rtol * Math.abs(b);
}

/** What of the run stayed in Python because it was too much for a page, in sentences; none if all of it is here. */
export function stayedInPython(spec, rows = "sequences") {
  const sentence = (here, all, what) => `The first ${here} of ${all} ${what} are here; the rest stayed in Python.`;
  return [
    spec.rows < spec.batch && sentence(spec.rows, spec.batch, rows),
    spec.all_steps && sentence(spec.steps, spec.all_steps, "steps"),
  ].filter(Boolean);
}

// --- value to colour ------------------------------------------------------------------------------------------------

export function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** 256 colours between the given stops, as one Uint8ClampedArray of r, g, b, 255. */
export function ramp(stops) {
  const colours = stops.map(rgb);
  const table = new Uint8ClampedArray(256 * 4);
  for (let n = 0; n < 256; n++) {
    const place = (n / 255) * (colours.length - 1);
    const left = Math.min(Math.floor(place), colours.length - 2);
    for (let k = 0; k < 3; k++) {
      table[4 * n + k] = colours[left][k] + (place - left) * (colours[left + 1][k] - colours[left][k]);
    }
    table[4 * n + 3] = 255;
  }
  return table;
}

/** Where on the ramp a value lies, 0 to 255; −1 for what has no place there: NaN and infinities. */
export function shade(value, low, high) {
  if (!Number.isFinite(value)) return -1;
  if (!(high > low)) return 128;
  return Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low))));
}

/** Black or white, whichever reads better on this colour. */
export function inkOn(hex) {
  return luminance(rgb(hex)) > 0.179 ? "#000000" : "#ffffff";
}

/** Relative luminance (WCAG) of an [r, g, b] of 0..255. */
export function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// --- pixel to value -------------------------------------------------------------------------------------------------

/** Which of `count` equal cells along `length` pixels this pixel is in. */
export function cellAt(pixel, length, count) {
  return Math.max(0, Math.min(count - 1, Math.floor((pixel / length) * count)));
}

/** Round labels along an axis of `count` steps, at most about `most` of them: always the first. */
export function ticks(count, most) {
  const rough = Math.max(1, (count - 1) / Math.max(1, most));
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough - 1e-9);
  const found = [];
  for (let n = 0; n < count; n += every) found.push(n);
  return found;
}

// --- keys -----------------------------------------------------------------------------------------------------------

/** Where a key leads from {t, unit}, or null for a key that moves nothing. */
export function moved(key, { t, unit }, { steps, units }) {
  const limit = (n, count) => Math.max(0, Math.min(count - 1, n));
  const by = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    PageUp: [-10, 0], PageDown: [10, 0], Home: [-steps, 0], End: [steps, 0],
  }[key]; // prettier-ignore
  return by ? { t: limit(t + by[0], steps), unit: limit(unit + by[1], units) } : null;
}

// --- Keras's activations, as core/activations.py has them -----------------------------------------------------------

const clip = (x, low, high) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low), high));
const softplus = (x) => (Number.isNaN(x) ? x : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const expm1Below = (x) => Math.expm1(Math.min(x, 0));

/** The error function: its power series near 0, its continued fraction far out. Good to 1e-14. */
function erf(x) {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let tail = a;
  for (let n = 60; n > 0; n--) tail = a + n / 2 / tail;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (tail * Math.sqrt(Math.PI)));
}

const LEAK = Math.fround(0.2);
const hardSigmoid = (x) => clip(x + 3, 0, 6) / 6;
const silu = (x) => x * sigmoid(x);
const hardSilu = (x) => x * hardSigmoid(x);
const ELEMENTWISE = {
  linear: (x) => x,
  tanh: Math.tanh,
  sigmoid,
  hard_sigmoid: hardSigmoid,
  hard_sigmoid_keras2: (x) => clip(0.2 * x + 0.5, 0, 1),
  hard_tanh: (x) => clip(x, -1, 1),
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => Math.max(x, LEAK * x),
  elu: (x) => (x > 0 ? x : expm1Below(x)),
  celu: (x) => Math.max(x, 0) + expm1Below(x),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1Below(x)),
  soft_shrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  exponential: Math.exp,
  softplus,
  log_sigmoid: (x) => -softplus(-x),
  softsign: (x) => x / (1 + Math.abs(x)),
  silu,
  swish: silu,
  mish: (x) => x * Math.tanh(softplus(x)),
  tanh_shrink: (x) => x - Math.tanh(x),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  sparse_plus: (x) => (x <= -1 ? 0 : x < 1 ? (x + 1) ** 2 / 4 : x),
  sparse_sigmoid: (x) => clip((x + 1) / 2, 0, 1),
  gelu: (x) => x * 0.5 * (1 + erf(x * Math.fround(Math.SQRT1_2))),
};

function softmax(row) {
  const top = Math.max(...row);
  const e = row.map((v) => Math.exp(v - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}

function logSoftmax(row) {
  const top = Math.max(...row);
  const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
  return row.map((v) => v - top - total);
}

/** As Keras has it: it adds up the running sums of the largest, where Martins and Astudillo (2016) take the last one. */
function sparsemax(row) {
  const ordered = [...row].sort((a, b) => b - a);
  let running = 0;
  let sum = 0;
  let count = 0;
  ordered.forEach((v, n) => {
    running += v;
    if (v - (running - 1) / (n + 1) <= 0) return;
    sum += running;
    count++;
  });
  return row.map((v) => Math.max(v - (sum - 1) / count, 0));
}

const ROWWISE = { softmax, log_softmax: logSoftmax, sparsemax };

/** One row through the activation of that name; null for an activation the page does not know. */
export function activate(name, row) {
  if (ROWWISE[name]) return ROWWISE[name](row);
  const f = ELEMENTWISE[name];
  return f ? row.map((v) => f(v)) : null;
}

/** Whether each output depends on its own sum only. */
export const isElementwise = (name) => name in ELEMENTWISE;

// --- a sum, term by term ---------------------------------------------------------------------------------------------

const TERMS_SHOWN = 12;

/** The terms x[f] W[f, u] of one sum, the largest first where there are more than `most`: {shown: [{f, x, w, product}],
 *  others: how many are left out, rest: their sum}. */
export function terms(x, w, most) {
  const all = x.map((value, f) => ({ f, x: value, w: w(f), product: value * w(f) }));
  if (all.length <= most) return { shown: all, others: 0, rest: 0 };
  const size = (term) => (Number.isFinite(term.product) ? Math.abs(term.product) : Infinity);
  const ordered = [...all].sort((a, b) => size(b) - size(a) || a.f - b.f);
  const rest = ordered.slice(most).reduce((sum, term) => sum + term.product, 0);
  return { shown: ordered.slice(0, most), others: all.length - most, rest };
}

// --- building the page ----------------------------------------------------------------------------------------------

/** An element with attributes and children. Strings become text, never markup. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set text only where it differs: nothing is laid out again for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A quantity's letter on its colour: the sign that stands for it everywhere. */
export function chip(letter, palette) {
  const colour = palette.colors[letter];
  return h("span", { class: "le-chip", style: `background:${colour};color:${inkOn(colour)}` }, letter);
}

/** "f · c<sub>prev</sub>": a name with its index set low. */
export function symbol(name) {
  const [letter, index] = name.split("_");
  return h("span", { class: "le-sym" }, h("i", {}, letter), index ? h("sub", {}, index) : null);
}

/** A canvas as sharp as the screen, `width` by `height` CSS pixels; returns its context, in CSS pixels. */
export function sizeCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

/** A small tile to fill with: "hatch" for what was skipped, "check" for what is not a number. */
export function pattern(context, kind, dark) {
  const tile = h("canvas", { width: 8, height: 8 });
  const pen = tile.getContext("2d");
  if (kind === "hatch") {
    pen.strokeStyle = dark ? "#ffffffb0" : "#000000a0";
    pen.lineWidth = 1.2;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
    }
    pen.stroke();
  } else {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 8, 8);
    pen.fillStyle = "#000000";
    for (const [x, y] of [[0, 0], [4, 0], [2, 2], [6, 2], [0, 4], [4, 4], [2, 6], [6, 6]]) pen.fillRect(x, y, 2, 2); // prettier-ignore
  }
  return context.createPattern(tile, "repeat");
}

/** rows x columns values for a picture of at most across x down cells: of each group that falls together the value
 *  largest in magnitude, so that no spike is lost; one that is not finite is larger than all. */
export function strongest(value, rows, columns, down, across) {
  const [high, wide] = [Math.min(rows, down), Math.min(columns, across)];
  if (high === rows && wide === columns) return { rows, columns, value };
  const kept = new Float64Array(high * wide);
  const weight = (v) => (Number.isFinite(v) ? Math.abs(v) : Infinity);
  for (let y = 0; y < high; y++) {
    const bottom = Math.floor(((y + 1) * rows) / high);
    for (let x = 0; x < wide; x++) {
      const right = Math.floor(((x + 1) * columns) / wide);
      let best = 0;
      for (let r = Math.floor((y * rows) / high); r < bottom; r++) {
        for (let c = Math.floor((x * columns) / wide); c < right; c++) {
          const v = value(r, c);
          if (weight(v) > weight(best)) best = v;
        }
      }
      kept[y * wide + x] = best;
    }
  }
  return { rows: high, columns: wide, value: (y, x) => kept[y * wide + x] };
}

/** Paint a rows x columns picture of value(row, column) over the whole canvas; of cells that share a pixel the one that
 *  `strongest` takes. What is not finite is drawn as a chequerboard. */
export function paintCells(canvas, width, height, rows, columns, value, { low, high, stops }, dark) {
  const context = sizeCanvas(canvas, width, height);
  const cells = strongest(value, rows, columns, canvas.height, canvas.width);
  const [down, across] = [cells.rows, cells.columns];
  const table = new Uint32Array(ramp(stops).buffer); // a pixel at a time
  const picture = new ImageData(across, down);
  const pixels = new Uint32Array(picture.data.buffer);
  const odd = []; // cells that are not finite
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const index = shade(cells.value(y, x), low, high);
      if (index < 0) odd.push([x, y]);
      else pixels[y * across + x] = table[index];
    }
  }
  const plain = h("canvas", { width: across, height: down });
  plain.getContext("2d").putImageData(picture, 0, 0);
  context.drawImage(plain, 0, 0, width, height);
  if (odd.length) {
    context.fillStyle = pattern(context, "check", dark);
    for (const [x, y] of odd) {
      context.fillRect((x * width) / across, (y * height) / down, Math.max(1, width / across), Math.max(1, height / down));
    }
  }
  return context;
}

/** The stops of a named scale in this theme: {kind: "from zero" | "signed", low, high}. */
export function stopsOf(scale, letter, palette, theme) {
  return scale.kind === "signed" ? palette.diverging[theme] : palette.sequential[theme][letter];
}

/** "0 [bar] 1": the scale of one picture, to be read beside it. */
export function legend(scale, stops) {
  const bar = h("span", { class: "le-bar", style: `background:linear-gradient(to right, ${stops.join(", ")})` });
  return h("span", { class: "le-legend" }, formatEnd(scale.low), bar, formatEnd(scale.high));
}

function formatEnd(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

// --- the shell: what an explorer's root does, whatever is inside ----------------------------------------------------

/** Wrap `build` into anywidget's render. `build(context)` fills context.root and returns
 *  {layout(width), paint(), key(event) -> handled?, close()}: layout draws what depends on size and theme, paint what
 *  depends on the model. */
export function explorer(build) {
  return {
    render({ model, el }) {
      const stop = new AbortController();
      const root = h("div", { class: "lstm-edu-explorer", tabindex: 0, role: "group" });
      el.append(root);
      const watched = [];
      let inside = null;
      let width = 0;
      let unseen = false; // whether a layout waits until the explorer is shown again
      let asked = 0;
      let saving = 0; // the timer that runs while there is something to tell Python
      const untold = new Map(); // what it is: trait -> value
      const told = new Map(); // trait -> what Python was told last, up to eight values, as JSON
      const answered = new Set(); // the traits that keepUntold listens to

      /** Run and show what goes wrong in the widget itself: a reader does not look into the console. */
      const guard = (action) => (...args) => {
        try {
          return action(...args);
        } catch (error) {
          showError(root, error);
          throw error;
        }
      };
      // Python is told after the frame that shows the change: the message, and what Jupyter draws while the kernel
      // answers it, cost more than that frame itself.
      const save = () => {
        saving ||= setTimeout(() => {
          saving = 0;
          for (const [name, value] of untold)
            told.set(name, [JSON.stringify(value), ...(told.get(name) ?? [])].slice(0, 8));
          untold.clear();
          model.save_changes();
        }, 100);
      };
      /** The kernel answers each message with the state that it was told; what the reader has changed since then, and
       *  Python does not know yet, must not go back to it. Any other value is one that Python has set: it stays. */
      const keepUntold = (name) =>
        queueMicrotask(() => {
          if (!untold.has(name) || model.get(name) === untold.get(name)) return;
          if (told.get(name)?.includes(JSON.stringify(model.get(name)))) model.set(name, untold.get(name));
          else untold.delete(name);
        });
      const paint = guard(() => {
        asked = 0;
        if (!inside || !width) return;
        inside.paint();
        // Two frames later the browser knows its height, and keeps it while the explorer is scrolled away.
        if (!root.dataset.ready) requestAnimationFrame(() => requestAnimationFrame(() => root.classList.add("le-settled")));
        root.dataset.ready = "true";
      });
      const layout = guard(() => {
        if (!inside || !width) return;
        unseen = !root.clientWidth; // hidden, as by JupyterLab while it changes its theme: there are no sizes to read
        if (unseen) return;
        context.theme = themeOf(root);
        inside.layout(width); // reads sizes, then writes: a write before it would have the page laid out once more
        root.dataset.theme = context.theme;
        paint();
      });
      const context = {
        model,
        root,
        theme: "light",
        guard,
        spec: model.get("_spec"),
        palette: model.get("_spec").palette,
        listen: (target, type, action, options = {}) =>
          target.addEventListener(type, guard(action), { ...options, signal: stop.signal }),
        /** Repaint in the next frame, once, however many changes ask for it. */
        repaint() {
          if (!asked) asked = requestAnimationFrame(paint);
        },
        relayout: layout,
        /** A change made in the page: shown in the next frame, told to Python at most ten times a second. */
        set(values) {
          const news = Object.entries(values).filter(([name, value]) => model.get(name) !== value);
          for (const [name, value] of news) {
            untold.set(name, value);
            model.set(name, value);
            if (!answered.has(name)) context.onChange([name], () => keepUntold(name));
            answered.add(name);
          }
          if (news.length) save();
        },
        /** Call `action` when one of these traits changes, in the page or from Python. */
        onChange(names, action) {
          const safe = guard(action);
          for (const name of names) {
            model.on(`change:${name}`, safe);
            watched.push([`change:${name}`, safe]);
          }
        },
      };

      guard(() => {
        inside = build(context);
        // Jupyter Notebook 7 takes keys on their way down to the widget, save where it sees this attribute: on what has
        // the focus, a tab or a slider in the explorer too, for its rules are for any element that has it.
        const ours = (event) => {
          const shortcut = event.ctrlKey || event.metaKey || event.altKey; // saving a notebook stays possible
          if (root.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", !shortcut);
        };
        context.listen(window, "keydown", ours, { capture: true });
        context.listen(root, "keydown", (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's and Jupyter's own
          event.stopPropagation(); // else JupyterLab takes the key
          if (inside.key(event)) event.preventDefault();
        });
      })();
      const size = new ResizeObserver(() => {
        const now = root.clientWidth;
        if (now && (now !== width || unseen)) {
          width = now;
          layout();
        }
      });
      size.observe(root);
      // What is scrolled away has no transitions: a theme that changed meanwhile is seen when it comes back.
      const shown = new IntersectionObserver(() => {
        if (root.clientWidth && root.dataset.ready && root.dataset.theme !== themeOf(root)) layout();
      });
      shown.observe(root);
      // The root's colour has a transition of a moment: whatever changes the theme, it ends with one of these events
      // (JupyterLab hides the page while it changes its own, which cancels it).
      for (const type of ["transitionend", "transitioncancel"]) {
        context.listen(root, type, (event) => {
          if (event.target === root && event.propertyName === "color") requestAnimationFrame(layout);
        });
      }

      return () => {
        stop.abort();
        size.disconnect();
        shown.disconnect();
        cancelAnimationFrame(asked);
        clearTimeout(saving);
        if (saving) model.save_changes(); // the last move is not lost with the view
        for (const [name, action] of watched) model.off(name, action);
        inside?.close?.();
        root.remove();
      };
    },
  };
}

/** "dark" or "light": light ink is for dark paper, whoever set it. */
function themeOf(root) {
  const ink = (getComputedStyle(root).color.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
  return luminance(ink) > 0.4 ? "dark" : "light";
}

/** Say in the widget what went wrong, once, above what still works. */
export function showError(root, error) {
  let box = root.querySelector(":scope > .le-error");
  if (!box) root.prepend((box = h("div", { class: "le-error", role: "alert" })));
  say(box, `This explorer met an error of its own, not one of yours: ${error?.message ?? error}`);
}

/** A region that tells a screen reader the state, once it has settled: nobody wants thirty sentences a second. */
export function announcer(root, wait = 350) {
  const region = h("div", { class: "le-hidden", "aria-live": "polite" });
  root.append(region);
  let timer = 0;
  return {
    tell(text) {
      clearTimeout(timer);
      timer = setTimeout(() => say(region, text), wait);
    },
    close: () => clearTimeout(timer),
  };
}
