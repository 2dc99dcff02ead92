"""Mutants of the solutions: they tell what a learner did and nothing else, and they leave everything as it was."""

import ast
import re
import time
import warnings

import numpy as np
import pytest
from limits import HANGS

import lstm_edu as le
from benchmarks import exercises as benchmark
from lstm_edu.exercises.answers import all_agree, taken
from lstm_edu.exercises.explainers import explained
from lstm_edu.exercises.explaining import Answered
from lstm_edu.exercises.mutants import bank_of, mutated, mutated_twice, search
from lstm_edu.exercises.mutants.batches import Batches, Tried
from lstm_edu.exercises.mutants.comparing import as_numbers
from lstm_edu.exercises.mutants.edits import collide
from lstm_edu.exercises.mutants.mutant import Changed, called
from lstm_edu.exercises.mutants.program import _Running, sigmoid

NAMES = le.exercises.names()
KNOWN = [name for name in NAMES if len(bank_of(le.exercises.get(name)).programs) > 1]


def questions(exercise):
    """As a check asks them."""
    return [exercise.draw(np.random.default_rng(seed), k) for k, seed in enumerate((1, 2, 3, 10))]


def defined(code, name):
    namespace = {"np": np, "le": le, "sigmoid": sigmoid, "lstm_step": le.exercises.lstm.answer[-2]}
    exec(code, namespace)
    return namespace[name]


# --- programs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_way_to_write_an_answer_is_right(name):
    exercise = le.exercises.get(name)
    for program in bank_of(exercise).programs:
        for arguments in questions(exercise):
            with np.errstate(all="ignore"):
                values = taken(program.function()(*arguments.values()), exercise.returns)
            assert all_agree(values, exercise.reference(arguments)), program.answer


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_mutants_that_give_other_numbers(name):
    exercise = le.exercises.get(name)
    arguments = questions(exercise)[1]
    right = exercise.reference(arguments)
    bank, different = bank_of(exercise), 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mutant in bank.mutants[:150]:
            outputs = mutant.run(arguments)
            if outputs is None or len(outputs) != len(right):
                continue
            pairs = [(as_numbers(v), r) for v, r in zip(outputs, right, strict=True) if not isinstance(r, list)]
            different += any(v is None or v.shape != np.shape(r) or not np.allclose(v, r, rtol=1e-3) for v, r in pairs)
    assert different > 15


@pytest.mark.parametrize("name", NAMES)
def test_sentences_have_no_holes(name):
    for mutant in bank_of(le.exercises.get(name)).mutants:
        told = mutant.told()
        prose = re.sub(r"`[^`]*`", "`x`", told.sentence)
        assert told.sentence.endswith("."), told.sentence
        assert not re.search(r"[{}]|  |None|nan|\ba [aeio]|\bthe the\b|\.\.|,,|, ;|,\.|\( ", prose), told.sentence
        assert told.sentence.count("`") % 2 == 0, told.sentence
        assert re.match(r"[A-Z`1-9(]|[a-zA-Z_]+(_|\[|\.| )|-?\d", told.sentence), told.sentence


@pytest.mark.parametrize("name", NAMES)
def test_running_and_telling_mutants_leaves_everything_as_it_was(name):
    exercise = le.exercises.get(name)
    bank = bank_of(exercise)
    before = [ast.dump(tree) for program in bank.programs for tree in program.trees.values()]
    arguments = exercise.draw(np.random.default_rng(4), 0)
    copies = exercise.draw(np.random.default_rng(4), 0)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mutant in bank.mutants[::3]:
            if isinstance(mutant, Changed):
                mutant.run(arguments)
                mutant.told()
    assert before == [ast.dump(tree) for program in bank.programs for tree in program.trees.values()]
    assert arguments.keys() == copies.keys()
    for key, value in arguments.items():
        assert np.array_equal(value, copies[key])


def test_a_loop_that_never_ends_is_no_mutant():
    forever = compile("iter(int, 1)", "loop", "eval")
    with pytest.raises(ValueError, match="goes on"):
        _Running([], [(2, forever, "k", [])], {"__builtins__": __builtins__})()


def written_down():
    """(exercise, what is said) for each slip and each detour that somebody wrote down."""
    for name in NAMES:
        known = bank_of(le.exercises.get(name)).alternatives
        for said in dict.fromkeys([slip.said for slip in known.slips] + [said for _, said in known.detours]):
            yield name, said


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # mutants overflow and divide by zero
@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in written_down()))
def test_what_is_written_down_is_in_a_program_and_explained(name):
    exercise = le.exercises.get(name)
    names = [name for name, *_ in exercise.takes]
    made = [m for m in bank_of(exercise).mutants if isinstance(m, Changed) and (m.said or m.changes[0].slip)]
    for said in dict.fromkeys(said for of, said in written_down() if of == name):
        mutant = next(
            m
            for m in made
            if said == (m.said or m.changes[0].phrase) and all(m.run(a) is not None for a in questions(exercise))
        )
        wrong, right = wrong_and_right(
            exercise, lambda *v, m=mutant: _returned(m.run(dict(zip(names, v, strict=True))))
        )
        assert wrong, f"right numbers: {said}"
        assert explained(exercise, wrong, right) is not None, said


