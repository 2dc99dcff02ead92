"""What the explorers share on Python's side: one ES module each, the numbers as bytes, scales, and checks.

An explorer sends the page two things, once: `_spec`, what there is, as JSON, and `_data`, all numbers in one buffer.
Everything after that happens in the page; only the few traits that say where the reader is travel back and forth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from lstm_edu import extras, palette
from lstm_edu.comparison.places import PACKED
from lstm_edu.comparison.report import differences
from lstm_edu.comparison.rounding import Rounding, spread
from lstm_edu.comparison.tolerance import TOLERANCES, tolerance_of
from lstm_edu.core.checks import plural
from lstm_edu.core.precision import unit_roundoff
from lstm_edu.trace import Trace
from lstm_edu.widgets import linking, named, words

try:
    import anywidget
    import traitlets
except ModuleNotFoundError:
    extras.need("widgets", "an explorer")
    raise

# What is sent to the page about the palette.
PALETTE = {
    "colors": dict(palette.COLORS),
    "names": dict(palette.NAMES),
    "roles": dict(palette.ROLES),
    "diverging": {theme: list(stops) for theme, stops in palette.DIVERGING.items()},
    "sequential": {
        theme: {letter: list(palette.sequential(letter, theme)) for letter in palette.COLORS}
        for theme in ("light", "dark")
    },
}

# No more than about this travels to the page: a notebook with ten explorers must stay easy to open.
MAX_BYTES = 7 * 2**19


def tolerance(a: np.ndarray, b: np.ndarray | None = None) -> dict[str, float]:
    """What is sent to the page about how close numbers of these arrays' dtypes must be."""
    found = tolerance_of(a, a if b is None else b) or TOLERANCES["float32"]
    return {"atol": found.absolute, "rtol": found.relative}


class Explorer(anywidget.AnyWidget):
    """Base of the explorers: where the reader is, as traits that the page and Python share."""

    _MODULE: str  # its file in static/, with `export default explorer(...)`

    # Linked when the first one is made, see linking.py.
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)
    _data = traitlets.Bytes().tag(sync=True)

    def __init__(
        self, spec: dict[str, Any], arrays: Mapping[str, np.ndarray], *, name: str | None = None, **traits: Any
    ):
        if name is not None:
            if not isinstance(name, str):
                raise TypeError(f"name must be a string, got {name!r} ({type(name).__name__})")
            if "name" not in spec:
                raise TypeError(f"{type(self).__name__} takes no name, got name={name!r}: its layers have their own")
            spec = spec | {"name": name, "title": spec["title"].replace(repr(spec["name"]), repr(name), 1)}
        self._known(traits, "; name= is what to call it" if "name" in spec else "")
        table, data = pack(arrays)
        super().__init__(_spec=spec | {"palette": PALETTE, "arrays": table}, _data=data, **traits)
        self.on_msg(self._say_again)

    def _say_again(self, widget: Explorer, content: Any, buffers: Any) -> None:
        """The page has lost what it was told (static/shared/hearing.js): all again that may have changed by now."""
        if content == {"kind": "lstm-edu-lost"}:
            self.send_state(set(self.keys) - {"_esm", "_css", "_spec", "_data"})

    @traitlets.default("_esm")
    def _linked_module(self) -> str:
        return linking.module(self._MODULE)

    @traitlets.default("_css")
    def _linked_style(self) -> str:
        return linking.style(self._MODULE)

    def _known(self, traits: Mapping[str, Any], besides: str = "") -> None:
        """Every keyword must exist and have the right kind of value: a misspelt one would silently do nothing."""
        for name, value in traits.items():
            trait = self.traits().get(name)
            if trait is None:
                own = [known for known, one in self.traits(sync=True).items() if one.help and not known.startswith("_")]
                raise TypeError(
                    f"{type(self).__name__} has no {name!r}, got {name}={value!r}. Where it begins is set by "
                    f"{', '.join(own)}{besides}"
                )
            if isinstance(trait, traitlets.Int) and (isinstance(value, bool) or not isinstance(value, Integral)):
                raise TypeError(f"{name} must be a whole number, got {value!r} ({type(value).__name__})")
            if isinstance(trait, traitlets.Unicode) and not isinstance(value, str):
                raise TypeError(f"{name} must be a string, got {value!r} ({type(value).__name__})")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._spec['title']}. It needs a notebook to be shown.>"


