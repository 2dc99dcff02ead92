"""What students hand in: right answers in the many ways in which people write them, wrong ones, and broken notebooks.

Used by `python -m benchmarks.grading` and by tests/test_teaching.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import lstm_edu as le
from lstm_edu.teaching.assignment import solved


@dataclass(frozen=True)
class Style:
    """A way of writing an answer. In the texts NAME is the function's name, ARGS are its arguments, MINE is a function
    of the same arguments that does the work, and mine its name.

    above, answer, below: the learner's own cells, the answer's cell, cells between it and the check.
    after: cells below the check.
    """

    name: str
    answer: str
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def cells(self, exercise: str) -> dict[str, list[str]]:
        """The cells' sources for an exercise: above, answer, below, after."""
        task = le.exercises.get(exercise)
        words = {
            "NAME": task.answer[-1].__name__,
            "ARGS": ", ".join(name for name, *_ in task.takes),
            "EXAMPLE": f"*le.exercises.{exercise}.example().values()",
            "mine": f"my_{exercise}",
            "MINE": _without_marks(solved(exercise, f"my_{exercise}")),
        }

        def filled(text: str) -> str:
            for word, meaning in words.items():
                text = text.replace(word, meaning)
            return text

        where = {"above": self.above, "answer": (self.answer,), "below": self.below, "after": self.after}
        return {place: [filled(text) for text in texts] for place, texts in where.items()}


def _without_marks(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if not line.strip().startswith("###"))


PLAIN = "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS)"
SAME = "MINE\n\n\ndef NAME(ARGS):\n    return same(mine(ARGS))"

RIGHT = (
    Style("plain", PLAIN),
    Style("tried below, in the same cell", PLAIN + "\n\n\ny = NAME(EXAMPLE)\nprint('y is', y)\ny"),
    Style("a helper that is a lambda", SAME, above=("same = lambda value: value",)),
    Style(
        "a helper made by np.vectorize",
        "MINE\n\n\ndef NAME(ARGS):\n    assert np.all(same(np.ones(3)) == 1)\n    return mine(ARGS)",
        above=("same = np.vectorize(lambda value: value)",),
    ),
    Style(
        "an annotated assignment",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if SCALE == 1 else None",
        above=("SCALE: float = 1.0",),
    ),
    Style(
        "an import in try",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if fast.ones(1)[0] else None",
        above=("try:\n    import a_package_that_nobody_has as fast\nexcept ImportError:\n    import numpy as fast",),
    ),
    Style(
        "a constant made by a call",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if ONE == 1 else None",
        above=("ONE = float('1')",),
    ),
    Style(
        "constants made by unpacking",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if (B, F, H) == (2, 5, 3) else None",
        above=("B, F, H = 2, 5, 3",),
    ),
    Style("%%time", "%%time\n" + PLAIN),
    Style("%timeit", PLAIN + "\n\n\n%timeit -n 1 -r 1 NAME(EXAMPLE)"),
    Style("!ls", "!ls\n" + PLAIN),
    Style("display(...)", PLAIN + "\n\n\ndisplay(NAME(EXAMPLE))"),
    Style(
        "%matplotlib inline and a plot",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n" + PLAIN + "\n\n\nplt.plot([1, 2])\nplt.show()",
    ),
    Style("another name, then assigned", "MINE\n\n\nNAME = mine"),
    Style("a lambda", "MINE\n\n\nNAME = lambda ARGS: mine(ARGS)"),
    Style(
        "a decorator",
        "MINE\n\n\n@counted\ndef NAME(ARGS):\n    return mine(ARGS)",
        above=(
            "import functools\n\n\ndef counted(f):\n    @functools.wraps(f)\n    def g(*a):\n        g.n = 1\n"
            "        return f(*a)\n\n    return g",
        ),
    ),
    Style(
        "a class",
        "MINE\n\n\nclass Answer:\n    def __call__(self, ARGS):\n        return mine(ARGS)\n\n\nNAME = Answer()",
    ),
    Style(
        "type hints and a default",
        "MINE\n\n\ndef NAME(ARGS, more: int | None = None) -> np.ndarray:\n    return mine(ARGS)",
    ),
    Style("a new cell below", "def NAME(ARGS):\n    ...", below=(PLAIN,)),
    Style("a new cell below the check", "def NAME(ARGS):\n    ...", after=(PLAIN,)),
    Style("another attempt above", PLAIN, above=("def NAME(ARGS):\n    return 0 * mine(ARGS)",)),
    Style("an error in a cell above", PLAIN, above=("1 / 0",)),
    Style("an error in the cell, after the function", PLAIN + "\n\n\nNAME()"),
    Style("top-level await", "import asyncio\n" + PLAIN + "\n\n\nawait asyncio.sleep(0)"),
    Style(
        "a name that a magic made",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if one == 1 else None",
        above=("%time one = float('1')",),
    ),
    # Last, because from here on `min` and `all` are NumPy's, at home too.
    Style(
        "from numpy import *",
        "MINE\n\n\ndef NAME(ARGS):\n    return mine(ARGS) if ones(1)[0] else None",
        above=("from numpy import *",),
    ),
)


def by_name(name: str) -> Style:
    """The style of that name."""
    return next(style for style in RIGHT if style.name == name)
