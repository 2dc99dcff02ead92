"""From scores to probabilities to names."""

import numpy as np

from lstm_edu.core import activations, losses
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


# --- how bad a prediction is ----------------------------------------------------------------------------------------


def crossentropy(z, classes):
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), classes]


def _draw_scores(rng, k):
    batch, size = [(4, 3), (5, 6), (3, 5), (6, 4)][k]
    z = normal(rng, batch, size, scale=1.5)
    if k == 1:
        z[0] += 1000
    return {"z": z, "classes": rng.integers(size, size=batch)}


def _loss_of(a):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    return (loss.call(a["classes"], a["z"].astype(np.float64)),)


def _keras_loss(keras, a):
    loss = keras.losses.sparse_categorical_crossentropy(a["classes"], a["z"], from_logits=True)
    return (numbers(loss),)


def _of_right_class(p, classes):
    return p[np.arange(len(p)), classes]


_LOG_P = "p = e / e.sum(axis=1, keepdims=True)\nloss = -np.log(p[np.arange(len(p)), classes])"

CROSSENTROPY = Exercise(
    name="crossentropy",
    title="how bad a prediction is",
    idea="Scores z come out of a classifier without softmax, and the right class of each row is known. The "
    "cross-entropy of a row is -log of the probability that softmax gives to the right class: 0 if it is certain of "
    "it, large if it thinks it improbable. One number a row; nothing may overflow.",
    takes=(("z", "(B, K)", "scores of K classes"), ("classes", "(B,) int", "the right class of each row, from 0")),
    returns=(Output("loss", ("batch",), "(B,), one number a row"),),
    draw=_draw_scores,
    reference=_loss_of,
    example=lambda: {"z": array([1, 0], [2, 2]), "classes": np.array([0, 1])},
    hints=(
        "First the probabilities, as in the exercise before. Then one of them in each row: p[row, class of the row].",
        "p[np.arange(len(p)), classes] picks the right class of each row. np.log is the natural logarithm.",
        f"e = np.exp(z - z.max(axis=1, keepdims=True))\n{_LOG_P}",
    ),
    answer=(crossentropy,),
    keras=_keras_loss,
    wrong_answers=(
        Wrong(
            lambda z, classes: -np.log(_of_right_class(activations.softmax(activations.softmax(z)), classes)),
            "extra-activation:softmax",
            "softmax is applied twice; then a sure and right prediction costs nearly as much as a guess.",
            _LOG_P,
        ),
        Wrong(
            lambda z, classes: np.log(_of_right_class(activations.softmax(z.astype(np.float64)), classes)),
            sentence="The minus is missing: the logarithm of a probability is negative, and a loss is positive.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: 1 - _of_right_class(activations.softmax(z), classes),
            sentence="That is 1 - p; wanted is -log(p), which grows without end as p goes to 0.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log2(_of_right_class(activations.softmax(z.astype(np.float64)), classes)),
            sentence="That is the logarithm to the base 2; Keras takes the natural one, np.log.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: np.full(
                len(z), -np.log(_of_right_class(activations.softmax(z.astype(np.float64)), classes)).mean()
            ),
            sentence="Every row has the mean of all rows; wanted is one number for each row.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(activations.softmax(z.astype(np.float64)).max(axis=1)),
            sentence="You take the most probable class; what counts is the probability of the right one.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(_naive(z.astype(np.float64), z[0])[0], classes)),
            sentence="exp of a large score is infinite, and infinity divided by infinity is nan.",
            fix="e = np.exp(z - z.max(axis=1, keepdims=True))",
        ),
    ),
)