class Level(traitlets.Unicode):
    """How much is shown: one of a few `levels`, name -> what it shows, the least first; "all" if nothing is asked."""

    def __init__(self, levels: Mapping[str, str], **more: Any):
        super().__init__("all", **more)
        self.levels = dict(levels)

    def validate(self, obj: Any, value: Any) -> str:
        found = super().validate(obj, value)
        if found not in self.levels:
            *first, last = (f'"{name}" ({what})' for name, what in self.levels.items())
            raise ValueError(f"{self.name} must be {', '.join(first)} or {last}, got {found!r}")
        return found


class InLevels(Explorer):
    """Base of the explorers that can show less than everything: how much of it, in the trait that `_LEVEL` names.

    In the spec, "levels" is what each level that differs from the one before is called, "level_trait" is `_LEVEL`, and
    under that name is the level that was asked for here: the page remembers what the reader chose instead of it.
    """

    _LEVEL: str

    def __init__(self, spec: dict[str, Any], arrays: Mapping[str, np.ndarray], **traits: Any):
        asked = {"level_trait": self._LEVEL, self._LEVEL: traits.get(self._LEVEL, "all")}
        super().__init__(spec | asked, arrays, **traits)


class InDetail(InLevels):
    """Base of the explorers of layers, whose levels are called "simple", "gates" and "all"."""

    _LEVEL = "detail"

    detail = Level(words.DETAIL, help='How much is shown: "simple", "gates" or "all".').tag(sync=True)

    def __init__(self, spec: dict[str, Any], arrays: Mapping[str, np.ndarray], **more: Any):
        kinds = [layer.get("inside", layer["kind"]) for layer in spec.get("layers", [spec])]
        super().__init__(spec | {"levels": words.levels(kinds)}, arrays, **more)


