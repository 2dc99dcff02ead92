"""The explorers of the layers other than the LSTM, and of packing, in a page without Jupyter."""

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, nothing_sticks_out, put, shown, stop_the_clock
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu import widgets


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    """Every test draws the same numbers, whichever ran before it."""
    global RNG
    RNG = np.random.default_rng(31)


def built(kind, shape, *arguments, **flags):
    """A layer with random weights, all different."""
    layer = getattr(le, kind)(*arguments, **flags)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("\u202f", ""))


# --- packing --------------------------------------------------------------------------------------------------------

H, F = 3, 5


def keras_blocks(kind, use_bias, reset_after=True) -> dict[str, np.ndarray]:
    """Keras's blocks by name, drawn one by one, so that nothing here depends on where they lie."""
    gates = {"LSTM": "ifgo", "GRU": "zrg"}.get(kind, "")
    sizes = {"W": (F, H)} | ({} if kind == "Dense" else {"U": (H, H)})
    if use_bias:
        sizes |= {"b": (H,)} | ({"d": (H,)} if kind == "GRU" and reset_after else {})
    return {
        f"{letter}_{gate}" if gate else letter: RNG.normal(size=size)
        for letter, size in sizes.items()
        for gate in gates or [""]
    }


def arrays_of_program(program, kind, block, use_bias, reset_after) -> dict[str, np.ndarray]:
    """The arrays of a program that hold these blocks, put together as its documentation says."""
    order = {
        ("LSTM", "Keras 3"): "ifgo", ("LSTM", "PyTorch"): "ifgo", ("LSTM", "ONNX"): "iofg", ("LSTM", "TF1"): "igfo",
        ("LSTM", "Keras 1"): "igfo", ("GRU", "PyTorch"): "rzg", ("GRU", "TF1"): "rz",
    }.get((kind, program), "zrg" if kind == "GRU" else "")  # fmt: skip

    def parts(letter, gates=order):
        return [block[f"{letter}_{gate}" if gate else letter] for gate in gates or [""]]

    two_rows = kind == "GRU" and reset_after
    first = second = None
    if use_bias and program in ("PyTorch", "ONNX") and kind != "Dense":
        if two_rows:
            first, second = np.concatenate(parts("b")), np.concatenate(parts("d"))
        else:  # any two that add up
            second = RNG.normal(size=H * len(order or "-"))
            first = np.concatenate(parts("b")) - second
    bias = np.concatenate(parts("b")) if use_bias else None
    if program == "Keras 3":
        found = {"kernel": np.hstack(parts("W"))}
        if kind != "Dense":
            found["recurrent_kernel"] = np.hstack(parts("U"))
        found["bias"] = np.stack([bias, np.concatenate(parts("d"))]) if use_bias and two_rows else bias
    elif program == "PyTorch" and kind == "Dense":
        found = {"weight": block["W"].T, "bias": bias}
    elif program == "PyTorch":
        found = {"weight_ih_l0": np.vstack([w.T for w in parts("W")]), "bias_ih_l0": first}
        found |= {"weight_hh_l0": np.vstack([u.T for u in parts("U")]), "bias_hh_l0": second}
    elif program == "ONNX" and kind == "Dense":
        found = {"B": block["W"], "C": bias}
    elif program == "ONNX":
        found = {"W": np.vstack([w.T for w in parts("W")])[None], "R": np.vstack([u.T for u in parts("U")])[None]}
        found["B"] = np.concatenate([first, second])[None] if use_bias else None
    elif program == "TF1" and kind == "GRU":
        found = {"gates_kernel": np.vstack([np.hstack(parts("W")), np.hstack(parts("U"))]), "gates_bias": bias}
        found |= {"candidate_kernel": np.vstack([block["W_g"], block["U_g"]])}
        found["candidate_bias"] = block.get("b_g")
    elif program == "TF1":
        rows = parts("W") if kind == "Dense" else [np.hstack(parts("W")), np.hstack(parts("U"))]
        if use_bias and kind == "LSTM":
            bias = bias.copy()
            bias[2 * H : 3 * H] -= 0.75  # the cell adds forget_bias when it runs
        found = {"kernel": np.vstack(rows), "bias": bias}
    else:
        spelled = {"g": "c" if kind == "LSTM" else "h"}
        found = {
            "_".join([name[0], *(spelled.get(gate, gate) for gate in name[2:])]): value for name, value in block.items()
        }
    return {name: array for name, array in found.items() if array is not None}


VARIANTS = [("LSTM", True, True), ("LSTM", False, True), ("GRU", True, True), ("GRU", False, True),
            ("GRU", True, False), ("SimpleRNN", True, True), ("SimpleRNN", False, True), ("Dense", True, True),
            ("Dense", False, True)]  # fmt: skip


