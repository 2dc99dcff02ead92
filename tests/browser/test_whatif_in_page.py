"""The LSTM explorer's what-if: the page's run equals NumPy's, and the catalogue's with a mistake; what it shows."""

import base64

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, load_modules, put, shown
from limits import tries
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu import widgets
from lstm_edu.doctor import CATALOGUE
from lstm_edu.widgets import _base, whatif

RECORDED = ("z", "i", "f", "g", "o", "c", "h")
B, T, F, H = 2, 7, 4, 3


@pytest.fixture
def module(page):
    """A page with the explorers' modules, and nothing else of them; module.run(explorer, edits) -> the page's run."""
    load_modules(page)
    return Module(page)


class Module:
    def __init__(self, page):
        self.page = page

    def runs(self, explorer, *wanted) -> list[dict[str, np.ndarray]]:
        """For each (edits, sequence): z, i, f, ... as the page computes them, (T, .), the states it starts from, and
        the output, (steps that are returned, H)."""
        found = self.page.evaluate(
            """([spec, data, wanted]) => {
                const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
                const arrays = module.readArrays(spec.arrays, new DataView(bytes.buffer));
                return wanted.map(([edits, batch]) => {
                    const parts = module.editedParts(spec, arrays, batch, edits);
                    const run = module.recompute(parts);
                    const rows = ['z', 'i', 'f', 'g', 'o', 'c', 'h'].map(name => run[name]);
                    const plain = [...rows, run.start.h, run.start.c].map(row => Array.from(row));
                    return [...plain, module.returnedOf(parts, run).map(row => Array.from(row))];
                });
            }""",
            [explorer._spec, base64.b64encode(explorer._data).decode(), wanted],
        )
        steps = explorer._spec["steps"]
        return [
            {name: np.array(flat).reshape(steps, -1) for name, flat in zip(RECORDED, run[:-3], strict=True)}
            | {"start": np.array(run[-3:-1]), "output": np.array(run[-1])}
            for run in found
        ]

    def run(self, explorer, edits=None, batch=0) -> dict[str, np.ndarray]:
        return self.runs(explorer, [edits or {}, batch])[0]


def rng_of(seed):
    return np.random.default_rng(seed)


def layer_of(units=H, features=F, seed=1, **flags):
    layer = le.LSTM(units, **{"return_sequences": True} | flags)
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
    "last output": ({"return_sequences": False}, {}),
    "last output or zero": ({"return_sequences": False, "zero_output_for_mask": True}, {}),
    "scanned": ({"keras_backend": "jax"}, {}),
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
        np.testing.assert_allclose(run["output"], np.atleast_2d(trace.output[batch]), atol=1e-5, rtol=0)


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
    "last output": (layer_of, {"return_sequences": False}, {}),
    "zero output": (layer_of, {"zero_output_for_mask": True}, {}),
}


def specimens():
    for name, (make, flags, given) in SPECIMENS.items():
        layer = make(**flags)
        x, call = call_of(**given)
        yield name, layer, x, call


def test_enough_of_the_catalogue_is_in_the_page():
    ids = {entry["id"] for _, layer, x, call in specimens() for entry in le.explore(layer, x, **call)._spec["mistakes"]}
    assert ids == {m.id for m in CATALOGUE if "LSTM" in m.kinds and whatif.in_page(m)}
    families = """gate-order kernel-transposed recurrent-transposed kernel-reshaped bias-missing bias-twice
        torch-two-biases tf1-forget-bias unit-forget-bias bias-wrong-gate hard-sigmoid-v2 hard-sigmoid-v3
        candidate-activation wrong-previous-state product-not-elementwise peepholes state-not-carried stateful-carry
        h-c-swapped mask-lost cudnn-mask masked-steps return-last-vs-sequence go-backwards-order slicing
        units-vs-timesteps extra-activation""".split()
    assert {id.partition(":")[0] for id in ids} == set(families)
    assert len(ids) >= 102


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_mistake_in_the_page_is_the_catalogues(module, name):
    _, layer, x, call = next(s for s in specimens() if s[0] == name)
    explorer = le.explore(layer, x, **call)
    mistakes = [CATALOGUE[entry["id"]] for entry in explorer._spec["mistakes"]]
    assert [entry["sentence"] for entry in explorer._spec["mistakes"]] == [m.sentence for m in mistakes]
    runs = iter(module.runs(explorer, *([{"mistake": m.id}, batch] for m in mistakes for batch in range(B))))
    right = layer.trace(x, **call)
    for mistake in mistakes:
        wrong = mistake.trace(layer, x, **call)
        start = wrong.initial_state
        if mistake.id == "stateful-carry":  # the doctor's trace says where the first of two passes starts
            start = [right.h[:, -1], right.c[:, -1]]
        for batch in range(B):
            run = next(runs)
            for quantity in (*RECORDED, "start"):
                theirs = [state[batch] for state in start] if quantity == "start" else wrong[quantity][batch]
                ours = run[quantity][: len(theirs)]  # where the mistake ends a run too early, it is shorter
                np.testing.assert_allclose(
                    ours, theirs, atol=1e-5, rtol=1e-6, err_msg=f"{mistake.id} {quantity} {batch}"
                )
            theirs = np.atleast_2d(wrong.output[batch])
            assert run["output"].shape == theirs.shape, mistake.id
            np.testing.assert_allclose(run["output"], theirs, atol=1e-5, rtol=1e-6, err_msg=f"{mistake.id} {batch}")


