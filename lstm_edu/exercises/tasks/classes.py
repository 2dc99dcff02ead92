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
    z = normal(rng, batch, classes, scale=1.5).astype(np.float64)  # float32 has no digits left after 1000
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


def _softly(z, names, most, keep=True):
    e = np.exp(z - most)
    return _named(e / e.sum(axis=1, keepdims=keep), names)


def _all_exp(z):
    return np.exp(z - z.max())


_KEEPDIMS = "keepdims=True is missing: what was found for a row is applied to a column."
_CUT_OFF = "You cut off large scores: all those beyond the limit become equal, and so do their probabilities."
_LARGEST_OF_ALL = (
    "You subtract the largest score of the whole batch; in a row that is far below it, every exp becomes 0."
)
_SHIFTED = "e = np.exp(z - z.max(axis=1, keepdims=True))"

LABELS = Exercise(
    name="labels",
    title="from scores to class names",
    idea="The final sums of a classifier are scores. softmax turns each row into probabilities: exponentiate every "
    "score, then divide by the row's sum. The predicted class is the most probable one; its name is at that place in "
    "`names`. Scores may be as large as 1000, and no probability may become nan.",
    takes=(("z", "(B, K)", "scores of K classes"), ("names", "list of K str", "what the classes are called")),
    returns=(
        Output("p", ("row", "class"), "(B, K), probabilities; each row sums to 1"),
        Output("predicted", None, "list (or array) of B str, the name of each row's most probable class", NAMES),
    ),
    draw=_draw,
    reference=_reference,
    example=lambda: {"z": array([0, 1, 2], [1000, 1001, 998]), "names": ["cap", "ball", "bat"]},
    hints=(
        "Along which axis must the probabilities add up to 1? And what does np.exp(1000) give?",
        "Look at each maximum and each sum that you take: it belongs to one row, and must keep its axis "
        "(keepdims=True) to act on that row. If you subtract a row's largest score first, no probability "
        "changes, and exp stays small.",
        "e = np.exp(z - z.max(axis=..., keepdims=True))\np = e / ...\n"
        "predicted = [names[k] for k in p.argmax(axis=...)]",
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
            lambda z, names: _softly(z, names, z.max(axis=1), keep=False),
            sentence=_KEEPDIMS,
            fix="e = np.exp(z - z.max(axis=1, keepdims=True))\np = e / e.sum(axis=1, keepdims=True)",
        ),
        Wrong(
            lambda z, names: _softly(z, names, z.max(axis=1)),
            sentence=_KEEPDIMS,
            fix="e = np.exp(z - z.max(axis=1, keepdims=True))",
        ),
        Wrong(
            lambda z, names: _softly(z, names, z.max(axis=1, keepdims=True), keep=False),
            sentence=_KEEPDIMS,
            fix="p = e / e.sum(axis=1, keepdims=True)",
        ),
        Wrong(
            lambda z, names: _softly(z, names, z.max()),
            sentence=_LARGEST_OF_ALL,
            fix=_SHIFTED,
        ),
        Wrong(lambda z, names: _softly(np.clip(z, -50, 50), names, 0), sentence=_CUT_OFF, fix=_SHIFTED),
        Wrong(
            lambda z, names: _named(_all_exp(z) / _all_exp(z).sum(), names),
            sentence="You divide by the sum of the whole array; each row has its own sum.",
            fix="p = e / e.sum(axis=1, keepdims=True)",
        ),
        Wrong(
            lambda z, names: (activations.softmax(z), [names[k] for k in z.argmax(axis=0)]),
            sentence="argmax goes down the columns; it has to go along each row, axis=1.",
            fix="predicted = [names[k] for k in p.argmax(axis=1)]",
        ),
        Wrong(
            lambda z, names: _named(activations.sigmoid(z), names),
            sentence="That is the sigmoid of each score; softmax divides by the sum over the row.",
        ),
        Wrong(lambda z, names: _named(z, names), sentence="These are still the scores, not probabilities."),
        Wrong(
            lambda z, names: _named(activations.softmax(z), names, np.argmin),
            sentence="You name the least probable class.",
            fix="predicted = [names[k] for k in p.argmax(axis=1)]",
        ),
        Wrong(
            lambda z, names: (activations.softmax(z), [sorted(names)[k] for k in z.argmax(axis=1)]),
            sentence="You look the names up in alphabetical order; the order of `names` is the order of the classes.",
            fix="predicted = [names[k] for k in p.argmax(axis=1)]",
        ),
        Wrong(
            lambda z, names: (activations.softmax(z), [int(k) for k in z.argmax(axis=1)]),
            sentence="These are the numbers of the classes; their names are expected.",
            fix="predicted = [names[k] for k in p.argmax(axis=1)]",
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
    z = normal(rng, batch, size, scale=1.5).astype(np.float64)  # np.logaddexp.reduce is right, too
    if k == 1:
        z[0] += 1000
    classes = rng.integers(size, size=batch)
    if k == 2:
        z[0, classes[0]] = (
            z[0].max() - 18
        )  # a large loss, which nothing may cut off: not even 1e-7, as Keras does with p
    return {"z": z, "classes": classes}


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
    idea="A classifier returns scores z, without softmax, and the right class of each row is known. The cross-entropy "
    "of a row is -log of the probability that softmax gives to the right class: 0 if that probability is 1, large if "
    "it is small. Return one number per row; nothing may overflow.",
    takes=(("z", "(B, K)", "scores of K classes"), ("classes", "(B,) int", "the right class of each row, from 0")),
    returns=(Output("loss", ("row",), "(B,), one number per row"),),
    draw=_draw_scores,
    reference=_loss_of,
    example=lambda: {"z": array([0, 1, 2], [1000, 1001, 980]), "classes": np.array([1, 2])},
    hints=(
        "Which one of the K probabilities in a row decides the loss of that row?",
        "The probabilities are those of `labels`, the exercise before. Then look at how to pick one number from "
        "each row: p[rows, columns] takes two lists of positions.",
        "rows, columns = ..., ...\nloss = -np.log(p[rows, columns])",
    ),
    answer=(crossentropy,),
    keras=_keras_loss,
    wrong_answers=(
        Wrong(
            lambda z, classes: -np.log(_of_right_class(activations.softmax(activations.softmax(z)), classes)),
            "extra-activation:softmax",
            "softmax is applied twice; then a confident, correct prediction costs nearly as much as a guess.",
            _LOG_P,
        ),
        Wrong(
            lambda z, classes: np.log(_of_right_class(activations.softmax(z.astype(np.float64)), classes)),
            sentence="The minus is missing: the logarithm of a probability is negative, and a loss is positive.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: 1 - _of_right_class(activations.softmax(z), classes),
            sentence="That is 1 - p; -log(p) is expected, which grows without limit as p goes to 0.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log2(_of_right_class(activations.softmax(z.astype(np.float64)), classes)),
            sentence="That is the logarithm to the base 2; Keras takes the natural one, np.log.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log10(_of_right_class(activations.softmax(z.astype(np.float64)), classes)),
            sentence="That is the logarithm to the base 10; Keras takes the natural one, np.log.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -_of_right_class(z, classes),
            sentence="That is the score of the right class, without softmax and logarithm.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(z, classes)),
            sentence="You take the logarithm of the score; turn it into a probability with softmax first.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(activations.sigmoid(z.astype(np.float64)), classes)),
            sentence="That is the sigmoid of each score; softmax divides by the sum over the row.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(activations.softmax(z.astype(np.float64)))[:, classes],
            sentence="[:, classes] takes these columns from every row; one number from each row is expected.",
            fix="loss = -np.log(p[np.arange(len(p)), classes])",
        ),
        Wrong(
            lambda z, classes: -np.log(activations.softmax(z.astype(np.float64))).sum(axis=1),
            sentence="You add up all classes of a row; only the right one counts.",
            fix="loss = -np.log(p[np.arange(len(p)), classes])",
        ),
        Wrong(
            lambda z, classes: np.full(
                len(z), -np.log(_of_right_class(activations.softmax(z.astype(np.float64)), classes)).mean()
            ),
            sentence="Every row gets the mean of all rows; each row should have its own number.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(activations.softmax(z.astype(np.float64)).max(axis=1)),
            sentence="You take the most probable class; what counts is the probability of the right one.",
            fix=_LOG_P,
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(_softly(z, z[0], z.max())[0], classes)),
            sentence=_LARGEST_OF_ALL,
            fix=_SHIFTED,
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(_softly(np.clip(z, -50, 50), z[0], 0)[0], classes)),
            sentence=_CUT_OFF,
            fix=_SHIFTED,
        ),
        *(
            Wrong(
                lambda z, classes, low=low: -np.log(np.maximum(_of_right_class(activations.softmax(z), classes), low)),
                sentence=f"No probability may be below {low:g} in your function, so that a large loss is cut off.",
                fix=_LOG_P,
            )
            for low in (0.01, 0.001, 0.0001, 0.00001, 1e-6, 1e-7)
        ),
        Wrong(
            lambda z, classes: -np.log(_of_right_class(_naive(z.astype(np.float64), z[0])[0], classes)),
            sentence="exp of a large score is infinite, and infinity divided by infinity is nan.",
            fix="e = np.exp(z - z.max(axis=1, keepdims=True))",
        ),
    ),
)


