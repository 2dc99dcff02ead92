"""Runs in a notebook's kernel: notes what the notebook compares with Keras, and which mistakes that would have caught.

`watch` is told before each cell, `noted` asked after it. Every comparison that ends in `.check()` counts. Whose numbers
they are is known for `le.verify`, for two Traces, and where the notebook says layer= and x=; else it is searched: the
numbers are in the output, or in some quantity, of a layer that was called before.
"""

import hashlib
import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import lstm_edu as le
from lstm_edu.comparison import report as comparing
from lstm_edu.core import Layer
from lstm_edu.doctor import adequacy
from lstm_edu.keras_bridge import verifying
from lstm_edu.trace import Trace

MOST_CALLS = 300
MOST_NUMBERS = 3_000_000


@dataclass(eq=False)
class Call:
    """A layer of Keras's, or one of ours, with its weights and what it was called with."""

    layer: object
    weights: list
    x: np.ndarray
    given: dict

    @cached_property
    def trace(self) -> Trace | None:
        try:
            ours = self.layer if isinstance(self.layer, Layer) else le.from_keras(self.layer)
            ours.set_weights(self.weights)
            return ours.trace(self.x, **self.given)
        except (TypeError, ValueError, NotImplementedError):
            return None  # nothing that we have layers for

    @cached_property
    def outputs(self) -> np.ndarray:
        return pool([self.trace.output])

    @cached_property
    def quantities(self) -> np.ndarray:
        return pool(list(arrays_in(self.trace)))

    @cached_property
    def of_output(self) -> list[dict]:
        return found_by(self.trace, inside=False)

    @cached_property
    def of_quantities(self) -> list[dict]:
        return found_by(self.trace, inside=True)


calls: list[Call] = []
checked: list = []


def arrays_in(value) -> list[np.ndarray]:
    if isinstance(value, Trace):
        own = [value.output, *(value[name] for name in value.names), *value.children.values()]
        return [a for part in own for a in arrays_in(part)]
    if isinstance(value, dict) or hasattr(value, "_asdict"):
        value = list((value if isinstance(value, dict) else value._asdict()).values())
    if isinstance(value, (list, tuple)) and value and not np.isscalar(value[0]):
        return [a for part in value for a in arrays_in(part)]
    array = np.asarray(value)
    return [array] if array.dtype.kind == "f" else []


def pool(values) -> np.ndarray:
    return np.unique(np.concatenate([a.ravel().astype("float64") for v in values for a in arrays_in(v)]))


def stands_in(numbers: np.ndarray, known: np.ndarray) -> bool:
    """Whether every one of the numbers is among the known ones."""
    place = np.searchsorted(known, numbers).clip(1, max(1, len(known) - 1))
    near = np.minimum(np.abs(known[place - 1] - numbers), np.abs(known[np.minimum(place, len(known) - 1)] - numbers))
    return bool((near <= 1e-6 + 1e-5 * np.abs(numbers)).all())


def whose(numbers: np.ndarray) -> list[dict] | None:
    for call in reversed(calls):
        if call.trace is not None and stands_in(numbers, call.outputs):
            return call.of_output
    for call in reversed(calls):
        if call.trace is not None and stands_in(numbers, call.quantities):
            return call.of_quantities
    return None


# --- what a comparison would have caught, mistake by mistake --------------------------------------------------------


def named(weights) -> str:
    return hashlib.sha1(b"".join(np.ascontiguousarray(w).tobytes() for w in weights)).hexdigest()[:12]


def found_by(trace: Trace, inside: bool) -> list[dict]:
    """For each layer that a trace has: its kind, its name, and the mistakes caught and missed."""
    if trace.children and trace.kind not in ("Bidirectional", "TimeDistributed"):
        if inside:
            return [one for child in trace.children.values() for one in found_by(child, inside)]
        return of_model(trace)
    found = adequacy(trace, inside=inside, brief=True)
    steps = None if trace.time is None else len(trace.time)
    return [layer_found(trace, steps, [(m, "") for m in found.caught], [(u.made, u.why) for u in found.missed])]