# --- what is said about it (pure) -----------------------------------------------------------------------------------


def test_where_two_runs_part_is_the_first_quantity_of_the_first_step(module):
    spec = {"steps": 3, "features": 2, "units": 2}
    runs = []
    for _ in range(2):
        sizes = {"x": 6, "z": 24} | dict.fromkeys("ifgoch", 6)
        runs.append({name: [float(n) for n in range(size)] for name, size in sizes.items()})
    before, after = runs
    find = "([before, after, spec]) => module.firstDifference(before, after, spec)"
    assert module.page.evaluate(find, [before, after, spec]) is None
    after["h"][5] = 9.0  # step 2, unit 1
    after["i"][3] = 7.0  # step 1, unit 1
    after["z"][8 + 2] += 0.5  # step 1, the sum of f of unit 0
    after["z"][8 + 3] -= 2.0  # ... of unit 1
    found = module.page.evaluate(find, [before, after, spec])
    assert found == {"t": 1, "quantity": "z_f", "unit": 1, "was": 11, "now": 9, "others": 1}
    text = module.page.evaluate("first => module.differenceInWords(first)", found)
    assert text == (
        "The same up to step 0. The first difference: at step 1, z of gate f, unit 1 (and 1 more unit): "
        "was 11.0000, now 9.0000."
    )
    after["x"][1] = -1.0
    found = module.page.evaluate(find, [before, after, spec])
    assert (found["t"], found["quantity"], found["unit"], found["others"]) == (0, "x", 1, 0)
    small = {"t": 0, "quantity": "h", "unit": 0, "was": 0.12345, "now": 0.123451, "others": 0}
    text = module.page.evaluate("first => module.differenceInWords(first)", small)
    assert "was 0.123450, now 0.123451" in text
    assert "no difference" in module.page.evaluate("module.differenceInWords(null)")


def test_where_only_what_is_returned_differs_it_says_so(module):
    before = [[0.5, -0.25], [0.125, 1.0]]
    find = "([before, after]) => module.outputDifference(before, after)"
    say = "([first, output]) => module.differenceInWords(first, output)"
    assert module.page.evaluate(find, [before, before]) is None
    for after, found, text in (
        (before[1:], {"steps": [2, 1]}, "returns does: it was 2 steps, and is now one step only."),
        ([before[0], [0.5, -1.0]], {"step": 1, "of": 2, "unit": 1, "was": 1, "now": -1, "others": 1},
         "returns does: in row 1, unit 1 (and 1 more unit): was 1.0000, now −1.0000."),
    ):  # fmt: skip
        assert module.page.evaluate(find, [before, after]) == found
        said_ = module.page.evaluate(say, [None, found])
        assert said_.startswith("No number of the run changes, but") and said_.endswith(text)
    alone = module.page.evaluate(find, [before[:1], [[0.5, 0.75]]])
    assert "returns does: unit 1: was −0.2500, now 0.7500." in module.page.evaluate(say, [None, alone])
    run = {"t": 0, "quantity": "f", "unit": 0, "was": 0.5, "now": 1.0, "others": 0}
    assert "returns" not in module.page.evaluate(say, [run, alone])  # where the run differs, that says enough


