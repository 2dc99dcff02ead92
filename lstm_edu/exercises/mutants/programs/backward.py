"""Back through one step, and along the cell state."""

import numpy as np

from lstm_edu.exercises.mutants.edits import Slip


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


def forget_path_of_the_later(f):
    later = np.concatenate([f[1:], np.ones_like(f[:1])], axis=0)
    return np.cumprod(later[::-1], axis=0)[::-1]


PATH_WORDS = {
    "later": "the array of the later forget gates",
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


_PARTNER = "In a product, each factor's gradient is multiplied by the other factor, not by itself: {}."
_ONCE_MORE = "The gates i, f and o have already been through the sigmoid: their slopes need no second one."

STEP_BACK_SLIPS = (
    # what arrives at c
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * (1 - np.tanh(c) ** 2)",
        "On the way from h to c the factor o is missing: h is o * tanh(c).",
    ),
    Slip("dh * o * (1 - np.tanh(c) ** 2)", "dh * o", "The slope of tanh(c) is missing on the way from h to c."),
    Slip("dh * o * (1 - np.tanh(c) ** 2)", "dh", "On the way from h to c both o and the slope of tanh(c) are missing."),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * np.tanh(c)",
        "On the way from h to c there is tanh(c) itself; it should be its slope, 1 - tanh(c)**2.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - c ** 2)",
        "The slope of tanh is 1 - y**2 with y = tanh(c), not with c itself.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - np.tanh(c))",
        "The slope of tanh is 1 - tanh(c)**2; the square is missing.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - np.tanh(c)) ** 2",
        "The square is around the bracket; the slope is 1 - tanh(c)**2.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - np.tanh(c ** 2))",
        "The square is inside tanh; the slope is 1 - tanh(c)**2.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 + np.tanh(c) ** 2)",
        "The slope of tanh is 1 - tanh(c)**2, with a minus.",
        1.02,
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - np.tanh(c_before) ** 2)",
        "The slope is taken at c_before; h was made from the new c.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * c * (1 - c)",
        "On the way from h to c the sigmoid's slope is taken; there is a tanh: 1 - tanh(c)**2.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * np.tanh(c) * (1 - np.tanh(c))",
        "On the way from h to c the sigmoid's slope is taken; there is a tanh: 1 - tanh(c)**2.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * np.tanh(c) * (1 - np.tanh(c) ** 2)",
        "On the way from h to c, tanh(c) is used where o belongs.",
        1.02,
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * (1 - o ** 2) * np.tanh(c)",
        "o and tanh(c) have changed roles: the slope is that of tanh(c), and o is the factor.",
        1.1,
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - o) * (1 - np.tanh(c) ** 2)",
        "The slope of o's sigmoid is there too; on the way from h to c there is only o itself.",
    ),
    Slip(
        "dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - g ** 2)",
        "The slope is taken at g; it should be taken at tanh(c).",
        1.05,
    ),
    Slip("dc + dh * o * (1 - np.tanh(c) ** 2)", "dc", "What comes through h of this step is missing in dc."),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "dh * o * (1 - np.tanh(c) ** 2)",
        "What comes back from the later steps, dc, is left out.",
    ),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "dc - dh * o * (1 - np.tanh(c) ** 2)",
        "What comes through h is subtracted; the two ways are added.",
    ),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "dc * dh * o * (1 - np.tanh(c) ** 2)",
        "The two ways to c are multiplied; they should be added.",
    ),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "(dc + dh * o) * (1 - np.tanh(c) ** 2)",
        "dc is multiplied by the slope of tanh(c) too; it arrives at c itself, not through h.",
    ),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "(dc + dh) * o * (1 - np.tanh(c) ** 2)",
        "dc is sent through h as well; it arrives at c itself.",
    ),
    Slip(
        "dc + dh * o * (1 - np.tanh(c) ** 2)",
        "dc * f + dh * o * (1 - np.tanh(c) ** 2)",
        "dc is multiplied by f here; it has already passed the next step's forget gate, and this one comes later.",
    ),
    Slip("dc + dh * o * (1 - np.tanh(c) ** 2)", "dc + do * (1 - np.tanh(c) ** 2)", "do is used where dh * o belongs."),
    Slip("dc + dh * o * (1 - np.tanh(c) ** 2)", "dc + do * o * (1 - np.tanh(c) ** 2)", "do is used where dh belongs."),
    # the gates
    Slip(
        "do = dh * np.tanh(c)",
        "do = (dh + dc) * np.tanh(c)",
        "o receives dc as well; it appears in h only: do is dh * tanh(c).",
    ),
    Slip(
        "do = dh * np.tanh(c)", "do = dc * np.tanh(c)", "do is made from dc; o appears in h only: do is dh * tanh(c)."
    ),
    Slip("do = dh * np.tanh(c)", "do = dh * c", "In h = o * tanh(c) the output gate's partner is tanh(c), not c."),
    Slip(
        "do = dh * np.tanh(c)",
        "do = dh * np.tanh(c_before)",
        "The output gate's partner is tanh of the new c, not of c_before.",
    ),
    Slip("do = dh * np.tanh(c)", "do = dh * o", _PARTNER.format("do is dh * tanh(c)")),
    Slip("do = dh * np.tanh(c)", "do = dh", "The partner of o is missing: do is dh * tanh(c)."),
    Slip(
        "do = dh * np.tanh(c)",
        "do = dh * (1 - np.tanh(c) ** 2)",
        "The slope of tanh(c) is there; do is dh * tanh(c) itself.",
    ),
    Slip("do = dh * np.tanh(c)", "do = dh * g", "The partner of o is tanh(c), not g.", 1.05),
    Slip(
        "dc_all = dc + dh * o * (1 - np.tanh(c) ** 2)",
        "dc_all = dc + dh * o * (1 - np.tanh(c) ** 2)\ndo = dc_all * np.tanh(c)",
        "do is made from the whole dc; o appears in h only: do is dh * tanh(c).",
    ),
    Slip("di = dc_all * g", "di = dc_all * i", _PARTNER.format("di is dc * g")),
    Slip(
        "di = dc_all * g",
        "di = dc * g",
        "di takes the dc that was given; it needs the whole one, with what came through h.",
    ),
    Slip("di = dc_all * g", "di = dc_all", "The partner of i is missing: di is dc * g."),
    Slip("di = dc_all * g", "di = dc_all * c_before", "The partner of i is g, not c_before.", 1.05),
    Slip("df = dc_all * c_before", "df = dc_all * f", _PARTNER.format("df is dc * c_before")),
    Slip(
        "df = dc_all * c_before",
        "df = dc_all * c",
        "The forget gate multiplied the cell state before the step, not the new one.",
    ),
    Slip(
        "df = dc_all * c_before",
        "df = dc * c_before",
        "df takes the dc that was given; it needs the whole one, with what came through h.",
    ),
    Slip("df = dc_all * c_before", "df = dc_all", "The partner of f is missing: df is dc * c_before."),
    Slip(
        "df = dc_all * c_before",
        "df = dc_all * np.tanh(c_before)",
        "`tanh` is applied to c_before; it was kept as it is.",
        1.05,
    ),
    Slip("dg = dc_all * i", "dg = dc_all * g", _PARTNER.format("dg is dc * i")),
    Slip(
        "dg = dc_all * i",
        "dg = dc * i",
        "dg takes the dc that was given; it needs the whole one, with what came through h.",
    ),
    Slip("dg = dc_all * i", "dg = dc_all", "The partner of g is missing: dg is dc * i."),
    Slip("dg = dc_all * i", "dg = dc_all * f", "The partner of g is i, not f.", 1.05),
    Slip(
        "dg = dc_all * i",
        "di, df, dg = dc * g, dc * c_before, dc * i",
        "The gates take the dc that was given; they need the whole one, with what came through h.",
    ),
    Slip("dg = dc_all * i", "di, df, dg = dc_all * i, dc_all * f, dc_all * g", _PARTNER.format("di is dc * g")),
    Slip("dg = dc_all * i", "di, dg = dc_all * i, dc_all * g", _PARTNER.format("di is dc * g, and dg is dc * i")),
    Slip(
        "dc_before = dc_all * f",
        "dc_before = dc_all",
        "On its way to c_before the gradient goes through the forget gate.",
    ),
    Slip(
        "dc_before = dc_all * f",
        "dc_before = dc * f",
        "dc_before needs the whole dc, with what came through h of this step.",
    ),
    Slip("dc_before = dc_all * f", "dc_before = dc", "dc is passed on unchanged; dc_before is the whole dc times f."),
    Slip(
        "dc_before = dc_all * f", "dc_before = df", "df is returned as dc_before; c_before gets the whole dc times f."
    ),
    Slip(
        "dc_before = dc_all * f", "dc_before = df * f", "dc_before is made from df; it should be the whole dc times f."
    ),
    Slip("dc_before = dc_all * f", "dc_before = dc_all * c_before", _PARTNER.format("dc_before is dc * f")),
    Slip(
        "dc_before = dc_all * f",
        "dc_before = dc_all * (1 - f)",
        "1 - f is there instead of f: f is the share that was kept.",
    ),
    Slip(
        "dc_before = dc_all * f",
        "dc_before = dc_all * f * (1 - f)",
        "The sigmoid's slope is there too; on the way to c_before there is only f.",
        1.05,
    ),
    Slip(
        "dc_before = dc_all * f",
        "dc_before = dc_all * f + dh",
        "dh is added to dc_before; it is already in the whole dc.",
        1.05,
    ),
    Slip("dc_before = dc_all * f", "dc_before = dc_all * f + dc", "dc is added to dc_before once more.", 1.05),
    # the slopes
    Slip(
        "dg * (1 - g ** 2)",
        "dg * g * (1 - g)",
        "The candidate g is a tanh: its slope is not that of the gates, but 1 - g**2.",
    ),
    Slip("dg * (1 - g ** 2)", "dg * (1 - g)", "g is not squared in the slope of tanh: it is 1 - g**2."),
    Slip(
        "dg * (1 - g ** 2)", "dg * (1 - np.tanh(g) ** 2)", "tanh is applied once more: g has already been through it."
    ),
    Slip("dg * (1 - g ** 2)", "dg", "The slope of tanh, 1 - g**2, is missing in the block of g."),
    Slip("dg * (1 - g ** 2)", "dg * (1 - g) ** 2", "The square is around the bracket; the slope of tanh is 1 - g**2."),
    *(
        Slip(f"d{k} * {k} * (1 - {k})", new.format(k=k), said.format(k=k), 1.01)
        for k in "ifo"
        for new, said in (
            ("d{k}", "The sigmoid's slope is missing in the block of {k}."),
            ("d{k} * (1 - {k})", "Half of the sigmoid's slope is missing in the block of {k}: it is {k} * (1 - {k})."),
            ("d{k} * (1 - {k} ** 2)", "For {k} the slope of tanh is taken; {k} is a sigmoid: {k} * (1 - {k})."),
            ("d{k} * {k} * (1 - {k} ** 2)", "{k} is squared in its slope; it is {k} * (1 - {k})."),
        )
    ),
    *(
        Slip("dz_o = do * o * (1 - o)", "\n".join(f"dz_{k} = {new.format(k=k)}" for k in "ifo"), said)
        for new, said in (
            ("d{k}", "The sigmoids' slopes are missing in the blocks of i, f and o."),
            ("d{k} * (1 - {k})", "Half of the sigmoid's slope is missing: for a gate y it is y * (1 - y)."),
            ("d{k} * {k}", "Half of the sigmoid's slope is missing: for a gate y it is y * (1 - y)."),
            ("d{k} * (1 - {k} ** 2)", "For the gates the slope of tanh is taken; they are sigmoids: y * (1 - y)."),
            ("d{k} * sigmoid({k}) * (1 - sigmoid({k}))", _ONCE_MORE),
            ("d{k} * {k} * (1 + {k})", "The sigmoid's slope is y * (1 - y), with a minus."),
        )
    ),
    Slip(
        "dz_o = do * o * (1 - o)",
        "dz_i, dz_f, dz_g, dz_o = di, df, dg, do",
        "dz holds the slopes with respect to the gates; the slopes of sigmoid and tanh are missing.",
    ),
    Slip(
        "dz_o = do * o * (1 - o)",
        "dz_i, dz_f, dz_o, dz_g = di * (1 - i ** 2), df * (1 - f ** 2), do * (1 - o ** 2), dg * g * (1 - g)",
        "The slopes have changed places: i, f and o are sigmoids, y * (1 - y), and g is a tanh, 1 - g**2.",
    ),
    Slip(
        "dz_o = do * o * (1 - o)",
        "dz_i, dz_f, dz_o = (d * sigmoid(y) * (1 - sigmoid(y)) for d, y in ((di, i), (df, f), (do, o)))\n"
        "dz_g = dg * (1 - np.tanh(g) ** 2)",
        "The values i, f, g and o have already been through sigmoid and tanh: their slopes need no second one.",
    ),
    Slip(
        "np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)",
        "np.concatenate([dz_i, dz_f, dz_o, dz_g], axis=-1)",
        "The blocks of dz are in the order i, f, o, g; Keras packs them i, f, g, o.",
    ),
)

