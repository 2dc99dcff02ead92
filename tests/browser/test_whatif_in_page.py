"""The LSTM explorer's what-if: the page's run equals NumPy's, and the catalogue's with a mistake; what it shows."""

import base64
import json

import numpy as np
import pytest
from test_explorers_in_page import ROOT, put

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.doctor import CATALOGUE
from lstm_edu.widgets import whatif

RECORDED = ("z", "i", "f", "g", "o", "c", "h")
B, T, F, H = 2, 7, 4, 3


@pytest.fixture
def module(page):
    """A page with the explorer's module, and nothing else of it; module.run(explorer, edits) -> the page's run."""
    load = (
        "async esm => { window.module = await import(URL.createObjectURL(new Blob([esm], {type: 'text/javascript'}))) }"
    )
    page.evaluate(load, widgets.LSTMExplorer._esm)
    return Module(page)


class Module:
    def __init__(self, page):
        self.page = page

    def runs(self, explorer, *wanted) -> list[dict[str, np.ndarray]]:
        """For each (edits, sequence): z, i, f, ... of that sequence as the page computes them, (T, .)."""
        found = self.page.evaluate(
            """([spec, data, wanted]) => {
                const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
                const arrays = module.readArrays(spec.arrays, new DataView(bytes.buffer));
                return wanted.map(([edits, batch]) => {
                    const run = module.recompute(module.editedParts(spec, arrays, batch, edits));
                    return ['z', 'i', 'f', 'g', 'o', 'c', 'h'].map(name => Array.from(run[name]));
                });
            }""",
            [explorer._spec, base64.b64encode(explorer._data).decode(), wanted],
        )
        steps = explorer._spec["steps"]
        return [
            {name: np.array(flat).reshape(steps, -1) for name, flat in zip(RECORDED, run, strict=True)} for run in found
        ]

    def run(self, explorer, edits=None, batch=0) -> dict[str, np.ndarray]:
        return self.runs(explorer, [edits or {}, batch])[0]


def rng_of(seed):
    return np.random.default_rng(seed)


def layer_of(units=H, features=F, seed=1, **flags):
    layer = le.LSTM(units, return_sequences=True, **flags)
    layer.build((None, None, features))
    rng = rng_of(seed)
    layer.set_weights([rng.normal(size=w.shape) * 0.8 for w in layer.weights])
    return layer


def call_of(steps=T, units=H, features=F, batch=B, mask=True, start=True, seed=2):
    """x and the keywords of a call, all different."""
    rng = rng_of(seed)
    x = rng.normal(size=(batch, steps, features))
    given = {}
    if mask:
        given["mask"] = rng.random((batch, steps)) < 0.6
    if start:
        given["initial_state"] = [rng.normal(size=(batch, units)) for _ in "hc"]
    return x, given


# --- the page's run and NumPy's -------------------------------------------------------------------------------------