def _returned(outputs):
    return outputs[0] if len(outputs) == 1 else outputs


# --- what is told ---------------------------------------------------------------------------------------------------

# Answers in their own form, with one slip each, and what must be said about it.
SLIPS = [
    (
        "dense",
        """def dense(x, kernel, bias):
    out = np.zeros((len(x), len(bias)))
    for n, row in enumerate(x):
        for j in range(len(bias)):
            for k in range(len(row)):
                out[n, j] = row[k] * kernel[k, j]
            out[n, j] += bias[j]
    return out""",
        "replaces what",
    ),
    (
        "lstm_step",
        """def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    n = h.shape[1]
    z = np.dot(x_t, kernel) + np.dot(h, recurrent_kernel) + bias
    i, f, o = sigmoid(z[:, :n]), sigmoid(z[:, n:2*n]), sigmoid(z[:, 3*n:])
    g = np.tanh(z[:, 2*n:3*n])
    c = c * f + g
    return o * np.tanh(c), c""",
        "input gate i is missing as a factor",
    ),
    (
        "lstm_step",
        """def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    i, f, g, o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return np.tanh(sigmoid(o) * c), c""",
        "applied to the product o * c",
    ),
    (
        "lstm",
        """def lstm(x, kernel, recurrent_kernel, bias, h, c):
    h, c, y = h.copy(), c.copy(), []
    for t in range(x.shape[1]):
        h[:], c[:] = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        y.append(h)
    return np.stack(y, axis=1)""",
        "Every entry is the same",
    ),
    (
        "memory",
        """def memory(values, keep):
    c, out = values[0], []
    for v in values:
        c = c * keep + v
        out.append(c)
    return np.array(out)""",
        "begins with the first number of the array values",
    ),
    (
        "forget_path",
        """def forget_path(f):
    return np.stack([f[t + 1:].sum(axis=0) for t in range(len(f))])""",
        "it should be the product",
    ),
    (
        "adam_step",
        """def adam_step(w, g, m, v, t, learning_rate, epsilon):
    m2, v2 = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    rate = learning_rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * m / (np.sqrt(v2) + epsilon), m2, v2""",
        "`m` as it was before",
    ),
    (
        "masked_mean",
        """def masked_mean(vectors, mask):
    total = (vectors * mask[..., None]).sum(1)
    return total / (mask.sum(1)[:, None] + 1)""",
        "plus 1",
    ),
    (
        "bidirectional",
        """def bidirectional(forward, backward):
    both = np.zeros((*forward.shape[:2], 2 * forward.shape[2]))
    both[..., ::2], both[..., 1::2] = forward, backward[:, ::-1]
    return both""",
        "units of both alternate",
    ),
    (
        "clip_together",
        """def clip_together(g_kernel, g_bias, most):
    norm = np.sqrt((g_kernel**2).sum() + (g_bias**2).sum())
    return (g_kernel * most / norm, g_bias) if norm > most else (g_kernel, g_bias)""",
        "Only the kernel's gradient is reduced",
    ),
    (
        "train_dense",
        """def train_dense(x, target, kernel, bias, learning_rate, steps):
    dk, db = np.zeros(kernel.shape), np.zeros(bias.shape)
    for _ in range(steps):
        d = 2 * (x @ kernel + bias - target) / target.size
        dk, db = dk + x.T @ d, db + d.sum(0)
        kernel, bias = kernel - learning_rate * dk, bias - learning_rate * db
    return kernel, bias""",
        "added up over all steps",
    ),
    (
        "memory",
        """def memory(values, keep):
    impulse_response = float(keep) ** np.arange(len(values))
    return np.convolve(values, impulse_response, mode="same")""",
        "each c has later values in it",
    ),
    (
        "memory",
        """def memory(values, keep):
    response = [keep**n for n in range(len(values))]
    return np.array([sum(response[n] * values[t - n] for n in range(t + 1)) for t in range(len(values))]
                    + [sum(response[n] * values[t - n] for n in range(t - len(values) + 1, len(values)))
                       for t in range(len(values), 2 * len(values) - 1)])""",
        "goes on after the last value",
    ),
    (
        "memory",
        """def memory(values, keep):
    n = len(values)
    return np.convolve(values, keep ** np.arange(n))[-n:]""",
        "the end of the convolution",
    ),
    (
        "gated_memory",
        """def gated_memory(values, keep, write):
    u = write * values
    delayed = np.concatenate([[0.0], u[:-1]])
    return u + keep * delayed""",
        "Only what was written one step before is kept",
    ),
    (
        "gated_memory",
        """def gated_memory(values, keep, write):
    total, fading, c = 0.0, 1.0, []
    for v, k, w in zip(values, keep, write):
        fading *= k
        total += fading * w * v
        c.append(total)
    return np.array(c)""",
        "up to its own step",
    ),
    (
        "sigmoid",
        """def sigmoid(x):
    from math import erf, sqrt
    return np.array([0.5 + 0.5 * erf(value / sqrt(2)) for value in x.ravel()]).reshape(x.shape)""",
        "cumulative normal distribution",
    ),
    (
        "lstm_step",
        """def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    from math import erf
    gate = np.vectorize(lambda z: (1 + erf(z / 2**0.5)) / 2)
    i, f, g, o = np.split(x_t @ kernel + h @ recurrent_kernel + bias, 4, axis=1)
    c = gate(f) * c + gate(i) * np.tanh(g)
    return gate(o) * np.tanh(c), c""",
        "cumulative normal distribution",
    ),
    (
        "shares",
        """def shares(samples, classes):
    density, edges = np.histogram(samples, bins=classes, density=True)
    return density""",
        "density divides by their width",
    ),
    (  # one number of all is wrong
        "crossentropy",
        """def crossentropy(z, classes):
    p = np.exp(z - z.max(axis=1)[:, None])
    p = np.take_along_axis(p / p.sum(axis=1)[:, None], classes[:, None], axis=1)
    return -np.log(p[:, 0] + 1e-7)""",
        "1e-7 is added",
    ),
    (
        "two_layers",
        """def two_layers(x, W1, U1, b1, W2, U2, b2):
    def run(x, W, U, b):
        h = c = np.zeros((len(x), len(U)))
        for x_t in x.swapaxes(0, 1):
            h, c = lstm_step(x_t, h, c, W, U, b)
            yield h
    first = np.stack(list(run(x, W1, U1, b1)), axis=1)
    return sum(run(first, W2, U2, b2)) / x.shape[1]""",
        "mean of all outputs of the second layer",
    ),
    (
        "shares",
        """def shares(samples, classes):
    counts, edges = np.histogram(samples, classes)
    return counts / counts.sum()""",
        "from the smallest to the largest class drawn: give the range",
    ),
    (
        "shares",
        """def shares(samples, classes):
    counts, edges = np.histogram(samples, [*range(classes)])
    return counts / len(samples)""",
        "one bin too few",
    ),
    (
        "train_dense",
        """def train_dense(x, target, kernel, bias, learning_rate, steps):
    while steps > 1:
        d = 2 * (x @ kernel + bias - target) / target.size
        kernel, bias = kernel - learning_rate * x.T @ d, bias - learning_rate * d.sum(0)
        steps -= 1
    return kernel, bias""",
        "One step too few",
    ),
    (
        "update_rows",
        """def update_rows(table, gradient, trainable, learning_rate):
    rows = np.asarray(trainable).astype(int)
    new_table = table.copy()
    new_table[rows] -= learning_rate * gradient[rows]
    return new_table""",
        "used as row numbers",
    ),
    (
        "masked_mean",
        """def masked_mean(vectors, mask):
    return np.stack([v[m * 1].mean(0) for v, m in zip(vectors, mask)])""",
        "used as numbers of timesteps",
    ),
    (
        "split_kernel",
        """def split_kernel(kernel, units):
    a, b, c, d = np.array_split(kernel, 4, axis=0)
    return a, b, c, d""",
        "rows are cut into four parts",
    ),
    (
        "split_kernel",
        """def split_kernel(kernel, units):
    return kernel[:units], kernel[units:2*units], kernel[2*units:3*units], kernel[3*units:4*units]""",
        "`units` rows for each gate",
    ),
    (
        "unit_columns",
        """def unit_columns(kernel, units, j):
    return kernel[j::units, :]""",
        "You take rows",
    ),
    (
        "backwards_rnn",
        """def backwards_rnn(x, kernel, recurrent_kernel, bias, h):
    states = []
    for t in reversed(range(x.shape[1])):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    return np.flip(np.stack(states, axis=1))""",
        "All axes of y are reversed",
    ),
    (
        "rnn_backward",
        """def rnn_backward(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        gradients.append((gradients[-1] * (1 - h[:, t] ** 2)) @ recurrent_kernel.T)
    return np.flip(np.stack(gradients[::-1], axis=1))""",
        "`np.flip` without an axis",
    ),
    (
        "dense",
        """def dense(x, kernel, bias):
    return x @ np.flip(kernel) + bias""",
        "`np.flip` without an axis",
    ),
    (
        "forget_path",
        """def forget_path(f):
    return np.array([np.prod(np.delete(f, t, axis=0), axis=0) for t in range(f.shape[0])])""",
        "the product of all gates but its own",
    ),
    (
        "from_onnx",
        """def from_onnx(W, R, B):
    H = R.shape[1]
    order = np.concatenate([np.arange(H) + k * H for k in (0, 2, 3, 1)])
    return W[order].T, R[order].T, np.stack([B[:4 * H][order], B[4 * H:][order]])""",
        "one above the other",
    ),
    (
        "from_tf1",
        """def from_tf1(kernel, bias):
    H = bias.shape[0] // 4
    b = bias.copy()
    b[2 * H : 3 * H] += 1
    return kernel[:-H], kernel[-H:], b""",
        "still in the old order",
    ),
]


