"""README's moving picture: python -m docs.make_film

Trains an LSTM for a few epochs to tell nine speakers apart, runs it on one utterance, steps through it with the LSTM
explorer in a browser, and asks what would be if the forget gate were held shut: the real widget, in a page that
`le.save_html` wrote. Each screenshot becomes a picture of docs/explorer.gif.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import lstm_edu as le
from benchmarks.browser import browser

HERE = Path(__file__).resolve().parent
FILM = HERE / "explorer.gif"
WIDTH, HEIGHT = 800, 880
UNITS = 8
EPOCHS = 30
STEP, POINT, LONG, END = 320, 700, 1400, 3200  # milliseconds: a step, a press, a moment to look, a longer one
MOST = 1_500_000  # bytes


def utterance() -> tuple[le.Trace, str]:
    """The trace of the trained LSTM over one utterance of the test set that the model gets right, and who speaks."""
    data = le.datasets.vowels()
    model = le.Sequential([le.Masking(), le.LSTM(UNITS, seed=1), le.Dense(9, "softmax", seed=2)])
    model.build((None, *data.x_train.shape[1:]))
    model.compile(le.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, batch_size=27, epochs=EPOCHS, seed=3, verbose=0)
    answers = model(data.x_test).argmax(axis=-1)
    right = float((answers == data.y_test).mean())
    print(f"{right:.0%} of the test utterances are given to the right speaker", file=sys.stderr)
    chosen = next(n for n, k in enumerate(data.lengths_test) if k == 20 and answers[n] == data.y_test[n])
    layer = le.LSTM(UNITS, return_sequences=True, name="speaker_lstm")
    layer.build((None, None, data.x_test.shape[2]))
    layer.set_weights(model.layers[1].get_weights())
    return layer.trace(data.x_test[chosen : chosen + 1, :20]), data.class_names[data.y_test[chosen]]


class Film:
    """Pictures of the explorer, one after the other, with a line under them that says what is done."""

    def __init__(self, page: Page):
        self.page = page
        self.root = page.locator(".lstm-edu-explorer")
        self.taken: list[tuple[Image.Image, int]] = []  # (picture, milliseconds)
        expect(self.root).to_have_attribute("data-ready", "true")
        page.evaluate(STAGE)
        self.focus()

    def focus(self) -> None:
        self.root.evaluate("root => root.focus({ preventScroll: true })")

    def take(self, milliseconds: int) -> None:
        self.page.wait_for_timeout(150)
        picture = self.page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
        self.taken.append((Image.open(io.BytesIO(picture)).convert("RGB"), milliseconds))

    def say(self, text: str) -> None:
        self.page.evaluate("text => { document.getElementById('line').textContent = text; }", text)

    def press(self, key: str, t: int, milliseconds: int = STEP) -> None:
        self.page.keyboard.press(key)
        expect(self.root).to_have_attribute("data-t", str(t))
        self.take(milliseconds)

    def click(self, target: Locator) -> None:
        """The pointer comes, and presses."""
        box = target.bounding_box()
        x, y = box["x"] + min(box["width"] / 2, 60), box["y"] + box["height"] / 2
        self.page.evaluate("([x, y]) => { pointer.style.cssText += `;left:${x}px;top:${y}px;display:block`; }", [x, y])
        self.page.mouse.move(x, y)
        self.take(POINT)
        target.click()

    def no_pointer(self) -> None:
        self.page.evaluate("pointer.style.display = 'none'")
        self.page.mouse.move(1, HEIGHT + 100)


# The explorer alone, under a line of text; and a pointer, which no screenshot shows by itself.
STAGE = """() => {
    document.querySelectorAll('header, h1').forEach(element => element.remove());
    const style = document.createElement('style');
    style.textContent = `
        main { padding: 0 !important; max-width: none !important }
        .lstm-edu-explorer { outline: none !important; border-radius: 0 !important }
        * { transition: none !important; caret-color: transparent !important }
        #line { position: sticky; top: 0; z-index: 9; margin: 0; padding: 0 14px; background: #1f2328; color: #ffffff;
                font: 17px/44px system-ui }
        #pointer { position: fixed; display: none; pointer-events: none }`;
    const line = Object.assign(document.createElement('p'), { id: 'line' });
    document.body.prepend(style, line);
    document.body.insertAdjacentHTML('beforeend', `<svg id="pointer" width="26" height="30" viewBox="0 0 26 30">
        <path d="M2,2 V24 L8,18.5 L12,28 L16.5,26 L12.5,17 H21 Z" fill="#000" stroke="#fff" stroke-width="2"/></svg>`);
}"""


def shoot(page: Page, trace: le.Trace) -> list[tuple[Image.Image, int]]:
    """The scenes: a walk through the utterance, a gate held shut, the run brought back."""
    film = Film(page)
    root, last = film.root, trace.h.shape[1] - 1
    film.say("One recorded vowel, step by step, with the arrow keys")
    film.take(LONG)
    for t in range(1, last + 1):
        film.press("ArrowRight", t, LONG if t == last else STEP)

    film.say("What if the forget gate were held shut?")
    panel = root.get_by_text("What if …")
    film.click(panel)
    film.take(STEP)
    film.click(root.get_by_role("button", name="shut (0)"))
    expect(root.locator(".le-changes li")).to_have_count(1)
    film.take(STEP)
    film.say("The page recomputes the run; dashed: the run as it was")
    film.click(panel)  # folds it: what is changed stays in sight
    film.no_pointer()
    film.take(END)
    film.focus()
    for t in range(last - 1, last - 5, -1):
        film.press("ArrowLeft", t)
    film.take(LONG)

    film.say("Reset brings the recorded run back")
    film.click(root.get_by_role("button", name="Reset", exact=True))
    expect(root.locator(".le-changes li")).to_have_count(0)
    film.no_pointer()
    film.take(END)
    return film.taken


def save(taken: list[tuple[Image.Image, int]], path: Path) -> None:
    """A GIF that loops: one palette for all pictures, or still parts would flicker."""
    every = Image.new("RGB", (WIDTH, HEIGHT * 5))
    for n in range(5):
        every.paste(taken[n * (len(taken) - 1) // 4][0], (0, n * HEIGHT))
    palette = every.quantize(colors=255, method=Image.Quantize.MEDIANCUT)
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in taken]
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=[ms for _, ms in taken], loop=0, optimize=True
    )


def main() -> None:
    trace, who = utterance()
    print(who, file=sys.stderr)
    lively = int(np.ptp(trace.c[0], axis=0)[: UNITS - 2].argmax())  # the unit whose cell state moves most
    with tempfile.TemporaryDirectory() as folder, browser() as started:
        page = started.new_page(viewport={"width": WIDTH, "height": HEIGHT + 400}, color_scheme="light")
        file = le.save_html(le.explore(trace, unit=lively), Path(folder) / "film.html")
        page.goto(file.as_uri())
        save(shoot(page, trace), FILM)
    size = FILM.stat().st_size
    print(f"{FILM}: {size / 1e6:.2f} MB", file=sys.stderr)
    if size > MOST:
        raise SystemExit(f"{FILM.name} has more than {MOST} bytes: fewer pictures, or fewer colours")


if __name__ == "__main__":
    main()
