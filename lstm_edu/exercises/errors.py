"""An exception in a learner's function, told with the learner's own line."""

from __future__ import annotations

import difflib
import inspect
import linecache
import re
import sysconfig
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from lstm_edu import core
from lstm_edu.core.checks import plural, shape_text

_PACKAGE = str(Path(__file__).resolve().parents[1])
_LIBRARIES = tuple(
    {str(Path(sysconfig.get_paths()[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_MOST = 300
# As NumPy says it of a @ b.
_DIFFERENT = re.compile(
    r"matmul: Input operand 1 has a mismatch in its core dimension 0, .* \(size (\d+) is different from (\d+)\)"
)
_PACKAGES = {"np": "numpy as np", "le": "lstm_edu as le", "keras": "keras", "tf": "tensorflow as tf", "math": "math"}
# What NumPy says, and what was probably not meant
_REMEDIES = {
    "bitwise_xor": "a power is written **, not ^",
    "matmul": "`a @ b` is the product of matrices: a needs as many columns as b has rows; element by element is *",
    "could not be broadcast": "element by element, the sizes must be equal, or 1, counted from the last axis",
    "converted to Python scalars": "math.exp and its relatives take one number; np.exp takes a whole array",
    "math range error": "math.exp fails above 709; np.exp gives inf there, and 1 / (1 + inf) is 0",
    "only integer scalar arrays": "a list gives one element for one number: [names[k] for k in numbers]",
    "truth value of an array": "`if` decides once for the whole array; np.where decides for each of its elements",
}


_OF_SHAPES = ("shape", "dimension", "broadcast", "matmul", "axis", "axes", "out of bounds", "indices", "equal division")


def shortened(text: str, most: int = _MOST) -> str:
    return text if len(text) <= most else f"{text[:most]} ... ({len(text) - most:,} more characters)"


def seconds_text(seconds: float) -> str:
    return f"{seconds:g} second{'s' * (seconds != 1)}"


def shapes_text(error: BaseException, arguments: Mapping[str, Any]) -> str:
    """The shapes of the arguments, where an error is about shapes; else ""."""
    arrays = {name: value for name, value in arguments.items() if isinstance(value, np.ndarray)}
    if not arrays or not isinstance(error, (ValueError, IndexError)) or not any(w in str(error) for w in _OF_SHAPES):
        return ""
    shapes = [f"{name} {shape_text(value.shape)}" for name, value in arrays.items()]
    return f"The shapes in this call: {', '.join(shapes)}."


def told(error: BaseException, function: Callable, taught: Collection[str] = ()) -> tuple[str, str]:
    """(what happened, the learner's line). The line is "" where none can be found.

    taught: the names of functions that earlier cells define.
    """
    try:
        said = shortened(str(error))
    except Exception:  # an exception of the learner's own may fail even at that
        said = ""
    if sizes := _DIFFERENT.fullmatch(said):
        said = f"matmul: a has {plural(int(sizes[2]), 'column')}, b has {plural(int(sizes[1]), 'row')}"
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    for words, remedy in _REMEDIES.items():
        if words in said:
            what += f" ({remedy})"
    if isinstance(error, RecursionError):
        what = "it calls itself again and again without end (RecursionError)"
    elif isinstance(error, MemoryError):
        what = f"it needs more memory than there is ({what})"
    elif isinstance(error, SystemExit):
        what = "it tries to end Python (exit or quit); a function ends with return"
    elif isinstance(error, NameError):
        what += _where_from(error, function, taught)
    line = _own_line(error, function)
    if "could not be broadcast" in said and (column := _column(said, line)):
        what += f" {column}"
    return f"Your function stopped: {what}", line


def _where_from(error: NameError, function: Callable, taught: Collection[str]) -> str:
    """Where a name that is not known may come from."""
    found = re.search(r"name '(\w+)'", str(error))
    name = getattr(error, "name", None) or (found.group(1) if found else "")
    if name in _PACKAGES:
        return f". Run a cell with `import {_PACKAGES[name]}` first"
    if name in taught:
        instead = ""
        if callable(getattr(core, name, None)):
            instead = f", or use le.{name}" + (", whose result has a .h and a .c" if name == "lstm_step" else "")
        elif callable(getattr(core.activations, name, None)):
            instead = f", or use le.activations.{name}"
        return f". Run the cell that defines {name} first{instead}"
    code = getattr(function, "__code__", None)
    known = [*(code.co_varnames if code else ()), *getattr(function, "__globals__", ())]
    close = difflib.get_close_matches(name, [n for n in known if not n.startswith("_") and n != name], 1, 0.75)
    if close:
        return f". Did you mean {close[0]}?"
    try:
        arguments = ", ".join(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ""
    return f". Your function knows its arguments ({arguments}) and what is defined in the cells that you have run."


def _column(said: str, line: str) -> str:
    """The fix where one number per row meets rows of numbers: an axis of length 1."""
    shapes = [tuple(map(int, re.findall(r"\d+", shape))) for shape in re.findall(r"\(([\d, ]+)\)", said)]
    rows = next((s[0] for s in shapes if len(s) == 1 and any(len(o) == 2 and o[0] == s[0] for o in shapes)), None)
    if rows is None:
        return ""
    part = re.search(r"(\w+)\[:, (\w+)\]", line)
    value = f"{part.group(1)}[:, {part.group(2)}, None]" if part and len(shapes) > 2 else "a[:, None]"
    return f"One number per row, ({rows},), becomes a column of shape ({rows}, 1) by `{value}`."


def _own_line(error: BaseException, function: Callable) -> str:
    """The function's line where it stopped, and below it that of the learner's helper, if it stopped in one."""
    if hasattr(error, "learners_line"):  # it comes from another process, where the traceback was
        return error.learners_line
    code = getattr(function, "__code__", None)
    own = code.co_filename if isinstance(code, CodeType) else None
    frames = [
        (frame.f_code, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if _is_learners(frame.f_code.co_filename, own)
    ]
    asked = [f for f in frames if f[0] is code][-1:]
    last = [f for f in frames[-1:] if f not in asked]
    return "\n".join([*(_line(*f) for f in asked), *(_line(*f, named=bool(asked)) for f in last)])


def _line(code: CodeType, number: int, named: bool = False) -> str:
    text = linecache.getline(code.co_filename, number).strip()
    place = f"line {number}" + (f" of {code.co_name}" if named else "")
    return f"{place}: {shortened(text, 200)}" if text else place


def _is_learners(file: str, own: str | None) -> bool:
    if file == own:
        return True
    if file.startswith(("<frozen", "<__array")) or "site-packages" in file:
        return False
    return not file.startswith((_PACKAGE, *_LIBRARIES)) or "ipykernel_" in file
