"""How much the gradient explorer shows: its size alone, the path too, or all of it; what is said at the first level."""

import re

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, load_modules, nothing_sticks_out, put
from playwright.sync_api import expect
from test_gradients_and_pair import B, H, T, inputs, made
from test_levels import at_address, put_at

import lstm_edu as le
from lstm_edu.core.gradient_flow import flow

LEVELS = ("size", "path", "all")
# What is seen from which level on.
PARTS = {
    ".le-words": 0, "[data-map=norm]": 0, ".le-axis": 0, ".le-keys": 0, "label:has-text('curve by powers of ten')": 0,
    "[data-map='0/c']": 1, "[data-map='0/d_h']": 1, "[data-map='1/d_h']": 1, "[data-map=way]": 1, ".le-loss": 1,
    ".le-factors": 1, "label:has-text('colours by powers of ten')": 1, "label:has(select[aria-label=unit])": 1,
    ".le-equations": 2, ".le-terms": 2,
}  # fmt: skip
CURVES = {
    "size": ["0/dc", "1/dh"],
    "path": ["0/dh", "0/dc", "1/dh", "0/way", "1/way"],
    "all": ["0/dh", "0/dc", "1/dh", "0/way", "0/whole", "0/jacobian", "1/way", "1/jacobian"],
}


def fading(kind=le.LSTM, units=H, **flags):
    """A layer whose gradient fades, but not to nothing, over a few dozen steps."""
    layer = made(kind, units, **flags)
    layer.set_weights([0.35 * w for w in layer.get_weights()])
    return layer


def both(**options):
    return le.explore_gradients(fading(), inputs(steps=30), beside=fading(le.SimpleRNN, units=3), **options)


def sizes(layer, quantity, steps=30):
    """The length of dL/d(quantity) at each step of sequence 0."""
    return np.linalg.norm(flow(layer, inputs(steps=steps)).grads.trace[quantity][0], axis=1)


def test_each_level_adds_to_the_one_before(page):
    for n, level in enumerate(LEVELS):
        root = put(page, both(show=level, t=9))
        expect(root).to_have_attribute("data-detail", level)
        for part, first in PARTS.items():
            assert root.locator(part).first.is_visible() == (n >= first), (level, part)
        seen = "all => all.filter(e => e.offsetParent).map(e => e.dataset.curve)"
        assert root.locator("[data-curve]").evaluate_all(seen) == CURVES[level]
        drawn = root.locator(".le-map:visible canvas").evaluate_all("all => all.map(c => c.width)")
        assert all(width > 300 for width in drawn), (level, drawn)
        expect(root.locator(".le-error")).to_have_count(0)


def test_size_alone_is_on_the_screen_of_a_laptop_with_its_sentence_and_controls(new_page):
    page = new_page(viewport={"width": 1280, "height": 720})
    root = put(page, both(show="size", t=9))
    box = root.bounding_box()
    assert box["height"] < 430  # of 720, JupyterLab and the cell take the rest
    for part in (".le-controls", "[data-map=norm] canvas", ".le-words", ".le-levels"):
        inside = root.locator(part).bounding_box()
        assert inside["y"] >= box["y"] and inside["y"] + inside["height"] <= box["y"] + box["height"], part
    assert root.locator("[data-map=norm] canvas").bounding_box()["height"] > 150  # the key picture is no stripe


# --- the sentence ---------------------------------------------------------------------------------------------------


def percent(share):
    return f"{float(f'{100 * share:.2g}'):g} %"


def test_the_sentence_says_what_is_left_of_the_gradient_at_this_step(page):
    layer = fading(le.SimpleRNN)
    size = sizes(layer, "h")
    for t in (28, 25):
        root = put(page, le.explore_gradients(layer, inputs(steps=30)[:1], show="size", t=t))
        share = size[t] / size[-1]
        assert 0.002 < share < 0.9
        steps = "1 step" if t == 28 else "4 steps"
        expect(root.locator(".le-words")).to_have_text(
            f"At step {t}, {steps} before the end, {percent(share)} of the gradient is left."
        )
        assert float(root.locator("[data-curve='0/dh']").inner_text()) == pytest.approx(size[t], rel=2e-3)
    root = put(page, le.explore_gradients(layer, inputs(steps=30), show="size"))
    expect(root.locator(".le-words")).to_have_text(
        "Here, at the last step (step 29 of sequence 0), the gradient begins. Its size is 2.000. "  # of 4 units, 1 each
        "Press ← and follow it back in time."
    )