def test_each_change_can_be_taken_back_alone(module):
    hold = [{"gate": "f", "value": 1}, {"gate": "i", "unit": 2, "value": -0.5, "from": 1, "to": 1}]
    edits = {"hold": hold, "numbers": {"bias[0]": 1.5, "bias[1]": 2.0}, "mistake": "bias-twice"}
    spec = {"units": 3, "steps": 4, "mistakes": [{"id": "bias-twice", "words": "the bias added twice"}]}
    changes = module.page.evaluate(
        """([edits, spec]) => module.changesOf(edits, spec, {bias: {shape: [12], data: [0.25, -0.5]}})
            .map(({text, id, without}) => [text, id ?? '', module.tidied(without)])""",
        [edits, spec],
    )
    assert changes == [
        ["f of all units held at 1", "", edits | {"hold": hold[1:]}],
        ["i of unit 2 held at −0.5, step 1", "", edits | {"hold": hold[:1]}],
        ["bias[0] = 1.5 (was 0.2500)", "", edits | {"numbers": {"bias[1]": 2.0}}],
        ["bias[1] = 2 (was −0.5000)", "", edits | {"numbers": {"bias[0]": 1.5}}],
        ["mistake: the bias added twice", "bias-twice", {k: part for k, part in edits.items() if k != "mistake"}],
    ]


def test_what_no_edit_touches_keeps_the_numbers_of_the_trace(module):
    layer = layer_of()
    x, call = call_of()
    trace = layer.trace(x, **call)
    explorer = le.explore(trace)
    shown = module.page.evaluate(
        """([spec, data]) => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const arrays = module.readArrays(spec.arrays, new DataView(bytes.buffer));
            const run = module.editedRun(spec, arrays);
            const edits = {hold: [{gate: 'f', value: 1, from: 3}]};
            const of = batch => Array.from(run.compute(batch, edits).arrays.c.data);
            return [of(0), of(1), arrays.c.data === run.compute(0, edits).arrays.c.data];
        }""",
        [explorer._spec, base64.b64encode(explorer._data).decode()],
    )
    for batch in range(B):
        c = np.array(shown[batch]).reshape(trace.c.shape)[batch]
        np.testing.assert_array_equal(c[:3], trace.c[batch, :3])
        assert not np.allclose(c[3:], trace.c[batch, 3:])
    assert shown[2] is False  # the recorded arrays are not written into


@pytest.mark.parametrize(
    ("values", "scale", "wider"),
    [
        ([0.2, 1.0], ["from zero", 0, 1], ["from zero", 0, 1]),
        ([0.2, 1.3], ["from zero", 0, 1], ["from zero", 0, 1.5]),
        ([-0.2, 0.3], ["from zero", 0, 1], ["signed", -1, 1]),
        ([-7.3, 0.3], ["signed", -2, 2], ["signed", -8, 8]),
        ([float("nan"), 0.3], ["signed", -2, 2], ["signed", -2, 2]),
    ],
)
def test_a_scale_is_widened_by_numbers_beyond_it(module, values, scale, wider):
    found = module.page.evaluate(
        "([values, [kind, low, high]]) => module.widened({kind, low, high}, values)", [values, scale]
    )
    assert [found["kind"], found["low"], found["high"]] == wider


# --- in the widget --------------------------------------------------------------------------------------------------


def value_of(root, quantity, kind="value"):
    """The number at the title of a map, or what it was."""
    return root.locator(f".le-map[data-map='{quantity}'] .le-{kind}")


def said(number):
    return f"{number:.4f}".replace("-", "−")


def opened(page, explorer, tool="Hold a gate"):
    """An explorer with its what-if open, and in it this tool."""
    root = put(page, explorer)
    root.get_by_text("What if …").click()
    group = root.get_by_role("group", name=tool)
    if group.get_attribute("open") is None:
        group.get_by_text(tool, exact=True).click()
    expect(root.locator(".le-tool[open]")).to_have_count(1)
    expect(group.locator(".le-tool-content")).to_be_visible()
    return root


@pytest.fixture
def recorded():
    """A layer, its call, its trace."""
    layer = layer_of(units=4)
    x, call = call_of(units=4, mask=False)
    return layer, (x, call), layer.trace(x, **call)


