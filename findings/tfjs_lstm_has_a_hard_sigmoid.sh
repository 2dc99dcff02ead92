#!/usr/bin/env bash
# TensorFlow.js 4.22.0 (@tensorflow/tfjs), Node 20
#
# One would guess: tf.layers.lstm({units}) is keras.layers.LSTM(units): the same class, the same three arrays by the same names and
#   in the same order, so that layer.setWeights() with Keras's get_weights() computes what Keras computes.
# What happens: recurrentActivation is hardSigmoid where Keras has sigmoid since 2.3, and it is the one of Keras 2,
#   clip(0.2 x + 0.5, 0, 1); Keras 3's hard_sigmoid has slope 1/6. The weights fit, the numbers are near, and nothing is said.
# Seen: with the same weights, against the six equations: as made 0.022 apart, with recurrentActivation: "sigmoid" 1.9e-08.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs@4.22.0
cat > run.js <<'JAVASCRIPT'
console.warn = console.info = () => {}; // "use the Node backend": it is about speed
const tf = require("@tensorflow/tfjs");
const [F, H, T] = [5, 4, 6];
let seed = 1;
const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5) * 2;
const grid = (rows, columns) => Array.from({ length: rows }, () => Array.from({ length: columns }, random));
const [kernel, recurrent, [bias], x] = [grid(F, 4 * H), grid(H, 4 * H), grid(1, 4 * H), grid(T, F)];

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
let h = Array(H).fill(0), c = Array(H).fill(0);
for (const row of x) {
  const z = bias.map((b, k) => row.reduce((s, v, j) => s + v * kernel[j][k], h.reduce((s, v, j) => s + v * recurrent[j][k], b)));
  c = c.map((old, u) => sigmoid(z[H + u]) * old + sigmoid(z[u]) * Math.tanh(z[2 * H + u]));
  h = c.map((now, u) => sigmoid(z[3 * H + u]) * Math.tanh(now));
}

const apart = (config) => {
  const layer = tf.layers.lstm({ units: H, inputShape: [T, F], ...config });
  const model = tf.sequential({ layers: [layer] });
  layer.setWeights([tf.tensor(kernel), tf.tensor(recurrent), tf.tensor(bias)]);
  const y = model.predict(tf.tensor([x])).dataSync();
  return Math.max(...h.map((value, u) => Math.abs(value - y[u])));
};
const [made, told, slope] = [apart({}), apart({ recurrentActivation: "sigmoid" }), tf.layers.activation({ activation: "hardSigmoid" })];
const at1 = slope.apply(tf.tensor([[1]])).dataSync()[0];
console.log(`tfjs ${tf.version.tfjs}: as made ${made.toPrecision(2)} apart, with sigmoid ${told.toPrecision(2)}`);
console.log(`hardSigmoid(1) = ${at1.toFixed(4)} (slope 0.2: 0.7; slope 1/6: 0.6667)`);
process.exit(made > 0.01 && told < 1e-6 && Math.abs(at1 - 0.7) < 1e-6 ? 0 : 1);
JAVASCRIPT
node run.js
