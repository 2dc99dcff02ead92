"""LSTMs as people write them, with one thing wrong: made without the doctor, so that they can be used to measure it.

Everything is float32. `LISTED` are mistakes that the catalogue has, by their id; `UNLISTED` are not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray
Weights = tuple[Array, Array, Array]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def clipped(slope: float) -> Callable[[Array], Array]:
    return lambda z: np.clip(np.float32(slope) * z + np.float32(0.5), 0, 1)


class Step(NamedTuple):
    """One step: x_t (B, F), states h and c (B, H), kernel (F, 4H), recurrent_kernel (H, 4H), bias (4H,) -> h, c."""

    gate: Callable[[Array], Array] = sigmoid
    forget: Callable[[Array], Array] | None = None  # None: as the other gates
    candidate: Callable[[Array], Array] = np.tanh
    order: str = "ifgo"
    change: Callable[[dict[str, Array], Array, Array], None] = lambda gates, h, c: None
    seen: Callable[[Array, Array], Array] = lambda h, c: h
    cell: Callable[..., Array] = lambda i, f, g, c, h: f * c + i * g
    output: Callable[[Array, Array, Array], Array] = lambda o, c, old: o * np.tanh(c)
    sums: Callable[[Array], Array] = lambda z: z

    def __call__(self, x: Array, h: Array, c: Array, weights: Weights) -> tuple[Array, Array]:
        kernel, recurrent_kernel, bias = weights
        z = self.sums(x @ kernel + self.seen(h, c) @ recurrent_kernel + bias)
        z_of = dict(zip(self.order, np.split(z, 4, axis=-1), strict=True))
        gates = {letter: self.gate(z_of[letter]) for letter in "io"}
        gates |= {"f": (self.forget or self.gate)(z_of["f"]), "g": self.candidate(z_of["g"])}
        self.change(gates, h, c)
        new_c = self.cell(gates["i"], gates["f"], gates["g"], c, h)
        return self.output(gates["o"], new_c, c), new_c


class Call(NamedTuple):
    """A whole layer: the step, what is done to weights and input before, to the outputs (B, T, H) after, and which
    states a step finds."""

    step: Step = Step()
    weights: Callable[[Weights], Weights] = lambda w: w
    x: Callable[[Array], Array] = lambda x: x
    after: Callable[[Array], Array] = lambda y: y
    found: Callable[[Array, Array], tuple[Array, Array]] = lambda h, c: (h, c)
    steps: Callable[[int, int], int] = lambda timesteps, units: timesteps

    def __call__(self, x: Array, weights: Weights, start: Sequence[Array]) -> Array:
        weights, x = self.weights(weights), self.x(x)
        h, c = start
        y = np.zeros((*x.shape[:2], h.shape[-1]), np.float32)
        for t in range(min(x.shape[1], self.steps(x.shape[1], h.shape[-1]))):
            h, c = self.step(x[:, t], *(self.found(h, c) if t else (h, c)), weights)
            y[:, t] = h
        return self.after(y)


def blocks(change: Callable[[dict[str, Array]], None], which: int) -> Callable[[Weights], Weights]:
    """Change the gates' blocks of one of the three arrays."""

    def changed(weights: Weights) -> Weights:
        parts = {gate: a.copy() for gate, a in zip("ifgo", np.split(weights[which], 4, axis=-1), strict=True)}
        change(parts)
        new = list(weights)
        new[which] = np.concatenate([parts[gate] for gate in "ifgo"], axis=-1)
        return tuple(new)

    return changed


def _bias(change: Callable[[dict[str, Array]], Any]) -> Call:
    return Call(weights=blocks(change, 2))


def _swap(a: str, b: str) -> Callable[[dict[str, Array]], None]:
    def change(parts):
        parts[a], parts[b] = parts[b], parts[a]

    return change


def _squash(y: Array) -> Array:
    return np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True)