@pytest.mark.parametrize(("kind", "use_bias", "reset_after"), VARIANTS)
def test_every_slice_gives_its_block_in_every_layout(page, kind, use_bias, reset_after):
    flags = {"reset_after": reset_after} if kind == "GRU" else {}
    explorer = widgets.packing(H, F, kind=kind, use_bias=use_bias, **flags)
    put(page, explorer)
    blocks = keras_blocks(kind, use_bias, reset_after)
    assert explorer._spec["blocks"] == list(blocks)
    seen = 0
    for layout in explorer._spec["layouts"]:
        arrays = arrays_of_program(layout["name"], kind, blocks, use_bias, reset_after)
        names = arrays | {"H": H, "F": F, "units": H, "forget_bias": 0.75}
        for name, wanted in blocks.items():
            found = call(page, "blockOf", layout, name, H, F)
            for text in (found["slice"], found["numbers"]):
                part = eval(text, {}, names)
                np.testing.assert_allclose(part, wanted, atol=1e-12, err_msg=f"{layout['name']} {name}: {text}")
                assert found["shape"] == str(part.shape)
            seen += 1
        drawn = [array for line in layout["lines"] for array in line]
        assert {array["name"] for array in drawn} == set(arrays)
        for array in drawn:
            letters, numbers = call(page, "shapeOf", array, {"F": F, "H": H})
            assert numbers == str(arrays[array["name"]].shape)
            spelled = letters.replace("4H", "4*H").replace("3H", "3*H").replace("2H", "2*H")
            assert eval(spelled.replace("8H", "8*H").replace("6H", "6*H")) == arrays[array["name"]].shape
        assert call(page, "countOf", layout, H, F)["total"] == sum(a.size for a in arrays.values())
    assert seen == len(blocks) * len(explorer._spec["layouts"])


@pytest.mark.parametrize(("kind", "use_bias", "reset_after"), VARIANTS)
def test_the_formula_counts_what_the_layer_counts(page, kind, use_bias, reset_after):
    flags = {"reset_after": reset_after} if kind == "GRU" else {}
    layer = built(kind, (None, F) if kind == "Dense" else (None, None, F), H, use_bias=use_bias, **flags)
    root = put(page, widgets.packing(layer))
    assert number(root.locator("[data-q='total']").inner_text()) == layer.count_params()
    lines = root.locator(".le-formula-one > div").all_inner_texts()
    for text in (lines[0].partition("=")[2], lines[1].partition("=")[2]):
        assert eval(text.replace("·", "*"), {}, {"F": F, "H": H}) == layer.count_params()


def test_pointing_at_a_block_lights_the_same_block_in_the_other_layout(page):
    root = put(page, widgets.packing(2, 4, beside="PyTorch"))
    sides = [root.locator(f"[data-side='{name}']") for name in ("Keras 3", "PyTorch")]
    page.mouse.move(3, 3)  # a pointer that has been somewhere else: the page asks for a movement
    sides[0].locator("[data-block='W_f']").hover()
    expect(root).to_have_attribute("data-block", "W_f")
    for side in sides:
        expect(side.locator(".le-chosen")).to_have_count(1)
        expect(side.locator(".le-chosen")).to_have_attribute("data-block", "W_f")
    expect(root.locator("[data-of='PyTorch'] code").first).to_have_text("weight_ih_l0[H:2*H].T")
    expect(root.locator("[data-of='Keras 3'] code").first).to_have_text("kernel[:, units:2*units]")
    sides[1].locator("[data-array='bias_hh_l0'][data-block='b_g']").hover()
    expect(root).to_have_attribute("data-block", "b_g")
    expect(sides[0].locator(".le-chosen")).to_have_count(1)
    expect(sides[1].locator(".le-chosen")).to_have_count(2)
    expect(root.locator(".le-card [data-of='PyTorch'] code").first).to_have_text(
        "bias_ih_l0[2*H:3*H] + bias_hh_l0[2*H:3*H]"
    )
    assert number(root.locator("[data-q='other-total']").inner_text()) == 64