# --- how often each class was drawn ---------------------------------------------------------------------------------


def shares(samples, classes):
    return np.bincount(samples, minlength=classes) / len(samples)


def _draw_samples(rng, k):
    count, classes = [(23, 4), (31, 5), (17, 6), (28, 3)][k]
    never = [None, 4, 2, 0][k]  # a class that does not occur: the last one, one in the middle, the first one
    p = 0.5 + rng.random(classes)
    if never is not None:
        p[never] = 0
    others = np.flatnonzero(p)
    rest = rng.choice(classes, size=count - len(others), p=p / p.sum())
    samples = rng.permutation(np.concatenate([others, rest])).astype(np.intp)  # np.bincount takes no wider ones
    return {"samples": samples, "classes": classes}


def _counted(a):
    return (np.array([(a["samples"] == k).mean() for k in range(a["classes"])]),)


def _fixed_width(low, high):
    """Counts as tf.histogram_fixed_width does: what lies outside the range falls into the first and the last bin."""

    def answer(samples, classes):
        start, end = low(samples, classes), high(samples, classes)
        bins = np.clip(np.floor((samples - start) / (end - start) * classes), 0, classes - 1).astype(int)
        return np.bincount(bins, minlength=classes) / len(samples)

    return answer


_NOT_DRAWN = "A class that was never drawn is missing; its share is 0."
_SHARES = "p = np.bincount(samples, minlength=classes) / len(samples)"