def test_a_what_if_of_python_is_shown_beside_the_recorded_run(page, recorded):
    layer, (x, call), trace = recorded
    explorer = le.explore(trace, reference=trace, t=4, unit=2, batch=1)
    explorer.what_if(mistake="bias-missing")
    root = put(page, explorer)
    wrong = CATALOGUE["bias-missing"].trace(layer, x, **call)
    expect(root).to_have_attribute("data-whatif", "true")
    for quantity in "ifgoch":
        expect(value_of(root, quantity)).to_have_text(said(wrong[quantity][1, 4, 2]))
        expect(value_of(root, quantity, "was-number")).to_have_text(f"was {said(trace[quantity][1, 4, 2])}")
        assert shown(root, quantity) == pytest.approx(wrong[quantity][1, 4, 2], abs=1e-5)
    expect(root).to_contain_text(CATALOGUE["bias-missing"].sentence)
    expect(root.locator(".le-difference")).to_contain_text("at step 0, z of gate")
    expect(root.locator(".le-compare")).to_be_hidden()
    expect(root).to_contain_text("This is no longer the run that Keras made")
    ghost = root.get_by_role("img", name="c of unit 2 over 7 steps")
    label = f"At step 4: now {said(wrong.c[1, 4, 2])}, before {said(trace.c[1, 4, 2])}."
    expect(ghost).to_have_attribute("aria-label", f"c of unit 2 over 7 steps, before (dashed) and now (solid). {label}")
    expect(root.locator("[aria-live=polite]")).to_contain_text("What if: mistake: no bias at all.")
    root.get_by_role("button", name="Reset").click()
    expect(root).to_have_attribute("data-whatif", "false")
    expect(value_of(root, "c")).to_have_text(said(trace.c[1, 4, 2]))
    expect(value_of(root, "c", "was-number")).to_have_text("")
    expect(root.locator(".le-compare")).to_be_visible()
    assert page.evaluate("model.get('whatif')") == {}


def test_a_gate_is_held_by_hand(page, recorded):
    _, _, trace = recorded
    root = opened(page, le.explore(trace, t=3, unit=1))
    root.get_by_role("button", name="open (1)").click()
    expect(value_of(root, "f")).to_have_text("1.0000")
    expect(value_of(root, "f", "was-number")).to_have_text(f"was {said(trace.f[0, 3, 1])}")
    assert page.evaluate("model.get('whatif')") == {"hold": [{"gate": "f", "value": 1}]}
    root.get_by_label("of which unit").select_option("one")
    root.get_by_label("gate to hold").select_option("o")
    root.get_by_label("last step at which it is held").fill("5")
    root.get_by_label("value at which the gate is held, as a number").fill("0.25")
    expect(value_of(root, "o")).to_have_text("0.2500")
    hold = [{"gate": "f", "value": 1}, {"gate": "o", "unit": 1, "value": 0.25, "to": 5}]
    assert page.evaluate("model.get('whatif')") == {"hold": hold}
    dial = root.get_by_role("slider", name="value at which the gate is held")
    dial.focus()
    page.keyboard.press("End")
    expect(value_of(root, "o")).to_have_text("1.0000")
    expect(root).to_have_attribute("data-t", "3")  # the dial's own key, not the explorer's
    expect(root.locator(".le-changes li")).to_have_count(2)
    root.get_by_role("button", name="remove: f of all units held at 1").click()
    expect(root.locator(".le-changes li")).to_have_count(1)
    expect(root.get_by_role("button", name="remove: o of unit 1 held at 1, steps 0 to 5")).to_be_focused()
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-whatif", "false")
    expect(value_of(root, "o")).to_have_text(said(trace.o[0, 3, 1]))
    expect(root.get_by_text("What if …")).to_be_focused()
    page.wait_for_function("model.saved.length > 0")