class OverTime(Explorer):
    """Base of the explorers that step through time: a step, a unit and a sequence, checked against `_spec`."""

    _UNITS, _ROWS = "unit", "sequence"  # what a number of a step, and a row of a batch, is called in messages

    t = traitlets.Int(0, help="The step shown, from 0.").tag(sync=True)
    unit = traitlets.Int(0, help="The unit (feature, column) whose numbers are shown, from 0.").tag(sync=True)
    batch = traitlets.Int(0, help="The sequence of the batch, from 0.").tag(sync=True)

    @traitlets.validate("t", "unit", "batch")
    def _valid_place(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        key, what = {"t": ("steps", "timestep"), "unit": ("units", self._UNITS), "batch": ("rows", self._ROWS)}[name]
        return where(name, value, self._spec[key], what)


class LayerOverTime(InDetail, OverTime):
    """Base of the explorers of one layer's trace, in which a quantity can be pointed out, and things have names."""

    highlight = traitlets.Unicode("", help="A quantity to point out, or nothing.").tag(sync=True)

    def __init__(
        self, trace: Trace, reference: Trace | None = None, *, t: int = 0, unit: int = 0, batch: int = 0, **layout: Any
    ):
        (spec,), (arrays,) = first_steps([self._describe(trace, reference)])
        spec["named"] = named.of_layer(spec, {argument: layout.pop(argument, None) for argument in named.ARGUMENTS})
        super().__init__(spec, arrays, t=t, unit=unit, batch=batch, **layout)

    def _describe(self, trace: Trace, reference: Trace | None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        raise NotImplementedError

    def _quantities(self) -> Sequence[str]:
        """What can be pointed out."""
        return ("x", "y")

    @traitlets.validate("highlight")
    def _valid_highlight(self, proposal: Any) -> Any:
        return self._check("highlight", proposal["value"])

    def _check(self, name: str, value: Any) -> Any:
        if name != "highlight":
            return super()._check(name, value)
        known = self._quantities()
        if value not in ("", *known):
            raise ValueError(f"highlight must be one of {', '.join(known)}, or '' for none, got {value!r}")
        return value

    def goto(
        self,
        t: int | None = None,
        unit: int | None = None,
        batch: int | None = None,
        highlight: str | None = None,
    ) -> None:
        """Go to a step, a unit, a sequence, and point out a quantity; what is not given stays as it is."""
        go(self, {"t": t, "unit": unit, "batch": batch, "highlight": highlight})


def pack(arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, Any], bytes]:
    """The arrays one after another in one buffer, each at a multiple of 8 bytes, and a table of where each one is."""
    table, pieces, offset = {}, [], 0
    for name, array in arrays.items():
        if array.dtype == bool:
            array = array.astype(np.uint8)
        elif array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float32)
        piece = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        piece += bytes(-len(piece) % 8)
        table[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": offset}
        pieces.append(piece)
        offset += len(piece)
    return table, b"".join(pieces)


def where(name: str, value: Any, count: int, what: str) -> int:
    """`value` as a place from 0 to count - 1, of so many `what`, "unit". TypeError for anything but a whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r} ({type(value).__name__})")
    if not 0 <= value < count:
        negative = ": counting from the end is not supported here" if value < 0 else ""
        places, there = ("0", "is") if count == 1 else (f"from 0 to {count - 1}", "are")
        raise ValueError(f"{name} must be {places}, as there {there} {plural(count, what)}, got {value}{negative}")
    return int(value)


def go(explorer: Explorer, places: dict[str, Any]) -> None:
    """Set several traits, all or none, in one message to the page; those that are None stay as they are."""
    places = {name: value for name, value in places.items() if value is not None}
    for name, value in places.items():
        explorer._check(name, value)
    with explorer.hold_sync():
        for name, value in places.items():
            setattr(explorer, name, value)


def fitting(arrays: Mapping[str, np.ndarray], most: int | None = None, taken: int = 0) -> int:
    """How many samples of the batch travel: what fits into MAX_BYTES less `taken`; at least one, at most `most`."""
    batch = len(next(iter(arrays.values())))
    row_bytes = sum(array.nbytes // batch for array in arrays.values())
    return int(min(batch, batch if most is None else most, max(1, (MAX_BYTES - taken) // max(1, row_bytes))))


def first_steps(
    described: Sequence[tuple[dict[str, Any], dict[str, np.ndarray]]],
) -> tuple[list[dict[str, Any]], list[dict[str, np.ndarray]]]:
    """The specs and arrays of one run's layers, as they travel: of a run too long for MAX_BYTES the first steps only.

    A spec then says how many steps there are in Python, "all_steps"; what it says about the whole run stays as it is.
    """
    timed = [{name for name, a in arrays.items() if _has_steps(name, a, spec)} for spec, arrays in described]
    longest = max((spec.get("steps", 1) for spec, _ in described), default=1)
    each = sum(sum(arrays[name].nbytes for name in names) for names, (_, arrays) in zip(timed, described, strict=True))
    fixed = sum(a.nbytes for _, arrays in described for a in arrays.values()) - each
    if fixed + each <= MAX_BYTES:
        return [spec for spec, _ in described], [arrays for _, arrays in described]
    steps = max(_FEWEST_STEPS, int((MAX_BYTES - fixed) / (each / longest)))
    specs, shortened = [], []
    for names, (spec, arrays) in zip(timed, described, strict=True):
        here = {"steps": steps, "all_steps": spec["steps"]} if spec.get("steps", 1) > steps else {}
        if here and spec.get("time"):
            here["time"] = spec["time"][:steps]
        specs.append(spec | here)
        shortened.append({name: a[:, :steps] if name in names else a for name, a in arrays.items()})
    return specs, shortened


_FEWEST_STEPS = 8
_WEIGHTS = {"kernel", "recurrent_kernel", "bias", "W", "b", "table"}


def _has_steps(name: str, array: np.ndarray, spec: Mapping[str, Any]) -> bool:
    return name not in _WEIGHTS and array.shape[1:2] == (spec.get("steps"),) and array.shape[:1] == (spec.get("rows"),)


def light(weights: Iterable[np.ndarray]) -> bool:
    """Whether these weights may travel to the page: they leave half of what may travel to the run itself."""
    return sum(array.nbytes for array in weights) <= MAX_BYTES // 2


def need_trace(trace: Any, kind: str, names: Iterable[str], owner: str, argument: str = "trace") -> Trace:
    """A trace of that kind of layer which recorded all of these quantities, or the error that says what is wrong."""
    if not isinstance(trace, Trace):
        layer = " (a layer computes one: layer.trace(x))" if hasattr(trace, "trace") else ""
        raise TypeError(f"{owner} needs a Trace as its {argument}, got {type(trace).__name__}{layer}")
    if trace.kind != kind:
        raise ValueError(
            f"{owner} shows {kind} layers, got a trace of {trace.kind} {trace.layer.name!r} as its {argument}: "
            "le.explore() chooses the explorer that fits"
        )
    missing = [name for name in names if name not in trace]
    if missing:
        raise ValueError(
            f"{owner} needs {', '.join(names)}, but this trace did not keep {', '.join(missing)}: "
            "call layer.trace(x) without keep"
        )
    return trace


def need_steps(x: np.ndarray, owner: str) -> tuple[int, int, int]:
    """The shape (B, T, F) of x, which must have a sequence and a step."""
    if 0 in x.shape[:2]:
        raise ValueError(
            f"{owner} needs at least one sequence and one timestep, but x has shape {x.shape}: "
            "there is nothing to step through"
        )
    return x.shape


def reading_order(trace: Trace) -> list[int] | None:
    """Which timestep of the input each step of the trace read; None if that is its own number."""
    time = trace.time
    return None if time is None or (time == np.arange(len(time))).all() else time.tolist()


def need_same(trace: Trace, reference: Any, names: Sequence[str], owner: str) -> Trace:
    """A reference that recorded the same quantities in the same shapes."""
    reference = need_trace(reference, trace.kind, names, owner, "reference")
    for name in names:
        if reference[name].shape != trace[name].shape:
            raise ValueError(
                f"{owner}: the reference must come from the same input, but its {name} has shape "
                f"{reference[name].shape} and the trace's {trace[name].shape}"
            )
    return reference


def compared(trace: Trace, pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], axes: Sequence[str]) -> dict[str, Any]:
    """How ours and the reference compare, by the one judgement that `le.compare` and `le.verify` use too.

    Args:
        trace: ours. pairs: name -> (ours, Keras's), of one shape; the sums of a gate by its name, "z_f".
        axes: what to call the axes of the arrays.

    Returns {"agrees": bool, "text": str, "limits": {name: how much counts as rounding at most}}.
    """
    known = roundings(trace)
    found = {}
    for name, (ours, theirs) in pairs.items():
        rounding = known.get(name)
        fits = rounding is not None and rounding.spread.shape == theirs.shape
        found[name] = differences(ours, theirs, rounding if fits else None)
    limits = {
        name: float(np.max(one.allowed[np.isfinite(one.allowed)], initial=0.0))
        for name, one in found.items()
        if isinstance(one.allowed, np.ndarray)
    }
    largest = max(float(one.size[np.isfinite(one.size)].max(initial=0.0)) for one in found.values())
    if wrong := {name: one for name, one in found.items() if one.wrong.any()}:
        name, one = max(wrong.items(), key=lambda item: float(np.max(np.where(item[1].wrong, item[1].size, 0))))
        index = np.unravel_index(np.argmax(np.where(one.wrong, one.size, -1)), one.size.shape)
        text = words.differ(name, index, axes, one.size[index])
        return {"agrees": False, "text": text, "limits": limits}
    if blind := {name: one for name, one in found.items() if one.blind.any()}:
        name, one = min(blind.items(), key=lambda item: _first_step(item[1].blind))
        places = np.argwhere(one.blind)
        index = tuple(places[np.argmin(places[:, min(1, places.shape[1] - 1)])])
        text = words.undecided(name, index, axes, trace.layer.compute_dtype)
        return {"agrees": True, "text": text, "limits": limits}
    return {"agrees": True, "text": words.agree(largest), "limits": limits}


def _first_step(places: np.ndarray) -> int:
    return int(np.argwhere(places)[:, min(1, places.ndim - 1)].min())


def roundings(trace: Trace) -> dict[str, Rounding]:
    """What rounding can do to each quantity of a trace of ours, the sums gate by gate: z_i, z_f, z_g, z_o."""
    found, unit = dict(spread(trace).arrays), unit_roundoff(trace.layer)
    sums, gates = PACKED.get(trace.kind, ("", ""))
    if sums in found:
        blocks = np.split(found[sums], len(gates), axis=-1)
        found |= {f"{sums}_{gate}": block for gate, block in zip(gates, blocks, strict=True)}
    return {name: Rounding(array, unit) for name, array in found.items()}