def of_model(trace: Trace) -> list[dict]:
    """Of a model whose last output is compared."""
    first = trace
    while "x" not in first.names:
        first = first.layers[0]
    back = slice(None) if first.time is None else first.time
    mask = None if first.mask is None or first.kind == "Dense" else first.mask[:, back]
    found = adequacy(trace.layer, first.x if first.time is None else first.x[:, back], mask, brief=True)
    children = []
    for name, child in trace.children.items():
        caught = [(m, "") for m in found.caught if m.place[:1] == (name,)]
        missed = [(u.made, u.why) for u in found.missed if u.made.place[:1] == (name,)]
        if caught or missed:
            children.append(layer_found(child, None, caught, missed))
    return children


def layer_found(trace: Trace, steps: int | None, caught, missed) -> dict:
    def text(made):
        place = made.place[1:] if made.place and made.place[0] == trace.layer.name else made.place
        return made.mistake.id + (f" in {'/'.join(place)}" if place else "")

    return {
        "layer": f"{trace.kind} {trace.layer.name!r}",
        "weights": named(trace.weights),
        "steps": steps,
        "caught": sorted({text(m) for m, _ in caught}),
        "missed": {text(m): why for m, why in missed},
    }


# --- what the notebook does -----------------------------------------------------------------------------------------


def watch() -> None:
    """Note what is called and compared from now on; what is watched already stays watched."""
    keras = sys.modules.get("keras")
    if keras is not None and not hasattr(keras.layers.Layer.__call__, "watched"):
        put_around(keras.layers.Layer, "__call__", note_call)
        put_around(keras.Model, "predict", note_call)
    if not hasattr(le.compare, "watched"):
        put_around(le, "compare", note_compare)
        put_around(comparing.Report, "check", note_check)
        put_around(verifying.VerifyReport, "check", note_check)
        put_around(le.keras_bridge, "keras_trace", note_trace)


def put_around(owner, name: str, note) -> None:
    original = getattr(owner, name)

    def watched(*arguments, **named_arguments):
        result = original(*arguments, **named_arguments)
        note(result, *arguments, **named_arguments)
        return result

    watched.watched = True
    watched.__name__, watched.__doc__ = name, original.__doc__
    setattr(owner, name, watched)


def note_call(result, layer, *arguments, **named_arguments) -> None:
    x = arguments[0] if arguments else named_arguments.get("x")
    known = (
        "LSTM",
        "GRU",
        "SimpleRNN",
        "Dense",
        "Embedding",
        "Bidirectional",
        "TimeDistributed",
        "Sequential",
        "Functional",
    )
    if type(layer).__name__ not in known or named_arguments.get("training"):
        return
    try:
        x = np.array(x)
        if x.dtype.kind not in "fiub" or x.size > MOST_NUMBERS:
            return
        given = {name: named_arguments.get(name) for name in ("mask", "initial_state")}
        given["mask"] = None if given["mask"] is None else np.array(given["mask"])
        if given["initial_state"] is not None:
            given["initial_state"] = [np.array(s) for s in given["initial_state"]]
        given = {name: value for name, value in given.items() if value is not None}
        calls.append(Call(layer, [np.array(w) for w in layer.get_weights()], x, given))
    except (NotImplementedError, TypeError, ValueError):
        return  # symbolic: within a model that is being built, or a tf.function
    del calls[:-MOST_CALLS]


def note_trace(trace, source, x, *arguments, **named_arguments) -> None:
    call = Call(source, [], np.array(x), {})
    call.__dict__["trace"] = trace
    calls.append(call)


def note_compare(report, ours, keras, **options) -> None:
    object.__setattr__(report, "sides", (ours, keras))


def note_check(result, report) -> None:
    checked.append(report)


def noted() -> list[dict]:
    """The comparisons that were checked since the last time: what, and of each layer what they would have caught;
    None where it was not found whose numbers they are."""
    found = []
    while checked:
        report = checked.pop(0)
        if isinstance(report, verifying.VerifyReport):
            layers = [one for layer in report.layers for one in found_by(layer.report.trace, inside=True)]
        elif report.trace is not None:
            layers = found_by(report.trace, inside=report.inside)
        else:
            layers = None
            for side in reversed(getattr(report, "sides", ())):
                numbers = pool([side]) if arrays_in(side) else np.array([])
                if len(numbers) > 1 and layers is None:
                    layers = whose(numbers)
        found.append({"what": ", ".join(row.name for row in rows_of(report)), "layers": layers})
    return found


def rows_of(report):
    return report.rows if hasattr(report, "rows") else [row for layer in report.layers for row in layer.report.rows][:4]