@pytest.mark.parametrize(("name", "code", "said"), SLIPS, ids=[f"{name} {said}" for name, _, said in SLIPS])
def test_a_slip_is_told_however_the_answer_is_written(name, code, said):
    exercise = le.exercises.get(name)
    found = mutated(exercise, answered(exercise, defined(code, name)))
    assert found is not None and said in found.sentence, found


TWO_SLIPS = [
    (
        "two_layers",
        """def two_layers(x, W1, U1, b1, W2, U2, b2):
    def run(sequence, W, U, b):
        h, c = np.zeros((len(x), len(U))), np.zeros((len(x), len(U)))
        for x_t in sequence:
            i, f, g, o = np.split(x_t @ W + h @ U + b, 4, axis=1)
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
        return h, c
    h, _ = run(np.swapaxes(x, 0, 1), W1, U1, b1)
    return run([h] * x.shape[1], W2, U2, b2)[1]""",
        "You return the cell state of the second layer",
    ),
    (
        "read_bias",
        """def read_bias(z, x_t, h, kernel, recurrent_kernel):
    return sum(z[n] - x_t[n] @ kernel for n in range(len(z)))""",
        "multiplied by the number of rows: is there a sum over the rows where one of them, or their mean, is meant?",
    ),
    (
        "unit_columns",
        """def unit_columns(kernel, units, j):
    blocks = np.split(kernel, 4, axis=1)
    return np.stack([blocks[k][:, j - 1] if j else blocks[k - 1][:, -1] for k in (0, 1, 3, 2)], axis=1)""",
        ("That is the unit before", "in the order i, f, o, g"),
    ),
    (  # the mask is another argument, and what is counted is in one way to write it only
        "masked_mean",
        """def masked_mean(vectors, mask):
    padding = 1.0 - mask[:, :, None]
    return (padding * vectors).sum(1) / np.maximum(padding.sum(1), 1) ** 0.5""",
        ("The mask is inverted", "the root of the number of words"),
    ),
    (
        "hard_sigmoid",
        "def hard_sigmoid(x): return np.minimum(np.maximum(0.2 * x + 0.5, -1), 1)",
        ("The slope is 0.2", "cut off at -1"),
    ),
    (
        "lstm_step",
        """def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=1)
    keep = sigmoid(f)
    c = keep * c + (1 - keep) * np.tanh(g)
    return sigmoid(o) * c, c""",
        ("i is 1 - f", "tanh"),
    ),
    (
        "rnn_backward",
        """def rnn_backward(dh, h, recurrent_kernel):
    back = [dh]
    for t in range(h.shape[1] - 2, -1, -1):
        back.append(back[-1] * (1 - h[:, t] ** 2) * np.diag(recurrent_kernel))
    return np.stack(back[::-1], axis=1)""",
        ("diagonal of U", "timestep that the gradient goes to"),
    ),
    (
        "bidirectional",
        "def bidirectional(forward, backward): return np.concatenate([backward, forward], axis=2)",
        ("still in reversed time", "two parts are swapped"),
    ),
    (
        "simple_rnn",
        """def simple_rnn(x, kernel, recurrent_kernel, bias, h):
    out = []
    for t in range(x.shape[1]):
        h = x[:, t] @ kernel + h @ recurrent_kernel
        out.append(h)
    return np.stack(out, axis=1)""",
        ("bias", "np.tanh"),
    ),
    (
        "gru_step",
        """def gru_step(x_t, h, kernel, recurrent_kernel, bias):
    xz, xr, xg = np.split(x_t @ kernel + bias[0], 3, axis=1)
    hz, hr, hg = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
    z, g = sigmoid(xz + hz), np.tanh(xg + hg)
    return z * g + (1 - z) * h""",
        ("reset gate r is missing", "changed places"),
    ),
    (
        "crossentropy",
        """def crossentropy(z, classes):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.mean(-np.log2(p[np.arange(len(z)), classes]))""",
        ("base 2", "mean of all numbers of loss"),
    ),
    (
        "shares",
        """def shares(samples, classes):
    which, how_often = np.unique(samples, return_counts=True)
    return how_often / classes""",
        ("never drawn are missing", "divide by the number of draws"),
    ),
    (
        "gru_step",
        """def gru_step(x_t, h, kernel, recurrent_kernel, bias):
    n = h.shape[-1]
    left, right = x_t @ kernel + bias[0], h @ recurrent_kernel
    gates = sigmoid((left + right)[:, :2 * n])
    r, z = gates[:, :n], gates[:, n:]
    return z * h + (1 - z) * np.tanh(left[:, 2 * n:] + r * right[:, 2 * n:])""",
        ("the order r, z, g", "bias[1]"),
    ),
    (
        "from_tf1",
        """def from_tf1(kernel, bias):
    H = bias.shape[0] // 4
    W, U = np.split(kernel, [kernel.shape[0] - H], axis=0)
    offset = np.repeat([0.0, 0.0, 1.0, 0.0], H)
    return W, U, bias - offset""",
        ("still in the old order", "subtracted"),
    ),
]


