// Gradients in words (pure).

import { fromExponent, sized } from "./numbers.js";
import { ofSequence, placeInWords, plural } from "../shared/words.js";

/** What each layer is called where two are told apart: by its kind; by its name too where the kinds are the same. */
export function layersInWords(layers) {
  const kinds = layers.map(({ kind }) => kind);
  const names = layers.map(({ kind, name }) => `${kind} “${name}”`);
  const differ = (texts) => new Set(texts).size === texts.length;
  return [kinds, names].find(differ) ?? kinds.map((kind, n) => `${["first", "second"][n]} ${kind}`);
}

/** How large the gradient is at a step, for whoever meets this for the first time: what is left of it since the last step.
 *  `sizes`: of each layer, at every step. */
export function sizeInWords(spec, sizes, { t, batch }) {
  const called = layersInWords(spec.layers);
  const now = sizes.map((size) => size[t]);
  const where = `step ${t}${ofSequence(spec, batch)}`;
  const several = called.length > 1;
  const each = (text) => called.map((name, n) => text(n, several ? ` in the ${name}` : "")).join(" and ");
  const plain = each((n, layer) => `${sized(now[n])}${layer}`);
  const back = spec.steps - 1 - t;
  if (!back && !spec.given) {
    return `Here, at the last step (${where}), the gradient begins. Its size is ${plain}. Press ← and follow it back in time.`;
  }
  const shares = sizes.map((size) => size[t] / size.at(-1));
  if (spec.given || !shares.every(Number.isFinite)) return `At ${where} the size of the gradient is ${plain}.`;
  const left = each((n) => leftInWords(shares[n], several ? `the ${called[n]}'s gradient` : "the gradient"));
  return `At ${where}, ${plural(back, "step")} before the end, ${left}.`;
}

/** "12 % of the gradient is left", "1 part in 3.5 million of ...", "the gradient is 7 times as large as at the end". */
function leftInWords(share, gradient) {
  const rounded = (v) => Number(v.toPrecision(2)).toLocaleString("en");
  if (share >= 1.005) return `${gradient} is ${rounded(share)} times as large as at the end`;
  if (share === 0) return `nothing of ${gradient} is left`;
  if (share >= 1e-3) return `${rounded(100 * share)} % of ${gradient} is left`;
  return `1 part in ${largeInWords(1 / share, rounded)} of ${gradient} is left`;
}

/** "2,400", "3.5 million", "2e13": what is beyond all words as a power of ten. */
function largeInWords(value, rounded) {
  if (value >= 1e12) return value.toExponential(1).replace("+", "");
  if (value >= 1e9) return `${rounded(value / 1e9)} billion`;
  return value >= 1e6 ? `${rounded(value / 1e6)} million` : rounded(value);
}

/** How large two layers' gradients are at a step compared with each other, in words; "" for one layer. */
export function besideInWords(layers, norms, t) {
  if (layers.length < 2) return "";
  const called = layersInWords(layers);
  const [a, b] = norms.map((norm) => norm.dh[t]);
  const size = (v) => (v === 0 ? "exactly 0" : sized(v));
  const start = `At step ${t}, |dL/dh| is ${size(a)} in the ${called[0]} and ${size(b)} in the ${called[1]}`;
  const times = a / b;
  if (!Number.isFinite(times) || times === 0 || (times < 2 && times > 0.5)) return `${start}.`;
  const [more, larger] = times > 1 ? [times, called[0]] : [1 / times, called[1]];
  return `${start}: ${more < 1e4 ? Math.round(more) : more.toExponential(0).replace("+", "")} times as much in the ${larger}.`;
}

/** What the pointer finds on the curves of sizes, and of what is left; `called`: the layers. */
export const sizesInWords = (called, norms, t) =>
  `step ${t}: ${called.map((name, n) => `${name} |dL/dh| = ${sized(norms[n].dh[t])}`).join(", ")}`;
