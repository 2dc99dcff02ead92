"""Still pictures: what they show, what they say, and that they disturb nothing."""

import base64
import html
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

import lstm_edu as le
from lstm_edu import palette
from lstm_edu.plots.paper import THEMES
from lstm_edu.plots.recoloring import on_paper
from lstm_edu.plots.scales import input_scale, scale_of, signed_scale

RNG = np.random.default_rng(5)
B, T, F, H = 2, 11, 3, 4


def lstm_trace(mask=None, x=None, **layer):
    layer = le.LSTM(H, return_sequences=True, **layer)
    layer.build((None, None, F))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer.trace(RNG.normal(size=(B, T, F)) if x is None else x, mask=mask)


def pictures(figure):
    """The data of each heat map that has a quantity, in order."""
    return [axes.images[0].get_array() for axes in figure.axes if axes.images and axes.get_xlim()[1] > 2]


def traced(kind, shape, x, *arguments, **flags):
    layer = getattr(le, kind)(*arguments, **flags)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer.trace(x)


def recurrent(kind, steps=T, **flags):
    return traced(kind, (None, None, F), RNG.normal(size=(B, steps, F)), H, return_sequences=True, **flags)


def dense_trace(features=3, units=4, activation="tanh", shape=(5,), **flags):
    x = RNG.normal(size=(*shape, features)).astype("f4")
    return traced("Dense", (None, features), x, units, activation, **flags)


def embedding_trace(size=9, width=5, ids=((3, 0, 7, 3), (1, 1, 2, 8))):
    return traced("Embedding", (None, None), np.array(ids), size, width)


