"""``python -m lstm_edu verify``: a model's file, layer by layer, beside Keras's own numbers."""

import argparse
import shutil
import sys
import warnings
from pathlib import Path

AGREES, DIFFERS, CANNOT = 0, 1, 2
NARROW, WIDE = 80, 120


def add_command(commands) -> None:
    """Add ``verify`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "verify",
        help="rebuild a saved Keras model in NumPy and compare every number of every layer",
        description="Open a Keras model, rebuild each Dense, Embedding and recurrent layer in NumPy, run it on what "
        "Keras hands to that layer, and compare every number. Code that the file brings along is never run.",
        epilog=f"Exit status: {AGREES} every rebuilt layer agrees, {DIFFERS} one differs, {CANNOT} it cannot be told.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "model", type=Path, help="a .keras file, an .h5 file of Keras 2, or .json with its weights in a file next to it"
    )
    parser.add_argument("--weights", type=Path, metavar="W.h5", help="of a .json: the file of its weights")
    parser.add_argument(
        "--input",
        type=Path,
        metavar="X.npy",
        help="the input: one array (.npy), or several by the names of the model's inputs (.npz); random if left out",
    )
    parser.add_argument("--html", type=Path, metavar="REPORT.html", help="write the report as a page of its own, too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> int:
    """Print the report and return the exit status."""
    if passed_on:
        return _cannot(f"verify has no option {passed_on[0]}; see python -m lstm_edu verify --help")
    try:
        x = None if options.input is None else _input(options.input)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of them is in the report
            from lstm_edu import keras_bridge
            from lstm_edu.keras_bridge import files, kinds

            if kinds.is_onnx(options.model):
                return _cannot(_onnx(options.model))
            model = options.model if options.weights is None else files.Pair(options.model, options.weights)
            report = keras_bridge.verify(model, x)
            if options.html is not None:
                from lstm_edu.export import page

                page.write(page.destination(options.html), _page(report))
    except (ValueError, TypeError, OSError, ImportError, RuntimeError) as error:
        return _cannot(str(error))
    _print(report.text(min(max(shutil.get_terminal_size((100, 24)).columns, NARROW), WIDE)))
    if options.html is not None:
        _print(f"\nThe report as a page: {options.html}")
    return AGREES if report else DIFFERS


def _onnx(path: Path) -> str:
    """What is in an ONNX model, of which Keras computes nothing."""
    from lstm_edu import formats

    said = (
        f"{path.name!r} is an ONNX model, and verify compares with what Keras computes: give it the Keras model that "
        "the file was made from."
    )
    try:
        found = formats.read_onnx(path)
    except ValueError as error:
        return f"{said} le.formats.{error}"
    if not found:
        return f"{said} le.formats.read_onnx finds no layer with weights in it"
    return f"{said} le.formats.read_onnx({str(path)!r}) reads from it: {'; '.join(found.lines())}"


def _page(report) -> str:
    """The report with, below it, the explorer of every layer it can show; it steps and computes in the page."""
    from lstm_edu.export import page

    try:
        explorer = report.explore()
    except ValueError:  # no layer of a kind that an explorer shows
        return report.page()
    return page.of_widget(explorer, title=report.title, before=f"{report.body()}\n<h2>Step by step</h2>\n")


def _input(path: Path):
    """The array of an .npy file, or a dict of those of an .npz file. Never unpickles."""
    import numpy as np

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except Exception as error:  # whatever a damaged file makes NumPy or zipfile say
        raise ValueError(
            f"{path.name!r} cannot be read as .npy or .npz: it is damaged, or holds Python objects, which are never "
            f"loaded. Save numbers: np.save({path.name!r}, x). NumPy said: {error}"
        ) from error


def _print(text: str) -> None:
    """To the terminal, with ? for what its encoding lacks (the signs, on an old Windows console)."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def _cannot(why: str) -> int:
    print("cannot verify: " + " ".join(why.split()), file=sys.stderr)
    return CANNOT