def test_of_two_layers_it_says_both_and_an_lstms_is_what_its_memory_hands_on(page):
    lstm, rnn = fading(), fading(le.SimpleRNN, units=3)
    left = [sizes(lstm, "c"), sizes(rnn, "h")]
    root = put(page, both(show="size", t=26))
    shares = [size[26] / size[-1] for size in left]
    assert all(0.001 < share < 1 for share in shares) and abs(shares[0] - shares[1]) > 0.01
    expect(root.locator(".le-words")).to_have_text(
        f"At step 26 of sequence 0, 3 steps before the end, {percent(shares[0])} of the LSTM's gradient is left and "
        f"{percent(shares[1])} of the SimpleRNN's gradient is left."
    )


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "100 % of the gradient is left"),
        (0.5, "50 % of the gradient is left"),
        (0.00123, "0.12 % of the gradient is left"),
        (0.000423, "1 part in 2,400 of the gradient is left"),
        (2.9e-7, "1 part in 3.4 million of the gradient is left"),
        (1.7e-10, "1 part in 5.9 billion of the gradient is left"),
        (3e-17, "1 part in 3.3e16 of the gradient is left"),
        (0.0, "nothing of the gradient is left"),
        (1.4, "the gradient is 1.4 times as large as at the end"),
        (751, "the gradient is 750 times as large as at the end"),
        (6.2e7, "the gradient is 62,000,000 times as large as at the end"),
    ],
)
def test_shares_are_said_in_numbers_that_one_can_picture(page, share, said):
    load_modules(page)
    spec = {"steps": 3, "rows": 1, "layers": [{"kind": "GRU", "name": "gru"}], "given": False}
    found = call(page, "sizeInWords", spec, [[2.5 * share, 1.0, 2.5]], {"t": 0, "batch": 0})
    assert found == f"At step 0, 2 steps before the end, {said}."


def test_where_the_loss_reads_every_step_only_the_size_is_said(page):
    layer, dy = fading(), np.random.default_rng(3).normal(size=(B, T, H))
    root = put(page, le.explore_gradients(layer, inputs(), dy, show="size", t=T - 1))
    size = np.linalg.norm(layer.backward(layer.trace(inputs()), dy).trace.c[0, -1])
    expect(root.locator(".le-words")).to_have_text(f"At step 11 of sequence 0 the size of the gradient is {size:.4g}.")


def test_what_is_skipped_or_no_number_is_said_there_too(page):
    mask = np.arange(T)[None] < [[T], [8]]
    root = put(page, le.explore_gradients(fading(), inputs(), mask=mask, show="size", batch=1, t=6))
    expect(root.locator(".le-note").last).to_contain_text("Hatched steps are masked")
    x = inputs()
    x[0, 5, 1] = np.nan
    root = put(page, le.explore_gradients(made(), x, show="size", t=2))
    expect(root.locator(".le-words")).to_contain_text("the size of the gradient is NaN")
    expect(root.locator(".le-note").last).to_be_hidden()  # there are no maps with a chequerboard in them


def test_two_layers_of_one_kind_are_told_apart_by_their_names(page):
    usual, keeper = fading(name="usual"), fading(name="keeper")
    keeper.set_weights([w + 0.1 for w in keeper.get_weights()])
    root = put(page, le.explore_gradients(usual, inputs(), beside=keeper, show="size", t=5))
    assert root.locator(".le-line").all_inner_texts()[0].startswith("LSTM “usual” |dL/dc|")
    expect(root.locator(".le-words")).to_contain_text("of the LSTM “keeper”'s gradient is left")
    root.get_by_role("radio", name="all").check()
    expect(root.locator(".le-words")).to_contain_text("in the LSTM “usual” and ")
    twins = put(page, le.explore_gradients(usual, inputs(), beside=fading(name="usual"), show="size", t=5))
    expect(twins.locator(".le-words")).to_contain_text("of the second LSTM's gradient is left")


