"""README's moving picture: python -m docs.make_film

Trains an LSTM for a few epochs to tell nine speakers apart, lets it hear one utterance, and steps through it with the
LSTM explorer in a browser: the real widget, in a page that `le.save_html` wrote. One screenshot a step becomes one
picture of docs/explorer.gif.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

import lstm_edu as le
from benchmarks.browser import browser

HERE = Path(__file__).resolve().parent
FILM = HERE / "explorer.gif"
WIDTH, HEIGHT = 800, 836
UNITS = 8
EPOCHS = 30
STEP, LONG, END = 320, 1400, 2600  # milliseconds: a step, a moment to look, the last picture
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


def pictures(page: Page, trace: le.Trace) -> list[tuple[Image.Image, int]]:
    """What the film shows: (picture, milliseconds)."""
    root = page.locator(".lstm-edu-explorer")
    expect(root).to_have_attribute("data-ready", "true")
    root.evaluate("root => root.scrollIntoView({ block: 'start' })")
    root.evaluate("root => { root.style.outline = 'none'; }")
    root.focus()
    taken = []

    def take(milliseconds: int) -> None:
        page.wait_for_timeout(120)
        box = root.bounding_box()
        clip = {"x": 0, "y": max(0, box["y"]), "width": WIDTH, "height": HEIGHT}
        taken.append((Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"), milliseconds))

    def press(key: str, t: int, unit: int, milliseconds: int) -> None:
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-t", str(t))
        expect(root).to_have_attribute("data-unit", str(unit))
        take(milliseconds)

    unit = int(root.get_attribute("data-unit"))
    take(LONG)
    last = trace.h.shape[1] - 1
    for t in range(1, last + 1):
        press("ArrowRight", t, unit, LONG if t == last else STEP)
    for n in range(1, 3):  # two other units of the same step
        press("ArrowDown", last, unit + n, LONG)
    taken[-1] = (taken[-1][0], END)
    return taken


def save(taken: list[tuple[Image.Image, int]], path: Path) -> None:
    """A GIF that loops: one palette for all pictures, or what stands still would flicker."""
    every = Image.new("RGB", (WIDTH, HEIGHT * 3))
    for n in range(3):
        every.paste(taken[n * (len(taken) - 1) // 2][0], (0, n * HEIGHT))
    palette = every.quantize(colors=160, method=Image.Quantize.MEDIANCUT)
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
        page.add_style_tag(content="main { padding: 0 !important; max-width: none !important }")
        page.add_style_tag(content="* { transition: none !important; caret-color: transparent !important }")
        save(pictures(page, trace), FILM)
    size = FILM.stat().st_size
    print(f"{FILM}: {size / 1e6:.2f} MB", file=sys.stderr)
    if size > MOST:
        raise SystemExit(f"{FILM.name} has more than {MOST} bytes: fewer pictures, or fewer colours")


if __name__ == "__main__":
    main()