@pytest.mark.parametrize(
    ("kind", "chosen", "place"),
    [
        ("input x", {"feature": "2"}, "x[1,3,2]"),
        ("kernel W", {"feature": "2", "gate that the weight leads to": "o"}, "kernel[2,13]"),
        (
            "recurrent kernel U",
            {"unit that the weight comes from": "3", "gate that the weight leads to": "g"},
            "recurrent_kernel[3,9]",
        ),
        ("bias b", {"gate that the weight leads to": "f"}, "bias[5]"),
    ],
)
def test_a_number_is_changed_by_hand(page, module, recorded, kind, chosen, place):
    _, _, trace = recorded
    explorer = le.explore(trace, t=3, unit=1, batch=1)
    wanted = module.run(explorer, {"numbers": {place: 1.5}}, batch=1)
    root = opened(page, explorer, "Change a number")
    root.get_by_label("which numbers").select_option(kind)
    for label, option in chosen.items():
        root.get_by_label(label, exact=True).select_option(option)
    number = root.get_by_label("the number, as a number")
    expect(root.locator(".le-tool-content > code")).to_have_text(place.replace(",", ", "))
    before = number.input_value()
    number.fill("1.5")
    expect(value_of(root, "h")).to_have_text(said(wanted["h"][3, 1]))
    assert page.evaluate("model.get('whatif')") == {"numbers": {place: 1.5}}
    expect(root.locator(".le-changes li")).to_contain_text(f"{place} = 1.5 (was {said(float(before))[:5]}")
    number.fill(before)
    expect(root).to_have_attribute("data-whatif", "false")
    number.fill("-2")
    expect(root).to_have_attribute("data-whatif", "true")
    # As Python's reset does; as long as Python has not been told about -2, {} is an answer of the kernel.
    for _ in tries():
        page.evaluate("model.set('whatif', {})")
        page.wait_for_timeout(100)
        if root.get_attribute("data-whatif") == "false":
            break
    expect(value_of(root, "h")).to_have_text(said(trace.h[1, 3, 1]))
    number.blur()
    expect(number).to_have_value(before)


def test_a_mistake_is_chosen_in_words_from_a_group(page, recorded):
    layer, (x, call), trace = recorded
    explorer = le.explore(trace, t=5)
    root = opened(page, explorer, "Make a mistake")
    groups = root.locator(".le-mistake-group")
    entries = explorer._spec["mistakes"]
    titles = list(dict.fromkeys(entry["group"] for entry in entries))
    counts = [sum(entry["group"] == title for entry in entries) for title in titles]
    assert groups.locator("summary").all_inner_texts() == [f"{t} {n}" for t, n in zip(titles, counts, strict=True)]
    assert titles[0] == "gates in another order" and counts[0] == 23 and len(titles) <= 9
    expect(root.get_by_role("radio")).to_have_count(4)  # three levels and none: what is folded is not there yet
    groups.first.locator("summary").click()
    chosen = root.get_by_role("radio", name="order i, g, f, o, as in TensorFlow 1")
    chosen.check()
    wrong = CATALOGUE["gate-order:i,g,f,o"]
    expect(root).to_contain_text(wrong.sentence)
    expect(value_of(root, "h")).to_have_text(said(wrong.trace(layer, x, **call).h[0, 5, 0]))
    line = root.locator(".le-changes li")
    expect(line).to_contain_text("mistake: order i, g, f, o, as in TensorFlow 1")
    sizes = [
        element.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") for element in (line, line.locator("code"))
    ]
    assert line.locator("code").inner_text().strip() == wrong.id and sizes[1] < 0.9 * sizes[0]
    chosen.press("ArrowDown")  # the next order, and at once its run
    other = CATALOGUE["gate-order:i,g,o,f"].trace(layer, x, **call)
    expect(value_of(root, "h")).to_have_text(said(other.h[0, 5, 0]))
    root.get_by_role("radio", name="none").check()
    expect(root).to_have_attribute("data-whatif", "false")


def test_mistakes_are_found_by_any_of_their_words(page, recorded):
    _, _, trace = recorded
    root = opened(page, le.explore(trace), "Make a mistake")
    search = root.get_by_role("searchbox", name="search the mistakes")
    found = root.locator(".le-tool [role=status]")

    def names():
        return root.locator(".le-mistake-group .le-mistake span:visible").evaluate_all(
            "all => all.map(e => e.firstChild.data)"
        )

    for sought, wanted in {
        "PyTorch": ["the bias copied into both of PyTorch's biases"],
        "torch-two": ["the bias copied into both of PyTorch's biases"],  # its id
        "onnx": ["order i, o, f, g, as in ONNX"],
        "np.dot  TANH": ["np.dot for o · tanh(c)"],  # all words, whatever is between them
    }.items():
        search.fill(sought)
        expect(found).to_have_text(f"{len(wanted)} found")
        assert names() == wanted, sought
    search.fill("BIAS")  # of a group, all
    assert {"no bias at all", "the biases of f and o swapped"} <= set(names())
    search.fill("no such thing")
    expect(found).to_have_text("nothing found: try another word")
    assert names() == []
    search.fill("onnx")
    root.get_by_role("radio", name="as in ONNX").check()
    assert page.evaluate("model.get('whatif')") == {"mistake": "gate-order:i,o,f,g"}
    search.fill("")
    assert root.locator(".le-mistake-group[open]").count() == 1  # that of the mistake that is on
    assert len(names()) == 23
    expect(root).to_have_attribute("data-t", "0")  # the keys were the search's