SHARES = Exercise(
    name="shares",
    title="how often each class was drawn",
    idea="A program has drawn classes, numbers from 0 to classes - 1, many times. Return the share of each class: how "
    "often it was drawn, divided by the number of draws. A class that was never drawn has the share 0.",
    takes=(("samples", "(N,) int", "what was drawn"), ("classes", "int", "how many classes there are")),
    returns=(Output("p", ("class",), "(classes,), the share of each class"),),
    draw=_draw_samples,
    reference=_counted,
    example=lambda: {"samples": np.array([0, 3, 3, 0, 3, 1, 0, 3]), "classes": 5},
    hints=(
        "What is counted, and from which number to which can it go? So how long must the answer be?",
        "Look at the end of your counts: np.bincount(samples) stops at the largest class that was drawn, unless "
        "its `minlength` says more. (With np.histogram, every class needs its own bin: look at the `range`.)",
        "p = np.bincount(samples, minlength=...) / ...",
    ),
    answer=(shares,),
    keras=lambda keras, a: (numbers(keras.ops.mean(keras.ops.one_hot(a["samples"], a["classes"]), axis=0)),),
    wrong_answers=(
        Wrong(
            _fixed_width(lambda s, n: 0, lambda s, n: 1),
            sentence="The range goes from 0 to 1: class 1 and all above it fall into the last bin. What you count "
            "is classes, not probabilities.",
            fix="counts, edges = np.histogram(samples, bins=classes, range=(0, classes))",
        ),
        Wrong(
            lambda samples, classes: np.histogram(samples, bins=classes, range=(0, 1))[0] / len(samples),
            sentence="The range goes from 0 to 1: class 1 falls into the last bin, and np.histogram discards what "
            "is beyond it. What you count is classes, not probabilities.",
            fix="counts, edges = np.histogram(samples, bins=classes, range=(0, classes))",
        ),
        Wrong(
            _fixed_width(lambda s, n: s.min(), lambda s, n: s.max()),
            sentence="The range is that of the classes that were drawn; if the first or the last class never was, the "
            "bins no longer fit the classes.",
            fix="counts, edges = np.histogram(samples, bins=classes, range=(0, classes))",
        ),
        Wrong(
            lambda samples, classes: np.unique(samples, return_counts=True)[1] / len(samples),
            sentence=_NOT_DRAWN,
            fix=_SHARES,
        ),
        Wrong(
            lambda samples, classes: np.bincount(samples) / len(samples),
            sentence=_NOT_DRAWN,
            fix=_SHARES,
        ),
        Wrong(
            lambda samples, classes: np.bincount(samples, minlength=classes).astype(float),
            sentence="These are the counts; divide them by the number of draws.",
            fix=_SHARES,
        ),
        Wrong(
            lambda samples, classes: np.bincount(samples, minlength=classes) / classes,
            sentence="You divide by the number of classes; divide by the number of draws.",
            fix=_SHARES,
        ),
        Wrong(
            lambda samples, classes: -np.sort(-np.bincount(samples, minlength=classes)) / len(samples),
            sentence="The shares are sorted by size; keep them in the order of the classes.",
            fix=_SHARES,
        ),
    ),
)