FIGURES = {
    "gates": lambda **theme: le.plots.gates(lstm_trace(), **theme),
    "gates of a GRU": lambda **theme: le.plots.gates(recurrent("GRU"), t=3, unit=1, **theme),
    "gates of a SimpleRNN": lambda **theme: le.plots.gates(recurrent("SimpleRNN"), **theme),
    "packing": lambda **theme: le.plots.packing(2, 4, **theme),
    "packing, PyTorch": lambda **theme: le.plots.packing(2, 4, layout="PyTorch", **theme),
    "packing, GRU": lambda **theme: le.plots.packing(2, 4, kind="GRU", layout="ONNX", **theme),
    "activations": lambda **theme: le.plots.activations(["sigmoid", "tanh", "relu"], **theme),
    "cell": lambda **theme: le.plots.cell_diagram(**theme),
    "dense": lambda **theme: le.plots.dense(dense_trace(), 1, unit=2, **theme),
    "dense, large": lambda **theme: le.plots.dense(dense_trace(20, 30, shape=(2, 9)), 1, t=4, **theme),
    "embedding": lambda **theme: le.plots.embedding(embedding_trace(), t=2, **theme),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_shown_with_its_description(name, theme):
    figure = FIGURES[name](theme=theme)
    bundle = le.plots.show(figure)._repr_mimebundle_()
    description = le.plots.describe(figure)
    assert len(description) > 60
    assert bundle["text/plain"] == description
    assert 'alt="' + html.escape(description.split(":")[0][:30]) in bundle["text/html"]
    assert bundle["text/html"].count("<img") == 1  # the theme was asked for
    png = base64.b64decode(bundle["text/html"].partition("base64,")[2].partition('"')[0])
    assert png.startswith(b"\x89PNG")
    assert len(png) < 400_000


def luminance(color) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_all_text_stands_out_from_its_paper(name, theme):
    figure = FIGURES[name](theme=theme)
    figure.canvas.draw()
    paper = luminance(figure.get_facecolor())
    on_paper = [t for t in figure.findobj(Text) if t.get_text() and t.get_bbox_patch() is None and t.get_visible()]
    gates = {luminance(to_rgba(c)) for c in palette.COLORS.values()}
    assert on_paper
    for text in on_paper:
        ink = luminance(to_rgba(text.get_color()))
        if ink in (0.0, 1.0):  # black and white are for letters on a gate's colour
            assert max((max(ink, g) + 0.05) / (min(ink, g) + 0.05) for g in gates) > 4.5
            continue
        ratio = (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)
        assert ratio > 4.5, text.get_text()


def test_gates_draws_the_traces_numbers_of_the_chosen_sequence():
    trace = lstm_trace()
    shown = pictures(le.plots.gates(trace, batch=1))
    assert len(shown) == 7
    for name, picture in zip(("x", "i", "f", "g", "o", "c", "h"), shown, strict=True):
        np.testing.assert_array_equal(picture, trace[name][1].T, err_msg=name)


def test_a_title_says_which_sequence_only_where_there_are_several():
    trace, other = lstm_trace(), lstm_trace(x=RNG.normal(size=(1, T, F)))
    x = RNG.normal(size=(B, T, F))
    assert le.plots.gates(trace, batch=1).texts[0].get_text().endswith("LSTM of 4 units, sequence 1 (0 to 1)")
    assert le.plots.gates(other).texts[0].get_text().endswith("LSTM of 4 units")
    title = le.plots.gradients(trace.layer, x, batch=1).texts[0].get_text()
    assert title == f"The gradient's way back through time: LSTM {trace.layer.name}, sequence 1 (0 to 1)"


def test_gates_shows_the_quantities_that_are_asked_for_in_their_order():
    trace = lstm_trace()
    shown = pictures(le.plots.gates(trace, quantities=("h", "f")))
    np.testing.assert_array_equal(shown[0], trace.h[0].T)
    np.testing.assert_array_equal(shown[1], trace.f[0].T)


def test_the_description_of_gates_tells_the_ranges_the_mask_and_what_is_not_finite():
    x = RNG.normal(size=(B, T, F))
    x[0, 9, 1] = np.nan
    mask = np.ones((B, T), bool)
    mask[0, :2] = False
    trace = lstm_trace(mask=mask, x=x)
    figure = le.plots.gates(trace, t=3, unit=1)
    text = le.plots.describe(figure)
    i = trace.i[0][np.isfinite(trace.i[0])]
    assert f"i runs from {i.min():.3g} to {i.max():.3g}, with a mean of {i.mean():.3g}; 8 of its values are NaN" in text
    assert "2 masked steps are hatched" in text
    assert "Step 3 is framed" in text
    hatched = [p for axes in figure.axes for p in axes.patches if p.get_hatch()]
    assert len(hatched) == 7  # steps 0 and 1 together
    assert {(p.get_x(), p.get_width()) for p in hatched} == {(-0.5, 2.0)}


def test_packing_counts_right():
    text = le.plots.describe(le.plots.packing(2, 4))
    assert "32 + 16 + 8 = 56 numbers" in text
    layer = le.LSTM(7)
    layer.build((None, None, 5))
    assert f"= {layer.count_params()} numbers" in le.plots.describe(le.plots.packing(7, 5))


def test_packing_is_to_scale():
    from matplotlib.patches import Rectangle

    boxes = [p for p in le.plots.packing(3, 5).axes[0].patches if isinstance(p, Rectangle)]
    assert len(boxes) == 12
    wide, high = boxes[0].get_width() / 3, boxes[0].get_height() / 5
    assert wide == pytest.approx(high)
    assert boxes[4].get_height() == pytest.approx(3 * wide)
    assert boxes[8].get_height() == pytest.approx(wide)


@pytest.mark.parametrize("kind", ["GRU", "SimpleRNN"])
def test_gates_draws_other_recurrent_layers_too(kind):
    trace = recurrent(kind)
    names = {"GRU": "xzrgh", "SimpleRNN": "xzh"}[kind]
    figure = le.plots.gates(trace, batch=1)
    for name, picture in zip(names, pictures(figure), strict=True):
        np.testing.assert_array_equal(picture, trace[name][1].T, err_msg=name)
    said = {"GRU": "update gate z", "SimpleRNN": "pre-activation z"}[kind]
    assert said in le.plots.describe(figure)


def test_single_spikes_and_nan_among_thousands_of_steps_are_drawn():
    x = 0.1 * RNG.normal(size=(1, 9000, F))
    x[0, 4321, 1], x[0, 7777, 2] = 50.0, np.nan
    shown = pictures(le.plots.gates(lstm_trace(x=x), quantities=("x",)))[0]
    assert shown.shape[1] <= 2000
    assert shown.max() == 50
    column = int(np.argwhere(shown.mask[4])[0, 0])
    assert column / shown.shape[1] == pytest.approx(7777 / 9000, abs=1e-3)
    assert np.argwhere(shown == 50)[0, 1] / shown.shape[1] == pytest.approx(4321 / 9000, abs=1e-3)


@pytest.mark.parametrize(("kind", "layout", "shapes"), [
    ("LSTM", "PyTorch", {"weight_ih_l0": (12, 5), "weight_hh_l0": (12, 3), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}),
    ("LSTM", "TF1", {"kernel": (8, 12), "bias": (12,)}),
    ("GRU", "ONNX", {"W": (1, 9, 5), "R": (1, 9, 3), "B": (1, 18)}),
    ("Dense", "PyTorch", {"weight": (3, 5), "bias": (3,)}),
])  # fmt: skip
def test_packing_tells_the_arrays_of_other_programs(kind, layout, shapes):
    from matplotlib.patches import Rectangle

    figure = le.plots.packing(3, 5, kind=kind, layout=layout)
    text = le.plots.describe(figure)
    for name, shape in shapes.items():
        assert f"{name} of shape {shape}" in text
    assert f"= {sum(int(np.prod(shape)) for shape in shapes.values())} numbers" in text
    labels = [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]
    for name in shapes:
        assert any(name in label for label in labels)
    boxes = [p for p in figure.axes[0].patches if isinstance(p, Rectangle)]
    colors = {p.get_facecolor() for p in boxes}
    assert len(colors) == {"LSTM": 4, "GRU": 3, "Dense": 1}[kind]


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN", "Dense"])
def test_packing_counts_what_the_layer_counts(kind):
    layer = getattr(le, kind)(7)
    layer.build((None, 5) if kind == "Dense" else (None, None, 5))
    assert f"= {layer.count_params()} numbers" in le.plots.describe(le.plots.packing(7, 5, kind=kind))


def test_dense_draws_and_writes_its_own_numbers():
    trace = dense_trace()
    figure = le.plots.dense(trace, 3, unit=1)
    by_title = {axes.get_title(loc="left").partition(" ")[0]: axes for axes in figure.axes}
    for name, values in (("W", trace.weights[0]), ("b", trace.weights[1][None]), ("x", trace.x), ("y", trace.y)):
        np.testing.assert_array_equal(by_title[name].images[0].get_array(), values.astype(float), err_msg=name)
    np.testing.assert_array_equal(by_title["z"].images[0].get_array(), trace.z.astype(float))
    text = le.plots.describe(figure).replace("−", "-")
    terms = [f"{x:.3g} · {w:.3g}" for x, w in zip(trace.x[3], trace.weights[0][:, 1], strict=True)]
    assert f"z[1] = {' + '.join(terms)} + {trace.weights[1][1]:.3g} = {trace.z[3, 1]:.3g}" in text
    assert f"y[1] = tanh({trace.z[3, 1]:.3g}) = {trace.y[3, 1]:.3g}" in text
    frames = [p for axes in figure.axes for p in axes.patches if not p.get_fill()]
    assert len(frames) == 5


def test_dense_over_time_draws_the_steps_around_the_chosen_one():
    trace = dense_trace(3, 4, shape=(2, 20))
    figure = le.plots.dense(trace, 1, t=13)
    x = next(axes for axes in figure.axes if axes.get_title(loc="left").startswith("x"))
    np.testing.assert_array_equal(x.images[0].get_array(), trace.x[1, 10:16].astype(float))
    assert "step 13 of sample 1" in le.plots.describe(figure)


def test_embedding_draws_the_table_and_the_rows_that_are_picked():
    trace = embedding_trace()
    figure = le.plots.embedding(trace, 1, t=3)
    table, result = figure.axes
    np.testing.assert_array_equal(table.images[0].get_array(), trace.weights[0].astype(float))
    np.testing.assert_array_equal(result.images[0].get_array(), trace.y[1].T.astype(float))
    assert table.get_yticks().tolist() == [1, 2, 8]
    text = le.plots.describe(figure)
    assert "the 3 rows that are picked" in text
    assert "holds token 8 and picks row 8" in text


# --- both themes ----------------------------------------------------------------------------------------------------


def images(bundle) -> dict[str, np.ndarray]:
    """The pictures of an output by their class, as arrays (height, width, 4)."""
    from matplotlib.image import imread

    found = re.findall(r'<img class="lstm-edu-(\w+)" src="data:image/png;base64,([^"]+)"', bundle["text/html"])
    return {name: imread(io.BytesIO(base64.b64decode(data))) for name, data in found}


def test_a_figure_without_a_theme_comes_in_both():
    trace = lstm_trace()
    figure = le.plots.gates(trace, batch=1, quantities=("h",))
    found = images(le.plots.show(figure)._repr_mimebundle_())
    assert list(found) == ["light", "dark"]
    assert found["light"].shape == found["dark"].shape
    np.testing.assert_array_equal(found["light"][0, 0], [1, 1, 1, 1])  # white paper
    assert found["dark"][0, 0, 3] == 0  # the page's own paper shows through
    opaque = found["dark"][found["dark"][..., 3] > 0.99][:, :3]
    assert opaque.max() > 0.85  # light ink


def contrast(one, other):
    inks = sorted((luminance(to_rgba(one)), luminance(to_rgba(other))))
    return (inks[1] + 0.05) / (inks[0] + 0.05)


def a_figure_of_a_users_own():
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 3, 2], "o-", color="#0072B2", label="loss")
    axes.plot([0, 2], [2, 2], color="black")
    axes.fill_between([0, 1], [1, 1], [2, 2], color="0.9")
    axes.annotate("here", (1, 3), (0.2, 2.5), arrowprops={"arrowstyle": "->"}, bbox={"facecolor": "white"})
    axes.set(title="a title", xlabel="round", ylabel="loss")
    axes.grid()
    axes.legend()
    return figure


