"""A SimpleRNN, forwards and back."""

import numpy as np


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
