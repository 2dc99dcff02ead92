"""What cannot run in a browser, said in one line, with what the full course shows.

A cell whose error comes from something that is not here shows a card instead of a traceback, and so does a later cell
that uses what that cell would have made or changed: it is not run, because its numbers would be wrong. All other
errors are shown as always.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from html import escape
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

NO_GRADIENTS = "Keras on NumPy, the one that runs inside a web page, computes no gradients"
_INSTALLED = {"tensorflow": "TensorFlow", "torch": "PyTorch", "h5py": "h5py", "onnxruntime": "ONNX Runtime"}


class NotInTheBrowser(NotImplementedError):
    """Something that the full course has and this page does not."""

    def __init__(self, name: str, library: str):
        super().__init__(f"{name} needs {library}, which cannot run inside a web page")
        self.name, self.library = name, library


class NotMade(Exception):
    """A name that a cell above would have made or changed, had it been able to run."""

    def __init__(self, name: str):
        super().__init__(f"{name} comes from a cell above that cannot run inside a web page")
        self.name = name


class Different(Exception):
    """What Keras computes differently on NumPy than on TensorFlow."""


def reason(error: BaseException) -> str | None:
    """One sentence about what is missing here, without its full stop; None: the error has another cause."""
    text = str(error)
    if isinstance(error, NotInTheBrowser | NotMade | Different):
        return text
    if isinstance(error, ImportError):
        named = error.name or (re.search(r"requires the (\S+) module", text) or ["", ""])[1]
        library = _INSTALLED.get(named.partition(".")[0])
        return library and f"This cell needs {library}, which cannot run inside a web page"
    if isinstance(error, NotImplementedError) and (method := re.match(r"`?(\w+)`? not implemented for NumPy", text)):
        return f"`{method[1]}` needs gradients, and {NO_GRADIENTS}"
    if isinstance(error, NotImplementedError | RuntimeError | ValueError) and re.search(
        r"numpy backend|backend 'numpy'", text, re.I
    ):
        return f"This cell asks for gradients, and {NO_GRADIENTS}" if "gradient" in text else text.rstrip(".")
    if "Could not automatically infer the output shape" in text:
        return (
            "Keras on NumPy tries a new layer on made-up numbers to learn its output's shape; this one cannot take them"
        )
    if isinstance(error, RuntimeError) and "can't start new thread" in text:
        return "This cell needs a second thread, and a web page has one"
    return None


class Cells:
    """The names that cells which could not run would have made or changed.

    Attributes:
        lost: these names, each with the cell that lost it: that one may be run again.
    """

    def __init__(self, names: dict[str, Any], different: dict[str, str] | None = None):
        """`names` are the notebook's variables; `different` says why some sources should not be run."""
        self.lost: dict[str, str] = {}
        self._names = names
        self._different = {ast.dump(ast.parse(source)): why for source, why in (different or {}).items()}

    def visit(self, tree: ast.Module) -> ast.Module:
        """IPython's transformer of a cell: one that uses a lost name is not run."""
        made: set[str] = set()
        cell = ast.dump(tree)
        if cell in self._different:
            return self._not_run(tree, f"Different({self._different[cell]!r})")
        for statement in tree.body:
            if used := sorted(name for name in _used(statement) - made if self.lost.get(name, cell) != cell):
                return self._not_run(tree, f"NotMade({used[0]!r})")
            made |= _made(statement)
        for name in made:
            self.lost.pop(name, None)
        return tree

    def _not_run(self, tree: ast.Module, error: str) -> ast.Module:
        """Instead of a cell: an error of this module."""
        self._lose(tree.body, ast.dump(tree))
        return ast.parse(f"raise __import__({__name__!r}, fromlist=['_']).{error}")

    def could_not_run(self, source: str, line: int) -> None:
        """Note what a cell would have made or changed from that line on."""
        tree = ast.parse(source)
        self._lose([one for one in tree.body if (one.end_lineno or 0) >= line], ast.dump(tree))

    def _lose(self, statements: list[ast.stmt], cell: str) -> None:
        for statement in statements:
            changed = {name for name in _changed(statement) if not isinstance(self._names.get(name), _NEVER_LOST)}
            self.lost |= dict.fromkeys(_made(statement) | changed, cell)


