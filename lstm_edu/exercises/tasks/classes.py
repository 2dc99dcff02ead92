"""From scores to probabilities to names."""

import numpy as np

from lstm_edu.core import activations
from lstm_edu.exercises.answers import NAMES, Output
from lstm_edu.exercises.exercise import Exercise, Wrong
from lstm_edu.exercises.tasks.drawing import array, normal, numbers


def labels(z, names):
    e = np.exp(z - z.max(axis=1, keepdims=True))  # without the maximum, exp(1000) would be infinite
    p = e / e.sum(axis=1, keepdims=True)
    return p, [names[k] for k in p.argmax(axis=1)]


_WORDS = ("ball", "bat", "glove", "base", "cap", "run", "pitch")


def _draw(rng, k):
    batch, classes = [(4, 4), (5, 3), (3, 6), (6, 5)][k]
    z = normal(rng, batch, classes, scale=1.5)
    if k == 1:
        z[0] += 1000  # probabilities do not change, but exp overflows
    if k == 2:
        z -= 8  # nothing is positive
    return {"z": z, "names": [str(word) for word in rng.permutation(_WORDS)[:classes]]}


def _reference(a):
    p = activations.softmax(a["z"])
    return p, [a["names"][k] for k in a["z"].argmax(axis=1)]


def _keras(keras, a):
    p = numbers(keras.activations.softmax(a["z"]))
    return p, [a["names"][k] for k in p.argmax(axis=1)]


def _named(p, names, choose=np.argmax):
    return p, [names[k] for k in choose(p, axis=-1)]


def _naive(z, names):
    e = np.exp(z)
    return _named(e / e.sum(axis=1, keepdims=True), names)


def _along_batch(z, names):
    e = np.exp(z - z.max(axis=0))
    return _named(e / e.sum(axis=0), names)


LABELS = Exercise(
    name="labels",
    title="from scores to class names",
    idea="A classifier's last sums are scores. softmax makes probabilities of each row: exp of every score, divided by "
    "the row's sum of these. The predicted class is the most probable one, and its name stands at that place in "
    "`names`. Scores may be as large as 1000, and no probability may become nan.",
    takes=(("z", "(B, K)", "scores of K classes"), ("names", "list of K str", "what the classes are called")),
    returns=(
        Output("p", ("batch", "class"), "(B, K), probabilities; each row sums to 1"),
        Output("labels", None, "list of B str, the name of each row's most probable class", NAMES),
    ),
    draw=_draw,
    reference=_reference,
    example=lambda: {"z": array([0, 1, 2], [3, 0, 0]), "names": ["ball", "bat", "cap"]},
    hints=(
        "Along which axis must the probabilities add up to 1? And what is exp(1000)?",
        "Subtract each row's maximum first: that changes no quotient. Then exp, then divide by the row's sum. "
        "argmax along the same axis gives the place of the name.",
        "e = np.exp(z - z.max(axis=1, keepdims=True))\np = e / e.sum(axis=1, keepdims=True)\n"
        "labels = [names[k] for k in p.argmax(axis=1)]",
    ),
    answer=(labels,),
    keras=_keras,
    wrong_answers=(
        Wrong(
            lambda z, names: _named(activations.softmax(activations.softmax(z)), names),
            "extra-activation:softmax",
            "softmax is applied twice; the second one makes all classes nearly equally probable.",
            "p = e / e.sum(axis=1, keepdims=True)   # once",
        ),
        Wrong(
            _naive,
            sentence="exp of a large score is infinite, and infinity divided by infinity is nan.",
            fix="e = np.exp(z - z.max(axis=1, keepdims=True))",
        ),
        Wrong(
            _along_batch,
            sentence="The probabilities add up to 1 down the columns, over the batch; each row must add up to 1.",
            fix="p = e / e.sum(axis=1, keepdims=True)",
        ),
        Wrong(
            lambda z, names: _named(activations.sigmoid(z), names),
            sentence="That is the sigmoid of each score; softmax divides by the sum over the row.",
        ),
        Wrong(lambda z, names: _named(z, names), sentence="These are the scores still, not probabilities."),
        Wrong(
            lambda z, names: _named(activations.softmax(z), names, np.argmin),
            sentence="You name the least probable class.",
            fix="labels = [names[k] for k in p.argmax(axis=1)]",
        ),
        Wrong(
            lambda z, names: (activations.softmax(z), [sorted(names)[k] for k in z.argmax(axis=1)]),
            sentence="You look the names up in alphabetical order; the order of `names` is the order of the classes.",
            fix="labels = [names[k] for k in p.argmax(axis=1)]",
        ),
        Wrong(
            lambda z, names: (activations.softmax(z), [int(k) for k in z.argmax(axis=1)]),
            sentence="These are the numbers of the classes; wanted are their names.",
            fix="labels = [names[k] for k in p.argmax(axis=1)]",
        ),
    ),
)
