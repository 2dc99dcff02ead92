"""One colour, one letter and one name per quantity, everywhere: plots, widgets and prose.

The colours are Okabe and Ito's (2008, "Color Universal Design"), which readers with the common kinds of
colour-blindness tell apart. A colour is never the only sign: its letter is always written next to it.
"""

from types import MappingProxyType

# The four gates in the order in which Keras packs their blocks, and what an LSTM carries from step to step.
GATES = ("i", "f", "g", "o")
STATES = ("c", "h")

COLORS = MappingProxyType(
    {
        "i": "#0072B2",
        "f": "#D55E00",
        "g": "#009E73",
        "o": "#CC79A7",
        "c": "#E69F00",
        "h": "#56B4E9",
        "x": "#7F7F7F",
    }
)

NAMES = MappingProxyType(
    {
        "i": "input gate",
        "f": "forget gate",
        "g": "candidate",
        "o": "output gate",
        "c": "cell state",
        "h": "output (hidden state)",
        "x": "input",
        "z": "pre-activation",
    }
)

# What a gate is for, in one line for someone who meets it for the first time.
ROLES = MappingProxyType(
    {
        "i": "how much of the candidate is written",
        "f": "how much of the old cell state is kept",
        "g": "what could be written",
        "o": "how much of the cell state is shown",
        "c": "what the cell remembers",
        "h": "the layer's output at this step",
        "x": "what comes in at this step",
        "z": "the sum a gate is computed from",
    }
)

# A GRU's letters: (whose colour, name, role). The gate that keeps the old state has the forget gate's colour, the one
# that shows it the output gate's. Its z is a gate, and its sums are called a.
GRU = MappingProxyType(
    {
        "z": ("f", "update gate", "how much of the old state is kept"),
        "r": ("o", "reset gate", "how much of the old state the candidate sees"),
        "g": ("g", "candidate", "what could be written"),
        "h": ("h", "output (hidden state)", "what the layer remembers, and its output at this step"),
    }
)


def whose(kind: str, letter: str) -> str:
    """The letter whose colour a quantity of that kind of layer has: a GRU's z has the forget gate's."""
    return GRU[letter][0] if kind == "GRU" else letter


# A signed value on a heat map: blue below zero, white (light theme) or near-black (dark theme) at zero, orange above.
DIVERGING = MappingProxyType(
    {
        "light": ("#2D3A8C", "#8A9BD4", "#F7F7F5", "#F2A65A", "#A84300"),
        "dark": ("#8FA8FF", "#4A5FB0", "#1E2024", "#B0621C", "#FFB066"),
    }
)

# Zero of a sequential scale (0 to 1), whose other end is the gate's own colour.
BACKGROUND = MappingProxyType({"light": "#FFFFFF", "dark": "#1E2024"})


def sequential(letter: str, theme: str) -> tuple[str, ...]:
    """The stops of a scale from 0 to 1: from the paper to the quantity's colour.

    On dark paper that way is short, so the scale goes on to a light tint of the colour.
    """
    color = COLORS[letter]
    if theme == "light":
        return (BACKGROUND[theme], color)
    channels = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    tint = "#" + "".join(f"{round(v + 0.55 * (255 - v)):02X}" for v in channels)
    return (BACKGROUND[theme], color, tint)