_ON_THE_WAY = "path[t] multiplies f of all later steps"

PATH_SLIPS = (
    Slip(
        "np.cumprod(later[::-1], axis=0)[::-1]",
        "np.cumprod(later[::-1]).reshape(f.shape)[::-1]",
        "`cumprod` without an axis goes on from unit to unit, and then to the next row; each unit has a path of its "
        "own: axis=0.",
    ),
    Slip(
        "rows.append(f[t + 1:].prod(axis=0))",
        "rows.append((1 - f[t:]).prod(axis=0))",
        "1 - f is what is lost; f is the share that stays. And the path has step t's own gate in it; it begins with "
        "that of t + 1.",
        1.1,
    ),
    Slip("f[t:]", "(1 - f[t:])", "1 - f is what is lost; f is the share that stays."),
    Slip("path[t - 1] * f[t]", "path[t - 1] * (1 - f[t])", "1 - f is what is lost; f is the share that stays."),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t]",
        f"The forget gate of step t itself is taken; {_ON_THE_WAY}.",
        0.99,
    ),
    Slip("path[t + 1] * f[t + 1]", "path[t + 1] * (1 - f[t + 1])", "1 - f is what is lost; f is the share that stays."),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * (1 - f[t])",
        "1 - f is what is lost; f is the share that stays. And it is step t's own gate, not that of t + 1.",
        1.1,
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t] * (1 - f[t])",
        "The sigmoid's slope f * (1 - f) is there, and the gate is that of step t itself; it is f of step t + 1 alone.",
        1.1,
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t + 1] * (1 - f[t + 1])",
        "The sigmoid's slope f * (1 - f) is there; along the cell state each step multiplies by f alone.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * (1 - f[t + 1] ** 2)",
        "The slope of tanh, 1 - f**2, is there; along the cell state each step multiplies by f.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] + f[t + 1]",
        "The gates are added; they should be multiplied one after the other.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] - f[t + 1]",
        "The gates are subtracted; they should be multiplied one after the other.",
        1.05,
    ),
    Slip("path[t + 1] * f[t + 1]", "path[t + 1] / f[t + 1]", "It is divided by f; each step multiplies by it."),
    Slip(
        "path[t + 1] * f[t + 1]",
        "np.minimum(path[t + 1], f[t + 1])",
        "The smallest gate on the way is taken; all of them are multiplied.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "np.minimum(path[t + 1], f[t])",
        "The smallest gate is taken, with that of step t itself; all the later ones are multiplied.",
        1.1,
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t + 1:].max(axis=0)",
        "The largest gate on the way is taken; all of them are multiplied.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t + 1:].mean(axis=0)",
        "The mean of the gates on the way is taken; they should be multiplied.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t:].mean(axis=0)",
        "The mean of the gates is taken, with that of step t itself; the later ones should be multiplied.",
        1.1,
    ),
    Slip(
        "path[t + 1] * f[t + 1]", "f[t + 1:].sum(axis=0)", "The gates on the way are added; they should be multiplied."
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t:].sum(axis=0)",
        "The gates are added, with that of step t itself; the later ones should be multiplied.",
        1.1,
    ),
    Slip("path[t + 1] * f[t + 1]", "f[t + 1]", f"Only the next step's gate is taken; {_ON_THE_WAY}."),
    Slip("path[t + 1] * f[t + 1]", "f[t]", f"Only the gate of step t itself is taken; {_ON_THE_WAY}."),
    Slip("path[t + 1] * f[t + 1]", "f[-1]", f"Only the last step's gate is taken; {_ON_THE_WAY}."),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t + 1] * f[-1]",
        f"Only the next gate and the last one are taken; {_ON_THE_WAY}.",
        1.2,
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "f[t + 1] * f[min(t + 2, len(f) - 1)]",
        f"Only two gates are taken; {_ON_THE_WAY}.",
        1.2,
    ),
    *(
        Slip(
            "path[t + 1] * f[t + 1]",
            f"{one} ** (len(f) - 1 - t)",
            f"{which} is raised to the power of the steps left; each step has its own gate.",
        )
        for one, which in (
            ("f[t + 1]", "The next step's gate"),
            ("f[t]", "The gate of step t"),
            ("f[-1]", "The last step's gate"),
            ("f[0]", "The first step's gate"),
            ("f.mean(axis=0)", "The mean of all gates"),
            ("f[t + 1:].mean(axis=0)", "The mean of the later gates"),
        )
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * np.sqrt(f[t + 1])",
        "The root of f is taken; each step multiplies by f itself.",
        1.1,
    ),
    Slip(
        "path[t + 1] * f[t + 1]", "path[t + 1] * f[t + 1] ** 2", "f is squared; each step multiplies by f itself.", 1.1
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * sigmoid(f[t + 1])",
        "The sigmoid is applied once more: f has already been through it.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * np.tanh(f[t + 1])",
        "`tanh` is applied to f; each step multiplies by f itself.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t + 1].mean()",
        "The mean of all units' gates is taken; each unit has its own.",
        1.05,
    ),
    Slip("path[t + 1] * f[t + 1]", "path[t + 1] * f[min(t + 2, len(f) - 1)]", "The gate is one step too late.", 1.1),
    Slip(
        "path[t + 1] * f[t + 1]",
        "np.log(f[t + 1:]).sum(axis=0)",
        "That is the logarithm of the factor: take np.exp of the sum.",
    ),
    Slip(
        "path = np.ones_like(f)",
        "path = np.ones_like(f)\npath[-1] = f[-1]",
        "The last step begins with its own gate; there the factor is 1.",
        1.05,
    ),
    Slip(
        "path = np.ones_like(f)", "path = np.zeros_like(f)", "The last step begins with 0; there the factor is 1.", 1.05
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t + 1] ** 2 * (1 - f[t + 1])",
        "The sigmoid's slope f * (1 - f) is multiplied in as well; each step multiplies by f alone.",
    ),
    Slip(
        "path[t + 1] * f[t + 1]",
        "path[t + 1] * f[t + 1].prod()",
        "The gates of all units are multiplied together; each unit has its own.",
    ),
    Slip("return path", "return np.log(path)", "That is the logarithm of the factor."),
    Slip("return path", "return 1 - path", "1 minus the factor is returned: what is lost. What is left is expected."),
    Slip(
        "return path",
        "return path[::-1]",
        "The order is reversed: the first row belongs to step 0; the last one is all ones.",
    ),
    Slip(
        "return path",
        "return np.cumsum(path[::-1], axis=0)[::-1]",
        "The factors of the later steps are added on; each step has its own.",
        1.1,
    ),
    Slip(
        "return path",
        "return np.cumprod(path, axis=1)",
        "It is multiplied from unit to unit as well; the units have nothing to do with each other.",
        1.05,
    ),
    Slip(
        "return path",
        "return np.repeat(path[:1], len(f), axis=0)",
        "Every row is that of the first step; each step has its own factor.",
        1.1,
    ),
    Slip(
        "return path",
        "return np.repeat(f.prod(axis=0)[None], len(f), axis=0)",
        "Every row is the product of all gates; step t takes the later ones only.",
    ),
    Slip(
        "return path",
        "return path ** (1 / np.maximum(np.arange(len(f))[::-1, None], 1))",
        "That is the mean share of one step (a root of the product); the product itself is expected.",
        1.1,
    ),
)