def test_a_figure_of_ones_own_comes_in_both_themes_too():
    figure = a_figure_of_a_users_own()
    found = images(le.plots.show(figure, "a loss")._repr_mimebundle_())
    assert list(found) == ["light", "dark"] and found["light"].shape == found["dark"].shape
    assert found["light"][0, 0].tolist() == [1, 1, 1, 1] and found["dark"][0, 0, 3] == 0
    assert figure.get_facecolor() == (1, 1, 1, 1)  # the user's own is left alone


def test_nothing_in_it_is_lost_on_dark_paper():
    dark = on_paper(a_figure_of_a_users_own(), THEMES["dark"]["paper"], THEMES["dark"]["ink"])
    paper = dark.get_facecolor()[:3]
    texts = [text for text in dark.findobj(Text) if text.get_text()]
    assert len(texts) > 10
    colors = [text.get_color() for text in texts] + [line.get_color() for line in dark.axes[0].lines]
    colors += [tick.tick1line.get_markeredgecolor() for tick in dark.axes[0].xaxis.get_major_ticks()]
    (annotation,) = dark.axes[0].texts
    colors.append(annotation.arrow_patch.get_edgecolor())
    assert min(contrast(color, paper) for color in colors) >= 3
    assert contrast(annotation.get_bbox_patch().get_facecolor(), paper) < 1.1
    assert contrast(dark.axes[0].collections[0].get_facecolor()[0], paper) < 2  # a shade stays a shade


