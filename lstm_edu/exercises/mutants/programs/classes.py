"""Scores, probabilities, losses, shares."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


def labels_by_rows(z, names):
    rows, found = [], []
    for row in z:
        e = np.exp(row - row.max())
        p = e / e.sum()
        rows.append(p)
        found.append(names[p.argmax()])
    return np.array(rows), found


LABELS_WORDS = {
    "z": "the array z of scores",
    "e": "e",
    "p": "the array p of probabilities",
    "row": "the row of scores",
    "names": "the list of names",
    "z.max(axis=1, keepdims=True)": "each row's maximum",
    "e.sum(axis=1, keepdims=True)": "each row's sum of e",
    "row.max()": "the row's maximum",
    "best": "the largest probability so far",
    "e.sum()": "the sum of e",
    "len(z)": "the number of rows",
    "z.shape[0]": "the number of rows",
    "z.shape[1]": "the number of classes",
    "len(names)": "the number of classes",
}


def labels_of_scores(z, names):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p, [names[k] for k in z.argmax(axis=1)]


def crossentropy_by_log_sum(z, classes):
    most = z.max(axis=1)
    total = np.log(np.exp(z - most[:, None]).sum(axis=1))
    score = z[np.arange(len(z)), classes]
    return most + total - score


def crossentropy_of_p(z, classes):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    right = p[np.arange(len(p)), classes]
    return -np.log(right)


def crossentropy_by_rows(z, classes):
    losses = []
    for n in range(len(z)):
        e = np.exp(z[n] - z[n].max())
        p = e / e.sum()
        losses.append(-np.log(p[classes[n]]))
    return np.array(losses)


def crossentropy_one_hot(z, classes):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    target = np.eye(z.shape[1])[classes]
    return -(target * np.log(p)).sum(axis=1)


CROSSENTROPY_WORDS = {
    "z": "the array z of scores",
    "z[n]": "the row of scores",
    "shifted": "shifted",
    "log_p": "`log p`",
    "p": "the array p of probabilities",
    "e": "e",
    "right": "the probability of the right class",
    "most": "each row's maximum",
    "total": "the logarithm of the row's sum",
    "score": "the score of the right class",
    "z[np.arange(len(z)), classes]": "the score of the right class",
    "classes": "the array classes",
    "classes[n]": "the right class",
    "target": "the one-hot target",
    "np.log(p)": "`log p`",
    "p[classes[n]]": "the probability of the right class",
    "z.max(axis=1, keepdims=True)": "each row's maximum",
    "z[n].max()": "the row's maximum",
    "e.sum(axis=1, keepdims=True)": "each row's sum of e",
    "e.sum()": "the sum of e",
    "len(z)": "the number of rows",
    "len(p)": "the number of rows",
    "z.shape[0]": "the number of rows",
    "z.shape[1]": "the number of classes",
}


def shares_by_loop(samples, classes):
    counts = np.zeros(classes)
    for sample in samples:
        counts[sample] += 1
    return counts / len(samples)


def shares_by_class(samples, classes):
    shares = []
    for k in range(classes):
        shares.append((samples == k).sum() / len(samples))
    return np.array(shares)


def shares_by_histogram(samples, classes):
    counts = np.histogram(samples, bins=classes, range=(0, classes))[0]
    return counts / len(samples)


def shares_one_hot(samples, classes):
    return np.eye(classes)[samples].mean(axis=0)


SHARES_WORDS = {
    "samples": "the array samples",
    "classes": "the number of classes",
    "counts": "the array counts",
    "counts[sample]": "the count of that class",
    "len(samples)": "the number of draws",
    "samples.size": "the number of draws",
    "samples.shape[0]": "the number of draws",
    "np.bincount(samples, minlength=classes)": "the array of counts",
    "sample": "the class that was drawn",
}


def softmax_of_rows(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def labels_by_softmax(z, names):
    p = softmax_of_rows(z)
    found = []
    for n in range(len(p)):
        k = p[n].argmax()
        found.append(names[k])
    return p, found


def labels_by_search(z, names):
    p = softmax_of_rows(z)
    found = []
    for row in p:
        best, place = row[0], 0
        for k in range(len(row)):
            if row[k] > best:
                best = row[k]
                place = k
        found.append(names[place])
    return p, found


def crossentropy_by_softmax(z, classes):
    p = softmax_of_rows(z)
    loss = np.zeros(len(z))
    for n in range(len(z)):
        loss[n] = -np.log(p[n, classes[n]])
    return loss


def shares_in_order(samples, classes):
    counts = np.zeros(classes)
    for k in range(classes):
        for sample in samples:
            if sample == k:
                counts[k] += 1
    return counts / len(samples)


_EXP = "np.exp(z - z.max(axis=1, keepdims=True))"
_EACH_SUM = "e.sum(axis=1, keepdims=True)"
_ARGMAX = "p.argmax(axis=1)"

LABELS_SLIPS = (
    Slip(
        "best = row[k]",
        "",
        "When a larger probability is found, its place is kept but not its size, so the next ones are compared "
        "with the old one.",
        0.9,
    ),
    Slip(
        _EXP, "2.0 ** (z - z.max(axis=1, keepdims=True))", "2 is raised to the power of the score; softmax takes exp."
    ),
    Slip(
        _EXP, "10.0 ** (z - z.max(axis=1, keepdims=True))", "10 is raised to the power of the score; softmax takes exp."
    ),
    Slip(
        _EXP,
        "np.exp(z / np.abs(z).max(axis=1, keepdims=True))",
        "The scores are divided by the largest of their row in size (np.abs); subtract the row's largest score "
        "instead, which changes no probability.",
    ),
    Slip(
        _EXP,
        "np.exp(z / z.max(axis=1, keepdims=True))",
        "The scores are divided by the largest of their row; subtract it instead, which changes no probability.",
    ),
    Slip(
        _EXP,
        "np.exp(z / z.max())",
        "The scores are divided by the largest of all; subtract each row's largest, which changes no probability.",
    ),
    Slip(
        _EXP,
        "z - z.min(axis=1, keepdims=True)",
        "Shares of the scores themselves are taken, counted from the row's smallest; softmax takes exp first.",
    ),
    Slip(_EXP, "z", "Shares of the scores themselves are taken; softmax takes exp first."),
    Slip(_EXP, "np.abs(z)", "Shares of the sizes of the scores are taken; softmax takes exp first."),
    Slip(_EXP, "np.maximum(z, 0)", "Shares of the scores above 0 are taken; softmax takes exp first."),
    Slip(_EXP, "z ** 2", "Shares of the squared scores are taken; softmax takes exp first."),
    Slip(_EXP, "sigmoid(z)", "The sigmoids of the scores are divided by their sum; softmax takes exp."),
    Slip(_EXP, "np.exp((z - z.max(axis=1, keepdims=True)) / 2)", "The scores are halved (a temperature of 2)."),
    Slip(_EXP, "np.exp((z - z.max(axis=1, keepdims=True)) * 2)", "The scores are doubled (a temperature of 1/2)."),
    Slip(
        _EXP,
        "np.exp((z - z.max(axis=1, keepdims=True)) / np.sqrt(z.shape[1]))",
        "The scores are divided by the root of the number of classes, as in attention.",
    ),
    Slip(
        _EXP,
        "np.exp((z - z.max(axis=1, keepdims=True)) / z.shape[1])",
        "The scores are divided by the number of classes.",
    ),
    Slip(
        _EXP,
        "np.exp((z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True))",
        "Each row of scores is standardised first: subtracting changes no probability, but dividing does.",
    ),
    Slip(
        _EXP,
        "np.exp((z - z.min(axis=1, keepdims=True)) / (z.max(axis=1, keepdims=True) - z.min(axis=1, keepdims=True)))",
        "Each row of scores is moved to between 0 and 1: subtracting changes no probability, but dividing does.",
    ),
    Slip(_EXP, "np.exp(-(z - z.max(axis=1, keepdims=True)))", "The scores have the wrong sign."),
    Slip(
        _EXP,
        "np.exp(z - z.max(axis=0))",
        "The maximum of each column is subtracted; one number for each row changes no probability.",
        1.05,
    ),
    Slip("p", "np.log(p)", "These are the logarithms of the probabilities (log-softmax).", 1.1),
    Slip(
        "e / e.sum(axis=1, keepdims=True)",
        "e / e.max(axis=1, keepdims=True)",
        "Each row is divided by its largest number; divide it by its sum.",
    ),
    Slip(
        "e / e.sum(axis=1, keepdims=True)",
        "e / np.linalg.norm(e, axis=1, keepdims=True)",
        "Each row is divided by its length; divide it by its sum.",
    ),
    Slip(
        "e / e.sum(axis=1, keepdims=True)",
        "e / (1 + e.sum(axis=1, keepdims=True))",
        "1 is added to the row's sum, as in a sigmoid.",
    ),
    Slip(
        "p = e / e.sum(axis=1, keepdims=True)",
        "e = np.exp(z - z.max(axis=0))\np = e / e.sum(axis=0)",
        "The probabilities add up to 1 down the columns, over the batch; each row must add up to 1.",
    ),
    Slip(
        "p = e / e.sum(axis=1, keepdims=True)",
        "e = np.exp(z - z.max())\np = e / e.sum()",
        "You divide by the sum of the whole array; each row has its own sum.",
    ),
    Slip(
        "e / e.sum(axis=1, keepdims=True)",
        "e / (1 + e)",
        "e is divided by 1 + e, which is a sigmoid; divide by the row's sum.",
    ),
    Slip(
        "e / e.sum(axis=1, keepdims=True)",
        "(e == e.max(axis=1, keepdims=True)) * 1.0",
        "The largest score gets 1 and all others 0 (one-hot); probabilities are expected.",
    ),
    *(
        Slip(
            _EXP,
            f"np.exp((z - z.max(axis=1, keepdims=True)) {sign} {by})",
            f"The scores are {done} {by} first (a temperature); use them as they are.",
        )
        for sign, done in (("/", "divided by"), ("*", "multiplied by"))
        for by in (3, 4, 5, 10, 100)
    ),
    Slip(
        "return p, [names[k] for k in p.argmax(axis=1)]",
        "return -np.sort(-p, axis=1), [names[k] for k in p.argmax(axis=1)]",
        "The probabilities of each row are sorted by size; keep them in the order of the classes.",
    ),
    Slip(
        "return p, [names[k] for k in p.argmax(axis=1)]",
        "return np.sort(p, axis=1), [names[k] for k in p.argmax(axis=1)]",
        "The probabilities of each row are sorted by size; keep them in the order of the classes.",
    ),
    Slip(_ARGMAX, "p.argmin(axis=1)", "You name the least probable class."),
    Slip(_ARGMAX, "p.argmax(axis=1) - 1", "The name before the right one is taken: classes are counted from 0."),
    Slip(
        _ARGMAX,
        "(p.argmax(axis=1) + 1) % p.shape[1]",
        "The name after the right one is taken: classes are counted from 0.",
    ),
    Slip(_ARGMAX, "-1 - p.argmax(axis=1)", "The names are read from the end."),
    Slip(_ARGMAX, "np.argsort(p, axis=1)[:, -2]", "You name the second most probable class."),
    Slip(_ARGMAX, "np.argsort(-p, axis=1)[:, 1]", "You name the second most probable class."),
    Slip(_ARGMAX, "np.argsort(p, axis=1)[:, 0]", "You name the least probable class."),
    Slip(_ARGMAX, "np.abs(z).argmax(axis=1)", "You name the class with the largest score without its sign."),
    Slip(
        _ARGMAX,
        "np.full(len(p), p.argmax() % p.shape[1])",
        "Every row gets the name of the most probable class of all rows.",
    ),
    Slip(
        _ARGMAX,
        "np.full(len(p), p.mean(axis=0).argmax())",
        "Every row gets the name of the class that is most probable on average.",
    ),
    Slip(_ARGMAX, "np.full(len(p), p[0].argmax())", "Every row gets the name of the first row."),
    Slip(_ARGMAX, "np.full(len(p), p[-1].argmax())", "Every row gets the name of the last row.", 0.85),
    Slip(
        _ARGMAX,
        "np.round(p @ np.arange(p.shape[1])).astype(int)",
        "You take the mean of the class numbers, weighted by the probabilities; take the most probable class.",
    ),
    Slip(
        _ARGMAX,
        "np.trunc(p @ np.arange(p.shape[1])).astype(int)",
        "You take the mean of the class numbers, weighted by the probabilities; take the most probable class.",
    ),
    Slip(
        _ARGMAX,
        "(p > 0.5).argmax(axis=1)",
        "Only a probability above 1/2 is taken; else the first class. Take the largest.",
    ),
    Slip(
        "[names[k] for k in p.argmax(axis=1)]",
        "[sorted(names)[k] for k in p.argmax(axis=1)]",
        "You look the names up in alphabetical order; the order of `names` is the order of the classes.",
    ),
    Slip(
        "[names[k] for k in p.argmax(axis=1)]",
        "[names[::-1][k] for k in p.argmax(axis=1)]",
        "The names are read from the end.",
    ),
    Slip(
        "[names[k] for k in p.argmax(axis=1)]",
        "[int(k) for k in p.argmax(axis=1)]",
        "These are the numbers of the classes; their names are expected.",
    ),
)

_OTHERS = "np.log(1 - p).sum(axis=1) - np.log(1 - right)"
_RIGHT = "right = p[np.arange(len(p)), classes]"
_NEXT = "The class {} the right one is taken: classes are counted from 0."


def _loss(new: str, said: str, cost: float = 1.0) -> Slip:
    """Another loss of the probability of the right class."""
    return Slip("-np.log(right)", new, said, cost)


CROSSENTROPY_SLIPS = (
    _loss(
        f"-np.log(right) - ({_OTHERS})",
        "The other classes' log(1 - p) are added: that is the binary cross-entropy; only the right class counts.",
    ),
    _loss(
        f"(-np.log(right) - ({_OTHERS})) / p.shape[1]",
        "That is the mean of the binary cross-entropies of all classes; only the right class counts.",
    ),
    *(
        _loss(
            f"(np.logaddexp(0, z).sum(axis=1) - z[np.arange(len(z)), classes]){divided}",
            f"Each class is asked by a sigmoid of its own, and the {many} of the binary cross-entropies is taken; "
            "softmax lets the classes compete, and only the right one counts.",
        )
        for divided, many in (("", "sum"), (" / z.shape[1]", "mean"))
    ),
    _loss(f"-({_OTHERS})", "You add up the losses of the wrong classes, log(1 - p); only the right class counts."),
    *(
        _loss(
            f"-(1 - right) ** {power} * np.log(right)",
            f"There is a factor (1 - p)**{power} too many: that is the focal loss.",
        )
        for power in (2, 1, 3)
    ),
    _loss("-0.25 * (1 - right) ** 2 * np.log(right)", "That is the focal loss, -0.25 (1 - p)**2 log(p)."),
    _loss(
        "-(p * np.log(p)).sum(axis=1)",
        "That is the entropy of each row, the sum of -p log(p): the right class is not used.",
    ),
    _loss("-right * np.log(np.maximum(right, 1e-300))", "There is a factor p too many: -log(p) is expected."),
    _loss("-np.log(1 - right)", "That is the logarithm of the probability of being wrong, 1 - p."),
    _loss("-np.log(right) - np.log(1 - right)", "For the right class log(1 - p) is added too; only -log(p) counts."),
    _loss("-np.log(right) / np.log(2)", "That is the logarithm to the base 2; Keras takes the natural one, np.log."),
    _loss("-np.log(right) / np.log(p.shape[1])", "That is the logarithm to the base of the number of classes."),
    _loss("-np.log(right) / p.shape[1]", "You divide by the number of classes, as a mean over the one-hot row does."),
    _loss("-np.log(right) / len(p)", "You divide by the number of rows; each row should have its own number."),
    _loss("-np.log(right + 1)", "1 is added before the logarithm."),
    *(
        _loss(f"-np.log(right + {e})", f"{e} is added before the logarithm, so large losses come out too small.")
        for e in ("0.01", "0.001", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8")
    ),
    _loss("(1 - right) ** 2", "That is (1 - p)**2; -log(p) is expected, which grows without limit as p goes to 0."),
    _loss(
        "((p - np.eye(p.shape[1])[classes]) ** 2).sum(axis=1)",
        "That is the sum of squared errors (Brier), not the cross-entropy.",
    ),
    _loss(
        "((p - np.eye(p.shape[1])[classes]) ** 2).mean(axis=1)",
        "That is the mean squared error, not the cross-entropy.",
    ),
    _loss(
        "((z - np.eye(p.shape[1])[classes]) ** 2).mean(axis=1)",
        "That is the mean squared error of the scores, not the cross-entropy.",
    ),
    _loss(
        "np.abs(p - np.eye(p.shape[1])[classes]).sum(axis=1)",
        "That is the sum of absolute errors, not the cross-entropy.",
    ),
    _loss(
        "np.abs(p - np.eye(p.shape[1])[classes]).mean(axis=1)",
        "That is the mean absolute error, not the cross-entropy.",
    ),
    _loss(
        "np.sqrt(((p - np.eye(p.shape[1])[classes]) ** 2).sum(axis=1))",
        "That is the distance to the one-hot row, not the cross-entropy.",
    ),
    _loss(
        "np.maximum(0, z - z[np.arange(len(z)), classes][:, None] + 1).sum(axis=1) - 1",
        "That is the hinge loss of an SVM.",
    ),
    _loss(
        "z.max(axis=1) - z[np.arange(len(z)), classes]",
        "That is how far the right score lies below the largest one; the logarithm of the row's sum is missing.",
    ),
    _loss(
        "(p.argmax(axis=1) != classes) * 1.0",
        "That is 1 where the most probable class is not the right one, and 0 elsewhere.",
    ),
    _loss("1 / right", "That is 1 / p; -log(p) is expected."),
    _loss("right", "That is the probability of the right class; -log(p) is expected."),
    _loss("np.exp(-right)", "That is exp(-p); -log(p) is expected."),
    _loss("np.log(right) ** 2", "The logarithm is squared; -log(p) is already positive."),
    _loss(
        "np.full(len(p), -np.log(right).sum())",
        "Every row gets the sum of all rows; each row should have its own number.",
    ),
    _loss("np.full(len(p), -np.log(right.mean()))", "Every row gets the logarithm of the mean probability."),
    _loss("np.cumsum(-np.log(right))", "The losses are added up from row to row."),
    *(
        _loss(
            f"-(1 - {e}) * np.log(right) - {e} * np.log(p).mean(axis=1)",
            f"A share of {e} goes to all classes alike (label smoothing); only the right class counts.",
        )
        for e in (0.1, 0.2, 0.05)
    ),
    Slip(_RIGHT, "right = p[np.arange(len(p)), classes - 1]", _NEXT.format("before")),
    Slip(_RIGHT, "right = p[np.arange(len(p)), (classes + 1) % p.shape[1]]", _NEXT.format("after")),
    Slip(_RIGHT, "right = p[np.arange(len(p)), -1 - classes]", "The classes are counted from the end."),
    Slip(
        _RIGHT,
        "right = p.max(axis=1)",
        "You take the most probable class; what counts is the probability of the right one.",
    ),
    Slip(
        _RIGHT,
        "right = p[np.arange(len(p)), p.argmin(axis=1)]",
        "You take the least probable class; the right one counts.",
    ),
    Slip(_RIGHT, "right = p[:, classes[0]]", "Every row takes the class of the first row."),
    Slip(_RIGHT, "right = p[:, 0]", "Every row takes class 0."),
    Slip(_RIGHT, "right = p.mean(axis=1)", "You take the mean of the row's probabilities, which is always 1 / K."),
    Slip(
        _RIGHT,
        "right = e[np.arange(len(p)), classes] / (e.sum(axis=1) - e[np.arange(len(p)), classes])",
        "The right class is left out of the sum below the fraction bar; the sum goes over all classes.",
        0.95,
    ),
    Slip(
        _RIGHT,
        "right = e[np.arange(len(p)), classes] / e.sum()",
        "You divide by the sum of the whole array; each row has its own.",
    ),
    Slip(_RIGHT, "right = e[np.arange(len(p)), classes]", "The division by the row's sum is missing."),
    Slip(
        _RIGHT,
        "right = sigmoid(z)[np.arange(len(p)), classes]",
        "That is the sigmoid of each score; softmax divides by the sum over the row.",
    ),
    *(
        Slip(slip.old, slip.new, slip.said, slip.cost + 0.05)
        for slip in LABELS_SLIPS
        if slip.old == _EXP or slip.old.startswith("p = e")
    ),
)

_COUNTS = "np.bincount(samples, minlength=classes)"
_HOW_OFTEN = "np.bincount(samples, minlength=classes) / len(samples)"

SHARES_SLIPS = (
    Slip(
        _HOW_OFTEN,
        "np.pad(np.bincount(samples)[samples[np.sort(np.unique(samples, return_index=True)[1])]], "
        "(0, classes))[:classes] / len(samples)",
        "The classes are in the order of their first appearance; they should be in the order of their numbers.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.bincount(samples)[samples[np.sort(np.unique(samples, return_index=True)[1])]] / len(samples)",
        "The classes are in the order of their first appearance, and those that were never drawn are missing.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.pad(-np.sort(-np.bincount(samples)[np.unique(samples)]), (0, classes))[:classes] / len(samples)",
        "The shares are sorted by size; keep them in the order of the classes.",
    ),
    Slip(
        _HOW_OFTEN,
        "-np.sort(-np.bincount(samples)[np.unique(samples)]) / len(samples)",
        "The shares are sorted by size, and a class that was never drawn is missing.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.sort(np.bincount(samples)[np.unique(samples)]) / len(samples)",
        "The shares are sorted by size, and a class that was never drawn is missing.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.sort(np.bincount(samples, minlength=classes)) / len(samples)",
        "The shares are sorted by size; keep them in the order of the classes.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.pad(np.bincount(samples)[np.unique(samples)], (0, classes))[:classes] / len(samples)",
        "The classes that were drawn come first, and zeros at the end; each class belongs to its own place.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.histogram(samples, bins=classes, density=True)[0]",
        "The bins go from the smallest to the largest class drawn, and density divides by their width too: give the "
        "range (0, classes).",
    ),
    Slip(
        _HOW_OFTEN,
        "np.histogram(samples, bins=classes)[0] / len(samples)",
        "The bins go from the smallest to the largest class drawn: give the range (0, classes), one bin per class.",
    ),
    Slip(
        _HOW_OFTEN,
        "np.histogram(samples, bins=np.arange(classes))[0] / len(samples)",
        "There is one bin too few: the edges should go from 0 to classes, and the last two classes share a bin.",
    ),
    Slip(
        _COUNTS,
        "np.pad(np.bincount(samples)[np.unique(samples)], (0, classes))[:classes]",
        "The counts of the classes that were drawn come first, and zeros at the end; each class belongs to its own "
        "place.",
        1.05,
    ),
    Slip(
        _COUNTS,
        "np.unique(samples, return_counts=True)[1]",
        "The classes that were never drawn are missing: np.unique lists only those that occur.",
    ),
    Slip(
        _HOW_OFTEN,
        "(np.bincount(samples, minlength=classes) + 1) / (len(samples) + classes)",
        "Every class is counted once more than it was drawn (add-one smoothing).",
    ),
    Slip(
        _HOW_OFTEN,
        "(np.bincount(samples, minlength=classes) + 1) / len(samples)",
        "Every class is counted once more than it was drawn.",
    ),
    Slip(
        _COUNTS,
        "np.maximum(np.bincount(samples, minlength=classes), 1)",
        "A class that was never drawn is counted once; its share is 0.",
    ),
    Slip(
        _COUNTS,
        "(np.bincount(samples, minlength=classes) * np.arange(classes))",
        "The counts are multiplied by the number of the class; each draw counts once.",
    ),
    Slip(
        _COUNTS,
        "(np.bincount(samples, minlength=classes) * (np.arange(classes) + 1))",
        "The counts are multiplied by the number of the class; each draw counts once.",
    ),
    Slip(
        _COUNTS,
        "(np.bincount(samples, minlength=classes) > 0)",
        "Only whether a class was drawn is counted, not how often: `=` replaces what was there, and so does "
        "`counts[samples] += 1`, which reads all places first and writes then. Add in a loop, or with np.add.at.",
        0.85,
    ),
    Slip(_COUNTS, "np.cumsum(np.bincount(samples, minlength=classes))", "The counts are added up from class to class."),
    Slip(
        _COUNTS,
        "np.bincount(samples[np.append(True, samples[1:] != samples[:-1])], minlength=classes)",
        "A class that is drawn twice in a row is counted once; each draw counts.",
    ),
    Slip(_COUNTS, "np.bincount(samples[1:], minlength=classes)", "The first draw is not counted."),
    Slip(_COUNTS, "np.bincount(samples[:-1], minlength=classes)", "The last draw is not counted."),
    Slip(_COUNTS, "np.bincount(samples[samples > 0], minlength=classes)", "Class 0 is not counted."),
    Slip(_COUNTS, "np.bincount(samples[samples < classes - 1], minlength=classes)", "The last class is not counted."),
    Slip(
        _COUNTS,
        "np.bincount(np.minimum(samples + 1, classes), minlength=classes + 1)[:classes]",
        "The classes are counted from 1; they begin at 0.",
    ),
    Slip(
        _COUNTS,
        "np.bincount(np.maximum(samples - 1, 0), minlength=classes)",
        "The classes are counted from 1; they begin at 0.",
    ),
    Slip(_COUNTS, "np.bincount(samples, minlength=classes)[::-1]", "The classes are in reverse order.", 1.05),
    Slip(
        _COUNTS,
        "np.append(np.bincount(samples[samples > 0], minlength=classes)[1:], 0)",
        "The classes are counted from 1; they begin at 0.",
    ),
    Slip(
        _COUNTS,
        "np.bincount(samples, minlength=classes + 1)",
        "There is one class too many: classes go from 0 to classes - 1.",
    ),
    Slip(_COUNTS, "np.bincount(samples, minlength=classes)[:classes - 1]", "The last class is missing."),
    Slip(_COUNTS, "np.bincount(samples, minlength=classes)[1:]", "Class 0 is missing."),
    Slip(
        "len(samples)",
        "np.unique(samples).size",
        "You divide by the number of classes that were drawn; divide by the number of draws.",
    ),
    Slip(
        "len(samples)", "np.bincount(samples).max()", "You divide by the largest count; divide by the number of draws."
    ),
    Slip("len(samples)", "samples.sum()", "You divide by the sum of the class numbers; divide by the number of draws."),
    Slip("len(samples)", "samples.max()", "You divide by the largest class; divide by the number of draws."),
    Slip("len(samples)", "classes", "You divide by the number of classes; divide by the number of draws."),
    Slip("len(samples)", "(len(samples) + classes)", "The number of classes is added to the number of draws."),
    Slip("len(samples)", "1", "These are the counts; divide them by the number of draws."),
    Slip(
        "len(samples)",
        "np.linalg.norm(np.bincount(samples))",
        "You divide by the length of the counts; divide by the number of draws.",
    ),
    Slip(_HOW_OFTEN, "np.full(classes, 1 / classes)", "Every class gets the same share, 1 / classes."),
    Slip(
        _HOW_OFTEN,
        "softmax(np.bincount(samples, minlength=classes) * 1.0)",
        "A softmax of the counts is taken; divide them by the number of draws.",
    ),
    Slip(
        _HOW_OFTEN,
        "softmax(np.bincount(samples, minlength=classes) / len(samples))",
        "A softmax of the shares is taken; they already sum to 1.",
    ),
)


def undo_softmax_by_rows(p):
    rows = []
    for row in p:
        log_p = np.log(row)
        rows.append(log_p - log_p.mean())
    return np.array(rows)


def undo_softmax_by_shift(p):
    z = np.log(p)
    shift = z.sum(axis=1, keepdims=True) / z.shape[1]
    return z - shift


UNDO_WORDS = {
    "p": "the array p of probabilities",
    "row": "the row of probabilities",
    "log_p": "`log p`",
    "z": "`log p`",
    "shift": "each row's mean of `log p`",
    "log_p.mean(axis=1, keepdims=True)": "each row's mean of `log p`",
    "log_p.mean()": "the row's mean of `log p`",
    "z.sum(axis=1, keepdims=True)": "each row's sum of `log p`",
    "len(p)": "the number of rows",
    "p.shape[0]": "the number of rows",
    "p.shape[1]": "the number of classes",
    "z.shape[1]": "the number of classes",
    "len(row)": "the number of classes",
}
_ZERO = "; it is the mean that should be 0."
_MEAN = "log_p.mean(axis=1, keepdims=True)"

UNDO_SLIPS = (
    Slip(
        f"log_p - {_MEAN}",
        f"(log_p - {_MEAN}) / np.linalg.norm(log_p - {_MEAN}, axis=1, keepdims=True)",
        "Each row is divided by its length too; softmax of that is not p.",
    ),
    Slip("np.log(p)", "np.log2(p)", "That is the logarithm to the base 2; exp is undone by the natural one, np.log."),
    Slip("np.log(p)", "np.log10(p)", "That is the logarithm to the base 10; exp is undone by the natural one, np.log."),
    Slip("np.log(p)", "np.log1p(p)", "That is log(1 + p); exp is undone by log(p)."),
    Slip("np.log(p)", "np.exp(p)", "That is exp once more; it has to be undone, by np.log."),
    Slip("np.log(p)", "np.sqrt(p)", "That is the root; exp is undone by np.log."),
    Slip("np.log(p)", "1 / p", "That is 1 / p; exp is undone by np.log."),
    Slip("np.log(p)", "p", "The mean is subtracted from the probabilities themselves; undo exp first, with np.log."),
    Slip("np.log(p)", "np.log(1 - p)", "That is log(1 - p); log(p) is expected."),
    Slip("np.log(p)", "-np.log(p)", "The sign is wrong: the score of a probable class is large."),
    Slip(
        "np.log(p)", "np.log(p / (1 - p))", "That undoes the sigmoid, number by number; softmax looks at a whole row."
    ),
    Slip("np.log(p)", "p * np.log(p)", "There is a factor p too many; log(p) is expected."),
    Slip("np.log(p)", "np.arctanh(p)", "That undoes tanh; softmax is undone by np.log."),
    Slip("np.log(p)", "softmax(p)", "That is softmax once more; it has to be undone, by np.log."),
    Slip(
        _MEAN, "log_p.min(axis=1, keepdims=True)", f"You subtract each row's minimum, so the smallest score is 0{_ZERO}"
    ),
    Slip(
        _MEAN, "log_p.max(axis=1, keepdims=True)", f"You subtract each row's maximum, so the largest score is 0{_ZERO}"
    ),
    Slip(_MEAN, "log_p[:, :1]", f"You subtract each row's first number, so the first score is 0{_ZERO}"),
    Slip(_MEAN, "log_p[:, -1:]", f"You subtract each row's last number, so the last score is 0{_ZERO}"),
    Slip(_MEAN, "np.median(log_p, axis=1, keepdims=True)", f"You subtract each row's median{_ZERO}"),
    Slip(
        _MEAN,
        "(log_p.max(axis=1, keepdims=True) + log_p.min(axis=1, keepdims=True)) / 2",
        f"You subtract the middle between the largest and the smallest{_ZERO}",
    ),
    Slip(
        _MEAN,
        "(p * log_p).sum(axis=1, keepdims=True)",
        "The mean is weighted by the probabilities; all classes count the same.",
    ),
    Slip(_MEAN, "log_p.sum(axis=1, keepdims=True)", "You subtract each row's sum; subtract its mean."),
    Slip(
        _MEAN,
        "np.log(p.mean(axis=1, keepdims=True))",
        "The mean is taken before the logarithm; take the mean of the logarithms.",
    ),
    Slip(
        _MEAN,
        "np.log(np.exp(p).sum(axis=1, keepdims=True))",
        "You subtract log(sum(exp(p))); subtract each row's mean.",
    ),
    Slip(
        _MEAN,
        "p.mean(axis=1, keepdims=True)",
        "You subtract the mean of the probabilities; subtract that of their logarithms.",
    ),
    Slip(_MEAN, "1", "1 is subtracted; subtract each row's mean.", 1.2),
    Slip(_MEAN, "0", "softmax of these is p, but their mean is not 0: subtract each row's mean."),
    Slip(_MEAN, "log_p.mean()", "You subtract the mean of the whole batch; each row should have its own."),
    Slip(_MEAN, "log_p.mean(axis=0)", "You subtract the mean of each column; subtract the mean of each row."),
    Slip(
        f"log_p - {_MEAN}",
        f"(log_p - {_MEAN}) / log_p.std(axis=1, keepdims=True)",
        "Each row is divided by its standard deviation too; softmax of that is not p.",
    ),
    Slip(f"log_p - {_MEAN}", f"log_p / {_MEAN}", "You divide by the mean; subtract it."),
    Slip(
        f"log_p - {_MEAN}",
        "log_p / log_p.sum(axis=1, keepdims=True)",
        "You divide by the row's sum; subtract the row's mean.",
    ),
    Slip(f"log_p - {_MEAN}", f"{_MEAN} - log_p", "The subtraction is the wrong way round."),
    Slip(f"log_p - {_MEAN}", f"log_p + {_MEAN}", "The mean is added; subtract it."),
)


def confusion_by_adding(classes, guesses, count):
    table = np.zeros((count, count))
    np.add.at(table, (classes, guesses), 1)
    total = table.sum(axis=1, keepdims=True)
    return table / np.maximum(total, 1)


def confusion_by_cells(classes, guesses, count):
    table = np.zeros((count, count))
    for k in range(count):
        of_class = classes == k
        n = of_class.sum()
        for j in range(count):
            if n > 0:
                table[k, j] = (of_class & (guesses == j)).sum() / n
    return table


def confusion_by_rows(classes, guesses, count):
    table = np.zeros((count, count))
    for n in range(len(classes)):
        table[classes[n], guesses[n]] += 1
    for k in range(count):
        total = table[k].sum()
        if total > 0:
            table[k] = table[k] / total
    return table


CONFUSION_WORDS = {
    "classes": "the array of right classes",
    "guesses": "the array of guesses",
    "count": "the number of classes",
    "table": "the table",
    "table[k]": "the row of class k",
    "right": "the right class",
    "guess": "the guess",
    "total": "the sum of the row",
    "n": "the number of samples of the class",
    "table[right, guess]": "the place in the table",
    "table.sum(axis=1, keepdims=True)": "each row's sum",
    "len(classes)": "the number of samples",
    "len(guesses)": "the number of samples",
    "classes.size": "the number of samples",
    "guesses.size": "the number of samples",
    "table.shape[0]": "the number of classes",
    "table.shape[1]": "the number of classes",
}
_DIVIDED = "table / np.maximum(total, 1)"
_ADD = "np.add.at(table, (classes, guesses), 1)"

CONFUSION_SLIPS = (
    Slip(_DIVIDED, "table", "These are the counts; divide each row by its sum."),
    Slip(_DIVIDED, "table / table.max()", "You divide by the largest count; divide each row by its sum."),
    Slip(
        _DIVIDED,
        "table / np.maximum(table.max(axis=1, keepdims=True), 1)",
        "Each row is divided by its largest count; divide it by its sum.",
    ),
    Slip(_DIVIDED, "table / count", "You divide by the number of classes; divide each row by its sum."),
    Slip(
        _DIVIDED,
        "table / len(classes)",
        "You divide by the number of all samples; divide each row by the samples of its class.",
    ),
    Slip(
        _DIVIDED,
        "table / np.maximum(table.sum(axis=0), 1)",
        "Each column sums to 1: you divide by how often a class was guessed, not by how often it occurs.",
    ),
    Slip(
        _DIVIDED,
        "table / np.maximum(table.sum(axis=1), 1)",
        "`keepdims=True` is missing: what was found for a row is applied to a column.",
    ),
    Slip(
        _DIVIDED,
        "table / total",
        "A class that does not occur is divided by 0, which gives no number; its row should be 0.",
    ),
    Slip(
        _DIVIDED, "(table + 1) / (total + count)", "Every pair is counted once more than it occurs (add-one smoothing)."
    ),
    Slip(_DIVIDED, "table / (total + 1)", "1 is added to each row's sum; only a sum of 0 may be changed."),
    Slip(
        _DIVIDED,
        "table / np.maximum(np.diag(table), 1)[:, None]",
        "Each row is divided by its right guesses; divide it by its sum.",
    ),
    Slip(
        _DIVIDED,
        "np.where(total > 0, table / total, 1 / count)",
        "The row of a class that does not occur is 1 / count; it should be 0.",
    ),
    Slip(
        _DIVIDED,
        "np.where(total > 0, table / total, np.eye(count))",
        "A class that does not occur gets 1 on the diagonal; its row should be 0.",
    ),
    Slip(
        _DIVIDED,
        "np.eye(count) * table / np.maximum(total, 1)",
        "Only the right guesses are counted; the wrong ones belong in the table too.",
    ),
    Slip(
        _DIVIDED,
        "(1 - np.eye(count)) * table / np.maximum(total, 1)",
        "Only the wrong guesses are counted; the right ones belong on the diagonal.",
    ),
    Slip(
        _DIVIDED,
        "table / np.maximum(((1 - np.eye(count)) * table).sum(axis=1, keepdims=True), 1)",
        "Each row is divided by its wrong guesses; divide it by its sum.",
    ),
    Slip(
        _DIVIDED,
        "table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1)",
        "Each row is divided by its length; divide it by its sum.",
    ),
    Slip(_DIVIDED, "softmax(table)", "A softmax of the counts is taken; divide each row by its sum."),
    Slip(_DIVIDED, "table // np.maximum(total, 1)", "`//` cuts the fraction off; write `/`."),
    Slip(
        _DIVIDED, "100 * table / np.maximum(total, 1)", "These are percents, 100 times as large; shares are expected."
    ),
    Slip(
        _ADD,
        "np.add.at(table, (guesses, classes), 1)",
        "Rows and columns are swapped: each row should be a class, each column a guess.",
    ),
    Slip(
        _ADD,
        "table[classes, guesses] = 1",
        "A pair that occurs several times is counted once: `=` replaces what was there, and `table[a, b] += 1` with "
        "arrays of indices reads all places first and writes then. A loop with `+=`, or np.add.at, counts each.",
        0.85,
    ),
    Slip(
        _ADD,
        "np.add.at(table, (classes, guesses - 1), 1)",
        "The guesses are one column too far to the left: classes begin at 0.",
    ),
    Slip(_ADD, "np.add.at(table, (classes - 1, guesses), 1)", "The classes are one row too high: they begin at 0."),
    Slip(
        _ADD,
        "np.add.at(table, (classes - 1, guesses - 1), 1)",
        "Rows and columns are shifted by one: classes begin at 0.",
    ),
    Slip(_ADD, "np.add.at(table, (classes[1:], guesses[1:]), 1)", "The first sample is not counted."),
    Slip(_ADD, "np.add.at(table, (classes[:-1], guesses[:-1]), 1)", "The last sample is not counted."),
    Slip(_ADD, "np.add.at(table, (classes, classes), 1)", "The guesses are not used."),
    Slip(_ADD, "np.add.at(table, (guesses, guesses), 1)", "The right classes are not used."),
    Slip(
        _ADD,
        "np.add.at(table, (classes[:-1], classes[1:]), 1)",
        "Each class is paired with the next one, not with its guess.",
        1.2,
    ),
    Slip(
        _ADD,
        "np.add.at(table, (classes, guesses), 1); np.add.at(table, (guesses, classes), 1)",
        "Each pair is counted in both directions.",
        1.2,
    ),
)
