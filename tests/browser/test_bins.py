"""The bins explorer in a page without Jupyter."""

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, nothing_sticks_out, put
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu.widgets.bins import bin_of

ACTIONS = np.repeat([0, 1, 2, 3], [443, 120, 157, 280])


def shares(root):
    return root.locator(".le-bins-bin").evaluate_all("bins => bins.map(bin => bin.dataset.share)")


def test_the_page_counts_as_python_does(page):
    put(page, le.explore_bins(ACTIONS))
    values = np.concatenate([np.arange(-5, 7), np.random.default_rng(2).normal(size=40) * 3])
    for value_range, bins in [((0, 1), 4), ((0, 4), 4), ((1, 3), 4), ((-2.25, 6), 5), ((0, 0.25), 3)]:
        ours = bin_of(values, value_range, bins)
        assert [call(page, "binOf", float(v), list(value_range), bins) for v in values] == ours.tolist(), value_range
    for words, text in [([], ""), (["1"], "1"), (["1", "2"], "1 and 2"), (["1", "2", "3"], "1, 2 and 3")]:
        assert call(page, "listed", words) == text


def test_moving_the_end_of_the_range_moves_the_actions(page):
    root = put(page, le.explore_bins(ACTIONS))
    assert shares(root) == ["0.443", "0.000", "0.000", "0.557"]
    words = root.locator(".le-bins-words")
    expect(words).to_contain_text("Actions 1, 2 and 3 share bin 3.")
    slider = root.get_by_role("slider", name="value_range, high")
    slider.focus()
    for _ in range(12):  # from 1 to 4, a quarter a key
        page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-range", "0 4")
    expect(words).to_have_text("Every action has its own bin.")
    assert shares(root) == ["0.443", "0.120", "0.157", "0.280"]
    expect(root.locator(".le-bins-call")).to_contain_text("value_range=[0, 4], nbins=4")
    expect(root.locator("[aria-live=polite]")).to_contain_text("Shares: 0.443, 0.120, 0.157, 0.280.")


def test_one_end_pushes_the_other(page):
    root = put(page, le.explore_bins(ACTIONS))
    slider = root.get_by_role("slider", name="value_range, low")
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-range", "1.5 1.75")
    page.evaluate("model.set('value_range', [-3, 8])")  # from Python, beyond the sliders' ends
    expect(root).to_have_attribute("data-range", "-3 8")
    expect(slider).to_have_value("-3")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_all_fits(new_page, scheme):
    page = new_page(**SCHEMES[scheme], viewport={"width": 400, "height": 900})
    many = np.arange(40) % 17 - 3.5
    for explorer in (le.explore_bins(ACTIONS), le.explore_bins(many, 12, what="<b>score</b>"), le.explore_bins([7], 1)):
        root = put(page, explorer)
        axe_finds_nothing(page)
        nothing_sticks_out(page)
        assert root.locator("b").count() == 0