# Answers of which something false was said: the words that it had, and what must be said instead.
MISTAKEN = [
    (
        "labels",
        """def labels(z, names):
    p, found = [], []
    for row in z:
        e = np.exp(row - max(row))
        probs, best = e / sum(e), 0
        top = probs[0]
        for k in range(len(probs)):
            if probs[k] > top:
                best = k
        p.append(probs)
        found.append(names[best])
    return np.array(p), found""",
        "`best`",
        "its place is kept but not its size",
    ),
    (
        "rnn_backward",
        """def rnn_backward(dh, h, recurrent_kernel):
    g = np.zeros(h.shape)
    g[:, -1] = dh
    for t in range(h.shape[1] - 2, -1, -1):
        g[:, t] = (g[:, t + 1] * (1 - h[:, t] ** 2)) @ recurrent_kernel.T
    return g""",
        "h[:, t",
        "at the timestep that the gradient goes to",
    ),
    (
        "from_onnx",
        """def from_onnx(W, R, B):
    def order(A):
        i, o, f, c = np.split(A, 4)
        return np.concatenate([i, c, f, o])
    half = len(B) // 2
    return order(W).T, order(R).T, order(B[:half] + B[half:])""",
        "are read in",
        "as if Keras's blocks were i, c, f, o",
    ),
    (
        "crossentropy",
        """def crossentropy(z, classes):
    logs = []
    for n in range(len(z)):
        s = z[n] - max(z[n])
        logs.append(s[classes[n]] - np.log(sum(np.exp(s))))
    return sum(logs) / len(logs)""",
        "wrong way round",
        "minus sign in front",
    ),
    (
        "masked_mean",
        """def masked_mean(vectors, mask):
    return (vectors * ~mask[..., None]).sum(1) / mask.shape[1]""",
        "(2) The mask is not used",
        "timesteps",
    ),
    ("parameter_count", "def count(units, features): return 3 * units * (features + units)", "one too small", ""),
    ("parameter_count", "def count(units, features): return 3 * units * (features + units + 2)", "one too large", ""),
    (
        "simple_rnn",
        """def simple_rnn(x, kernel, recurrent_kernel, bias, h):
    state, y = h.copy(), []
    for t in range(x.shape[1]):
        for j in range(len(bias)):
            state[:, j] = np.tanh(x[:, t] @ kernel[:, j] + state @ recurrent_kernel[:, j] + bias[j])
        y.append(state.copy())
    return np.stack(y, axis=1)""",
        "It begins with",
        "written into the state h itself",
    ),
    (
        "from_pytorch",
        """def from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_ih.T, np.concatenate(np.split(weight_hh, 4), axis=1), bias_ih + bias_hh""",
        "Two things",
        "block of weight_hh",
    ),
    (
        "read_dense",
        """def read_dense(y_zeros, y_eye):
    return y_eye - y_zeros, y_eye[0]""",
        "have changed places",
        "first row of y_eye for the bias",
    ),
    (
        "read_bias",
        """def read_bias(z, x_t, h, kernel, recurrent_kernel):
    return (z - np.matmul(h, recurrent_kernel)).mean(axis=0)""",
        "is not added",
        "(x_t @ kernel) is not subtracted",
    ),
    (
        "backwards_rnn",
        """def backwards_rnn(x, kernel, recurrent_kernel, bias, h):
    y = np.zeros((*x.shape[:2], h.shape[1]))
    for t in range(x.shape[1] - 1, -1, -1):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        if t < x.shape[1] - 1:
            y[:, t] = h
    return y""",
        "Two things",
        "the last timestep is left at 0",
    ),
    (
        "generate",
        """def generate(x, steps, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    for t in range(x.shape[1]):
        h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
    y = np.zeros((len(x), steps, h.shape[1]))
    for k in range(steps):
        h, new_c = lstm_step(h, h, c, kernel, recurrent_kernel, bias)
        y[:, k] = h
    return y""",
        "Your numbers are those",
        "or c is not carried on",
    ),
    (
        "lstm",
        """def lstm(x, kernel, recurrent_kernel, bias, h, c):
    y = []
    for t in range(x.shape[1]):
        h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, 0 * bias)
        y.append(h)
    return np.stack(y, axis=1)""",
        "returned",
        "c is not carried on",
    ),
    (
        "adam_step",
        """def adam_step(w, g, m, v, t, learning_rate, epsilon):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - learning_rate * np.sqrt(1 - 0.999**t) * m / (v + epsilon), m, v""",
        "twice",
        "root of v is missing",
    ),
    (
        "confusion",
        """def confusion(classes, guesses, count):
    table = np.zeros((count, count), dtype=int)
    table[classes, guesses] += 1
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)""",
        "Your numbers are those",
        "np.add.at",
    ),
    (
        "embedding_gradient",
        """def embedding_gradient(ids, dy, rows):
    d_table = np.zeros((rows, dy.shape[2]))
    for n in range(len(ids)):
        for t in range(ids.shape[1]):
            d_table[ids[n, t]] = dy[n, t]
    return d_table""",
        "once: d_table[ids] += dy",
        "That happens with `=`",
    ),
    (
        "clip_together",
        """def clip_together(g_kernel, g_bias, most):
    over = max(np.linalg.norm(np.append(g_kernel, g_bias)) - most, 0)
    return tuple(np.sign(g) * np.maximum(abs(g) - over, 0) for g in (g_kernel, g_bias))""",
        "become 0",
        "subtracted from the size of each number",
    ),
    (
        "clip_together",
        """def clip_together(g_kernel, g_bias, most):
    if np.mean(np.append(g_kernel, g_bias) ** 2) ** 0.5 > most:
        return 0 * g_kernel, 0 * g_bias
    return g_kernel, g_bias""",
        "with their signs",
        "become 0, others stay",
    ),
    *(
        (
            "clip_together",
            f"""def clip_together(g_kernel, g_bias, most):
    every = np.append(g_kernel, g_bias)
    size, length = {size}, np.linalg.norm(every)
    share = most / {divided} if {compared} > most else 1.0
    return g_kernel * share, g_bias * share""",
            "Gradients longer than",
            true,
        )
        for size, compared, divided, true in (
            ("np.sqrt((every**2).mean())", "size", "size", "the root of the mean"),
            ("np.abs(every).mean()", "size", "size", "the mean size"),
            ("np.abs(every).max()", "size", "size", "the largest number"),
            ("np.abs(every).sum()", "size", "size", "the sizes of all numbers"),
            ("every.std()", "size", "size", "the standard deviation"),
            ("np.abs(every).mean()", "length", "size", "the factor uses the mean size"),
            ("np.abs(every).mean()", "size", "length", "The factor is right"),
        )
    ),
    (
        "dense_gradient",
        """def dense_gradient(x, y, target):
    downhill = 2 * (target - y) / len(x)
    return x.T @ downhill, downhill.sum(axis=0)""",
        "missing as a factor",
        "number of",
    ),
    (  # the numbers are minus those of `dy = 2 * (y - target)`
        "dense_gradient",
        """def dense_gradient(x, y, target):
    error = target - y
    return 2 * x.T @ error, 2 * error.sum(axis=0)""",
        "Your numbers are those of",
        "The sign is reversed",
    ),
    (  # the difference is as it should be
        "train_dense",
        """def train_dense(x, target, kernel, bias, learning_rate, steps):
    for step in range(1, steps):
        dy = 2 * (x @ kernel + bias - target) / target.size
        kernel, bias = kernel + learning_rate * x.T @ dy, bias + learning_rate * dy.sum(0)
    return kernel, bias""",
        "have changed places",
        "or the step is added",
    ),
    (
        "rnn_backward",
        """def rnn_backward(dh, h, recurrent_kernel):
    steps, carry = [], 0
    for row in h.swapaxes(0, 1)[::-1]:
        steps.append(dh + carry)
        carry = (steps[-1] * (1 - row**2)) @ recurrent_kernel.T
    return np.stack(steps[::-1], axis=1)""",
        "of the later step",
        "dh is added again at every timestep",
    ),
    (
        "update_rows",
        """def update_rows(table, gradient, trainable, learning_rate):
    return -learning_rate * np.where(trainable[:, None], gradient, 0)""",
        "subtract it",
        "add it to the table",
    ),
    (
        "from_pytorch",
        """def from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    kernel = np.concatenate([block.T for block in np.split(weight_ih, 4)], axis=0)
    return kernel, weight_hh.T, bias_ih + bias_hh""",
        "along axis",
        "side by side",
    ),
]


