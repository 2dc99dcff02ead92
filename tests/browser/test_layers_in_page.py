"""The explorers of the layers beside the LSTM, and of packing, in a page without Jupyter."""

import numpy as np
import pytest
from playwright.sync_api import expect
from test_explorers_in_page import axe, call, put  # noqa: F401 (axe is a fixture)

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
    gates = {"LSTM": "ifgo", "GRU": "zrh"}.get(kind, "")
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
        ("LSTM", "Keras 1"): "igfo", ("GRU", "PyTorch"): "rzh", ("GRU", "TF1"): "rz",
    }.get((kind, program), "zrh" if kind == "GRU" else "")  # fmt: skip

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
        found |= {"candidate_kernel": np.vstack([block["W_h"], block["U_h"]])}
        found["candidate_bias"] = block.get("b_h")
    elif program == "TF1":
        rows = parts("W") if kind == "Dense" else [np.hstack(parts("W")), np.hstack(parts("U"))]
        if use_bias and kind == "LSTM":
            bias = bias.copy()
            bias[2 * H : 3 * H] -= 0.75  # the cell adds forget_bias when it runs
        found = {"kernel": np.vstack(rows), "bias": bias}
    else:
        spelled = {"g": "c"} if kind == "LSTM" else {}
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


# --- accessible, at every width -------------------------------------------------------------------------------------

PACKING = {
    "packing, PyTorch": lambda: widgets.packing(2, 4, block="b_g", beside="PyTorch"),
    "packing, large": lambda: widgets.packing(128, 9, beside="Keras 1"),
    "packing, small": lambda: widgets.packing(1, 1, beside="ONNX"),
    "packing, GRU": lambda: widgets.packing(3, 5, kind="GRU", block="d_r", beside="ONNX"),
    "packing, Dense": lambda: widgets.packing(3, 500, kind="Dense", block="W", beside="PyTorch"),
}
ALL = PACKING


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_axe_finds_nothing(new_page, axe, scheme):  # noqa: F811
    page = new_page(
        color_scheme="dark" if scheme == "dark" else "light", forced_colors="active" if scheme == "forced" else "none"
    )
    for which, make in ALL.items():
        root = put(page, make())
        page.add_script_tag(content=axe)
        found = page.evaluate("async () => (await axe.run('.lstm-edu-explorer')).violations")
        assert [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found] == [], which
        assert root.get_attribute("aria-label")
        assert root.locator("[aria-live=polite]").count() >= 1


@pytest.mark.parametrize("width", [400, 760, 1400])
def test_nothing_sticks_out_at_any_width(new_page, width):
    page = new_page(viewport={"width": width, "height": 900})
    for which, make in ALL.items():
        put(page, make())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, which
        wide = page.locator(".lstm-edu-explorer").evaluate(
            """root => [...root.querySelectorAll('*')].filter(e => !e.closest('.le-scroll, .le-hidden') &&
                e.offsetParent && e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
                .map(e => e.className)"""
        )
        assert wide == [], which