def test_a_figure_drawn_for_dark_paper_is_shown_as_it_is():
    figure = Figure(facecolor="#111111")
    figure.subplots()
    assert le.plots.show(figure, "nothing")._repr_mimebundle_()["text/html"].count("<img") == 1


def test_the_curves_of_activations_are_functions_of_z():
    figure = le.plots.activations(["relu", "gelu", "tanh"])
    (axes,) = figure.axes
    assert axes.get_xlabel() == "z"
    labels = [line.get_label() for line in axes.lines if not line.get_label().startswith("_")]
    assert len(labels) == 3 and not any(re.search(r"\bx\b", label) for label in labels)
    assert "exp" in le.plots.activations(["sigmoid"]).axes[0].lines[-1].get_label()


def test_a_figure_that_somebody_drew_into_is_shown_as_it_is():
    figure = le.plots.gates(lstm_trace(), quantities=("h",))
    figure.axes[0].axhline(1)
    assert le.plots.show(figure)._repr_mimebundle_()["text/html"].count("<img") == 1


def test_both_themes_of_every_picture_have_one_description():
    for name, make in FIGURES.items():
        figure = make()
        again = figure.lstm_edu_again("dark")
        assert again is not figure
        assert again.get_facecolor() != figure.get_facecolor(), name
        assert again.get_size_inches().tolist() == figure.get_size_inches().tolist(), name


