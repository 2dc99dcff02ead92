"""``python -m lstm_edu diagnose``: numbers that are not Keras's, and the mistake that explains them."""

import argparse
from pathlib import Path

from lstm_edu._models import CANNOT, add_model, array, attempt, model_of, say

NOTHING_TO_FIX, FOUND, NO_ANSWER = 0, 1, 3


def add_command(commands) -> None:
    """Add ``diagnose`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "diagnose",
        help="name the mistake that explains numbers which are not the model's",
        description="Take what your program computes with a Keras model's weights on an input, and search for "
        "the mistake that gives these numbers. Code in a file is never run.",
        epilog=f"Exit status: {NOTHING_TO_FIX} the numbers agree, or differ by rounding only; {FOUND} they differ and "
        f"an explanation is named; {CANNOT} it could not be done; {NO_ANSWER} nothing explains them, or rounding is "
        "too large to decide.",
        allow_abbrev=False,
    )
    add_model(parser)
    parser.add_argument("--input", type=Path, metavar="X.npy", required=True, help="the input of both programs")
    parser.add_argument(
        "--theirs", type=Path, metavar="Y.npy", required=True, help="what the other program computed for that input"
    )
    parser.add_argument("--no-pairs", action="store_true", help="try single mistakes only, which is faster")
    parser.add_argument("--html", type=Path, metavar="REPORT.html", help="also write the answer as a separate page")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> int:
    """Print the answer and return the exit status."""
    answer = attempt("diagnose", passed_on, lambda: _answer(options))
    if answer is None:
        return CANNOT
    say(repr(answer))
    if options.html is not None:
        say(f"\nThe answer as a page: {options.html}")
    if answer:
        return NOTHING_TO_FIX
    return NO_ANSWER if answer.verdict in ("unexplained", "too little", "undecided") else FOUND


def _answer(options: argparse.Namespace):
    from lstm_edu.export import page

    html = None if options.html is None else page.destination(options.html)  # before the work, not after it
    x, theirs = array(options.input), array(options.theirs)
    if isinstance(theirs, dict):
        theirs = theirs if len(theirs) > 1 else next(iter(theirs.values()))
    from lstm_edu import doctor
    from lstm_edu.comparison import tables
    from lstm_edu.keras_bridge import about, files

    model = model_of(options.model)
    if options.weights is not None:
        model = files.load(files.Pair(Path(options.model), options.weights)).model
    answer = doctor.diagnose(theirs, model, x, pairs=not options.no_pairs)
    if html is not None:
        title = f"{Path(options.model).name}: {'do the numbers agree?' if answer else 'why the numbers differ'}"
        facts = tables.html_list("About this report", [*about.of(options.model), options.typed])
        page.write(html, page.of_text(title, answer._repr_html_() + facts))
    return answer
