"""An LSTM that continues on its own."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip
from lstm_edu.exercises.mutants.program import sigmoid
from lstm_edu.exercises.mutants.programs.lstm import LOOP_SLIPS, SEQUENCE_WORDS, lstm_step


def generate_by_inputs(x, steps, kernel, recurrent_kernel, bias):
    h = np.zeros((len(x), len(recurrent_kernel)))
    c = np.zeros((len(x), len(recurrent_kernel)))
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, kernel, recurrent_kernel, bias)
    outputs = []
    fed = h
    for _ in range(steps):
        h, c = lstm_step(fed, h, c, kernel, recurrent_kernel, bias)
        fed = h
        outputs.append(h)
    return np.stack(outputs, axis=1)


def generate_in_one_loop(x, steps, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    outputs = []
    for t in range(x.shape[1] + steps):
        fed = x[:, t] if t < x.shape[1] else h
        h, c = lstm_step(fed, h, c, kernel, recurrent_kernel, bias)
        outputs.append(h)
    return np.stack(outputs[x.shape[1] :], axis=1)


def generate_written_out(x, steps, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    outputs = []
    for t in range(x.shape[1] + steps):
        x_t = x[:, t] if t < x.shape[1] else h
        z = x_t @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        i = sigmoid(z_i)
        f = sigmoid(z_f)
        g = np.tanh(z_g)
        o = sigmoid(z_o)
        c = f * c + i * g
        h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs[x.shape[1] :], axis=1)


GENERATE_WORDS = SEQUENCE_WORDS | {
    "fed": "what is fed back",
    "steps": "the number of steps",
    "x.shape[1] + steps": "the number of all steps",
    "outputs[x.shape[1]:]": "the list of the further outputs",
    "len(recurrent_kernel)": "the number of units",
}

_FED = "after the end of x, the input is the previous output h."

GENERATE_SLIPS = (
    Slip(
        "f * c + i * g",
        "i * g",
        "Nothing is kept of the old cell state: f * c is not added, or c is not carried on and is 0 at every step.",
        0.9,
    ),
    *(
        Slip("fed = x[:, t] if t < x.shape[1] else h", f"fed = x[:, t] if t < x.shape[1] else {new}", said)
        for new, said in (
            ("x[:, -1]", f"The last timestep of x is read again and again; {_FED}"),
            ("0 * h", f"After the end of x zeros are read; {_FED}"),
            ("c", "The cell state is fed back; the input should be the output, h."),
            (
                "c\nc = 0 * c if t == x.shape[1] else c",
                "The cell state is fed back (the input should be the output, h), and starts again at zero after the "
                "end of x; it goes on.",
            ),
            ("np.tanh(c)", "The tanh of c is fed back, without the output gate; the input should be the output, h."),
            ("np.tanh(h)", "`tanh` is applied to h before it is fed back."),
            ("np.maximum(h, 0)", "relu is applied to h before it is fed back."),
            ("sigmoid(h)", "The sigmoid is applied to h before it is fed back."),
            (
                "softmax(h)",
                "A softmax is applied to h before it is fed back; there are no classes here, h itself goes in.",
            ),
            (
                "np.eye(h.shape[1])[h.argmax(axis=1)]",
                "The largest unit of h is fed back as a row with a single 1; h itself is the next input.",
            ),
            ("h + x[:, -1]", f"The last timestep of x is added to what is fed back; {_FED}"),
            ("x[:, t % x.shape[1]]", f"x is read once more from its beginning; {_FED}"),
            ("x[:, 0]", f"The first timestep of x is read again and again; {_FED}"),
            ("x.mean(axis=1)", f"The mean of x is read again and again; {_FED}"),
            ("outputs[x.shape[1] - 1]", f"The output at the end of x is read again and again; {_FED}"),
            ("outputs[-2]", f"You feed back the output of two steps before; {_FED}"),
            ("outputs[-2] if t > x.shape[1] else h", f"What is fed back is one step late; {_FED}"),
            (
                "h if t > x.shape[1] else x[:, -1]",
                f"At the first further step the last timestep of x is read once more; {_FED}",
            ),
            ("h if t > x.shape[1] else 0 * h", f"At the first further step zeros are read; {_FED}"),
            (
                "c if t > x.shape[1] else h",
                "From the second further step on the cell state is fed back; it should be the output, h.",
            ),
        )
    ),
    *(
        Slip("fed = x[:, t] if t < x.shape[1] else h", f"{new}\nfed = x[:, t] if t < x.shape[1] else h", said)
        for new, said in (
            (
                "c = 0 * c if t == x.shape[1] else c",
                "The cell state starts again at zero after the end of x; it goes on.",
            ),
            (
                "c = 0 * c if t >= x.shape[1] else c",
                "The cell state starts again at zero at each further step; it goes on.",
            ),
            ("h, c = (c, h) if t == x.shape[1] else (h, c)", "h and c have changed places after the end of x."),
        )
    ),
    *(
        Slip("fed = x[:, t] if t < x.shape[1] else h", f"fed = x[:, t] if t < x.shape[1] else h\n{new}", said)
        for new, said in (
            (
                "h = 0 * h if t == x.shape[1] else h",
                "After the end of x, h is the next input, but the state h starts again at zero; both are h.",
            ),
            (
                "h = 0 * h if t >= x.shape[1] else h",
                "h is the next input and also the next state; you give it as input only.",
            ),
            (
                "h, c = (0 * h, 0 * c) if t == x.shape[1] else (h, c)",
                "The states start again at zero after the end of x; h and c go on.",
            ),
            (
                "h, c = (0 * h, 0 * c) if t >= x.shape[1] else (h, c)",
                "The states start again at zero at each further step; h and c go on.",
            ),
        )
    ),
    Slip("outputs.append(h)", "outputs.append(c)", "The cell state c is put into the list; the output of a step is h."),
    Slip(
        "outputs[x.shape[1]:]",
        "outputs",
        "The outputs for x are returned too; only those of the further steps are expected.",
    ),
    Slip(
        "outputs[x.shape[1]:]",
        "outputs[x.shape[1] - 1:-1]",
        "Your first output is the last one of x; begin with the step after it.",
    ),
    Slip(
        "outputs[x.shape[1]:]",
        "outputs[x.shape[1] - 1:]",
        "There is one output too many: the last one of x is returned too.",
    ),
    Slip(
        "outputs[x.shape[1]:]",
        "outputs[:steps]",
        "The first outputs are returned, those for x; the further ones are expected.",
        1.1,
    ),
    Slip(
        "h = c = np.zeros((len(x), len(recurrent_kernel)))",
        "h = c = np.ones((len(x), len(recurrent_kernel)))",
        "h and c begin with ones; they should begin with zeros.",
    ),
    Slip(
        "h = c = np.zeros((len(x), len(recurrent_kernel)))",
        "h, c = x[:, 0], np.zeros((len(x), len(recurrent_kernel)))",
        "h begins with the first timestep of x; it should begin with zeros.",
    ),
    Slip(
        "h = c = np.zeros((len(x), len(recurrent_kernel)))",
        "h = c = x[:, 0]",
        "h and c begin with the first timestep of x; they should begin with zeros.",
        1.1,
    ),
    *(slip for slip in LOOP_SLIPS if slip.old == "bias"),
)
