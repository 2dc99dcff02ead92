"""No number lies over another, nor over the edge: as powers of ten too, at any width, in every explorer of a layer."""

import numpy as np
import pytest
from blank_page import call, nothing_sticks_out, put
from playwright.sync_api import expect

import lstm_edu as le

# The digits that are seen, with what they lie over: [text, other text]. What an element cuts off is not seen.
LIE_OVER = """root => {
    const seen = text => {
        const range = document.createRange();
        range.selectNodeContents(text);
        return [...range.getClientRects()].map(box => {
            let {left, right, top, bottom} = box;
            for (let e = text.parentElement; e !== root; e = e.parentElement) {
                if (getComputedStyle(e).overflowX === 'visible' || e instanceof SVGElement) continue;
                const cut = e.getBoundingClientRect();
                [left, right] = [Math.max(left, cut.left), Math.min(right, cut.right)];
                [top, bottom] = [Math.max(top, cut.top), Math.min(bottom, cut.bottom)];
            }
            return {left, right, top, bottom};
        }).filter(box => box.right - box.left > 1 && box.bottom - box.top > 1);
    };
    const texts = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode;
        const skip = '.le-hidden, .le-diagram-gate, option, sub, [hidden]';
        if (!text.data.trim() || text.parentElement.closest(skip) || !text.parentElement.checkVisibility()) continue;
        for (const box of seen(text)) texts.push({text: text.data, box});
    }
    const found = [];
    texts.forEach(({text, box: a}, n) => texts.slice(n + 1).forEach(({text: other, box: b}) => {
        if (!/\\d/.test(text) && !/\\d/.test(other)) return;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 5) found.push(`${text} over ${other}`);  // a line's box is higher than its letters
    }));
    return found;
}"""


def made(kind, size, units=4, features=3, **options):
    """A trace whose numbers are about `size` times what they usually are, all signs among them."""
    rng = np.random.default_rng(7)
    layer = getattr(le, kind)(units, dtype="float64", **options)
    layer.build((None, None, features) if kind != "Dense" else (None, features))
    layer.set_weights([rng.normal(size=w.shape) * size for w in layer.weights])
    return layer.trace(rng.normal(size=(2, 6, features) if kind != "Dense" else (5, features)))


TRACES = {
    "LSTM, tiny": lambda: made("LSTM", 1e-17),
    "LSTM, tiny, one unit": lambda: made("LSTM", 1e-17, units=1, features=1),
    "LSTM, huge": lambda: made("LSTM", 3e5, activation="linear", recurrent_activation="relu"),
    "GRU, tiny": lambda: made("GRU", 1e-17),
    "SimpleRNN, huge": lambda: made("SimpleRNN", 3e5, activation="relu"),
    "Dense, tiny": lambda: made("Dense", 1e-17),
    "Dense, huge": lambda: made("Dense", 3e7),
}


@pytest.mark.parametrize("which", TRACES)
def test_powers_of_ten_keep_apart(new_page, which):
    trace = TRACES[which]()
    units = trace["y" if "Dense" in which else "h"].shape[-1]
    page = new_page()
    for width in (300, 400, 640, 760, 1000, 1280, 1700):
        page.set_viewport_size({"width": width, "height": 900})
        for unit, t in ((0, 1), (min(2, units - 1), 5)):
            root = put(page, le.explore(trace, reference=trace, unit=unit, t=0 if "Dense" in which else t))
            for button in root.locator("button:is(.le-addend, .le-rnn-part)").all()[:4]:
                button.click()
            assert root.evaluate(LIE_OVER) == [], (width, unit, t)
            nothing_sticks_out(page, (width, unit, t))
    assert "e" in root.inner_text()


def test_of_a_what_if_too(new_page):
    page = new_page()
    explorer = le.explore(TRACES["LSTM, tiny"](), t=3, unit=1)
    explorer.what_if(hold={"f": 1}, kernel={(0, 1): -2.5e-16}, mistake="gate-order:i,g,f,o")
    for width in (300, 400, 760, 1000, 1280):
        page.set_viewport_size({"width": width, "height": 4000})  # so high that the panel moves over nothing
        root = put(page, explorer)
        root.get_by_text("What if …").click()
        for tool in ("Make a mistake", "Change a number", "Hold a gate"):
            if root.get_by_role("group", name=tool).get_attribute("open") is None:
                root.get_by_text(tool, exact=True).click()
            expect(root.get_by_role("group", name=tool).locator(".le-tool-content")).to_be_visible()
            assert root.evaluate(LIE_OVER) == [], (width, tool)
            nothing_sticks_out(page, (width, tool))


@pytest.mark.parametrize(
    ("text", "value", "most", "shown"),
    [
        ("−0.1234", -0.1234, 7, "−0.1234"), ("−12.3456", -12.3456, 7, "−12.346"), ("12345.68", 12345.68, 7, "12345.7"),
        ("−4.36e−17", -4.36e-17, 8, "−4.4e−17"), ("−4.36e−17", -4.36e-17, 7, "−4e−17"),
        ("4.36e+8", 4.36e8, 6, "4.4e+8"), ("−4.36e−308", -4.36e-308, 6, "−4e−308"),
    ],
)  # fmt: skip
def test_a_number_has_as_many_digits_as_there_is_room_for(page, text, value, most, shown):
    assert call(page, "fitted", text, value, most) == shown