# --- from probabilities back to scores ------------------------------------------------------------------------------


def undo_softmax(p):
    log_p = np.log(p)
    return log_p - log_p.mean(axis=1, keepdims=True)


def _draw_probabilities(rng, k):
    batch, classes = [(4, 4), (5, 3), (3, 6), (6, 5)][k]
    return {"p": activations.softmax(normal(rng, batch, classes, scale=1.3))}


def _scores_of(a):
    log_p = np.log(a["p"].astype(np.float64))
    return (log_p - log_p.mean(axis=1, keepdims=True),)


def _scores_in_keras(keras, a):
    log_p = keras.ops.log(a["p"])
    return (numbers(log_p - keras.ops.mean(log_p, axis=1, keepdims=True)),)


_UNDONE = "log_p = np.log(p)\nz = log_p - log_p.mean(axis=1, keepdims=True)"

UNDO_SOFTMAX = Exercise(
    name="undo_softmax",
    title="from probabilities back to scores",
    idea="You have the probabilities that softmax returned, and want the scores that it was given. There are many: "
    "the same number added to all scores of a row changes nothing. Return those whose mean is 0 in every row.",
    takes=(("p", "(B, K)", "probabilities of K classes; each row sums to 1"),),
    returns=(Output("z", ("row", "class"), "(B, K), scores: softmax of them is p, and each row's mean is 0"),),
    draw=_draw_probabilities,
    reference=_scores_of,
    example=lambda: {"p": array([0.5, 0.25, 0.25], [0.1, 0.8, 0.1])},
    hints=(
        "softmax does two things to a row: exp, then a division by the row's sum. Which function undoes exp? And what "
        "does a division become, once you have taken the logarithm?",
        "Look at one row: log(p) is the score minus one number that is the same in the whole row. You do not know "
        "that number, but you know the mean that the scores should have.",
        "log_p = np.log(...)\nz = log_p - log_p.mean(axis=..., keepdims=...)",
    ),
    answer=(undo_softmax,),
    keras=_scores_in_keras,
    wrong_answers=(
        Wrong(
            lambda p: np.log(p),
            sentence="softmax of these is p, but their mean is not 0: subtract each row's mean.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: p - p.mean(axis=1, keepdims=True),
            sentence="You subtract the mean from the probabilities themselves; undo exp first, with np.log.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log(p / (1 - p)),
            sentence="That undoes the sigmoid, number by number; softmax looks at a whole row.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log(p) - np.log(p).mean(),
            sentence="You subtract the mean of the whole batch; each row should have its own.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log(p) - np.log(p).mean(axis=0),
            sentence="You subtract the mean of each column; subtract the mean of each row.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log(p) - np.log(p).max(axis=1, keepdims=True),
            sentence="You subtract each row's maximum, so the largest score is 0; it is the mean that should be 0.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log(p) - np.log(p.mean(axis=1, keepdims=True)),
            sentence="The mean is taken before the logarithm; take the mean of the logarithms.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.log10(p) - np.log10(p).mean(axis=1, keepdims=True),
            sentence="That is the logarithm to the base 10; exp is undone by the natural one, np.log.",
            fix=_UNDONE,
        ),
        Wrong(
            lambda p: np.exp(p) - np.exp(p).mean(axis=1, keepdims=True),
            sentence="That is exp once more; it has to be undone, by np.log.",
            fix=_UNDONE,
        ),
    ),
)


# --- which class is taken for which ---------------------------------------------------------------------------------


def confusion(classes, guesses, count):
    table = np.zeros((count, count))
    for right, guess in zip(classes, guesses, strict=True):
        table[right, guess] += 1
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)  # a class that does not occur keeps its zeros