def test_what_is_on_is_what_opens(page, recorded):
    _, _, trace = recorded
    for asked, tool in (
        ({"mistake": "bias-twice"}, "Make a mistake"), ({"bias": {3: 1.0}}, "Change a number"), ({}, "Hold a gate"),
    ):  # fmt: skip
        explorer = le.explore(trace)
        explorer.what_if(**asked)
        root = put(page, explorer)
        root.get_by_text("What if …").click()
        expect(root.locator(".le-tool[open]")).to_have_attribute("aria-label", tool)
        if "mistake" in asked:
            expect(root.get_by_role("radio", name="the bias added twice")).to_be_checked()


SEEN = """selector => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return box.top >= -1 && box.bottom <= innerHeight + 1 && box.height > 0;
}"""


@pytest.mark.parametrize(("width", "height"), [(1400, 1000), (1280, 720), (400, 640)])
def test_what_changes_is_seen_while_it_is_changed(new_page, recorded, width, height):
    """With the tools in view, so is each of the pictures: the panel moves along."""
    page = new_page(viewport={"width": width, "height": height})
    _, _, trace = recorded
    root = opened(page, le.explore(trace, reference=trace))
    page.evaluate("document.body.style.padding = '500px 0'")  # the explorer is not alone in a page
    root.get_by_role("button", name="open (1)").click()
    slider = ".le-tool[open] input[type=range]"
    for quantity in "xifgoch":
        root.locator(f".le-map[data-map={quantity}]").evaluate(
            "e => scrollTo(0, scrollY + e.getBoundingClientRect().top - 10)"
        )
        assert page.evaluate(SEEN, f".le-map[data-map={quantity}]"), quantity
        assert page.evaluate(SEEN, slider), quantity
        over = root.locator(f".le-map[data-map={quantity}]").evaluate(
            """e => { const box = e.getBoundingClientRect();
                return e.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)); }"""
        )
        assert over, quantity  # nothing lies over it


def test_the_first_difference_is_a_place_to_go_to(page, recorded):
    _, _, trace = recorded
    explorer = le.explore(trace, t=6)
    explorer.what_if(hold={"i": 0}, unit=2, steps=(4, 5))
    root = put(page, explorer)
    expect(root.locator(".le-difference")).to_contain_text("The same up to step 3.")
    root.get_by_role("button", name="Go there").click()
    expect(root).to_have_attribute("data-t", "4")
    expect(root).to_have_attribute("data-unit", "2")


def test_a_walk_through_a_what_if_computes_nothing_again(page, recorded):
    _, _, trace = recorded
    explorer = le.explore(trace)
    explorer.what_if(hold={"i": 0.5})
    root = put(page, explorer)
    page.evaluate(
        """() => {
            window.drawn = 0;
            const pen = CanvasRenderingContext2D.prototype;
            const draw = pen.putImageData;
            pen.putImageData = function (...args) { drawn++; return draw.apply(this, args); };
        }"""
    )
    root.focus()
    for t in range(1, 5):
        page.keyboard.press("ArrowRight")
        expect(root).to_have_attribute("data-t", str(t))
    assert page.evaluate("drawn") == 0
    page.evaluate("model.set('whatif', {hold: [{gate: 'i', value: 1}]})")
    expect(value_of(root, "i")).to_have_text("1.0000")
    assert page.evaluate("drawn") == 7


def test_each_sequence_is_computed_when_it_is_shown(page, recorded):
    layer, (x, call), trace = recorded
    explorer = le.explore(trace, t=5)
    explorer.what_if(mistake="bias-twice")
    root = put(page, explorer)
    wrong = CATALOGUE["bias-twice"].trace(layer, x, **call)
    for batch in (1, 0):
        page.evaluate("batch => model.set('batch', batch)", batch)
        expect(value_of(root, "h")).to_have_text(said(wrong.h[batch, 5, 0]))


def test_a_lost_mask_is_no_longer_hatched(page):
    layer = layer_of()
    x, call = call_of()
    call["mask"] = np.array([[True, False] + [True] * (T - 2)] * B)
    explorer = le.explore(layer, x, **call, t=1)
    explorer.what_if(mistake="mask-lost")
    root = put(page, explorer)
    expect(value_of(root, "h")).to_have_text(said(layer.trace(x, initial_state=call["initial_state"]).h[0, 1, 0]))
    expect(root).not_to_contain_text("Hatched steps")
    page.evaluate("model.set('whatif', {})")
    expect(root).to_contain_text("Hatched steps")


