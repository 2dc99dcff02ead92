// Keras's activations, as core/activations.py has them.

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