@pytest.mark.parametrize(("name", "code", "false", "true"), MISTAKEN, ids=[name for name, *_ in MISTAKEN])
def test_nothing_false_is_said(name, code, false, true):
    exercise = le.exercises.get(name)
    function = defined(code, "count" if name == "parameter_count" else name)
    found = explained(exercise, *wrong_and_right(exercise, function))
    assert found is not None and false not in found.sentence and true in found.sentence, found


@pytest.mark.parametrize(("name", "code", "said"), TWO_SLIPS, ids=[name for name, *_ in TWO_SLIPS])
def test_two_slips_are_told_together(name, code, said):
    exercise = le.exercises.get(name)
    wrong, right = wrong_and_right(exercise, defined(code, name))
    assert mutated(exercise, wrong, right) is None
    found = mutated_twice(exercise, wrong, right)
    assert found is not None and "Two things are different" in found.sentence
    assert all(words in found.sentence for words in said), found.sentence


@pytest.mark.parametrize("seed", range(20))
def test_gradients_that_are_shortened_by_subtracting_do_not_all_become_0(seed):
    asked = le.exercises.clip_together.draw(np.random.default_rng(seed), 3)
    every = np.abs(np.append(asked["g_kernel"], asked["g_bias"]))
    assert np.linalg.norm(asked["g_bias"]) > np.linalg.norm(asked["g_kernel"])  # so that the longer is not the larger
    assert 0 < np.linalg.norm(every) - asked["most"] < every.max()


