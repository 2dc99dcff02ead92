"""One step of an LSTM, all of them, and those that do not count."""

import re

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.program import sigmoid


def lstm_step(x_t, h, c, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    i = sigmoid(z_i)
    f = sigmoid(z_f)
    g = np.tanh(z_g)
    o = sigmoid(z_o)
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def lstm_step_by_slices(x_t, h, c, kernel, recurrent_kernel, bias):
    units = h.shape[1]
    z = x_t @ kernel + h @ recurrent_kernel + bias
    i = sigmoid(z[:, :units])
    f = sigmoid(z[:, units : 2 * units])
    g = np.tanh(z[:, 2 * units : 3 * units])
    o = sigmoid(z[:, 3 * units :])
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def lstm_step_by_gates(x_t, h, c, kernel, recurrent_kernel, bias):
    W_i, W_f, W_g, W_o = np.split(kernel, 4, axis=1)
    U_i, U_f, U_g, U_o = np.split(recurrent_kernel, 4, axis=1)
    b_i, b_f, b_g, b_o = np.split(bias, 4)
    i = sigmoid(x_t @ W_i + h @ U_i + b_i)
    f = sigmoid(x_t @ W_f + h @ U_f + b_f)
    g = np.tanh(x_t @ W_g + h @ U_g + b_g)
    o = sigmoid(x_t @ W_o + h @ U_o + b_o)
    new_c = f * c + i * g
    new_h = o * np.tanh(new_c)
    return new_h, new_c


def _of_gates(gates: str) -> dict[str, str]:
    """Words for the parts of the sum that each of these gates has."""
    return {
        **{f"z_{gate}": f"z_{gate}" for gate in gates},
        **{f"b_{gate}": f"the bias of {gate}" for gate in gates},
        **{f"W_{gate}": f"the kernel's block of {gate}" for gate in gates},
        **{f"U_{gate}": f"the recurrent kernel's block of {gate}" for gate in gates},
        **{f"x_t @ W_{gate}": f"the input's part of the sum of {gate}" for gate in gates},
        **{f"h @ U_{gate}": f"the recurrent part of the sum of {gate}" for gate in gates},
    }


COUPLED_WORDS = {  # what an LSTM has without its forget gate, too
    "x_t": "the input x_t",
    "h": "the previous output h",
    "c": "the cell state c",
    "new_h": "the new output h",
    "new_c": "the new cell state",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "z": "the sum z",
    "i": "the input gate i",
    "g": "the candidate g",
    "o": "the output gate o",
    "x_t @ kernel": "the input's part of the sum",
    "h @ recurrent_kernel": "the recurrent part of the sum",
    "i * g": "what is written (i * g)",
    "np.tanh(c)": "`tanh(c)`",
    "np.tanh(new_c)": "tanh of the new cell state",
    **_of_gates("igo"),
}
STEP_WORDS = {
    **COUPLED_WORDS,
    "f": "the forget gate f",
    "f * c": "what is kept of the old cell state (f * c)",
    "h.shape[1]": "the number of units",
    "units": "the number of units",
    **_of_gates("f"),
}


def lstm_in_an_array(x, kernel, recurrent_kernel, bias, h, c):
    y = np.zeros((x.shape[0], x.shape[1], h.shape[1]))
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        y[:, t] = h
    return y


def lstm_by_rows(x, kernel, recurrent_kernel, bias, h, c):
    sequences = []
    for n in range(len(x)):
        h_n, c_n, outputs = h[n : n + 1], c[n : n + 1], []
        for t in range(x.shape[1]):
            h_n, c_n = lstm_step(x[n, t], h_n, c_n, kernel, recurrent_kernel, bias)
            outputs.append(h_n[0])
        sequences.append(np.array(outputs))
    return np.array(sequences)


SEQUENCE_WORDS = STEP_WORDS | {
    "x": "the input x",
    "x[:, t]": "the input of this step",
    "x[n, t]": "the input of this step",
    "h": "the output h",
    "new_h": "the new h",
    "new_c": "the new c",
    "outputs": "the list of outputs",
    "output": "the output",
    "h_n": "the state h",
    "h_n[0]": "the state h",
    "c_n": "the cell state c",
    "mask": "the mask",
    "mask[:, t, None]": "the mask of this step",
    "mask[:, t]": "the mask of this step",
    "counts": "the mask of this step",
    "x.shape[0]": "the number of sequences",
    "x.shape[1]": "the number of timesteps",
    "x.shape[2]": "the number of features",
    "len(x)": "the number of sequences",
    "h.shape[0]": "the number of sequences",
    "len(h)": "the number of sequences",
    "len(kernel)": "the number of features",
    "y": "the output y",
}


def masked_lstm_by_rows(x, mask, kernel, recurrent_kernel, bias, h, c):
    y = np.zeros((x.shape[0], x.shape[1], h.shape[1]))
    for n in range(len(x)):
        h_n, c_n, output = h[n], c[n], np.zeros(h.shape[1])
        for t in range(x.shape[1]):
            if mask[n, t]:
                h_n, c_n = lstm_step(x[n, t], h_n, c_n, kernel, recurrent_kernel, bias)
                output = h_n
            y[n, t] = output
    return y


def masked_lstm_by_products(x, mask, kernel, recurrent_kernel, bias, h, c):
    output = np.zeros_like(h)
    outputs = []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h = np.where(counts, new_h, h)
        c = np.where(counts, new_c, c)
        output = np.where(counts, new_h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


_PEEPHOLE = "That is a peephole: {} sees {}. In this LSTM the gates see x_t and h only."
_COUPLED = "The two shares are tied together: {}. Here i and f are gates of their own."

STEP_SLIPS = (
    # the sums
    Slip("z_i", "(z_i + c)", _PEEPHOLE.format("the input gate i", "the old c")),
    Slip("z_f", "(z_f + c)", _PEEPHOLE.format("the forget gate f", "the old c")),
    Slip("o = sigmoid(z_o)", "o = sigmoid(z_o + c)", _PEEPHOLE.format("the output gate o", "the old c")),
    Slip("z_g", "(z_g + c)", "The candidate g sees the old c too; it sees x_t and h only."),
    Slip(
        "f = sigmoid(z_f)",
        "f = sigmoid(z_f + c)\ni = sigmoid(z_i + c)",
        "These are peepholes: i and f see the old c. In this LSTM the gates see x_t and h only.",
    ),
    Slip(
        "f = sigmoid(z_f)",
        "f = sigmoid(z_f + c)\ni = sigmoid(z_i + c)\nz_o = z_o + f * c + i * np.tanh(z_g)",
        "These are peepholes: i and f see the old c, and o the new one. In this LSTM the gates see x_t and h only.",
    ),
    Slip(
        "f = sigmoid(z_f)",
        "f = sigmoid(z_f + c)\ni = sigmoid(z_i + c)\nz_o = z_o + c",
        "These are peepholes: i, f and o see the old c. In this LSTM the gates see x_t and h only.",
    ),
    Slip("o * np.tanh(c)", "sigmoid(z_o + c) * np.tanh(c)", _PEEPHOLE.format("the output gate o", "the new c")),
    Slip("z_f", "(z_f + 1)", "1 is added in the forget gate; in Keras that 1 is already in the bias.", 1.1),
    Slip(
        "h @ recurrent_kernel",
        "c @ recurrent_kernel",
        "The cell state c is multiplied by the recurrent kernel; it should be h.",
    ),
    Slip("h @ recurrent_kernel", "np.tanh(h) @ recurrent_kernel", "`tanh` is applied to the old h once more.", 1.2),
    Slip(
        "h @ recurrent_kernel",
        "h @ np.concatenate([u.T for u in np.split(recurrent_kernel, 4, axis=1)], axis=1)",
        "Each block of the recurrent kernel is transposed; the blocks are square, so there is no error message.",
    ),
    Slip(
        "h @ recurrent_kernel",
        "np.concatenate([h * np.diag(u) for u in np.split(recurrent_kernel, 4, axis=1)], axis=1)",
        "Each unit sees only its own old output (the diagonal of each block); it should see those of all units.",
        1.2,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h.sum(axis=1, keepdims=True) * recurrent_kernel.sum(axis=0)",
        "h and the recurrent kernel are added up first, and then multiplied; that is not a matrix product.",
        1.3,
    ),
    Slip(
        "h @ recurrent_kernel",
        "h @ recurrent_kernel.reshape(-1, h.shape[1]).T",
        "The recurrent kernel is brought to (4 H, H) by a reshape and then transposed, which mixes its numbers; it "
        "should be used as it is.",
        1.2,
    ),
    Slip("x_t @ kernel", "x_t[:, ::-1] @ kernel", "The features of x_t are in reverse order.", 1.4),
    Slip(
        "z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)",
        "z_i = z[:, :h.shape[1]]\nz_f = z_g = z_o = z_i",
        "All four gates read the first block; each has its own block.",
        1.3,
    ),
    Slip("bias", "np.tile(bias[:h.shape[1]], 4)", "The first block of the bias is used for all four gates.", 1.3),
    Slip(
        "z = x_t @ kernel + h @ recurrent_kernel + bias",
        "z = np.tanh(x_t @ kernel + h @ recurrent_kernel + bias)",
        "`tanh` is applied to the whole sum z before it is cut into gates.",
    ),
    Slip(
        "z = x_t @ kernel + h @ recurrent_kernel + bias",
        "z = sigmoid(x_t @ kernel + h @ recurrent_kernel + bias)",
        "The sigmoid is applied to the whole sum z before it is cut into gates.",
    ),
    # the candidate
    Slip(
        "np.tanh(z_g)",
        "np.tanh(np.split(x_t @ kernel, 4, axis=-1)[2]) + np.tanh(z_g - np.split(x_t @ kernel, 4, axis=-1)[2])",
        "The candidate is tanh of x's part plus tanh of the rest; it should be one tanh around the whole sum.",
    ),
    Slip(
        "np.tanh(z_g)",
        "np.tanh(np.split(h @ recurrent_kernel, 4, axis=-1)[2])"
        " + np.tanh(z_g - np.split(h @ recurrent_kernel, 4, axis=-1)[2])",
        "The candidate is tanh of h's part plus tanh of the rest; it should be one tanh around the whole sum.",
    ),
    Slip(
        "np.tanh(z_g)",
        "np.tanh(np.split(x_t @ kernel, 4, axis=-1)[2]) + z_g - np.split(x_t @ kernel, 4, axis=-1)[2]",
        "In the candidate, tanh is around x's part only; it belongs around the whole sum.",
    ),
    Slip(
        "np.tanh(z_g)",
        "np.tanh(z_g - np.split(h @ recurrent_kernel, 4, axis=-1)[2]) + np.split(h @ recurrent_kernel, 4, axis=-1)[2]",
        "In the candidate, h's part is added outside tanh; it belongs inside.",
    ),
    Slip("i * g", "np.tanh(i * g)", "`tanh` is applied to the product i * g; it belongs to g alone, before.", 1.1),
    *(
        Slip(
            f"{one} = sigmoid(z_{one})",
            f"{one} = sigmoid(z_{one} - np.split(h @ recurrent_kernel, 4, axis=-1)[{'ifgo'.index(one)}])",
            f"The gate {one} sees x_t only: h's part of its sum is missing.",
            1.1,
        )
        for one in "ifo"
    ),
    Slip(
        "o = sigmoid(z_o)",
        "z_x = np.split(x_t @ kernel + bias, 4, axis=-1)\ni, f, o = sigmoid(z_x[0]), sigmoid(z_x[1]), sigmoid(z_x[3])",
        "The gates i, f and o see x_t only: h's part of their sums is missing.",
        1.1,
    ),
    # the cell state
    Slip("f * c", "(1 - i) * c", _COUPLED.format("f is 1 - i")),
    Slip("i * g", "(1 - f) * g", _COUPLED.format("i is 1 - f")),
    Slip("f * c", "f * h", "The forget gate multiplies h; it should multiply the old c."),
    Slip("f * c", "f * np.tanh(c)", "`tanh` is applied to the old c; it should be kept as it is."),
    Slip("f * c", "sigmoid(f) * c", "The sigmoid is applied to f twice.", 1.1),
    Slip("i * g", "i * np.tanh(g)", "`tanh` is applied to the candidate twice.", 1.1),
    Slip(
        "f * c + i * g",
        "np.tanh(f * c + i * g)",
        "`tanh` is applied to the new c itself; c is stored without it, only h takes tanh(c).",
    ),
    Slip(
        "f * c + i * g",
        "f * (c + i * g)",
        "The forget gate multiplies what is newly written too; it belongs to the old c alone.",
    ),
    Slip("f * c + i * g", "i * (c + g)", "The input gate multiplies the old c too; it has its own gate, f."),
    Slip("f * c + i * g", "c + f * c + i * g", "The old c is added in full, and then a share f of it once more."),
    Slip("f * c + i * g", "c + i * g", "Nothing is forgotten: the old c is not multiplied by f."),
    Slip("f * c + i * g", "c * f * i * g", "All four are multiplied; the two parts should be added."),
    Slip("f * c + i * g", "(f + c) * (i + g)", "Sums and products have changed places: it is f * c + i * g.", 1.2),
    Slip("f * c + i * g", "f * c - i * g", "What is newly written is subtracted; it should be added.", 1.05),
    Slip("f * c + i * g", "np.clip(f * c + i * g, -1, 1)", "The new c is cut off at -1 and 1; it has no limits.", 1.1),
    Slip(
        "f * c + i * g",
        "f * h + i * g + c",
        "f multiplies h, and the old c stays in full; f should multiply the old c.",
        1.1,
    ),
    Slip(
        "f * c + i * g",
        "(1 - f) * c + f * g",
        "That is one gate for two: f writes, 1 - f keeps. Here f keeps and i writes.",
        1.05,
    ),
    Slip(
        "f * c + i * g",
        "(f * c + i * g) / (f + i)",
        "f and i are divided by their sum, so that they add up to 1; here they are gates of their own.",
    ),
    Slip("f * c + i * g", "f * c + i * g + o", "The output gate o is added to c; it belongs to h only.", 1.3),
    Slip("f * c + i * g", "f * c + i * o", "What is written is i * o; it should be i * g.", 1.2),
    # the output
    Slip(
        "o * np.tanh(c)",
        "o * np.tanh(c) + (1 - o) * h",
        "A share 1 - o of the old h is kept, as in a GRU; here h is o * tanh(c) only.",
    ),
    Slip(
        "o * np.tanh(c)",
        "o * h + (1 - o) * np.tanh(c)",
        "Old h and tanh(c) are blended by o, as in a GRU; here h is o * tanh(c) only.",
        1.1,
    ),
    Slip("o * np.tanh(c)", "np.tanh(o * c)", "`tanh` is applied to the product o * c; it belongs to c alone."),
    Slip("o * np.tanh(c)", "np.tanh(c)", "The output gate o is missing: h is o * tanh(c).", 0.99),
    Slip("o * np.tanh(c)", "np.tanh(o) * np.tanh(c)", "`tanh` is applied to o too.", 1.2),
    Slip("o * np.tanh(c)", "o + np.tanh(c)", "o and tanh(c) are added; they should be multiplied.", 1.1),
    Slip("o * np.tanh(c)", "o * (1 - np.tanh(c) ** 2)", "That is tanh's slope; h takes tanh(c) itself.", 1.1),
    Slip("o * np.tanh(c)", "o * np.tanh(g)", "h is made from the candidate g; it should be made from the new c."),
    Slip("o * np.tanh(c)", "o * g", "h is made from the candidate g; it should be made from tanh of the new c.", 1.05),
    Slip("o * np.tanh(c)", "i * np.tanh(c)", "The input gate i is used for h; it should be the output gate o.", 1.05),
    Slip("o * np.tanh(c)", "f * np.tanh(c)", "The forget gate f is used for h; it should be the output gate o.", 1.05),
    Slip("o * np.tanh(c)", "(1 - o) * np.tanh(c)", "1 - o is used for h; it should be o.", 1.1),
    Slip("o * np.tanh(c)", "h * np.tanh(c)", "The old h multiplies tanh(c); it should be the output gate o.", 1.2),
    Slip("o * np.tanh(c)", "o * np.tanh(c) + h", "The old h is added to the new one.", 1.1),
)


def lstm_written_out(x, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        x_t = x[:, t]
        z = x_t @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i = sigmoid(z_i)
        f = sigmoid(z_f)
        g = np.tanh(z_g)
        o = sigmoid(z_o)
        c = f * c + i * g
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def masked_lstm_written_out(x, mask, kernel, recurrent_kernel, bias, h, c):
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        x_t = x[:, t]
        counts = mask[:, t, None]
        z = x_t @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i = sigmoid(z_i)
        f = sigmoid(z_f)
        g = np.tanh(z_g)
        o = sigmoid(z_o)
        new_c = f * c + i * g
        new_h = o * np.tanh(new_c)
        h = np.where(counts, new_h, h)
        c = np.where(counts, new_c, c)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


_ONCE = "The bias is added at the first step only; it belongs to every step."

LOOP_SLIPS = (
    Slip("bias", "(bias if t == 0 else 0 * bias)", _ONCE),
    Slip("outputs.append(h)", "outputs.append(c)", "The cell state c is put into the list; the output of a step is h."),
    Slip(
        "outputs.append(h)",
        "outputs.append(np.tanh(c))",
        "The tanh of c is put into the list, without the output gate; the output of a step is h.",
    ),
    Slip("outputs.append(h)", "outputs.append(h + c)", "h + c is put into the list; the output of a step is h.", 1.1),
    Slip(
        "outputs.append(h)",
        "outputs.append(np.tanh(h))",
        "`tanh` is applied to h before it is put into the list; h already has its tanh.",
    ),
    Slip(
        "outputs.append(h)",
        "outputs.append(o)",
        "The output gate o is put into the list; the output of a step is h.",
        1.1,
    ),
    Slip("outputs.append(h)", "outputs.append(h)\nh = c", "The next step receives c instead of h."),
    Slip("outputs.append(h)", "outputs.append(h)\nc = h", "The next step receives h instead of c."),
    Slip("outputs.append(h)", "outputs.append(h)\nh, c = c, h", "h and c change places from one step to the next."),
    Slip(
        "outputs.append(h)",
        "outputs.append(h)\nh = np.tanh(c)",
        "What goes on to the next step is tanh(c), without the output gate; it should be h.",
    ),
    Slip(
        "outputs.append(h)",
        "outputs.append(h)\nc = np.tanh(c)",
        "What goes on to the next step is tanh(c); it should be c itself.",
    ),
    Slip("outputs.append(h)", "outputs.append(h)\nh = np.tanh(h)", "`tanh` is applied to h before it goes on.", 1.1),
    Slip("x[:, t]", "x[:, t - 1]", "You read the input of the step before (at the first step the last one)."),
    Slip(
        "x[:, t]", "x[:, max(t - 1, 0)]", "You read the input of the step before; at step t it should be x[:, t].", 1.05
    ),
    Slip(
        "x[:, t]",
        "x[:, min(t + 1, x.shape[1] - 1)]",
        "You read the input of the step after; at step t it should be x[:, t].",
        1.05,
    ),
    Slip(
        "x[:, t]",
        "x[:, (t + 1) % x.shape[1]]",
        "You read the input of the step after (at the last step the first one).",
        1.05,
    ),
    Slip("x[:, t]", "x[:, -t]", "x[:, -t] is read: x[:, -0] is the first timestep, and then it goes from the end."),
    Slip("x[:, t]", "x.mean(axis=1)", "Each step reads the mean of all timesteps; it should read its own.", 1.1),
    Slip(
        "x[:, t]",
        "x[:, :t + 1].sum(axis=1)",
        "Each step reads the sum of all inputs so far; it should read its own.",
        1.1,
    ),
    Slip("x[:, t]", "x[:, -1]", "The last timestep is read at every step.", 1.1),
    Slip(
        "return np.stack(outputs, axis=1)",
        "return np.repeat(outputs[-1][:, None], len(outputs), axis=1)",
        "The last output is there for every timestep; each timestep has its own.",
    ),
)

_FIRST = "The first row's states are used for all sequences; each sequence has its own."


def lstm_from_one_start(x, kernel, recurrent_kernel, bias, h, c):
    h, c = np.repeat(h[:1], len(h), axis=0), np.repeat(c[:1], len(c), axis=0)
    outputs = []
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def lstm_row_after_row(x, kernel, recurrent_kernel, bias, h, c):
    h, c, y = h[:1], c[:1], np.zeros((x.shape[0], x.shape[1], h.shape[1]))
    for n in range(len(x)):
        for t in range(x.shape[1]):
            h, c = lstm_step(x[n : n + 1, t], h, c, kernel, recurrent_kernel, bias)
            y[n, t] = h[0]
    return y


OUTPUT, _NEW_C = "o * np.tanh(c)", re.compile(r"\bc\b")  # where the new c has a name of its own
_OF_THE_STEP_BEFORE = "The mask of the step before is used; each step has its own, mask[:, t]."

MASK_SLIPS = (
    *(
        s._replace(old=_NEW_C.sub("new_c", s.old), new=_NEW_C.sub("new_c", s.new))
        for s in STEP_SLIPS
        if s.old == OUTPUT
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = np.where(counts, h, 0)",
        "Masked steps give 0; they should repeat the output before.",
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = h",
        "Where no step has counted yet, the state h is given as output; it should be 0 there.",
        1.02,
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = new_h",
        "The output of a masked step is computed and returned; it should repeat the output before.",
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = np.where(counts, h, -1)",
        "Masked steps give -1; they should repeat the output before.",
        1.2,
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = np.where(counts, c, output)",
        "The cell state c is returned; the output is h.",
        1.1,
    ),
    Slip(
        "output = np.where(counts, h, output)",
        "output = np.where(counts, h, h * counts)",
        "Masked steps give 0; they should repeat the output before.",
        1.1,
    ),
    Slip(
        "output, outputs = np.zeros_like(h), []",
        "output, outputs = h, []",
        "Where no step has counted yet, the state h is given as output; it should be 0 there.",
    ),
    Slip(
        "output = np.zeros_like(h)",
        "output = h",
        "Where no step has counted yet, the state h is given as output; it should be 0 there.",
    ),
    Slip("np.where(counts, new_c, c)", "new_c", "c goes on at a masked step; it should stay as it was."),
    Slip("np.where(counts, new_h, h)", "new_h", "h goes on at a masked step; it should stay as it was."),
    Slip(
        "np.where(counts, new_c, c)",
        "np.where(counts, new_c, 0)",
        "c is set to 0 at a masked step; it should stay as it was.",
    ),
    Slip(
        "np.where(counts, new_h, h)",
        "np.where(counts, new_h, 0)",
        "h is set to 0 at a masked step; it should stay as it was.",
    ),
    Slip(
        "np.where(counts, new_h, h)",
        "np.where(counts, new_h, (h + new_h) / 2)",
        "At a masked step h is halfway between old and new; it should stay as it was.",
        1.1,
    ),
    Slip(
        "np.where(counts, new_c, c)",
        "np.where(counts, new_c, sigmoid(np.split(x[:, t] @ kernel + h @ recurrent_kernel + bias, 4, axis=1)[1]) * c)",
        "At a masked step nothing is written, but the forget gate still acts: c should stay exactly as it was.",
    ),
    Slip(
        "new_c = f * c + i * g",
        "new_c = f * c + np.where(counts, i * g, 0)\nh, c = o * np.tanh(new_c), new_c\ncounts = np.ones_like(counts)",
        "At a masked step nothing is written, but the forget gate still acts: c should stay exactly as it was.",
    ),
    Slip("counts = mask[:, t, None]", "counts = mask[:, t - 1, None]", _OF_THE_STEP_BEFORE),
    Slip("counts = mask[:, t, None]", "counts = mask[:, max(t - 1, 0), None]", _OF_THE_STEP_BEFORE, 1.05),
    Slip(
        "counts = mask[:, t, None]",
        "counts = np.ones_like(mask[:, t, None]) if t == 0 else mask[:, t - 1, None]",
        _OF_THE_STEP_BEFORE,
        1.05,
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask[:, min(t + 1, mask.shape[1] - 1), None]",
        "The mask of the step after is used; each step has its own, mask[:, t].",
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = ~mask[:, t, None]",
        "The mask is inverted: True and False have changed places.",
        0.95,
    ),
    Slip("counts = mask[:, t, None]", "counts = mask[:, 0, None]", "The first step's mask is used at every step.", 1.1),
    Slip("counts = mask[:, t, None]", "counts = mask[:, -1, None]", "The last step's mask is used at every step.", 1.1),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask.any(axis=1)[:, None]",
        "One decision is made for a whole sequence (does any step count?); each step has its own.",
        1.1,
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask.all(axis=1)[:, None]",
        "One decision is made for a whole sequence (do all steps count?); each step has its own.",
        1.1,
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask[:, :t + 1].all(axis=1)[:, None]",
        "You stop at the first step that does not count; a mask may have gaps, and later steps count again.",
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask[:, t:].any(axis=1)[:, None]",
        "Only what comes after the last step that counts is masked; a mask may have gaps too.",
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = mask[:, :t + 1].any(axis=1)[:, None]",
        "Only what comes before the first step that counts is masked; a mask may have gaps too.",
    ),
    Slip(
        "counts = mask[:, t, None]",
        "counts = (t < mask.sum(axis=1))[:, None]",
        "You let the first mask.sum() timesteps of each sequence count; the mask says which ones they are.",
    ),
)


def masked_lstm_output_made_anew(x, mask, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
        i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c = np.where(counts, f * c + i * g, c)
        new_h = o * np.tanh(c)
        h = np.where(counts, new_h, h)
        outputs.append(new_h)
    return np.stack(outputs, axis=1)


def masked_lstm_h_made_anew_once_begun(x, mask, kernel, recurrent_kernel, bias, h, c):
    begun, outputs = np.zeros((len(x), 1), dtype=bool), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        begun = begun | counts
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
        i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c = np.where(counts, f * c + i * g, c)
        h = o * np.tanh(c)
        outputs.append(np.where(begun, h, 0))
    return np.stack(outputs, axis=1)


def masked_lstm_h_made_anew(x, mask, kernel, recurrent_kernel, bias, h, c):
    outputs = []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
        i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c = np.where(counts, f * c + i * g, c)
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def masked_lstm_zeros_read(x, mask, kernel, recurrent_kernel, bias, h, c):
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        h, c = lstm_step(x[:, t] * counts, h, c, kernel, recurrent_kernel, bias)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def masked_lstm_states_zeroed(x, mask, kernel, recurrent_kernel, bias, h, c):
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h, c = np.where(counts, new_h, 0), np.where(counts, new_c, 0)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def masked_lstm_from_the_start(x, mask, kernel, recurrent_kernel, bias, h, c):
    output, outputs, first_h, first_c = np.zeros_like(h), [], h, c
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h, c = np.where(counts, new_h, first_h), np.where(counts, new_c, first_c)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def masked_lstm_moved_to_the_front(x, mask, kernel, recurrent_kernel, bias, h, c):
    order = np.argsort(~mask, axis=1, kind="stable")
    x, mask = np.take_along_axis(x, order[:, :, None], axis=1), np.take_along_axis(mask, order, axis=1)
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h, c = np.where(counts, new_h, h), np.where(counts, new_c, c)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def masked_lstm_moved_to_the_end(x, mask, kernel, recurrent_kernel, bias, h, c):
    order = np.argsort(mask, axis=1, kind="stable")
    x, mask = np.take_along_axis(x, order[:, :, None], axis=1), np.take_along_axis(mask, order, axis=1)
    output, outputs = np.zeros_like(h), []
    for t in range(x.shape[1]):
        counts = mask[:, t, None]
        new_h, new_c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
        h, c = np.where(counts, new_h, h), np.where(counts, new_c, c)
        output = np.where(counts, h, output)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def masked_lstm_of_the_length(x, mask, kernel, recurrent_kernel, bias, h, c):
    y = np.zeros((x.shape[0], x.shape[1], h.shape[1]))
    for n in range(len(x)):
        h_n, c_n = h[n : n + 1], c[n : n + 1]
        for t in range(mask[n].sum()):
            h_n, c_n = lstm_step(x[n : n + 1, t], h_n, c_n, kernel, recurrent_kernel, bias)
            y[n, t] = h_n[0]
    return y


def masked_lstm_packed(x, mask, kernel, recurrent_kernel, bias, h, c):
    y = np.zeros((x.shape[0], x.shape[1], h.shape[1]))
    for n in range(len(x)):
        h_n, c_n = h[n : n + 1], c[n : n + 1]
        for k, t in enumerate(np.flatnonzero(mask[n])):
            h_n, c_n = lstm_step(x[n : n + 1, t], h_n, c_n, kernel, recurrent_kernel, bias)
            y[n, k] = h_n[0]
    return y


_PACKED = "The steps that count are moved to the {}, so that y is in another order; each step should stay where it is."


def lstm_step_in_place(x_t, h, c, kernel, recurrent_kernel, bias):
    h, c = np.array(h), np.array(c)
    units = h.shape[1]
    for j in range(units):
        column = slice(j, None, units)
        z_i, z_f, z_g, z_o = (x_t @ kernel[:, column] + h @ recurrent_kernel[:, column] + bias[column]).T
        c[:, j] = sigmoid(z_f) * c[:, j] + sigmoid(z_i) * np.tanh(z_g)
        h[:, j] = sigmoid(z_o) * np.tanh(c[:, j])
    return h, c


def lstm_step_forgetting_h(x_t, h, c, kernel, recurrent_kernel, bias):
    z = x_t @ kernel + h @ recurrent_kernel + bias
    f = sigmoid(np.split(z, 4, axis=-1)[1])
    z = x_t @ kernel + (f * h) @ recurrent_kernel + bias
    z_i, _, z_g, z_o = np.split(z, 4, axis=-1)
    new_c = c + sigmoid(z_i) * np.tanh(z_g)
    new_h = sigmoid(z_o) * np.tanh(new_c)
    return new_h, new_c


STEP_DETOURS = (
    (
        lstm_step_forgetting_h,
        "The forget gate multiplies the old h, before the other gates read it, and the old c stays in full; it should "
        "multiply the old c.",
    ),
    (
        lstm_step_in_place,
        "Each unit's new output is written into h itself, so that the units after it read it where they need the old "
        "one; write it into a new array.",
    ),
)

MASK_DETOURS = (
    (
        masked_lstm_output_made_anew,
        "At a masked step h and c stay, but its output is recomputed, o * tanh(c); it should repeat the output before.",
    ),
    (
        masked_lstm_h_made_anew_once_begun,
        "At a masked step c stays, but h is recomputed with that step's output gate, o * tanh(c); h should stay too.",
    ),
    (
        masked_lstm_h_made_anew,
        "At a masked step c stays, but h is recomputed with that step's output gate, o * tanh(c); h should stay too.",
    ),
    (
        masked_lstm_zeros_read,
        "The input of masked steps is set to 0, and the LSTM runs on; h and c should stay as they were.",
    ),
    (masked_lstm_states_zeroed, "h and c are set to 0 at a masked step; they should stay as they were."),
    (
        masked_lstm_from_the_start,
        "At a masked step h and c go back to what was given at the beginning; they should stay as they were.",
    ),
    (masked_lstm_moved_to_the_front, _PACKED.format("front")),
    (masked_lstm_moved_to_the_end, _PACKED.format("end")),
    (
        masked_lstm_packed,
        "The outputs of the steps that count are moved to the front, and the rest is 0; each belongs to its own "
        "timestep, and a masked step repeats the output before.",
    ),
    (
        masked_lstm_of_the_length,
        "The number of True is taken as the length, and the rest is 0; the mask says for each timestep whether it "
        "counts.",
    ),
)

LOOP_DETOURS = (
    (lstm_from_one_start, _FIRST),
    (
        lstm_row_after_row,
        "Each sequence goes on where the one before it ended; each starts with its own row of h and c.",
    ),
)
