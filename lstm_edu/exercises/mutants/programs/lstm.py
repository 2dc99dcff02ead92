"""One step of an LSTM, all of them, and those that do not count."""

import numpy as np

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


STEP_WORDS = {
    "x_t": "the input x_t",
    "h": "the previous output h",
    "c": "the cell state c",
    "new_h": "the new output h",
    "new_c": "the new cell state",
    "kernel": "the kernel",
    "recurrent_kernel": "the recurrent kernel",
    "bias": "the bias",
    "z": "the sum z",
    "z_i": "z_i",
    "z_f": "z_f",
    "z_g": "z_g",
    "z_o": "z_o",
    "i": "the input gate i",
    "f": "the forget gate f",
    "g": "the candidate g",
    "o": "the output gate o",
    "x_t @ kernel": "the input's part of the sum",
    "h @ recurrent_kernel": "the recurrent part of the sum",
    "f * c": "what is kept of the old cell state (f * c)",
    "i * g": "what is written (i * g)",
    "np.tanh(c)": "`tanh(c)`",
    "np.tanh(new_c)": "tanh of the new cell state",
    "h.shape[1]": "the number of units",
    "units": "the number of units",
    **{f"b_{gate}": f"the bias of {gate}" for gate in "ifgo"},
    **{f"W_{gate}": f"the kernel's block of {gate}" for gate in "ifgo"},
    **{f"U_{gate}": f"the recurrent kernel's block of {gate}" for gate in "ifgo"},
    **{f"x_t @ W_{gate}": f"the input's part of the sum of {gate}" for gate in "ifgo"},
    **{f"h @ U_{gate}": f"the recurrent part of the sum of {gate}" for gate in "ifgo"},
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