@pytest.mark.parametrize(("name", "entry"), [("forget_path", (0,)), ("backwards_rnn", (slice(None), -1))])
def test_two_slips_that_undo_each_other_are_not_told(name, entry):
    exercise = le.exercises.get(name)
    names = [name for name, *_ in exercise.takes]

    def all_but_one(*values):
        (right,) = exercise.reference(dict(zip(names, values, strict=True)))
        right = right.copy()
        right[entry] = 0
        return right

    # One step early, and all shifted back: that gives these numbers, but nobody does it.
    found = mutated_twice(exercise, answered(exercise, all_but_one))
    assert found is None or "shifted" not in found.sentence


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["lstm_step", "gru_step", "backward_step"])
def test_pairs_of_changes_are_found_in_batches_and_nothing_is_left_behind(name):
    exercise = le.exercises.get(name)
    bank = bank_of(exercise)
    arguments = questions(exercise)[0]
    before = {key: value.copy() for key, value in arguments.items()}
    program = bank.programs[0]
    batches = Batches(program)
    usual = [m for m in bank.mutants if isinstance(m, Changed) and m.program is program and m.cost <= 1.2][:120]
    rng, seen, tried = np.random.default_rng(3), 0, Tried()
    list(batches.pairs(usual, arguments, exercise.reference(arguments), tried=tried))
    pairs = [(one, other) for k, one in enumerate(usual) for other in usual[:k]]
    assert sum(pair in tried for pair in pairs) > 0.4 * len(pairs)
    while seen < 15:
        one, other = (usual[k] for k in rng.choice(len(usual), 2, replace=False))
        both = Changed(program, [one.changes[0], other.changes[0]], bank.alternatives, 2)
        if (one, other) not in tried or (values := both.run(arguments)) is None:
            continue
        if all_agree(values, exercise.reference(arguments)):
            continue
        seen += 1
        assert {id(one), id(other)} in [{id(a), id(b)} for a, b in batches.pairs(usual, arguments, values)]
    assert all(np.array_equal(arguments[key], value) for key, value in before.items())


