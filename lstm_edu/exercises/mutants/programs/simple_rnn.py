"""A SimpleRNN, forwards and back."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


def simple_rnn_by_lines(x, kernel, recurrent_kernel, bias, h):
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        h = np.tanh(z)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def simple_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h):
    y = np.zeros((x.shape[0], x.shape[1], len(bias)))
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        y[:, t] = h
    return y


def simple_rnn_looking_back(x, kernel, recurrent_kernel, bias, h):
    y = np.zeros((x.shape[0], x.shape[1], len(bias)))
    y[:, 0] = np.tanh(x[:, 0] @ kernel + h @ recurrent_kernel + bias)
    for t in range(1, x.shape[1]):
        y[:, t] = np.tanh(x[:, t] @ kernel + y[:, t - 1] @ recurrent_kernel + bias)
    return y


def simple_rnn_by_rows(x, kernel, recurrent_kernel, bias, h):
    sequences = []
    for n in range(len(x)):
        state, outputs = h[n], []
        for t in range(x.shape[1]):
            state = np.tanh(x[n, t] @ kernel + state @ recurrent_kernel + bias)
            outputs.append(state)
        sequences.append(np.array(outputs))
    return np.array(sequences)


def simple_rnn_joined(x, kernel, recurrent_kernel, bias, h):
    outputs = []
    both = np.concatenate([kernel, recurrent_kernel], axis=0)
    for t in range(x.shape[1]):
        h = np.tanh(np.concatenate([x[:, t], h], axis=1) @ both + bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


RNN_WORDS = {
    "x": "the input x",
    "x[:, t]": "the input of this step",
    "x[n, t]": "the input of this step",
    "x[:, 0]": "the first input",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "h": "the state h",
    "h[n]": "the state h",
    "state": "the state",
    "z": "the sum z",
    "x[:, t] @ kernel": "the input's part of the sum",
    "x[n, t] @ kernel": "the input's part of the sum",
    "h @ recurrent_kernel": "the state's part of the sum",
    "state @ recurrent_kernel": "the state's part of the sum",
    "y[:, t - 1]": "the output of the step before",
    "y[:, t - 1] @ recurrent_kernel": "the state's part of the sum",
    "outputs": "the list of outputs",
    "y": "the output y",
    "x.shape[0]": "the number of sequences",
    "len(x)": "the number of sequences",
    "x.shape[1]": "the number of timesteps",
    "x.shape[2]": "the number of features",
    "len(bias)": "the number of units",
    "bias.size": "the number of units",
    "len(h)": "the number of sequences",
    "h.shape[1]": "the number of units",
    "h.shape[0]": "the number of sequences",
    "kernel.shape[1]": "the number of units",
    "kernel.shape[0]": "the number of features",
    "len(kernel)": "the number of features",
    "len(recurrent_kernel)": "the number of units",
}


def rnn_backward_by_lines(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        dz = dh * (1 - h[:, t] ** 2)
        dh = dz @ recurrent_kernel.T
        gradients.insert(0, dh)
    return np.stack(gradients, axis=1)


def rnn_backward_turned(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        dz = dh * (1 - h[:, t] ** 2)
        dh = dz @ recurrent_kernel.T
        gradients.append(dh)
    gradients = gradients[::-1]
    return np.stack(gradients, axis=1)


def rnn_backward_in_an_array(dh, h, recurrent_kernel):
    gradients = np.zeros_like(h)
    gradients[:, -1] = dh
    for t in range(h.shape[1] - 2, -1, -1):
        dz = gradients[:, t + 1] * (1 - h[:, t + 1] ** 2)
        gradients[:, t] = dz @ recurrent_kernel.T
    return gradients


BACK_WORDS = {
    "dh": "the gradient dh",
    "dz": "dz",
    "h": "h",
    "h[:, t]": "the output h of step t",
    "h[:, t + 1]": "the output h of the step after",
    "recurrent_kernel": "the recurrent kernel U",
    "recurrent_kernel.T": "the transposed recurrent kernel U.T",
    "1 - h[:, t] ** 2": "the slope of tanh",
    "1 - h[:, t + 1] ** 2": "the slope of tanh",
    "gradients[0]": "the gradient of the step after",
    "gradients[:, t + 1]": "the gradient of the step after",
    "gradients": "the list of gradients",
    "h.shape[1]": "the number of timesteps",
    "h.shape[0]": "the number of sequences",
    "h.shape[2]": "the number of units",
    "len(h)": "the number of sequences",
}


def simple_rnn_by_units(x, kernel, recurrent_kernel, bias, h):
    outputs = []
    for t in range(x.shape[1]):
        new = np.zeros_like(h)
        for j in range(len(bias)):
            new[:, j] = np.tanh(x[:, t] @ kernel[:, j] + h @ recurrent_kernel[:, j] + bias[j])
        outputs.append(new.copy())
        h = new
    return np.stack(outputs, axis=1)


_DIAGONAL = "Each unit sees only its own old output (the diagonal of U); it should see those of all units."
_SLOPE_OF_TANH = "The slope of tanh is 1 - h**2."

RNN_SLIPS = (
    *(
        Slip("np.tanh(z)", new, said)
        for new, said in (
            (
                "np.tanh(x[:, t] @ kernel + bias) + np.tanh(h @ recurrent_kernel)",
                "tanh is applied to x's part and to h's part by themselves; it should be one tanh of the sum.",
            ),
            (
                "np.tanh(x[:, t] @ kernel) + np.tanh(h @ recurrent_kernel + bias)",
                "tanh is applied to x's part and to h's part by themselves; it should be one tanh of the sum.",
            ),
            (
                "np.tanh(x[:, t] @ kernel) + np.tanh(h @ recurrent_kernel) + bias",
                "tanh is applied to x's part and to h's part by themselves; it should be one tanh of the whole sum.",
            ),
            (
                "np.tanh(x[:, t] @ kernel + bias) + h @ recurrent_kernel",
                "tanh is around x's part only; h U is added outside, and belongs inside.",
            ),
            (
                "np.tanh(x[:, t] @ kernel) + h @ recurrent_kernel + bias",
                "tanh is around x's part only; it belongs around the whole sum.",
            ),
            (
                "x[:, t] @ kernel + np.tanh(h @ recurrent_kernel + bias)",
                "tanh is around h's part only; it belongs around the whole sum.",
            ),
            (
                "x[:, t] @ kernel + np.tanh(h @ recurrent_kernel) + bias",
                "tanh is around h's part only; it belongs around the whole sum.",
            ),
            ("np.tanh(z - bias) + bias", "The bias is added outside tanh; it belongs inside."),
            ("h + np.tanh(z)", "The old h is added to the new one; it should be replaced."),
            (
                "0.5 * h + 0.5 * np.tanh(z)",
                "The mean of the old and the new h is taken; the new one replaces the old one.",
            ),
            ("0.9 * h + 0.1 * np.tanh(z)", "Most of the old h is kept (0.9); the new one replaces it."),
            ("0.1 * h + 0.9 * np.tanh(z)", "A tenth of the old h is kept; the new one replaces it."),
            ("h * np.tanh(z)", "The old h multiplies the new one; it should be replaced."),
            (
                "np.tanh((x[:, t] @ kernel) * (h @ recurrent_kernel) + bias)",
                "The input's part and the state's part are multiplied; they should be added.",
            ),
            ("np.clip(z, -1, 1)", "The sum is cut off at -1 and 1; tanh is expected."),
            ("1 - np.tanh(z) ** 2", "That is the slope of tanh; tanh itself is expected."),
        )
    ),
    Slip("h @ recurrent_kernel", "h * np.diag(recurrent_kernel)", _DIAGONAL),
    Slip(
        "h @ recurrent_kernel",
        "h * recurrent_kernel.sum(axis=0)",
        "h is multiplied by the sums of U's columns; `h @ U` is a matrix product.",
        1.1,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h.sum(axis=1, keepdims=True) * recurrent_kernel.sum(axis=0)",
        "h and U are added up first; `h @ U` is a matrix product.",
        1.2,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h @ np.linalg.inv(recurrent_kernel)",
        "The inverse of U is taken; h is multiplied by U itself.",
    ),
    Slip(
        "h @ recurrent_kernel",
        "h.mean(axis=0) @ recurrent_kernel",
        "The mean of all rows' h is used; each sequence has its own.",
        1.1,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h[0] @ recurrent_kernel",
        "The first row's h is used for all sequences; each has its own.",
        1.05,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h[-1] @ recurrent_kernel",
        "The last row's h is used for all sequences; each has its own.",
        1.1,
    ),
    Slip(
        "bias",
        "(bias if t == 0 else 0 * bias)",
        "The bias is added at the first timestep only; it belongs to every step.",
    ),
    Slip("bias", "(bias if t else 0 * bias)", "The bias is missing at the first timestep.", 1.05),
    Slip("x[:, t]", "x[:, t - 1]", "You read the input of the step before (at the first step the last one)."),
    Slip("x[:, t]", "x[:, max(t - 1, 0)]", "You read the input of the step before; at step t it should be x[:, t]."),
    Slip(
        "x[:, t]",
        "x[:, min(t + 1, x.shape[1] - 1)]",
        "You read the input of the step after; at step t it should be x[:, t].",
    ),
    Slip("x[:, t]", "x[:, -t]", "x[:, -t] is read: x[:, -0] is the first timestep, and then it goes from the end."),
    Slip("x[:, t]", "x[:, 0]", "The first timestep is read at every step.", 1.05),
    Slip("x[:, t]", "x[:, -1]", "The last timestep is read at every step.", 1.05),
    Slip("x[:, t]", "x.mean(axis=1)", "Each step reads the mean of all timesteps; it should read its own."),
    Slip(
        "x[:, t]", "x[:, :t + 1].sum(axis=1)", "Each step reads the sum of all inputs so far; it should read its own."
    ),
    Slip("x[:, t]", "x[:, t, ::-1]", "The features of x are reversed; if anything, it should be the timesteps.", 1.1),
    Slip("x[:, t]", "x[::-1, t]", "The sequences of the batch are in reverse order.", 1.1),
    Slip("outputs.append(h)", "outputs.append(z)", "The sum before tanh is put into the list; h is the output."),
    Slip("outputs.append(h)", "outputs.append(np.tanh(h))", "`tanh` is applied to the output once more."),
    Slip(
        "outputs.append(h)",
        "outputs.append(h)\nh = z",
        "What goes on to the next step is the sum before tanh; it should be h.",
    ),
    Slip("h = np.tanh(z)", "h = h", "h stays as it was: the new one is never stored in it.", 1.2),
    Slip(
        "return np.stack(outputs, axis=1)",
        "return np.repeat(outputs[-1][:, None], len(outputs), axis=1)",
        "The last output is there for every timestep; each timestep has its own.",
    ),
)


def rnn_from_one_start(x, kernel, recurrent_kernel, bias, h):
    h, outputs = np.repeat(h[:1], len(h), axis=0), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def rnn_row_after_row(x, kernel, recurrent_kernel, bias, h):
    state, y = h[0], np.zeros((x.shape[0], x.shape[1], len(bias)))
    for n in range(len(x)):
        for t in range(x.shape[1]):
            state = np.tanh(x[n, t] @ kernel + state @ recurrent_kernel + bias)
            y[n, t] = state
    return y


def rnn_two_steps_back(x, kernel, recurrent_kernel, bias, h):
    states, outputs = [h, h], []
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] @ kernel + states[-2] @ recurrent_kernel + bias))
        outputs.append(states[-1])
    return np.stack(outputs, axis=1)


RNN_DETOURS = (
    (rnn_from_one_start, "The first row of h is used for all sequences; each sequence has its own."),
    (rnn_row_after_row, "Each sequence goes on where the one before it ended; each starts with its own row of h."),
    (rnn_two_steps_back, "The state of two steps before is read; it should be that of the step before."),
)

_LATER_ADDED = "The gradient of the later step is added on; it goes only through tanh and U."
_LAST_ADDED = "dh is added again at every timestep; it arrives at the last one only."

RNN_BACK_SLIPS = (
    *(
        Slip("dz = dh * (1 - h[:, t] ** 2)", f"dz = {new}", said)
        for new, said in (
            (
                "dh * h[:, t] * (1 - h[:, t])",
                f"The sigmoid's slope, h * (1 - h), is taken; h is a tanh. {_SLOPE_OF_TANH}",
            ),
            (
                "dh * h[:, t - 1] * (1 - h[:, t - 1])",
                f"The sigmoid's slope is taken, and at the timestep that the gradient goes to. {_SLOPE_OF_TANH}",
            ),
            ("dh * (1 - h[:, t])", f"h is not squared. {_SLOPE_OF_TANH}"),
            ("dh * (1 - h[:, t]) ** 2", f"The square is around the bracket. {_SLOPE_OF_TANH}"),
            ("dh * (1 + h[:, t] ** 2)", f"The slope has a plus. {_SLOPE_OF_TANH}"),
            ("dh * (h[:, t] ** 2 - 1)", f"The slope has the wrong sign. {_SLOPE_OF_TANH}"),
            ("dh * h[:, t] ** 2", f"The 1 is missing in the slope. {_SLOPE_OF_TANH}"),
            ("dh * h[:, t]", f"h itself is there instead of the slope. {_SLOPE_OF_TANH}"),
            ("dh * np.tanh(h[:, t])", f"tanh itself is there instead of its slope. {_SLOPE_OF_TANH}"),
            (
                "dh * (1 - np.tanh(h[:, t]) ** 2)",
                f"tanh is applied once more: h has already been through it. {_SLOPE_OF_TANH}",
            ),
            (
                "dh * (1 - np.tanh(dh) ** 2)",
                f"The slope is taken at the gradient; it should be taken at h. {_SLOPE_OF_TANH}",
            ),
            ("dh * (1 - np.arctanh(h[:, t]) ** 2)", f"The slope is taken with the sum before tanh. {_SLOPE_OF_TANH}"),
            ("dh * (1 - np.tanh(np.tanh(h[:, t])) ** 2)", f"tanh is applied twice more. {_SLOPE_OF_TANH}"),
            ("dh * (h[:, t] > 0)", f"That is the slope of relu. {_SLOPE_OF_TANH}"),
            ("dh / (1 - h[:, t] ** 2)", "It is divided by the slope; the gradient is multiplied by it."),
            ("dh + (1 - h[:, t] ** 2)", "The slope is added; the gradient is multiplied by it."),
            ("dh", "The slope of tanh is missing: on its way back the gradient goes through tanh too."),
            (
                "dh * (1 - h[:, t - 1] ** 2)",
                "You take the slope at the timestep that the gradient goes to; take it at the later one, which it "
                "comes from.",
            ),
            ("dh * (1 - h[:, min(t + 1, h.shape[1] - 1)] ** 2)", "The slope is taken one timestep too late."),
            (
                "dh * (1 - h[:, -1] ** 2)",
                "The slope of the last timestep is used at every step; each step has its own.",
            ),
            (
                "dh * (1 - h[:, 0] ** 2)",
                "The slope of the first timestep is used at every step; each step has its own.",
            ),
            ("dh * (1 - h.mean(axis=1) ** 2)", "The mean of all h is used for the slope; each step has its own."),
        )
    ),
    *(
        Slip("dz @ recurrent_kernel.T", new, said)
        for new, said in (
            ("dz @ recurrent_kernel", "U is not transposed; on the way back it has to be."),
            (
                "dz @ np.linalg.inv(recurrent_kernel)",
                "The inverse of U is taken; the way back goes through the transposed U, U.T.",
            ),
            (
                "dz @ np.linalg.inv(recurrent_kernel).T",
                "The inverse of U is taken and transposed; the way back goes through U.T.",
            ),
            (
                "dz * np.diag(recurrent_kernel)",
                "Only the diagonal of U leads back; each unit gets its share from all units, dz @ U.T.",
            ),
            (
                "dz * recurrent_kernel.sum(axis=1)",
                "dz is multiplied by the sums of U's rows; it should be the matrix product dz @ U.T.",
            ),
            (
                "dz * recurrent_kernel.sum(axis=0)",
                "dz is multiplied by the sums of U's columns; it should be the matrix product dz @ U.T.",
            ),
            ("dz", "U is missing: between two timesteps the gradient goes through U.T."),
            (
                "np.clip(dz @ recurrent_kernel.T, -1, 1)",
                "The gradient is cut off at -1 and 1 at each step; here it goes back unclipped.",
            ),
            (
                "np.clip(dz @ recurrent_kernel, -1, 1)",
                "The gradient is cut off at -1 and 1 at each step, and U is not transposed.",
            ),
            ("-(dz @ recurrent_kernel.T)", "The sign changes at each step; there is no minus."),
            (
                "dz.mean(axis=0, keepdims=True) @ recurrent_kernel.T + 0 * dz",
                "The mean over the batch is taken; each sequence has its own gradient.",
            ),
        )
    ),
    *(
        Slip("dz @ recurrent_kernel.T", f"dz @ recurrent_kernel.T + {added}", said, where=where)
        for added, said, where in (
            ("dh", _LATER_ADDED, "dh = dz @ recurrent_kernel.T"),
            ("gradients[:, t + 1]", _LATER_ADDED, "gradients[:, t] = dz @ recurrent_kernel.T"),
            ("dh", _LAST_ADDED, "gradients[:, t] = dz @ recurrent_kernel.T"),
            ("gradients[-1]", _LAST_ADDED, "gradients.insert(0, dh)"),
        )
    ),
    Slip(
        "gradients.insert(0, dh)",
        "gradients.insert(0, dz)",
        "What is stored is dL/dz, after the slope; dL/dh is expected, after U.T as well.",
    ),
    Slip(
        "gradients.insert(0, dh)",
        "gradients.insert(0, dh)\ndh = dz",
        "What goes on to the next step is dz; it should be dh, after U.T.",
    ),
    Slip(
        "gradients.insert(0, dh)",
        "gradients.insert(0, gradients[0] + dh)",
        "The gradients of the later steps are added on; only what comes through the next step arrives.",
        1.05,
    ),
    Slip(
        "gradients.insert(0, dh)",
        "gradients.insert(0, dh)\ndh = sum(gradients)",
        "The sum of all later gradients goes on; it should be the one just computed.",
        1.05,
    ),
    Slip(
        "gradients.insert(0, dh)",
        "dh = dh / np.linalg.norm(dh)\ngradients.insert(0, dh)",
        "The gradient is brought to length 1 at each step.",
        1.05,
    ),
    Slip(
        "gradients = [dh]",
        "gradients = [0 * dh]",
        "The last timestep's gradient is 0 in your result; it is the dh that is given.",
    ),
    Slip(
        "gradients = [dh]",
        "gradients = [dh * (1 - h[:, -1] ** 2)]",
        "The last timestep's gradient is multiplied by the slope too; dh is already dL/dh; use it as it is.",
        1.05,
    ),
    Slip(
        "return np.stack(gradients, axis=1)",
        "return np.cumsum(np.stack(gradients, axis=1)[:, ::-1], axis=1)[:, ::-1]",
        "The gradients of the later steps are added on; each timestep has its own.",
    ),
    Slip(
        "return np.stack(gradients, axis=1)",
        "return np.stack(gradients, axis=1) / h.shape[1]",
        "It is divided by the number of timesteps.",
        1.1,
    ),
    Slip(
        "return np.stack(gradients, axis=1)",
        "return np.stack(gradients, axis=1) / len(h)",
        "It is divided by the number of sequences.",
        1.1,
    ),
    Slip(
        "return np.stack(gradients, axis=1)",
        "return np.concatenate([0 * h[:, 2:], np.stack(gradients, axis=1)[:, -2:]], axis=1)",
        "The gradient goes back one step only; the earlier timesteps get 0.",
    ),
)


def rnn_backward_with_a_power(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        dz = dh * (1 - h[:, t] ** 2)
        dh = dz @ np.linalg.matrix_power(recurrent_kernel.T, h.shape[1] - t)
        gradients.insert(0, dh)
    return np.stack(gradients, axis=1)


def rnn_backward_slope_last(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        dz = dh @ recurrent_kernel.T
        dh = dz * (1 - h[:, t] ** 2)
        gradients.insert(0, dh)
    return np.stack(gradients, axis=1)


def rnn_backward_slope_last_before(dh, h, recurrent_kernel):
    gradients = [dh]
    for t in range(h.shape[1] - 1, 0, -1):
        dz = dh @ recurrent_kernel.T
        dh = dz * (1 - h[:, t - 1] ** 2)
        gradients.insert(0, dh)
    return np.stack(gradients, axis=1)


def rnn_backward_of_the_sums(dh, h, recurrent_kernel):
    gradients: list[np.ndarray] = []
    for t in range(h.shape[1] - 1, -1, -1):
        dz = dh * (1 - h[:, t] ** 2)
        gradients.insert(0, dz)
        dh = dz @ recurrent_kernel.T
    return np.stack(gradients, axis=1)


_U_FIRST = "The order is wrong: on the way back the gradient meets tanh first, and then U."

RNN_BACK_DETOURS = (
    (
        rnn_backward_of_the_sums,
        "What is stored is dL/dz, after the slope, at every timestep; dL/dh is expected, and the last one is the given "
        "dh.",
    ),
    (
        rnn_backward_with_a_power,
        "U.T is taken to a higher power at each step; what goes on has already been through U.T, once more is enough.",
    ),
    (rnn_backward_slope_last, _U_FIRST),
    (rnn_backward_slope_last_before, f"{_U_FIRST} And the slope is that of the timestep that the gradient goes to."),
)


def backwards_rnn_by_lines(x, kernel, recurrent_kernel, bias, h):
    outputs: list[np.ndarray] = []
    for t in range(x.shape[1] - 1, -1, -1):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        h = np.tanh(z)
        outputs.insert(0, h)
    return np.stack(outputs, axis=1)


def backwards_rnn_turned(x, kernel, recurrent_kernel, bias, h):
    turned = x[:, ::-1]
    outputs = []
    for t in range(x.shape[1]):
        h = np.tanh(turned[:, t] @ kernel + h @ recurrent_kernel + bias)
        outputs.append(h)
    y = np.stack(outputs, axis=1)
    return y[:, ::-1]


def backwards_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h):
    y = np.zeros((x.shape[0], x.shape[1], len(bias)))
    for t in range(x.shape[1] - 1, -1, -1):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        y[:, t] = h
    return y


BACKWARDS_WORDS = RNN_WORDS | {
    "turned": "the input, reversed",
    "turned[:, t]": "the input of this step",
    "turned[:, t] @ kernel": "the input's part of the sum",
    "outputs[::-1]": "the list of outputs",
}

BACKWARDS_SLIPS = (
    *(slip for slip in RNN_SLIPS if not slip.old.startswith(("outputs", "return"))),
    Slip("outputs.insert(0, h)", "outputs.insert(0, z)", "The sum before tanh is put into the list; h is the output."),
    Slip("outputs.insert(0, h)", "outputs.insert(0, np.tanh(h))", "`tanh` is applied to the output once more."),
    Slip(
        "outputs.insert(0, h)",
        "outputs.insert(0, h)\nh = z",
        "What goes on to the next step is the sum before tanh; it should be h.",
    ),
    Slip(
        "x[:, t]",
        "x[:, x.shape[1] - 1 - t]",
        "Everything is reversed twice: with t counting down, x[:, t] is already the right one.",
    ),
    Slip("bias", "-bias", "The bias is subtracted; only the order of the timesteps changes, not the step.", 1.05),
    Slip(
        "h @ recurrent_kernel",
        "-h @ recurrent_kernel",
        "The state's part is subtracted; only the order of the timesteps changes, not the step.",
        1.05,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h @ recurrent_kernel.T",
        "U is transposed; only the order of the timesteps changes, not the step.",
        0.99,
    ),
    Slip(
        "np.tanh(z)",
        "np.arctanh(np.clip(z, -0.99, 0.99))",
        "The inverse of tanh is taken; only the order of the timesteps changes, not the step.",
    ),
    Slip(
        "y[:, ::-1]",
        "y",
        "The outputs are in the order in which they were computed: y[:, 0] belongs to the last timestep.",
        0.99,
    ),
    Slip(
        "y[:, ::-1]",
        "y[::-1]",
        "The sequences of the batch are reversed; reverse the timesteps, the axis in the middle.",
    ),
    Slip("y[:, ::-1]", "np.flip(y)", "All axes of y are reversed; reverse the timesteps alone."),
    Slip("y[:, ::-1]", "y[:, :, ::-1]", "The units are reversed; reverse the timesteps, the axis in the middle."),
    Slip(
        "turned = x[:, ::-1]",
        "turned = x[::-1]",
        "The sequences of the batch are reversed; reverse the timesteps, the axis in the middle.",
    ),
    Slip(
        "turned = x[:, ::-1]",
        "turned = x[:, :, ::-1]",
        "The features are reversed; reverse the timesteps, the axis in the middle.",
    ),
    Slip(
        "turned = x[:, ::-1]",
        "turned = x",
        "The layer reads forwards, and its outputs are reversed afterwards; read backwards instead.",
        0.99,
    ),
    Slip("turned = x[:, ::-1]", "turned = np.flip(x)", "All axes of x are reversed; reverse the timesteps alone."),
)


def backwards_rnn_averaged(x, kernel, recurrent_kernel, bias, h):
    forwards = simple_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)
    return (forwards + backwards_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)) / 2


def backwards_rnn_added(x, kernel, recurrent_kernel, bias, h):
    forwards = simple_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)
    return forwards + backwards_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)


def backwards_rnn_joined(x, kernel, recurrent_kernel, bias, h):
    forwards = simple_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)
    return np.concatenate([forwards, backwards_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)], axis=2)


def backwards_rnn_after_forwards(x, kernel, recurrent_kernel, bias, h):
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
    return backwards_rnn_in_an_array(x, kernel, recurrent_kernel, bias, h)


_ONLY_BACK = "You also run forwards, and {}; only the way back is asked for here."

BACKWARDS_DETOURS = (
    (backwards_rnn_averaged, _ONLY_BACK.format("take the mean of both")),
    (backwards_rnn_added, _ONLY_BACK.format("add both")),
    (backwards_rnn_joined, _ONLY_BACK.format("put both side by side")),
    (
        backwards_rnn_after_forwards,
        "You run forwards first, and begin the way back with the h of its end; begin with the h that is given.",
    ),
)