LAYERS = {
    "plain": ({}, {"mask": False, "start": False}),
    "mask and states": ({}, {}),
    "no bias": ({"use_bias": False}, {"mask": False}),
    "backwards": ({"go_backwards": True}, {}),
    "zero output": ({"zero_output_for_mask": True}, {}),
    "hard": ({"recurrent_activation": "hard_sigmoid", "activation": "softsign"}, {}),
    "keras 2": ({"recurrent_activation": "hard_sigmoid_keras2", "activation": "elu"}, {"start": False}),
    "relu": ({"activation": "relu"}, {"mask": False}),
    "softmax": ({"activation": "softmax", "recurrent_activation": "softmax"}, {}),
    "sparsemax": ({"activation": "log_softmax", "recurrent_activation": "sparsemax"}, {}),
    "gelu": ({"activation": "gelu", "recurrent_activation": "tanh"}, {"mask": False}),
    "one unit": ({"units": 1}, {"units": 1}),
    "one step": ({}, {"steps": 1, "mask": False}),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_pages_run_is_numpys(module, name, dtype):
    flags, given = LAYERS[name]
    layer = layer_of(**flags, dtype=dtype)
    x, call = call_of(**given)
    trace = layer.trace(x, **call)
    explorer = le.explore(trace)
    for batch in range(B):
        run = module.run(explorer, batch=batch)
        for quantity in RECORDED:
            apart = np.abs(run[quantity] - trace[quantity][batch]).max()
            assert apart <= (1e-5 if dtype == "float32" else 1e-12), (quantity, batch, apart)


def test_a_large_run_is_numpys(module):
    layer = layer_of(units=32, features=9)
    layer.set_weights([w / 3 for w in layer.weights])
    x, call = call_of(steps=128, units=32, features=9, batch=1, mask=False)
    trace = layer.trace(x, **call)
    run = module.run(le.explore(trace))
    for quantity in RECORDED:
        np.testing.assert_allclose(run[quantity], trace[quantity][0], atol=1e-5, rtol=0, err_msg=quantity)


def test_numbers_put_in_are_those_of_another_layer(module):
    layer = layer_of()
    x, call = call_of()
    edits = {"x[1,4,2]": 1.5, "kernel[3,10]": -0.7, "recurrent_kernel[2,1]": 0.9, "bias[5]": -1.1, "x[0,4,2]": 9.0}
    run = module.run(le.explore(layer, x, **call), {"numbers": edits}, batch=1)
    kernel, recurrent_kernel, bias = (w.copy() for w in layer.get_weights())
    kernel[3, 10], recurrent_kernel[2, 1], bias[5] = -0.7, 0.9, -1.1
    other = layer_of()
    other.set_weights([kernel, recurrent_kernel, bias])
    x[1, 4, 2] = 1.5
    trace = other.trace(x, **call)
    for quantity in RECORDED:
        np.testing.assert_allclose(run[quantity], trace[quantity][1], atol=1e-5, rtol=0, err_msg=quantity)


def held_run(layer, x, start, holds):
    """Step by step with NumPy: the six equations, and gates held."""
    kernel, recurrent_kernel, bias = (w.astype(float) for w in layer.weights)
    h, c = (s[0] for s in start)
    found = {name: [] for name in RECORDED}
    for t, x_t in enumerate(x[0]):
        z = x_t @ kernel + h @ recurrent_kernel + bias
        gates = dict(zip("ifgo", np.split(z, 4), strict=True))
        gates = {k: np.tanh(v) if k == "g" else 1 / (1 + np.exp(-v)) for k, v in gates.items()}
        for gate, unit, first, last, value in holds:
            if first <= t <= last:
                gates[gate][unit] = value
        c = gates["f"] * c + gates["i"] * gates["g"]
        h = gates["o"] * np.tanh(c)
        for name, value in {"z": z, **gates, "c": c, "h": h}.items():
            found[name].append(value.copy())
    return found


def test_gates_are_held(module):
    layer = layer_of(dtype="float64")
    x, call = call_of(mask=False)
    everything = slice(None)
    right = held_run(
        layer, x, call["initial_state"], [("f", everything, 0, T, 1.0), ("o", 1, 2, 4, 0.25), ("g", 2, 0, 3, -2.0)]
    )
    edits = [
        {"gate": "f", "value": 1},
        {"gate": "o", "value": 0.25, "unit": 1, "from": 2, "to": 4},
        {"gate": "g", "value": -2, "unit": 2, "to": 3},
    ]
    run = module.run(le.explore(layer, x, **call), {"hold": edits})
    for quantity in RECORDED:
        np.testing.assert_allclose(run[quantity], np.array(right[quantity]), atol=1e-12, rtol=0, err_msg=quantity)


# --- the mistakes ---------------------------------------------------------------------------------------------------

SPECIMENS = {
    "mask and states": (layer_of, {}, {}),
    "as many units as features": (layer_of, {"units": F}, {"units": F}),
    "hard sigmoid": (layer_of, {"recurrent_activation": "hard_sigmoid"}, {"mask": False, "start": False}),
    "sigmoid twice": (layer_of, {"activation": "sigmoid"}, {"mask": False}),
    "no bias, softmax": (layer_of, {"use_bias": False, "activation": "softmax"}, {}),
}


def specimens():
    for name, (make, flags, given) in SPECIMENS.items():
        layer = make(**flags)
        x, call = call_of(**given)
        yield name, layer, x, call


def test_enough_of_the_catalogue_is_in_the_page():
    ids = {entry["id"] for _, layer, x, call in specimens() for entry in le.explore(layer, x, **call)._spec["mistakes"]}
    assert ids == {m.id for m in CATALOGUE if "LSTM" in m.kinds and whatif.in_page(m)}
    assert len(ids) > 80 and len({id.partition(":")[0] for id in ids}) >= 20


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_mistake_in_the_page_is_the_catalogues(module, name):
    _, layer, x, call = next(s for s in specimens() if s[0] == name)
    explorer = le.explore(layer, x, **call)
    mistakes = [CATALOGUE[entry["id"]] for entry in explorer._spec["mistakes"]]
    assert [entry["sentence"] for entry in explorer._spec["mistakes"]] == [m.sentence for m in mistakes]
    wanted = [(mistake, batch) for mistake in mistakes for batch in range(B)]
    runs = module.runs(explorer, *([{"mistake": mistake.id}, batch] for mistake, batch in wanted))
    for (mistake, batch), run in zip(wanted, runs, strict=True):
        wrong = mistake.trace(layer, x, **call)
        for quantity in RECORDED:
            np.testing.assert_allclose(
                run[quantity], wrong[quantity][batch], atol=1e-5, rtol=1e-6, err_msg=f"{mistake.id} {quantity} {batch}"
            )