def usual_ones(name):
    """(question after question, the program that is used most, changes of it that are not unusual)"""
    exercise = le.exercises.get(name)
    bank = bank_of(exercise)
    usual = [m for m in bank.mutants if isinstance(m, Changed) and m.program is bank.programs[0] and m.cost <= 1.2]
    return questions(exercise), bank.programs[0], usual[:60]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_kept_for_the_next_check_is_what_a_new_search_finds():
    asked, program, usual = usual_ones("lstm_step")
    batches, found = Batches(program), []
    for one, other in zip(usual[:30], usual[30:], strict=True):
        both = Changed(
            program, [one.changes[0], other.changes[0]], bank_of(le.exercises.get("lstm_step")).alternatives, 2
        )
        for arguments in asked[:2]:
            if collide(one.changes[0], other.changes[0]) or (values := both.run(arguments)) is None:
                continue
            kept = [(id(a), id(b)) for a, b in batches.pairs(usual, arguments, values)]
            assert kept == [(id(a), id(b)) for a, b in Batches(program).pairs(usual, arguments, values)]
            found.append(kept)
    assert sum(map(bool, found)) > 12, found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "number"), [("lstm_step", 0), ("backward_step", 0), ("masked_lstm", 2)])
def test_what_no_change_reaches_is_as_if_it_were_computed_again(name, number, monkeypatch):
    bank = bank_of(le.exercises.get(name))
    program, asked = bank.programs[number], questions(bank.exercise)[0]
    usual = [m for m in bank.mutants if isinstance(m, Changed) and m.program is program and m.cost <= 1.5][::2]
    outputs = Batches(program)._run(Batches(program)._codes, program.linked() | asked)
    shapes = [np.shape(v) for v in (outputs if isinstance(outputs, tuple) else (outputs,))]
    others = [(one, made) for one in bank.given if (made := one.changed(asked)) is not None][:9]
    kept = [met for given in (None, others) for met in Batches(program)._all_pairs(usual, asked, shapes, given)]
    run_lanes = Batches._run_lanes
    monkeypatch.setattr(Batches, "_run_lanes", lambda self, place, names, _: run_lanes(self, place, names, {}))
    again = [met for given in (None, others) for met in Batches(program)._all_pairs(usual, asked, shapes, given)]
    assert len(kept) == len(again) > 3
    for one, other in zip(kept, again, strict=True):
        np.testing.assert_array_equal(one.sums, other.sums)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_changed_program_that_remembers_gives_what_a_new_one_gives():
    """What a function gave before, and the statements that are as they were: nothing of other changes is left there."""
    exercise = le.exercises.get("masked_lstm")
    program = bank_of(exercise).programs[0]
    assert program._remembered, "no function of it is worth remembering"
    mutants = [m for m in bank_of(exercise).mutants if isinstance(m, Changed) and m.program is program and m.changes]
    arguments, n = questions(exercise)[0], 0
    for mutant in mutants[::12]:
        for known in program._remembered.values():
            known.clear()
        program._steps.clear()
        alone = called(program.function(mutant.changes), arguments)
        for other in mutants[:3]:
            called(program.function(other.changes), arguments)
        after = called(program.function(mutant.changes), arguments)
        assert (alone is None) == (after is None)
        for a, b in zip(alone or (), after or (), strict=True):
            np.testing.assert_array_equal(a, b)
            n += 1
    assert n > 25


def test_a_change_that_leaves_a_name_without_a_value_ends_no_search():
    def train(x, target, kernel, bias, learning_rate, steps):
        for _ in range(steps + 1):  # the one round of a batch has one step: with one less, no gradient is ever named
            d = 2 / len(x) * (x @ kernel + bias - target)
            kernel, bias = kernel - learning_rate * x.T @ d, bias - learning_rate * d.sum(axis=0)
        return kernel, bias

    told = le.exercises.train_dense.check(train, keras=False).message
    assert "You divide by the number of rows only" in told and "One step too many" in told, told


def answered(exercise, function):
    """What is answered wrongly."""
    return wrong_and_right(exercise, function)[0]


