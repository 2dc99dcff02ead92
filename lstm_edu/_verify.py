"""``python -m lstm_edu verify``: a model, layer by layer, next to Keras's own numbers."""

import argparse
from dataclasses import replace
from pathlib import Path

from lstm_edu._models import CANNOT, add_model, array, attempt, columns, model_of, say

AGREES, DIFFERS, UNDECIDED = 0, 1, 3


def add_command(commands) -> None:
    """Add ``verify`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "verify",
        help="rebuild a Keras model in NumPy and compare every number of every layer",
        description="Open a Keras model, rebuild each Dense, Embedding and recurrent layer in NumPy, run it on what "
        "Keras passes to that layer, and compare every number. Code in a file is never run.",
        epilog=f"Exit status: {AGREES} every rebuilt layer is equal up to rounding, {DIFFERS} one differs, {CANNOT} it "
        f"could not be done, {UNDECIDED} rounding is too large to decide.",
        allow_abbrev=False,
    )
    add_model(parser)
    parser.add_argument(
        "--input",
        type=Path,
        metavar="X.npy",
        help="the input: one array (.npy), or several by the names of the model's inputs (.npz); random if left out",
    )
    parser.add_argument("--randomize", action="store_true", help="with random weights: fresh biases of 0 hide mistakes")
    parser.add_argument("--html", type=Path, metavar="REPORT.html", help="also write the report as a separate page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> int:
    """Print the report and return the exit status."""
    report = attempt("verify", passed_on, lambda: _report(options))
    if report is None:
        return CANNOT
    say(report.text(columns()))
    if options.html is not None:
        say(f"\nThe report as a page: {options.html}")
    return {"equal": AGREES, "different": DIFFERS, "undecided": UNDECIDED}[report.verdict]


def _report(options: argparse.Namespace):
    from lstm_edu.export import page

    html = None if options.html is None else page.destination(options.html)  # before the work, not after it
    x = None if options.input is None else array(options.input)
    from lstm_edu import keras_bridge
    from lstm_edu.keras_bridge import files, kinds

    model = model_of(options.model)
    if isinstance(model, Path) and kinds.is_onnx(model):
        raise ValueError(_onnx(model))
    if options.weights is not None:
        model = files.Pair(Path(options.model), options.weights)
    report = keras_bridge.verify(model, x, randomize=options.randomize)
    report = replace(report, about=(*report.about, options.typed))
    if html is not None:
        page.write(html, _page(report))
    return report


def _onnx(path: Path) -> str:
    """What is in an ONNX model, which Keras cannot compute."""
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
        return page.of_text(report.title, report.body())
    return page.of_widget(explorer, title=report.title, before=f"{report.body()}\n<h2>Step by step</h2>\n")