LISTED: dict[str, Call] = {
    **{
        f"gate-order:{','.join(order)}": Call(Step(order="".join(order)))
        for order in permutations("ifgo")
        if order != tuple("ifgo")
    },
    "hard-sigmoid-v2": Call(Step(gate=clipped(0.2))),
    "hard-sigmoid-v3": Call(Step(gate=clipped(1 / 6))),
    "candidate-activation:sigmoid": Call(Step(candidate=sigmoid)),
    "candidate-activation:none": Call(Step(candidate=lambda z: z)),
    "activation-replaced:relu-candidate": Call(Step(candidate=lambda z: np.maximum(z, 0))),
    "dropout-scaling:input-times-0.9": Call(weights=lambda w: (np.float32(0.9) * w[0], w[1], w[2])),
    "dropout-scaling:recurrent-times-0.5": Call(weights=lambda w: (w[0], w[1] / 2, w[2])),
    "dropout-scaling:recurrent-divided-0.5": Call(weights=lambda w: (w[0], 2 * w[1], w[2])),
    "input-scaled:0.003922-x": Call(x=lambda x: x / 255),
    "input-scaled:standardised-whole": Call(x=lambda x: (x - x.mean()) / x.std()),
    "candidate-activation:tanh-on-f": Call(Step(forget=np.tanh)),
    "candidate-activation:tanh-on-ifo": Call(Step(gate=np.tanh)),
    "candidate-activation:sigmoid-on-c": Call(Step(output=lambda o, c, old: o * sigmoid(c))),
    "wrong-previous-state:cell-not-squashed": Call(Step(output=lambda o, c, old: o * c)),
    "wrong-previous-state:tanh-twice": Call(Step(output=lambda o, c, old: o * np.tanh(np.tanh(c)))),
    "wrong-previous-state:output-from-old-c": Call(Step(output=lambda o, c, old: o * np.tanh(old))),
    "wrong-previous-state:gates-see-c": Call(Step(seen=lambda h, c: c)),
    "wrong-previous-state:h-for-c": Call(Step(cell=lambda i, f, g, c, h: f * h + i * g)),
    "peepholes:recurrent-kernel": Call(Step(seen=lambda h, c: h + c)),
    "bias-missing": Call(weights=lambda w: (w[0], w[1], 0 * w[2])),
    "bias-twice": Call(weights=lambda w: (w[0], w[1], 2 * w[2])),
    "tf1-forget-bias": _bias(lambda parts: parts.update(f=parts["f"] + 1)),
    "unit-forget-bias:missing": _bias(lambda parts: parts.update(f=parts["f"] - 1)),
    **{f"bias-missing:{k}": _bias(lambda parts, k=k: parts.update({k: 0 * parts[k]})) for k in "ifgo"},
    **{f"bias-wrong-gate:{a}-{b}": _bias(_swap(a, b)) for a, b in ("if", "ig", "io", "fg", "fo", "go")},
    **{
        f"bias-wrong-gate:only-{k}": _bias(lambda parts, k=k: parts.update(dict.fromkeys("ifgo", parts[k])))
        for k in "ifgo"
    },
    "recurrent-transposed": Call(weights=blocks(lambda parts: parts.update({k: u.T for k, u in parts.items()}), 1)),
    "state-not-carried": Call(found=lambda h, c: (0 * h, 0 * c)),
    "state-not-carried:h": Call(found=lambda h, c: (0 * h, c)),
    "state-not-carried:c": Call(found=lambda h, c: (h, 0 * c)),
    "units-vs-timesteps": Call(steps=lambda timesteps, units: units),
    "slicing:last-step-skipped": Call(steps=lambda timesteps, units: timesteps - 1),
    "slicing:first-step-everywhere": Call(x=lambda x: np.repeat(x[:, :1], x.shape[1], axis=1)),
    "go-backwards-order": Call(after=lambda y: y[:, ::-1]),
    "go-backwards-order:direction": Call(x=lambda x: x[:, ::-1]),
    "extra-activation:tanh": Call(after=np.tanh),
    "extra-activation:softmax": Call(after=_squash),
}


def _shared(gates: dict[str, Array], h: Array, c: Array) -> None:
    gates["i"] = gates["f"] = (gates["i"] + gates["f"]) / 2


def _normalised(z: Array) -> Array:
    return (z - z.mean(axis=-1, keepdims=True)) / (z.std(axis=-1, keepdims=True) + np.float32(1e-3))


UNLISTED: dict[str, Call] = {
    "forget gate reversed": Call(Step(forget=lambda z: 1 - sigmoid(z))),
    "coupled gates": Call(Step(cell=lambda i, f, g, c, h: f * c + (1 - f) * g)),
    "tanh after the product": Call(Step(output=lambda o, c, old: np.tanh(o * c))),
    "a cell that leaks": Call(Step(cell=lambda i, f, g, c, h: np.float32(0.9) * f * c + i * g)),
    "steeper gates": Call(Step(gate=lambda z: sigmoid(2 * z))),
    "a slope of 0.25": Call(Step(gate=clipped(0.25))),
    "gates shared": Call(Step(change=_shared)),
    "layer normalisation": Call(Step(sums=_normalised)),
    "a clipped cell": Call(Step(cell=lambda i, f, g, c, h: np.clip(f * c + i * g, -0.2, 0.2))),
    "a state a third kept": Call(found=lambda h, c: (np.float32(0.29) * h, c)),
    "recurrent weights negated": Call(weights=lambda w: (w[0], -w[1], w[2])),
    "bias shifted": Call(weights=lambda w: (w[0], w[1], w[2] + np.float32(0.1))),
    "half a forget bias": _bias(lambda parts: parts.update(f=parts["f"] + np.float32(0.5))),
    "input rounded": Call(x=lambda x: np.round(x)),
    "every second step": Call(x=lambda x: np.repeat(x[:, ::2], 2, axis=1)[:, : x.shape[1]]),
    "outputs averaged over time": Call(
        after=lambda y: np.cumsum(y, axis=1) / np.arange(1, y.shape[1] + 1, dtype="float32")[:, None]
    ),
}