@pytest.mark.parametrize(
    "names", [["sigmoid"], ["gelu", "sigmoid", "tanh", "relu", "softplus", "selu", "hard_sigmoid"]]
)
def test_the_formulas_stand_below_the_curves_and_within_the_figure(names):
    figure = le.plots.activations(names)
    figure.canvas.draw()
    box, axes = figure.legends[0].get_window_extent(), figure.axes[0].get_tightbbox()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
    assert 0 <= box.y0 < box.y1 <= axes.y0


def test_activations_draws_the_functions_themselves():
    figure = le.plots.activations(["hard_sigmoid", "hard_sigmoid_keras2"], low=-4, high=4)
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    for line, name in zip(curves, ("hard_sigmoid", "hard_sigmoid_keras2"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), le.activations.get(name)(line.get_xdata()))
    assert len({(line.get_color(), str(line.get_linestyle()), line._unscaled_dash_pattern) for line in curves}) == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.plots.gates(le.Dense(2)), TypeError, "needs a Trace"),
        (lambda: le.plots.gates(lstm_trace(), batch=2), ValueError, "batch must be from 0 to 1, got 2"),
        (lambda: le.plots.gates(lstm_trace(), t=-1), ValueError, "t must be from 0 to 10, got -1"),
        (lambda: le.plots.gates(lstm_trace(), unit=4), ValueError, "unit must be from 0 to 3, got 4"),
        (lambda: le.plots.gates(lstm_trace(), quantities=("i", "q")), ValueError, "some of x, i, f, g, o, c, h"),
        (lambda: le.plots.gates(lstm_trace(), theme="sepia"), ValueError, 'theme must be "light" or "dark"'),
        (lambda: le.plots.gates(recurrent("GRU"), quantities=("i",)), ValueError, "some of x, z, r, g, h"),
        (lambda: le.plots.packing(2, 4, layout="Torch"), ValueError, "layout must be one of Keras 3, PyTorch, ONNX"),
        (lambda: le.plots.packing(2, 4, kind="GRU", layout="TF1"), ValueError, "one of Keras 3, PyTorch, ONNX for"),
        (lambda: le.plots.packing(2, 4, kind="RNN"), ValueError, "kind must be one of LSTM, GRU"),
        (lambda: le.plots.dense(dense_trace(), unit=4), ValueError, "unit must be from 0 to 3, got 4"),
        (lambda: le.plots.dense(dense_trace(), t=1), ValueError, "t must be from 0 to 0, got 1"),
        (lambda: le.plots.dense(lstm_trace()), ValueError, "a Dense layer, got that of LSTM"),
        (lambda: le.plots.dense(le.Dense(2)), TypeError, "needs a Trace"),
        (lambda: le.plots.embedding(dense_trace()), ValueError, "an Embedding, got that of Dense"),
        (lambda: le.plots.embedding(embedding_trace(), t=4), ValueError, "t must be from 0 to 3"),
        (lambda: le.plots.packing(0, 4), ValueError, "units must be at least 1, got 0"),
        (lambda: le.plots.packing(2, 4.0), TypeError, "features must be a whole number"),
        (lambda: le.plots.activations([]), ValueError, "1 to 7 curves, got 0"),
        (lambda: le.plots.activations(["sotfmax"]), ValueError, "did you mean 'softmax'"),
        (lambda: le.plots.activations(["softmax"]), ValueError, "softmax has no curve"),
        (lambda: le.plots.activations(["tanh"], low=2, high=2), ValueError, "low must be less than high"),
        (lambda: le.plots.show("picture.png"), TypeError, "needs a matplotlib Figure"),
    ],
)
def test_bad_input_is_told_by_rule_and_value(make, error, message):
    with pytest.raises(error, match=message.replace("(", r"\(")):
        make()