def wrong_and_right(exercise, function):
    """(what is answered wrongly, what is answered right)"""
    found = [], []
    for arguments in questions(exercise):
        right = exercise.reference(arguments)
        value = function(*arguments.values())
        values = list(value) if len(exercise.returns) > 1 else [value]
        values = [v if isinstance(v, list) else np.asarray(v) for v in values]
        found[all_agree(values, right)].append(Answered(arguments, right, values))
    return found


@pytest.mark.parametrize("name", ["dense", "lstm_step", "gru_step", "adam_step"])
def test_numbers_that_no_program_gives_are_told_nothing(name):
    exercise = le.exercises.get(name)
    rng = np.random.default_rng(5)
    asked = []
    for arguments in questions(exercise):
        right = exercise.reference(arguments)
        asked.append(Answered(arguments, right, [r + 0.1 * rng.standard_normal(np.shape(r)) for r in right]))
    assert mutated(exercise, asked) is None
    assert mutated_twice(exercise, asked) is None


def test_what_a_traceback_of_ipython_leaves_on_all_trees_is_not_followed():
    load = ast.parse("name", mode="eval").body.ctx
    load.parent = ast.parse("name + name", mode="eval").body  # as its tracebacks do
    load.parent.left.ctx = load
    try:
        exercise = le.exercises.lstm_step
        code, said = next((code, said) for name, code, said in TWO_SLIPS if name == "lstm_step")
        assert all(w in mutated_twice(exercise, answered(exercise, defined(code, "lstm_step"))).sentence for w in said)
    finally:
        del load.parent


def test_a_mutant_must_be_right_where_the_answer_was_right():
    exercise = le.exercises.dense
    wrong, _ = wrong_and_right(exercise, lambda x, kernel, bias: x @ kernel)
    right = [one._replace(values=one.right) for one in wrong[1:]]
    assert mutated(exercise, wrong[:1]) is not None
    assert mutated(exercise, wrong[:1], right) is None


def test_a_slow_machine_looks_as_far_as_a_fast_one(monkeypatch):
    exercise = le.exercises.lstm_step
    usual = bank_of(exercise).most_run

    def slowly(function, arguments):
        time.sleep(0.001)
        return called(function, arguments)

    monkeypatch.setattr(search, "called", slowly)
    monkeypatch.setattr("lstm_edu.exercises.mutants.mutant.called", slowly)
    assert search.Bank(exercise).most_run == usual > 1_000


@pytest.mark.parametrize("name", KNOWN)
def test_listed_answers_that_are_mutants_too_are_found(name):
    exercise = le.exercises.get(name)
    found = []
    for wrong in exercise.wrong_answers:
        try:
            with np.errstate(all="ignore"):
                asked = answered(exercise, wrong.function)
        except (ValueError, TypeError, IndexError):  # of a form that cannot be compared
            continue
        if asked:
            found.append(mutated(exercise, asked) is not None)
    assert sum(found) >= 0.3 * len(found)


# --- the benchmark --------------------------------------------------------------------------------------------------


def test_the_sets_of_answers_are_read_whole():
    for path in benchmark.ANSWERS.glob("*.txt"):
        found = benchmark.answers(path)
        assert len(found) == path.read_text().count("\n### exercise:") > 100
        assert {a.kind for a in found} == {"right", "wrong"}
        assert all(a.done and a.code for a in found)


def test_a_report_counts_what_was_said(tmp_path, capsys):
    path = tmp_path / "tiny.txt"
    block = "\n### exercise: ink\n### {}\ndef ink(image):\n    return {}\n"
    path.write_text(
        "# a set\n"
        + block.format("right: a product", "image @ np.ones(image.shape[1])")
        + block.format("wrong: the mean", "image.mean(axis=1)")
        + block.format("wrong: something odd", "np.sin(image).sum(axis=1)")
    )
    benchmark.main([str(path), "--show"])
    told = capsys.readouterr().out
    row = next(line for line in told.splitlines() if line.startswith("| tiny "))
    right, refused, wrong, accepted, remarked, explained_ones = [cell.strip() for cell in row.split("|")][2:8]
    assert (right, refused, wrong, accepted, remarked, explained_ones) == ("1", "0", "2", "0", "0", "1"), row
    assert "position only" in told
    assert "That is the mean of each row" in told


def test_a_check_of_what_nobody_wrote_ends():
    result = le.exercises.lstm.check(lambda x, *rest: np.sin(x @ rest[0])[..., : rest[1].shape[0]], time_limit=HANGS)
    assert result.status == "wrong"


def test_a_change_inside_what_another_one_takes_out_is_no_second_one():
    program = bank_of(le.exercises.lstm_step).programs[0]
    made = [m.changes[0] for m in bank_of(le.exercises.lstm_step).mutants if isinstance(m, Changed) and m.changes]
    here = [c for c in made if c.function == program.answer and any(e.owner for e in c.edits)][:400]
    nested = [(a, b) for a in here for b in here if a is not b and any(id(e.owner) in a.removed for e in b.edits)]
    assert nested and all(collide(a, b) and collide(b, a) for a, b in nested)
    apart = [(a, b) for a in here[:40] for b in here[:40] if a.statement is not None and a.statement is not b.statement]
    assert apart and not all(collide(a, b) for a, b in apart)