def test_the_keyboard_chooses_layouts_and_walks_both_drawings(page):
    root = put(page, widgets.packing(2, 4))
    assert root.locator("[data-side]").count() == 1
    root.get_by_role("button", name="TF1").focus()
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-beside", "TF1")
    expect(root.get_by_role("button", name="TF1")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("model.get('beside')") == "TF1"
    stops = root.locator(".le-packing-block[tabindex='0']")
    expect(stops).to_have_count(2)  # one a drawing
    stops.nth(1).focus()
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.dataset.block"))
    assert walked == ["W_g", "W_f", "U_f", "b_f", "b_f", "b_g", "b_o", "b_i"]
    expect(root).to_have_attribute("data-block", "b_i")
    assert page.evaluate("document.activeElement.closest('[data-side]').dataset.side") == "TF1"
    root.get_by_role("button", name="TF1").click()  # once more: it goes
    expect(root).to_have_attribute("data-beside", "")
    root.focus()
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-block", "b_f")


@pytest.mark.parametrize("beside", ["", "PyTorch", "ONNX", "TF1", "Keras 1"])
def test_both_drawings_are_to_one_scale(page, beside):
    """A number has the same size everywhere, measured on blocks large enough not to be stretched."""
    explorer = widgets.packing(6, 8, beside=beside)
    root = put(page, explorer)
    sizes = {}
    for block in root.locator(".le-packing-block").all():
        box = block.bounding_box()
        sizes.setdefault(block.get_attribute("data-block"), []).append(sorted([box["width"], box["height"]]))
    for name in ("W_g", "U_o"):
        assert len(sizes[name]) == (2 if beside else 1)
        for one in sizes[name]:
            np.testing.assert_allclose(one, sizes[name][0], atol=0.6)
        short, long = sizes[name][0]
        assert long / short == pytest.approx(8 / 6 if name[0] == "W" else 1, abs=0.02)


def test_the_sliders_rewrite_the_formula_and_the_slices(page):
    root = put(page, widgets.packing(2, 4, block="U_o", beside="ONNX"))
    root.get_by_role("slider", name="units").fill("7")
    expect(root).to_have_attribute("data-units", "7")
    expect(root.locator("[data-q='total']")).to_have_text("336")
    assert page.evaluate("model.get('units')") == 7
    expect(root.locator(".le-card [data-of='ONNX'] code").last).to_have_text("R[0, 7:14].T")
    expect(root.locator(".le-card [data-of='Keras 3'] code").last).to_have_text("recurrent_kernel[:, 21:28]")


# --- Dense ----------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_activations_own_and_reaches_every_sum(page):
    put(page, widgets.explore(built("Dense", (None, 3), 4, "tanh"), np.ones((1, 3))))
    for name in ("tanh", "relu", "gelu", "hard_sigmoid"):
        curve = call(page, "curveOf", name, [0.5, -7.0, "NaN", 2.0])
        z, y = np.array(curve["points"]).T
        np.testing.assert_allclose(y, le.activations.get(name)(z), atol=1e-6)
        assert z[0] < -7 and z[-1] > 7
        assert curve["y"][0] < min(0, y.min()) and curve["y"][1] > max(0, y.max())
    assert call(page, "curveOf", "softmax", [1.0, 2.0]) is None


def test_the_point_stands_on_the_curve_where_the_output_is(page):
    layer = built("Dense", (None, 3), 4, "tanh")
    trace = layer.trace(RNG.normal(size=(2, 3)))
    root = put(page, widgets.explore(trace, unit=1))
    curve = root.locator(".le-curve canvas")
    for unit in (1, 3):
        page.evaluate("unit => model.set('unit', unit)", unit)
        z, y = float(trace.z[0, unit]), float(trace.y[0, unit])
        said = f"the point at z = {z:.3f}, y = {y:.3f}.".replace("-", "−")
        expect(curve).to_have_attribute("aria-label", f"The curve of tanh; this output is {said}")
        reach = max(4, 1.15 * np.abs(trace.z[0]).max())
        colour = curve.evaluate(
            """(canvas, [across, y]) => {
                const down = 4 + (1 - (y - -1.16 * Math.tanh(1e9)) / 2.32) * 108;  // from 8 % below −1 to 8 % above 1
                const scale = canvas.width / canvas.clientWidth;
                const x = across * canvas.width;
                return [...canvas.getContext('2d').getImageData(x, down * scale, 1, 1).data];
            }""",
            [(z + reach) / (2 * reach), y],
        )
        np.testing.assert_allclose(colour[:3], [0x56, 0xB4, 0xE9], atol=3)
    root = put(page, widgets.explore(built("Dense", (None, 3), 4, "softmax"), RNG.normal(size=(2, 3)), unit=2))
    assert "softmax looks at all sums of a row" in root.locator(".le-curve canvas").get_attribute("aria-label")
    root = put(page, widgets.explore(built("Dense", (None, 3), 4), RNG.normal(size=(2, 3))))
    assert root.locator(".le-curve").count() == 0  # a straight line says nothing


def test_a_weight_is_under_the_slider_from_the_start_and_the_old_output_stays_in_sight(page):
    layer = built("Dense", (None, 3), 4, "tanh")
    trace = layer.trace(RNG.normal(size=(2, 3)))
    root = put(page, widgets.explore(trace, unit=2))
    expect(root.locator(".le-place")).to_have_value("W[0,2]")
    slider = root.get_by_role("slider", name="value of W[0,2]")
    assert float(slider.input_value()) == pytest.approx(float(layer.kernel[0, 2]), rel=0.02)
    assert root.locator(".le-changed").count() == 0
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert list(page.evaluate("model.get('edits')")) == ["W[0,2]"]
    old = f"{trace.y[0, 2]:.4f}".replace("-", "−")
    expect(root.locator("[data-q='was']")).to_have_text(f"before your changes: y = {old}")


# --- GRU and SimpleRNN ----------------------------------------------------------------------------------------------


def recurrent_trace(kind="GRU", batch=2, steps=9, features=4, units=5, mask=None, x=None, **flags):
    layer = built(kind, (None, None, features), units, **flags)
    x = RNG.normal(size=(batch, steps, features)) if x is None else x
    return layer.trace(x, mask=mask, initial_state=[RNG.normal(size=(len(x), units))])


def parts_by_numpy(trace, batch, t, unit) -> dict[str, float]:
    """The parts of a GRU's sums at one place, in float64."""
    W, U, *bias = (w.astype(float) for w in trace.weights)
    h = (trace.h[batch, t - 1] if t else trace.initial_state[0][batch]).astype(float)
    found = {}
    for k, gate in enumerate("zrg"):
        column = k * trace.layer.units + unit
        found[f"xW_{gate}"] = trace.x[batch, t] @ W[:, column]
        found[f"hU_{gate}"] = h @ U[:, column]
        found[f"rhU_{gate}"] = (trace.r[batch, t] * h) @ U[:, column]
        if bias:
            rows = np.atleast_2d(bias[0])
            found[f"b_{gate}"] = rows[0, column]
            found[f"d_{gate}"] = rows[-1, column]
    return found


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 6, 3)])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("reset_after", [True, False])
def test_a_grus_equations_have_numpys_numbers(page, reset_after, use_bias, place):
    trace = recurrent_trace(reset_after=reset_after, use_bias=use_bias)
    batch, t, unit = place
    root = put(page, widgets.explore(trace, t=t, unit=unit, batch=batch))
    for name in "zrgh":
        assert shown(root, name) == trace[name][batch, t, unit]
    wanted = parts_by_numpy(trace, batch, t, unit)
    inside = "hU_g" if trace.layer.reset_after else "rhU_g"
    on_screen = ["xW_z", "hU_z", "xW_r", "hU_r", "xW_g", inside]
    if trace.layer.use_bias:
        on_screen += ["b_z", "b_r", "b_g"] + (["d_z", "d_r", "d_g"] if trace.layer.reset_after else [])
    for name in on_screen:
        assert shown(root, name) == pytest.approx(wanted[name], abs=1e-6), name
    assert root.locator(".le-num[data-q^='d_']").count() == (3 if "d_z" in on_screen else 0)
    # the parts give the sum that was recorded
    d = {gate: wanted.get(f"d_{gate}", 0) if trace.layer.reset_after else 0 for gate in "zrg"}
    b = {gate: wanted.get(f"b_{gate}", 0) for gate in "zrg"}
    assert shown(root, "a_z") == pytest.approx(wanted["xW_z"] + wanted["hU_z"] + b["z"] + d["z"], abs=1e-5)
    past = shown(root, "r") * (wanted["hU_g"] + d["g"]) if trace.layer.reset_after else wanted["rhU_g"]
    assert shown(root, "a_g") == pytest.approx(wanted["xW_g"] + b["g"] + past, abs=1e-5)
    z, g, h_prev = shown(root, "z"), shown(root, "g"), shown(root, "h_prev")
    assert shown(root, "h") == pytest.approx(z * h_prev + (1 - z) * g, abs=1e-6)
    assert shown(root, "rest") == pytest.approx(1 - z, abs=1e-6)
    amounts = root.locator(".le-amount-text").inner_text().replace("; ", ", ").split(", ")
    kept, taken, together = (number(text.split()[1]) for text in amounts)
    assert (kept, taken) == pytest.approx((z * h_prev, (1 - z) * g), abs=0.51e-4)
    assert together == pytest.approx(shown(root, "h"), abs=0.51e-4)
    assert root.get_attribute("data-kind") == "GRU"


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_simple_rnns_equations_have_numpys_numbers(page, use_bias):
    trace = recurrent_trace("SimpleRNN", use_bias=use_bias, activation="softsign")
    root = put(page, widgets.explore(trace, t=3, unit=2, batch=1))
    W, U, *bias = (w.astype(float) for w in trace.weights)
    assert shown(root, "xW") == pytest.approx(trace.x[1, 3] @ W[:, 2], abs=1e-6)
    assert shown(root, "hU") == pytest.approx(trace.h[1, 2] @ U[:, 2], abs=1e-6)
    assert root.locator(".le-num[data-q='b']").count() == len(bias)
    assert shown(root, "z") == trace.z[1, 3, 2]
    assert shown(root, "h") == trace.h[1, 3, 2]
    assert "softsign(" in root.locator("[data-row='h']").inner_text()
    assert root.get_attribute("data-kind") == "SimpleRNN"


