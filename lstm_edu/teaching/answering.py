"""The far end of grading: a process that runs one learner's function, and nothing else.

`grading.py` starts this file by its path, with `python -I`, in an empty folder, and speaks with it in lines of JSON.
Nothing is pickled: an answer can only be numbers, texts, and lists of them. It imports nothing of lstm_edu.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
import traceback
import warnings
from typing import Any

import numpy as np

MOST_TEXT = 2_000  # characters of what is printed, or said by an error, that are kept
MEMORY = 8 * 2**30  # bytes of address space; NumPy's threads alone reserve some
CPU_SECONDS = 120
FILE = "<answer>"


# --- values as JSON -------------------------------------------------------------------------------------------------


def encode(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, (bool, int, float, str)) and type(value).__module__ == "builtins":
        return {"plain": value}
    if value is ...:
        return {"ellipsis": True}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fiubcU":
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {
            "array": data,
            "dtype": value.dtype.str,
            "shape": list(value.shape),
            "scalar": isinstance(value, np.generic),
        }
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [encode(v) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(k), encode(v)] for k, v in value.items()]}
    return {"foreign": type(value).__name__[:80]}


def decode(value: Any) -> Any:
    """The value again. ValueError, TypeError, KeyError for what `encode` does not write."""
    (kind,) = value.keys() & {"plain", "ellipsis", "array", "tuple", "list", "dict", "foreign"}
    content = value[kind]
    if kind == "plain":
        if content is not None and not isinstance(content, (bool, int, float, str)):
            raise TypeError("not a plain value")
        return content
    if kind == "ellipsis":
        return ...
    if kind == "array":
        dtype = np.dtype(value["dtype"])
        if dtype.kind not in "fiubcU":
            raise ValueError(f"dtype {dtype}")
        array = np.frombuffer(base64.b64decode(content, validate=True), dtype).reshape(value["shape"]).copy()
        return array[()] if value["scalar"] else array
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(decode(v) for v in content)
    if kind == "dict":
        return {decode(k): decode(v) for k, v in content}
    return type(str(content), (), {})()  # stands for an object that does not travel: a message names its type


# --- the process ----------------------------------------------------------------------------------------------------


def _limit() -> None:
    """No files, a bounded time and memory, where the system can see to that (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for name, most in (("RLIMIT_FSIZE", 0), ("RLIMIT_CPU", CPU_SECONDS), ("RLIMIT_AS", MEMORY)):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _problem(error: BaseException, source: str) -> dict[str, str]:
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:
        text = ""
    numbers = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == FILE]
    lines = source.splitlines()
    line = lines[numbers[-1] - 1].strip()[:200] if numbers and numbers[-1] <= len(lines) else ""
    kind = next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins")
    return {"kind": kind, "name": type(error).__name__[:80], "text": text, "line": line}


def _call(function: Any, given: list[Any], source: str) -> dict[str, Any]:
    before = [encode(a) for a in given]
    said, answer = io.StringIO(), {}
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        try:
            answer["value"] = encode(function(*given))
        except BaseException as error:  # noqa: B036  SystemExit and the rest too: they are told to the learner
            answer["error"] = _problem(error, source)
    after = [encode(a) for a in given]
    answer["changed"] = {str(k): a for k, (a, b) in enumerate(zip(after, before, strict=True)) if a != b}
    answer["printed"] = said.getvalue()[:MOST_TEXT]
    answer["warned"] = [f"{w.category.__name__}: {w.message}"[:300] for w in warned[:5]]
    return answer


def main() -> None:
    requests = sys.stdin
    # What the learner's code prints past sys.stdout must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin = io.StringIO()
    _limit()

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    job = json.loads(requests.readline())
    names: dict[str, Any] = {"__name__": "__main__", "np": np}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for source in job["before"]:
                exec(compile(source, "<notebook>", "exec", dont_inherit=True), names)
            exec(compile(job["source"], FILE, "exec", dont_inherit=True), names)
        function = names[job["function"]]
    except BaseException as error:  # noqa: B036
        return answer({"error": _problem(error, job["source"])})
    answer({"ready": True})
    for line in requests:
        answer(_call(function, [decode(a) for a in json.loads(line)["arguments"]], job["source"]))


if __name__ == "__main__":
    main()
