"""Exported pages in WebKit, the engine of Safari."""

import pytest

from docs import every_kind, in_webkit


@pytest.mark.parametrize("name", in_webkit.IN_PAGES)
def test_every_kind_of_explorer_lives_in_a_file(webkit, tmp_path, name):
    """Drawn, stepped, with NumPy's numbers, typed into, on a narrow page."""
    in_webkit.use(webkit, name, every_kind.here(kernel=False), tmp_path / "page.html")


def test_a_wide_formula_scrolls_in_a_narrow_window(webkit, wide_formulas):
    webkit.open(wide_formulas, width=400, height=800)
    assert webkit.run("return innerWidth") <= 480  # of a window with its frame
    wide = "return [...document.querySelectorAll('.formula')].filter(f => f.scrollWidth > f.clientWidth).length"
    assert webkit.run(wide) == 3
    assert webkit.run("return document.documentElement.scrollWidth <= innerWidth")