export const waysInWords = (called, ways, t) =>
  `step ${t}: ${called.map((name, n) => `${name}, own way: ${fromExponent(ways[n].exponent[t], ways[n].sign[t])}`).join(", ")}`;

/** From which step on there is a gradient, where there is none at all steps; else "". */
export function vanishedInWords(called, dh) {
  const first = dh.findIndex((v) => v !== 0);
  if (first < 0) return `No gradient reaches the ${called} in this sequence: dL/dh is 0 at every step.`;
  return first
    ? `Before step ${first} nothing is left of the ${called}'s gradient: it is smaller than the smallest number of this ` +
        "precision, and so exactly 0."
    : "";
}

export const powersInWords = (decades) =>
  `The gradients' colours go by powers of ten, down to 1e−${decades} of the end of their scale; what is smaller has the ` +
  "colour of 0.";

export const NOT_ALL_WAYS =
  "All ways together were not computed for this sequence: that is done for a few, and for layers of a moderate size.";

export const BIAS_CAPTION =
  "dL/db of this unit, a sum over the steps. The bar: what has been collected from the end to here";
export const BIAS_COLUMNS = ["this step", "from the end to here", "all steps"];

export const lossInWords = (spec) =>
  spec.given
    ? "L is the loss whose gradient dL/dy was given."
    : "The loss L is the sum of the last output over all units: at the last step dL/dh = 1 for every unit.";

/** What the factors of a unit's own way are. */
export function wayRule({ kind, activation }) {
  const slope = activation === "tanh" ? "1 − h²" : `${activation}'`;
  return {
    LSTM: "the forget gates between here and the end: f[t+1] · … · f[T]",
    GRU: "the update gates between here and the end: z[t+1] · … · z[T]",
    SimpleRNN: `the slopes between here and the end, each times U[u, u]: (${slope}) · U[u, u]`,
  }[kind];
}

/** What a step gives to the gradients of the kernels. */
export const weightsInWords = ({ kind }, { toW, toU }) =>
  `This step's contribution to dL/dW has norm |x| · |dL/dz| = ${sized(toW)}` +
  (kind === "GRU" ? "." : `, to dL/dU |h_t−1| · |dL/dz| = ${sized(toU)}.`);

/** What the pictures show, for those who cannot see them. */
export const gradientPicturesInWords = ({ layers, steps }, level) =>
  level === "size"
    ? `How large the gradient is at each of ${plural(steps, "step")}: ${plural(layers.length, "curve")}.`
    : `Heat maps of units over ${steps} steps: states and their gradients${layers.length > 1 ? ", of two layers" : ""}; ` +
      "curves of the gradient's size and of what is left of it.";

/** What happens at this place, in words. */
export function gradientInWords(spec, where, numbers, way) {
  const { t } = where;
  const layer = spec.layers[0];
  const n = sized;
  const place = placeInWords(spec, where);
  const state = layer.carries;
  const gradient = layer.kind === "LSTM" ? numbers.dc : numbers.dh;
  if (!Number.isFinite(gradient)) return `${place}: dL/d${state} is not finite (${n(gradient)}).`;
  const steps = spec.steps - 1 - t;
  const head = `${place}: dL/d${state} = ${n(gradient)}, so adding a little e to ${state} here changes the loss by ${n(gradient)} · e.`;
  if (numbers.masked) return `${head} The step is masked: the gradient passes through it unchanged.`;
  if (!steps) return `${head} This is the last step: the gradient comes from the loss alone. Go left, back in time.`;
  const what = { LSTM: "the forget gates", GRU: "the update gates", SimpleRNN: "slope times U[u, u]" }[layer.kind];
  const split =
    layer.kind === "LSTM"
      ? ` ${n(numbers.shown)} of it comes through h of this step, ${n(numbers.dcNext * numbers.fNext)} from step ${t + 1}, past its forget gate (${n(numbers.fNext)}).`
      : "";
  return `${head}${split} On the unit's own way from the last step, ${plural(steps, "step")} back, ${what} multiply to ${way}.`;
}