def forget_path_with_its_own(f):
    rows = []
    for t in range(len(f)):
        rows.append(f[t:].prod(axis=0))
    return np.array(rows)


def forget_path_forwards(f):
    path = np.ones_like(f)
    for t in range(1, len(f)):
        path[t] = path[t - 1] * f[t]
    return path


def forget_path_forwards_before(f):
    path = np.ones_like(f)
    for t in range(1, len(f)):
        path[t] = path[t - 1] * f[t - 1]
    return path


def forget_path_flat(f):
    return np.cumprod(f[::-1]).reshape(f.shape)[::-1]


def forget_path_flat_forwards(f):
    return np.cumprod(f).reshape(f.shape)


def forget_path_flat_backwards(f):
    return np.cumprod(f[::-1, ::-1]).reshape(f.shape)[::-1, ::-1]


def forget_path_besides_its_own(f):
    return np.stack([np.delete(f, t, axis=0).prod(axis=0) for t in range(len(f))])


_ONE_LONG_ROW = "`cumprod` without an axis multiplies all numbers in one long row, over all units; use axis=0."
_FROM_THE_FIRST = "The product runs forwards, from the first step; it should run from the last one back."

PATH_DETOURS = (
    (
        forget_path_with_its_own,
        "The forget gate of step t itself is one too many: it is between c_t and the step before it.",
    ),
    (
        forget_path_besides_its_own,
        "Step t gets the product of all gates but its own, the earlier ones too; only the later ones are on its way.",
    ),
    (forget_path_forwards, _FROM_THE_FIRST),
    (
        forget_path_forwards_before,
        "Each step gets the product of the gates before it; it should be that of the gates after it.",
    ),
    (forget_path_flat, _ONE_LONG_ROW),
    (forget_path_flat_forwards, f"{_FROM_THE_FIRST} And `cumprod` without an axis multiplies over all units."),
    (forget_path_flat_backwards, _ONE_LONG_ROW),
)