def _draw_guesses(rng, k):
    samples, count = [(40, 4), (30, 3), (60, 5), (50, 6)][k]
    present = np.delete(np.arange(count), [3, 0, 2, 4][k]) if k else np.arange(count)  # one class does not occur
    classes = np.concatenate([present, rng.choice(present, size=samples - len(present))])
    guesses = np.where(rng.random(samples) < 0.6, classes, rng.integers(count, size=samples))
    order = rng.permutation(samples)
    return {"classes": classes[order], "guesses": guesses[order], "count": count}


def _table_of(a):
    rows = []
    for k in range(a["count"]):
        of_class = a["guesses"][a["classes"] == k]
        rows.append([(of_class == j).mean() if len(of_class) else 0.0 for j in range(a["count"])])
    return (np.array(rows),)


def _table_in_keras(keras, a):
    right, guessed = (keras.ops.one_hot(a[name], a["count"]) for name in ("classes", "guesses"))
    table = keras.ops.matmul(keras.ops.transpose(right), guessed)
    return (numbers(table / keras.ops.maximum(keras.ops.sum(table, axis=1, keepdims=True), 1)),)


def _counted_pairs(classes, guesses, count):
    table = np.zeros((count, count))
    np.add.at(table, (classes, guesses), 1)
    return table


_TABLE = "for right, guess in zip(classes, guesses):\n    table[right, guess] += 1"
_ROWS = "table = table / np.maximum(table.sum(axis=1, keepdims=True), 1)"

CONFUSION = Exercise(
    name="confusion",
    title="which class is taken for which",
    idea="A classifier has been tried on many samples. Make a table with one row per class: row k, column j is the "
    "share of the samples of class k for which the guess was j. So each row sums to 1, but the row of a class that "
    "does not occur is all 0.",
    takes=(
        ("classes", "(N,) int", "the right class of each sample, from 0"),
        ("guesses", "(N,) int", "the predicted class of each sample"),
        ("count", "int", "how many classes there are"),
    ),
    returns=(Output("table", ("class", "guess"), "(count, count), shares"),),
    draw=_draw_guesses,
    reference=_table_of,
    example=lambda: {"classes": np.array([0, 0, 0, 0, 1]), "guesses": np.array([0, 0, 0, 2, 1]), "count": 3},
    hints=(
        "One sample of class 3 is guessed to be 5. Which one number of the table changes, and by how much?",
        "Look at your table after counting: by what must a row be divided to become shares? Then look at a class that "
        "does not occur, where that would be 0.",
        "for right, guess in zip(classes, guesses):\n    table[right, guess] += ...\n"
        "table = table / np.maximum(table.sum(axis=..., keepdims=...), 1)",
    ),
    answer=(confusion,),
    keras=_table_in_keras,
    wrong_answers=(
        Wrong(_counted_pairs, sentence="These are the counts; divide each row by its sum.", fix=_ROWS),
        Wrong(
            lambda classes, guesses, count: confusion(guesses, classes, count),
            sentence="Rows and columns are swapped: each row should be a class, each column a guess.",
            fix=_TABLE,
        ),
        Wrong(
            lambda classes, guesses, count: confusion(classes, guesses, count).T,
            sentence="The table is transposed: each row should be a class, each column a guess.",
            fix=_TABLE,
        ),
        Wrong(
            lambda classes, guesses, count: _counted_pairs(classes, guesses, count) / len(classes),
            sentence="You divide by the number of all samples; divide each row by the samples of its class.",
            fix=_ROWS,
        ),
        Wrong(
            lambda classes, guesses, count: (
                _counted_pairs(classes, guesses, count)
                / np.maximum(_counted_pairs(classes, guesses, count).sum(axis=0), 1)
            ),
            sentence="Each column sums to 1: you divide by how often a class was guessed, not by how often it occurs.",
            fix=_ROWS,
        ),
        Wrong(
            lambda classes, guesses, count: (
                _counted_pairs(classes, guesses, count) / _counted_pairs(classes, guesses, count).sum(axis=1)[:, None]
            ),
            sentence="A class that does not occur is divided by 0, which gives nan; its row should be 0.",
            fix=_ROWS,
        ),
        Wrong(
            lambda classes, guesses, count: np.eye(count) * confusion(classes, guesses, count),
            sentence="Only the right guesses are counted; the wrong ones belong in the table too.",
            fix=_TABLE,
        ),
    ),
)