def test_a_product_opens_to_its_terms_and_follows_the_reader(page):
    trace = recurrent_trace(units=17)
    root = put(page, widgets.explore(trace, t=2, unit=1))
    button = root.locator("[data-row='r'] button").nth(1)  # h_prev · U_r
    assert button.get_attribute("aria-expanded") == "false"
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    panel = root.locator(f"#{button.get_attribute('aria-controls')}")
    for t in (2, 3):
        page.evaluate("t => model.set('t', t)", t)
        expect(root).to_have_attribute("data-t", str(t))
        products = trace.h[0, t - 1].astype(float) * trace.weights[1][:, 17 + 1].astype(float)
        largest = int(np.argmax(np.abs(products)))
        cell = panel.locator(f"[data-q='hU_r.{largest}']")
        expect(cell).to_be_visible()
        assert float(cell.get_attribute("title")) == pytest.approx(products[largest], abs=1e-6)
        total = float(panel.locator("[data-q='hU_r.sum']").get_attribute("title"))
        assert total == pytest.approx(products.sum(), abs=1e-6)
    assert "5 smaller terms" in panel.inner_text()
    assert "recurrent_kernel[k, 18]" in panel.inner_text()


def test_keys_move_through_time_and_units(page):
    root = put(page, widgets.explore(recurrent_trace(steps=25)))
    root.focus()
    for key, t, unit in [
        ("ArrowRight", 1, 0), ("ArrowDown", 1, 1), ("PageDown", 11, 1), ("End", 24, 1),
        ("PageUp", 14, 1), ("ArrowUp", 14, 0), ("ArrowLeft", 13, 0), ("Home", 0, 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
    box = root.locator(".le-plot[data-q='r'] canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 7.5 / 25, box["y"] + box["height"] * 3.5 / 5)
    expect(root).to_have_attribute("data-t", "7")
    expect(root).to_have_attribute("data-unit", "3")
    stop_the_clock(page)
    page.keyboard.press("Space")
    expect(root.locator(".le-play")).to_have_text("Pause")
    page.clock.run_for(1000)
    expect(root).to_have_attribute("data-t", "11")
    page.keyboard.press("Space")
    expect(root.locator(".le-play")).to_have_text("Play")


def test_keras_beside_ours_shows_where_they_differ(page):
    trace = recurrent_trace()
    other = trace.layer.trace(trace.x * np.float32(1.01), initial_state=trace.initial_state)
    root = put(page, widgets.explore(trace, reference=other, t=3, unit=2, batch=1))
    assert "they differ, most of all in" in root.locator(".le-verdict").inner_text()
    assert root.locator("[data-difference='a_g']").inner_text().startswith("≠")
    assert number(root.locator("[data-keras='r']").inner_text()) == pytest.approx(float(other.r[1, 3, 2]), abs=1e-6)
    same = put(page, widgets.explore(trace, reference=trace))
    assert "every number agrees" in same.locator(".le-verdict").inner_text()
    assert same.locator("td.le-differs").count() == 0


def test_masked_steps_nan_and_the_order_of_time_are_said(page):
    mask = np.ones((2, 9), bool)
    mask[0, 3:5] = False
    root = put(page, widgets.explore(recurrent_trace(mask=mask, go_backwards=True), t=5, unit=2))
    assert "this step is masked" in root.locator(".le-words").inner_text()  # step 5 reads timestep 3
    assert "reads input 3" in root.locator(".le-step").inner_text()
    assert "Hatched steps are masked" in root.locator(".le-note").last.inner_text()
    x = RNG.normal(size=(1, 9, 4))
    x[0, 6, 1] = np.nan
    root = put(page, widgets.explore(recurrent_trace("SimpleRNN", x=x), t=7))
    note = root.locator(".le-note").last.inner_text()
    assert f"{1 + 2 * 3 * 5} numbers of this sequence are NaN or infinite" in note
    assert "the first: x at step 6, feature 1" in note
    assert "not finite" in root.locator(".le-words").inner_text()


def test_what_a_grus_gates_do_is_said_in_percent_only_where_they_are_shares(page):
    trace = recurrent_trace()
    root = put(page, widgets.explore(trace, t=4, unit=1))
    z = float(trace.z[0, 4, 1])
    assert f"keeps {int(100 * z + 0.5)} % of its state" in root.locator(".le-words").inner_text()
    root = put(page, widgets.explore(recurrent_trace(recurrent_activation="relu", steps=3)))
    assert "%" not in root.locator(".le-words").inner_text()


def test_dropped_numbers_keep_the_sums_closed(page):
    layer = built("GRU", (None, None, 4), 3, dropout=0.5)
    trace = layer.trace(RNG.normal(size=(1, 5, 4)), training=True)
    root = put(page, widgets.explore(trace, t=2))
    assert root.locator(".le-equations button").count() == 0
    assert shown(root, "a_z") == trace.a[0, 2, 0]
    assert "dropped numbers" in root.locator(".le-equations").inner_text()


# --- Embedding ------------------------------------------------------------------------------------------------------


def embedding(tokens, size=11, width=6, **flags):
    layer = built("Embedding", (None, None), size, width, **flags)
    return layer, layer.trace(np.array(tokens))


def test_a_token_picks_its_row(page):
    layer, trace = embedding([[3, 0, 7, 3, 10], [1, 1, 2, 4, 5]])
    root = put(page, widgets.explore(trace, t=2, unit=4))
    assert float(root.locator(".le-num[data-q='y']").get_attribute("title").partition("=")[2]) == layer.embeddings[7, 4]
    for column in range(6):
        text = root.locator(f"[data-q='v{column}']").get_attribute("title")
        assert float(text) == layer.embeddings[7, column]
    expect(root).to_have_attribute("data-token", "7")
    root.focus()
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-token", "3")
    assert "2 steps of this sequence pick the same row" in root.locator(".le-words").inner_text()
    root.get_by_role("button", name="step 1, token 0").click()
    expect(root).to_have_attribute("data-t", "1")
    page.evaluate("model.set('batch', 1)")
    expect(root).to_have_attribute("data-token", "1")


def test_a_click_on_a_row_of_the_table_goes_to_the_next_step_that_picks_it(page):
    _, trace = embedding([[3, 0, 7, 3, 10]])
    root = put(page, widgets.explore(trace))
    box = root.locator("[data-q='table'] canvas").bounding_box()

    def click(row, column):
        page.mouse.click(box["x"] + box["width"] * (column + 0.5) / 6, box["y"] + box["height"] * (row + 0.5) / 11)

    click(3, 2)
    expect(root).to_have_attribute("data-t", "3")  # the next one, not the first
    expect(root).to_have_attribute("data-unit", "2")
    click(3, 2)
    expect(root).to_have_attribute("data-t", "0")
    click(5, 1)  # no token picks it: only the column moves
    expect(root).to_have_attribute("data-unit", "1")
    expect(root).to_have_attribute("data-t", "0")


def test_a_large_table_says_that_only_the_rows_in_use_are_here(page, monkeypatch):
    monkeypatch.setattr(widgets.embedding, "_TABLE_BYTES", 100)
    layer, trace = embedding([[3, 200, 7, 3, 150]], size=300, mask_zero=True)
    root = put(page, widgets.explore(trace, t=1))
    expect(root).to_have_attribute("data-token", "200")
    assert number(root.locator(".le-num[data-q='y']").inner_text()) == pytest.approx(
        float(layer.embeddings[200, 0]), abs=1e-6
    )
    assert "The table has 300 rows; the 4 that these sequences use are here." in root.inner_text()


# --- layers without anything inside, and models ---------------------------------------------------------------------


def test_a_plain_layer_shows_what_goes_in_and_what_comes_out(page):
    layer = built("Masking", (None, None, 3), mask_value=0.0)
    x = RNG.normal(size=(2, 6, 3))
    x[0, 4:] = 0
    trace = layer.trace(x)
    root = put(page, widgets.explore(trace, t=3, unit=1))
    for name in "xy":
        title = root.locator(f"[data-map='{name}'] .le-value").get_attribute("title")
        assert float(title.partition("=")[2]) == trace[name][0, 3, 1]
    assert "Finds the steps that are only padding" in root.inner_text()
    root.focus()
    page.keyboard.press("End")
    expect(root).to_have_attribute("data-t", "5")
    expect(root.locator(".le-words").last).to_contain_text("This step is masked")
    assert root.get_attribute("data-kind") == "Masking"


def test_the_marks_stand_where_the_reader_is(page):
    lstm = built("LSTM", (None, None, 4), 5, return_sequences=True)
    x = RNG.normal(size=(1, 9, 4))
    for explorer, name, units in (
        (widgets.explore(lstm, x, t=6, unit=3), "h", 5),
        (widgets.explore(recurrent_trace("SimpleRNN"), t=6, unit=3), "h", 5),
        (widgets.explore(built("Dropout", (None, None, 4), 0.5), x, t=6, unit=3), "y", 4),
        (le.explore_gradients(lstm, x, t=6, unit=3), "0/d_c", 5),
    ):
        root = put(page, explorer)
        marks = root.locator(f"[data-map='{name}'] .le-plot").evaluate(
            """plot => {
                const box = plot.getBoundingClientRect();
                const middle = mark => {
                    const { left, right, top, bottom } = plot.querySelector(mark).getBoundingClientRect();
                    return [((left + right) / 2 - box.left) / box.width, ((top + bottom) / 2 - box.top) / box.height];
                };
                return [middle('.le-cursor')[0], ...middle('.le-cell')];
            }"""
        )
        assert marks == pytest.approx([6.5 / 9, 6.5 / 9, 3.5 / units], abs=0.01), name
        if name == "h":
            expect(root.locator("[data-map='x'] .le-cursor")).to_have_count(1)
            expect(root.locator("[data-map='x'] .le-cell")).to_have_count(0)  # a unit is not a feature


def everything():
    model = le.Sequential(
        [
            le.Embedding(11, 6, name="words"),
            le.Dropout(0.2, name="drop"),
            le.Bidirectional(le.LSTM(3, return_sequences=True), name="both"),
            le.GRU(4, return_sequences=True, name="gru"),
            le.SimpleRNN(5, return_sequences=True, name="rnn"),
            le.TimeDistributed(le.Dense(2, "tanh"), name="each"),
        ]
    )
    model.build((None, 7))
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    return model, RNG.integers(0, 11, size=(3, 7))


def test_every_tab_of_a_model_works(page):
    model, tokens = everything()
    trace = model.trace(tokens)
    root = put(page, widgets.explore(trace, t=4, batch=1))
    checks = {
        "words": ("y", trace["words"].y[1, 4, 0]),
        "both/forward": ("h", trace["both"]["forward"].h[1, 4, 0]),
        "both/backward": ("h", trace["both"]["backward"].h[1, 4, 0]),
        "gru": ("z", trace["gru"].z[1, 4, 0]),
        "rnn": ("z", trace["rnn"].z[1, 4, 0]),
    }
    for tab in ("words", "drop", "both/forward", "both/backward", "both/merged", "gru", "rnn", "each"):
        root.get_by_role("tab", name=tab).click()
        expect(root).to_have_attribute("data-layer", tab)
        expect(root).to_have_attribute("data-t", "4")
        panel = root.get_by_role("tabpanel", name=tab)
        expect(panel.locator(".le-about")).to_contain_text("out (3, 7,")
        if tab in checks:
            name, value = checks[tab]
            element = panel.locator(f".le-num[data-q='{name}']").first
            assert float(element.get_attribute("title").partition("=")[2]) == value
        expect(root.locator(".le-error")).to_have_count(0)
    root.get_by_role("tab", name="both/backward").click()
    about = root.get_by_role("tabpanel", name="both/backward").locator(".le-about")
    expect(about).to_contain_text("from its end to its start: step 0 here is timestep 6")
    root.get_by_role("tab", name="both/forward").click()
    about = root.get_by_role("tabpanel", name="both/forward").locator(".le-about")
    expect(about).to_contain_text("from its start to its end")


def test_a_dense_inside_a_model_can_be_changed_and_each_tab_keeps_its_changes(page):
    model = le.Sequential([le.Dense(3, "tanh", name="first"), le.Dense(2, name="second")])
    model.build((None, 4))
    model.set_weights([RNG.normal(size=w.shape) for w in model.weights])
    x = RNG.normal(size=(2, 4)).astype("f4")
    root = put(page, widgets.explore(model, x))
    panels = {name: root.get_by_role("tabpanel", name=name) for name in ("first", "second")}
    panels["first"].locator("[data-q='W1,0']").click()
    page.keyboard.press("ArrowUp")
    expect(panels["first"].locator(".le-changed")).to_have_count(1)
    changed = number(panels["first"].get_by_label("value of W[1,0], typed").input_value())
    kernel = model.layers[0].kernel.astype(float)
    kernel[1, 0] = changed
    wanted = np.tanh(x[0] @ kernel + model.layers[0].bias)[0]
    expect(panels["first"].locator("[data-q='y0,0']")).to_have_text(f"{wanted:.4f}".replace("-", "−"))
    root.get_by_role("tab", name="second").click()
    expect(panels["second"].locator(".le-number").first).to_be_visible()
    expect(panels["second"].locator(".le-changed")).to_have_count(0)
    root.get_by_role("tab", name="first").click()
    expect(panels["first"].locator(".le-changed")).to_have_count(1)
    panels["first"].get_by_text("Reset all").click()
    expect(panels["first"].locator(".le-changed")).to_have_count(0)


def test_names_cannot_inject_markup(page):
    name = "<img src=x onerror=document.title='injected'>"
    for kind, shape, arguments in (("GRU", (None, None, 4), [3]), ("Dropout", (None, None, 4), [0.1]),
                                   ("Embedding", (None, None), [4, 2])):  # fmt: skip
        layer = built(kind, shape, *arguments, name=name)
        root = put(page, widgets.explore(layer, np.ones((1, 3) if kind == "Embedding" else (1, 3, 4))))
        assert root.locator("strong").first.inner_text() == name
        assert root.locator("img").count() == 0
    assert page.title() == "explorer"


def test_closing_leaves_nothing_behind(page):
    for explorer in (
        widgets.explore(recurrent_trace()),
        widgets.explore(embedding([[1, 2, 3]])[1]),
        widgets.packing(2, 3),
    ):
        root = put(page, explorer)
        play = root.locator(".le-play")
        if play.count():
            play.click()
        page.evaluate("cleanup()")
        assert page.evaluate("model.listeners()") == 0
        expect(page.locator(".lstm-edu-explorer")).to_have_count(0)


# --- still pictures in a page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<body>", "light"),
        ("<body data-jp-theme-light='true'>", "light"),
        ("<body data-jp-theme-light='false'>", "dark"),
        ("<body class='vscode-dark'>", "dark"),
    ],
)
def test_a_picture_is_the_one_that_fits_the_page(new_page, body, shown):
    page = new_page(color_scheme="dark")  # what the system likes does not make a white page dark
    bundle = le.plots.show(le.plots.gates(recurrent_trace(), quantities=("h",)))._repr_mimebundle_()
    page.set_content(f"<!doctype html>{body}{bundle['text/html']}</body>")
    expect(page.locator("img:visible")).to_have_count(1)
    expect(page.locator(f"img.lstm-edu-{shown}")).to_be_visible()
    assert page.locator("img:visible").get_attribute("alt").startswith("Heat maps over 9 steps")
    page.emulate_media(media="print")
    expect(page.locator("img.lstm-edu-light")).to_be_visible()
    expect(page.locator("img:visible")).to_have_count(1)
    # where style sheets are taken away, one is left
    page.evaluate("document.querySelector('style').remove()")
    expect(page.locator("img:visible")).to_have_count(1)


# --- accessible, at every width -------------------------------------------------------------------------------------

PACKING = {
    "packing, PyTorch": lambda: widgets.packing(2, 4, block="b_g", beside="PyTorch"),
    "packing, large": lambda: widgets.packing(128, 9, beside="Keras 1"),
    "packing, small": lambda: widgets.packing(1, 1, beside="ONNX"),
    "packing, GRU": lambda: widgets.packing(3, 5, kind="GRU", block="d_r", beside="ONNX"),
    "packing, Dense": lambda: widgets.packing(3, 500, kind="Dense", block="W", beside="PyTorch"),
}
ALL = PACKING | {
    "GRU": lambda: widgets.explore(recurrent_trace(), t=2, highlight="z"),
    "GRU with Keras": lambda: (lambda trace: widgets.explore(trace, reference=trace))(
        recurrent_trace(reset_after=False)
    ),
    "SimpleRNN, masked": lambda: widgets.explore(
        recurrent_trace("SimpleRNN", mask=np.arange(18).reshape(2, 9) % 9 < 6), t=7
    ),
    "Embedding": lambda: widgets.explore(embedding([[3, 0, 7, 3, 10]] * 2, mask_zero=True)[1], t=1),
    "Embedding, large": lambda: widgets.explore(embedding([range(400)], size=500, width=64)[1], t=300, unit=40),
    "Dense": lambda: widgets.explore(built("Dense", (None, 3), 4, "relu"), RNG.normal(size=(2, 3))),
    "Dense, softmax": lambda: widgets.explore(built("Dense", (None, 12), 50, "softmax"), RNG.normal(size=(9, 12))),
    "Dropout": lambda: widgets.explore(built("Dropout", (None, None, 4), 0.5), RNG.normal(size=(2, 9, 4))),
    "model, GRU": lambda: (lambda model, x: widgets.explore(model, x, layer="gru"))(*everything()),
    "model, merged": lambda: (lambda model, x: widgets.explore(model, x, layer="both/merged"))(*everything()),
    "model, Dense": lambda: (lambda model, x: widgets.explore(model, x, layer="each"))(*everything()),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(new_page, scheme):
    page = new_page(**SCHEMES[scheme])
    for which, make in ALL.items():
        put(page, make())
        axe_finds_nothing(page, which)


@pytest.mark.parametrize("width", [400, 760, 1400])
def test_nothing_sticks_out_at_any_width(new_page, width):
    page = new_page(viewport={"width": width, "height": 900})
    for which, make in ALL.items():
        put(page, make())
        nothing_sticks_out(page, which)
