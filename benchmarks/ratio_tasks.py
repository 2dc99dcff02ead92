"""One task of `benchmarks.ratios`, run by whichever lstm_edu is on the path: python ratio_tasks.py TASK full|small

The last line that it prints is JSON: processor seconds, megabytes, the answer, how many hypotheses were tried, and
where lstm_edu was imported from. It uses nothing that the older checkout does not have.
"""

import json
import resource
import sys
import time

import numpy as np

import lstm_edu as le

RNG = np.random.default_rng(0)


def verify(small):
    """3 x LSTM(512) and a Dense, with weights as training leaves them; the report as text and as a page."""
    import keras

    from lstm_edu import _verify

    units, timesteps = (8, 20) if small else (512, 500)
    lstm, dense = keras.layers.LSTM, keras.layers.Dense
    layers = [lstm(units, return_sequences=True), lstm(units, return_sequences=True), lstm(units), dense(10, "softmax")]
    model = keras.Sequential([keras.layers.Input((timesteps, 32)), *layers])
    model.set_weights([w + 0.05 * RNG.standard_normal(w.shape) for w in model.get_weights()])
    x = RNG.standard_normal((1, timesteps, 32)).astype("float32")

    def task():
        report = le.verify(model, x)
        report.text()
        return report

    def said(report):
        caught = report.adequacy
        html = len(_verify._page(report).encode()) / 1e6
        return {"answer": f"{'agrees' if report else 'differs'}, {len(caught.missed)} mistakes not seen",
                "tried": caught.counted, "html": html}  # fmt: skip

    return task, said


def stack(small):
    """Three LSTMs, the last step, and numbers that nothing explains: single mistakes."""
    units, timesteps = (4, 12) if small else (64, 100)
    layers = [le.LSTM(units, return_sequences=True), le.LSTM(units, return_sequences=True), le.LSTM(units)]
    return _unexplained(le.Sequential(layers), (32, timesteps, 9), pairs=False)


def pairs(small):
    """One LSTM, every step, and numbers that nothing explains: single mistakes and pairs."""
    units, timesteps = (3, 12) if small else (32, 128)
    return _unexplained(le.LSTM(units, return_sequences=True), (4 if small else 32, timesteps, 9), pairs=True)


def _unexplained(layer, shape, pairs):
    layer.build((None, None, shape[2]))
    layer.set_weights([0.2 * RNG.standard_normal(w.shape) for w in layer.get_weights()])
    x = RNG.standard_normal(shape).astype("float32")
    y = layer(x)
    theirs = y + RNG.normal(scale=0.05, size=y.shape).astype("float32")

    def task():
        return le.diagnose(theirs, layer, x, pairs=pairs, progress=False)

    return task, lambda found: {"answer": found.verdict, "tried": found.tried}


def main(name, size):
    task, said = {"verify": verify, "stack": stack, "pairs": pairs}[name](size == "small")
    begin = time.process_time()
    result = task()
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"seconds": seconds, "peak": peak, "code": le.__file__, **said(result)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
