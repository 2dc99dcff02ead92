"""Scores, probabilities, losses, shares."""

import numpy as np


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