# --- the control ----------------------------------------------------------------------------------------------------


def test_the_level_is_changed_by_keyboard_alone_and_told_to_python(page):
    root = put(page, both(show="size", t=9))
    choice = root.get_by_role("radiogroup", name="show how much")
    assert [radio.get_attribute("value") for radio in choice.get_by_role("radio").all()] == list(LEVELS)
    root.focus()
    page.keyboard.press("Tab")
    for level in LEVELS[1:]:
        page.keyboard.press("ArrowRight")
        expect(root).to_have_attribute("data-detail", level)
        assert page.evaluate("model.get('show')") == level
    assert page.evaluate("[model.get('t'), model.get('unit')]") == [9, 0]
    page.wait_for_function("model.saved.length > 0")
    page.evaluate("model.set('show', 'size')")  # as Python does
    expect(root.get_by_role("radio", name="size")).to_be_checked()
    expect(root.locator("[data-map=way]")).to_be_hidden()


def test_steps_are_walked_at_the_first_level_and_units_are_not(page):
    root = put(page, both(show="size", t=9))
    root.focus()
    for key, t in (("ArrowLeft", 8), ("ArrowDown", 8), ("End", 29), ("ArrowDown", 29), ("PageUp", 19), ("Home", 0)):
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-t", str(t))
    assert page.evaluate("model.get('unit')") == 0
    assert "↑" not in root.locator(".le-keys").inner_text()
    root.get_by_role("radio", name="path").check()
    root.focus()
    page.keyboard.press("ArrowDown")
    expect(root).to_have_attribute("data-unit", "1")
    assert "↑ ↓ unit" in root.locator(".le-keys").inner_text()


def test_the_page_remembers_the_level_apart_from_those_of_other_explorers(page):
    lstm = made()
    asked = {level: le.explore_gradients(lstm, inputs(), show=level) for level in LEVELS}
    other = le.explore(lstm, inputs(), detail="all")
    root = put_at(page, "http://localhost/a", asked["all"])
    root.get_by_role("radio", name="path").check()
    expect(put_at(page, "http://localhost/a", asked["all"])).to_have_attribute("data-detail", "path")
    expect(put_at(page, "http://localhost/a", asked["size"])).to_have_attribute("data-detail", "size")
    root = put_at(page, "http://localhost/a", other)
    expect(root).to_have_attribute("data-detail", "all")
    root.get_by_role("radio", name="gates").check()
    expect(put_at(page, "http://localhost/a", other)).to_have_attribute("data-detail", "gates")
    expect(put_at(page, "http://localhost/a", asked["all"])).to_have_attribute("data-detail", "path")


@pytest.mark.parametrize("kept", ['{"all": "gates"}', '{"all": "simple"}', '{"all": 2}', "[]", "nonsense"])
def test_nonsense_in_the_memory_is_no_matter(page, kept):
    at_address(page, "http://localhost/a")
    page.evaluate("kept => localStorage.setItem('lstm-edu-show /a', kept)", kept)
    root = put_at(page, "http://localhost/a", le.explore_gradients(made(), inputs()))
    expect(root).to_have_attribute("data-detail", "all")


# --- for everyone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("level", ["size", "path"])  # the other tests look at "all"
def test_axe_finds_nothing_at_any_level_and_nothing_sticks_out(new_page, scheme, level):
    page = new_page(**SCHEMES[scheme])
    for width in (400, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        for make in (both, lambda **show: le.explore_gradients(made(le.GRU), inputs(), **show)):
            put(page, make(show=level, t=7))
            axe_finds_nothing(page, (level, width))
            nothing_sticks_out(page, (level, width))


def test_the_level_is_told_to_whoever_does_not_see_it(page):
    root = put(page, both(show="size", t=9))
    said = re.compile("^How large the gradient is at each of 30 steps: 2 curves.")
    expect(root.locator(".le-maps")).to_have_attribute("aria-label", said)
    expect(root.locator("[aria-live=polite]")).to_contain_text("before the end")
    root.get_by_role("radio", name="path").check()
    expect(root.locator(".le-maps")).to_have_attribute("aria-label", re.compile("^Heat maps of units over 30 steps"))