# Other random numbers are as good as those of the full course.
_NEVER_LOST = (ModuleType, np.random.Generator)
# Methods that change nothing.
_READ_ONLY = {
    *("get_weights", "get_layer", "get_config", "count_params", "copy", "trace", "items", "keys", "values", "get"),
    *("astype", "reshape", "ravel", "mean", "sum", "max", "min", "std", "argmax", "any", "all", "tobytes", "tolist"),
}


def _names(node: ast.AST, context: type[ast.expr_context]) -> Iterable[str]:
    return (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context))


def _made(statement: ast.stmt) -> set[str]:
    """The names that a statement of a cell binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {statement.name}
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(statement)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return imported | set(_names(statement, ast.Store))


def _used(statement: ast.stmt) -> set[str]:
    """The names that a statement, and functions in it, take from the notebook."""
    own: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            own |= {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
            own |= set(_names(node, ast.Store))
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            own |= set(_names(node, ast.Store))
    return set(_names(statement, ast.Load)) - own


def _changed(statement: ast.stmt) -> set[str]:
    """The objects that a statement may change: `model` in `model.fit(...)`, `losses` in `losses["LSTM"] = ...`."""
    found = set()
    for node in ast.walk(statement):
        owner = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Call) and isinstance(owner, ast.Attribute) and owner.attr in _READ_ONLY:
            continue
        if isinstance(node, ast.Call) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            while isinstance(owner, ast.Attribute | ast.Subscript):
                owner = owner.value
                if isinstance(owner, ast.Name):
                    found.add(owner.id)
    return found


def card(sentence: str, recorded: dict[str, Any] | None, title: str = "Not in this page.") -> str:
    """The line as HTML."""
    said = re.sub(r"`(.+?)`", r"<code>\1</code>", escape(sentence, quote=False))
    below = (
        f"Below is what the full course shows, <b>recorded</b> with {escape(recorded['versions'])}."
        if recorded and recorded["outputs"]
        else "It runs where the course is installed on a computer."
    )
    return (
        '<div role="note" style="border-inline-start: 4px solid #1f77b4; padding: 0.3em 0.8em">'
        f"<b>{title}</b> {said}. {below}</div>"
    )


def install(shell: Any, recorded: dict[str, dict[str, Any]]) -> None:
    """Let IPython show cards for what is missing.

    Args:
        recorded: by the source of a cell: its `outputs` in the full course, as in a notebook file, and the `versions`;
            and `why` it should not be run here, where Keras on NumPy computes something else; or a `note` on what is
            different after it was run.
    """
    from IPython.display import display

    cells = Cells(shell.user_ns, {source: entry["why"] for source, entry in recorded.items() if entry.get("why")})

    def shown(shell: Any, kind: type, error: BaseException, traceback: TracebackType, tb_offset: Any = None) -> None:
        source = shell.user_ns["In"][-1]
        sentence = reason(error)
        if sentence is None and isinstance(error, NameError) and error.name in cells.lost:
            sentence = str(NotMade(error.name))
        if sentence is None:
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
            return
        if not isinstance(error, NotMade | Different):
            cells.could_not_run(source, _line(traceback, shell))
        show("Not in this page.", sentence, recorded.get(source.strip()))

    def show(title: str, sentence: str, entry: dict[str, Any] | None) -> None:
        display({"text/html": card(sentence, entry, title), "text/plain": f"{title} {sentence}."}, raw=True)
        for output in entry["outputs"] if entry else ():
            display(output["data"], raw=True)

    def has_run(result: Any) -> None:
        entry = recorded.get(shell.user_ns["In"][-1].strip())
        if result.success and entry and entry.get("note"):
            show("Different in this page.", entry["note"], entry)

    shell.ast_transformers.append(cells)
    shell.set_custom_exc((Exception,), shown)
    shell.events.register("post_run_cell", has_run)


def _line(traceback: TracebackType | None, shell: Any) -> int:
    """The line of the cell where the error arose."""
    while traceback is not None and traceback.tb_frame.f_globals is not shell.user_global_ns:
        traceback = traceback.tb_next
    return traceback.tb_lineno if traceback else 1