def test_a_trace_that_kept_too_little_or_is_of_another_layer_is_told():
    layer = le.LSTM(H)
    layer.build((None, None, F))
    with pytest.raises(ValueError, match="did not keep x, g"):
        le.plots.gates(layer.trace(RNG.normal(size=(B, T, F)), keep=("i", "f", "o", "c", "h")))
    dense = le.Dense(2, name="last")
    dense.build((None, 3))
    with pytest.raises(ValueError, match="an LSTM, GRU or SimpleRNN, got that of Dense 'last'"):
        le.plots.gates(dense.trace(np.ones((1, 3))))


def test_a_figure_of_ones_own_needs_a_description():
    with pytest.raises(ValueError, match="has no description"):
        le.plots.show(Figure())
    assert (
        le.plots.show(Figure(), description="nothing <at> all")._repr_mimebundle_()["text/html"].count("&lt;at&gt;")
        == 2
    )


@pytest.mark.parametrize(
    ("values", "high"),
    [([0.0], 1.0), ([0.3, -0.72], 0.8), ([1.0], 1.0), ([1.01], 1.5), ([-130.0, np.nan, np.inf], 150.0), ([1e-3], 1e-3)],
)
def test_a_signed_scale_is_symmetric_round_and_holds_every_finite_value(values, high):
    scale = signed_scale(np.array(values))
    assert scale["high"] == pytest.approx(high)
    assert scale["low"] == -scale["high"]
    assert scale["kind"] == "signed"


def test_an_input_without_negative_values_has_a_scale_from_zero():
    assert input_scale(np.array([0.0, 13.0])) == {"kind": "from zero", "low": 0.0, "high": 15.0}
    assert input_scale(np.array([-0.1, 13.0])) == {"kind": "signed", "low": -15.0, "high": 15.0}
    assert input_scale(np.zeros(3)) == signed_scale(np.zeros(3))


def test_a_scale_is_the_activations_own_range_where_it_has_one():
    values = np.array([0.2, 7.0])
    assert scale_of("hard_sigmoid", values) == {"kind": "from zero", "low": 0.0, "high": 1.0}
    assert scale_of("tanh", values) == {"kind": "signed", "low": -1.0, "high": 1.0}
    assert scale_of("relu", values) == {"kind": "signed", "low": -8.0, "high": 8.0}


def test_drawing_leaves_pyplot_alone_and_the_scales_need_no_matplotlib():
    program = """
import sys, numpy as np
import lstm_edu as le
import lstm_edu.plots.scales
assert "matplotlib" not in sys.modules
le.plots.show(le.plots.cell_diagram())._repr_mimebundle_()
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