def test_each_tab_of_a_model_has_a_what_if_of_its_own(page):
    model = le.Sequential([layer_of(units=5, name="one"), layer_of(units=3, features=5, name="two"), le.Dense(2)])
    model.build((None, T, F))
    trace = model.trace(call_of()[0])
    root = put(page, widgets.explore(trace, t=2))
    first = root.get_by_role("tabpanel", name="one")
    first.get_by_text("What if …").click()
    first.get_by_role("button", name="shut (0)").click()
    expect(value_of(first, "f")).to_have_text("0.0000")
    expect(first).to_contain_text("Only this layer is recomputed")
    root.get_by_role("tab", name="two").click()
    second = root.get_by_role("tabpanel", name="two")
    expect(value_of(second, "f")).to_have_text(said(trace["two"].f[0, 2, 0]))
    expect(second).to_have_attribute("data-whatif", "false")
    root.get_by_role("tab", name="one").click()
    expect(value_of(first, "f")).to_have_text("0.0000")
    assert page.evaluate("model.get('whatif') === undefined")


def test_weights_that_stay_in_python_are_said(page, recorded, monkeypatch):
    _, _, trace = recorded
    monkeypatch.setattr(_base, "MAX_BYTES", 2 * sum(w.nbytes for w in trace.weights) - 2)
    root = put(page, le.explore(trace, t=3))
    root.get_by_text("What if …").click()
    expect(root).to_contain_text("too large to send to the page")
    expect(root.get_by_role("group", name="Hold a gate")).to_have_count(0)
    expect(value_of(root, "h")).to_have_text(said(trace.h[0, 3, 0]))


def test_a_run_of_one_step_has_no_play_and_no_line(page):
    layer = layer_of()
    x, call = call_of(steps=1, mask=False)
    explorer = le.explore(layer, x, **call, name="<b>one</b> step")
    explorer.what_if(hold={"f": 0})
    root = put(page, explorer)
    expect(root.locator(".le-head")).to_contain_text("<b>one</b> step")
    expect(root.get_by_role("button", name="Play")).to_have_count(0)
    expect(root.get_by_role("slider", name="timestep")).to_have_count(0)
    expect(root.locator(".le-ghosts")).to_be_hidden()
    expect(value_of(root, "f")).to_have_text("0.0000")


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_a_what_if(new_page, recorded, scheme, width):
    page = new_page(**SCHEMES[scheme], viewport={"width": width, "height": 900})
    _, _, trace = recorded
    explorer = le.explore(trace, reference=trace)
    explorer.what_if(hold={"f": 1}, mistake="gate-order:i,g,f,o", kernel={(0, 1): 2.0})
    for tool in ("Hold a gate", "Change a number", "Make a mistake"):
        root = opened(page, explorer, tool)
        axe_finds_nothing(page, tool)
        wide = root.evaluate(
            """root => [...root.querySelectorAll('.le-whatif *')].filter(e => e.offsetParent &&
                e.getBoundingClientRect().right > e.closest('.le-whatif').getBoundingClientRect().right + 1)
                .map(e => e.className)"""
        )
        assert wide == [], tool
    for target in root.locator(".le-mistake:visible, .le-tool summary:visible, .le-changes button").all():
        assert target.bounding_box()["height"] >= 24  # a finger finds it


def test_the_keyboard_alone_reaches_every_tool(page, recorded):
    _, _, trace = recorded
    root = put(page, le.explore(trace, t=2))
    root.get_by_text("What if …").focus()
    page.keyboard.press("Enter")
    expect(root.locator(".le-tools")).to_be_visible()
    for _ in range(12):  # over the tool that is open, to the last of the three
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Make a mistake":
            break
    page.keyboard.press("Enter")
    expect(root.get_by_role("searchbox")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("no bias")
    for _ in range(6):  # over none and the group's title
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "bias-missing":
            break
    page.keyboard.press("Space")
    assert page.evaluate("model.get('whatif')") == {"mistake": "bias-missing"}
    page.keyboard.press("ArrowDown")  # to what is found besides
    assert page.evaluate("model.get('whatif')") == {"mistake": "bias-missing:i"}
    expect(root).to_have_attribute("data-t", "2")
