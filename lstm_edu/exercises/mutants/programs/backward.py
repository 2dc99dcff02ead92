"""Back through one step, and along the cell state."""

import numpy as np


def backward_step_by_lines(dh, dc, i, f, g, o, c_before, c):
    do = dh * np.tanh(c)
    dc_all = dc + dh * o * (1 - np.tanh(c) ** 2)
    di = dc_all * g
    df = dc_all * c_before
    dg = dc_all * i
    dc_before = dc_all * f
    dz_i = di * i * (1 - i)
    dz_f = df * f * (1 - f)
    dz_g = dg * (1 - g**2)
    dz_o = do * o * (1 - o)
    dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)
    return dz, dc_before


STEP_BACK_WORDS = {
    "dh": "dh",
    "dc": "what comes back from the later steps (dc)",
    "dc_all": "the whole dc",
    "i": "the input gate i",
    "f": "the forget gate f",
    "g": "the candidate g",
    "o": "the output gate o",
    "c": "the new cell state c",
    "c_before": "the old cell state c_before",
    "np.tanh(c)": "`tanh(c)`",
    "1 - np.tanh(c) ** 2": "the slope of tanh (1 - tanh(c)**2)",
    "dh * o * (1 - np.tanh(c) ** 2)": "what comes through h of this step",
    "1 - i": "1 - i",
    "1 - f": "1 - f",
    "1 - o": "1 - o",
    "1 - g ** 2": "the slope of tanh (1 - g**2)",
    "di": "di",
    "df": "df",
    "dg": "dg",
    "do": "do",
}


def forget_path_by_products(f):
    rows = []
    for t in range(len(f)):
        rows.append(f[t + 1 :].prod(axis=0))
    return np.array(rows)


def forget_path_from_the_end(f):
    left = np.ones(f.shape[1])
    rows = [left]
    for t in range(len(f) - 1, 0, -1):
        left = left * f[t]
        rows.insert(0, left)
    return np.array(rows)


def forget_path_turned(f):
    left = np.cumprod(f[::-1], axis=0)[::-1]
    return np.concatenate([left[1:], np.ones_like(f[:1])], axis=0)


PATH_WORDS = {
    "f": "the array f of forget gates",
    "f[t]": "the forget gate of step t",
    "f[t + 1]": "the forget gate of the step after",
    "path[t + 1]": "the path of the step after",
    "f[t + 1:]": "the array of the later forget gates",
    "left": "the product so far",
    "path": "the path",
    "rows": "the list of rows",
    "len(f)": "the number of timesteps",
    "f.shape[0]": "the number of timesteps",
    "f.shape[1]": "the number of units",
}


def sigmoid_slope(y):
    return y * (1 - y)


def tanh_slope(y):
    return 1 - y**2


def backward_step_by_slopes(dh, dc, i, f, g, o, c_before, c):
    dc_all = dc + dh * o * tanh_slope(np.tanh(c))
    dz_i = dc_all * g * sigmoid_slope(i)
    dz_f = dc_all * c_before * sigmoid_slope(f)
    dz_g = dc_all * i * tanh_slope(g)
    dz_o = dh * np.tanh(c) * sigmoid_slope(o)
    return np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1), dc_all * f


def forget_path_step_by_step(f):
    path = np.ones_like(f)
    for t in range(len(f)):
        for later in range(t + 1, len(f)):
            path[t] = path[t] * f[later]
    return path
