"""Names for what an explorer counts: features, units, classes, words and steps; checked, and passed to the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lstm_edu.core.checks import plural
from lstm_edu.datasets.dataset import Dataset
from lstm_edu.trace import Trace

ARGUMENTS = ("features", "units", "classes", "words", "steps")
RECURRENT = ("LSTM", "GRU", "SimpleRNN")

_OF_A_DATASET = {"features": "feature_names", "classes": "class_names"}
_NO_WORD = "(none)"  # what a vocabulary's empty entry is called: padding, or a mask
_MOST_STEPS = 20_000  # so many words of sequences travel; longer runs have numbers only

# What can be named in the explorer of a kind of layer; "plain" for all others.
_AXES = {
    **dict.fromkeys(RECURRENT, ("features", "units", "steps")),
    "Dense": ("features", "units", "classes", "steps"),
    "Embedding": ("words", "units", "steps"),
    "plain": ("features", "steps"),
}


def of_layer(spec: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent to the page about names in the explorer of one layer: {"features": [...], "units": ..., ...}.

    Args:
        spec: what is sent about the layer. asked: argument -> names; None for those that were not given.

    Raises:
        TypeError: names that are not a list of strings; an argument that does not fit this kind of layer.
        ValueError: not as many names as there are things to name; one name twice.
    """
    kind = spec.get("inside", spec["kind"])
    known = _AXES.get(kind, _AXES["plain"])
    given = {argument: names for argument, names in asked.items() if names is not None}
    for argument in given:
        if argument not in known:
            raise TypeError(
                f"{argument}= names nothing in the explorer of {spec['kind']} layers, which takes "
                f"{', '.join(f'{one}=' for one in known)}"
            )
    if "units" in given and "classes" in given:
        raise TypeError("classes= are the names of a Dense layer's units: give units= or classes=, not both")
    found: dict[str, Any] = {}
    for argument, names in given.items():
        what = {"classes": "units"}.get(argument, argument)
        found[what] = _of_axis(spec, kind, argument, names)
    if "classes" in given:
        found["classes"] = True  # the largest output says which
    return found


def of_model(
    specs: Sequence[dict[str, Any]], asked: Mapping[str, Any], chain: bool, words_of: np.ndarray | None
) -> list[dict[str, Any]]:
    """The same for the layers of a model, each its part of what was asked.

    Features are those of the model's input, classes the outputs of its last Dense layer, words those of its Embedding,
    units those of its recurrent layer, or of each layer that {name: names} says. In a chain a layer's outputs have
    their names as the features of the next one too, and the words of a sequence are the names of its steps.

    Args:
        specs: of the layers, in order. asked: as in `of_layer`. chain: whether each layer reads the one before.
        words_of: the rows that the sequences pick of the first Embedding's table, (rows, steps).
    """
    given: list[dict[str, Any]] = [{} for _ in specs]
    kinds = [spec["inside"] for spec in specs]

    def give(argument: str, fits: Sequence[int], where: str) -> None:
        names = asked.get(argument)
        if names is None:
            return
        if not fits:
            raise ValueError(f"{argument}= names {where}, but this model has none: its layers are {_listed(specs)}")
        for n in fits:
            given[n][argument] = names

    if asked.get("features") is not None and kinds[0] == "Embedding":
        raise ValueError("features= names the features of the model's input, but these are ids: words= names them")
    give("features", [0], "the features of the first layer")
    give("classes", [n for n, kind in enumerate(kinds) if kind == "Dense"][-1:], "the outputs of the last Dense layer")
    give("words", [n for n, kind in enumerate(kinds) if kind == "Embedding"], "the rows of an Embedding's table")
    for n, names in _units_by_layer(specs, kinds, asked.get("units")).items():
        given[n]["units"] = names
    if asked.get("steps") is not None:
        longest = max(_steps(spec) for spec in specs)
        give("steps", [n for n, spec in enumerate(specs) if _steps(spec) == longest > 1], "the steps of a sequence")
    found = [of_layer(spec, one) for spec, one in zip(specs, given, strict=True)]
    if chain:
        _hand_on(specs, kinds, found, words_of)
    return found


class Vocabulary(NamedTuple):
    """The words of a model that looks them up itself."""

    words: tuple[str, ...]

    def get_vocabulary(self) -> list[str]:
        return list(self.words)


def is_chain(trace: Trace) -> bool:
    """Whether each layer of a model's trace reads the one before, as in a Sequential; it may look words up first."""
    flat = all(not child.children or child.kind == "TimeDistributed" for child in trace.children.values())
    return flat and trace.kind == "Sequential" and getattr(trace.layer, "chain", True)


def vocabulary(trace: Trace) -> Vocabulary | None:
    """The words of a chain of Keras that looks them up for its Embedding; None where there are none that fit."""
    words = getattr(trace.layer, "vocabulary", ())
    first = next(iter(trace.children.values()), None)
    if not words or first is None or first.kind != "Embedding" or not is_chain(trace):
        return None
    return Vocabulary(words) if len(words) <= len(first.weights[0]) else None


# --- one list of names ----------------------------------------------------------------------------------------------


def _of_axis(spec: Mapping[str, Any], kind: str, argument: str, names: Any) -> Any:
    """These names, checked against what there is to be named."""
    if argument == "steps":
        return _of_steps(spec, names)
    if argument == "words":
        words = _of_words(names, spec["vocabulary"])
        return [words[k] for k in spec["kept"]] if spec["kept"] else words
    count, what = {
        "features": (spec.get("features", spec["units"]), "feature of x, in the order of x[..., :]"),
        "units": (spec["units"], f"unit of {spec['name']!r}, in the order of its output"),
        "classes": (spec["units"], f"output of {spec['name']!r}, in their order"),
    }[argument]
    return checked(names, count, argument, what)


def checked(names: Any, count: int, argument: str, what: str, *, once: bool = True) -> list[str]:
    """A list of `count` strings, no two of them equal; `what`, "unit of 'lstm'", is what each one names."""
    found = _strings(names, argument)
    if len(found) != count:
        each = f"the {what}" if count == 1 else f"each of the {plural(count, what)}"
        raise ValueError(f"{argument} must be one name for {each}, got {plural(len(found), 'name')}: {_shown(found)}")
    if once:
        first: dict[str, int] = {}
        for n, name in enumerate(found):
            if name in first:
                raise ValueError(
                    f"{argument} must tell apart what they name, but {name!r} is there twice, as number {first[name]} "
                    f"and number {n}: {_shown(found)}"
                )
            first[name] = n
    return found


def _strings(names: Any, argument: str) -> list[str]:
    """The names as a list, from wherever they are taken."""
    if isinstance(names, Dataset):
        if argument not in _OF_A_DATASET:
            raise TypeError(f"{argument}= cannot be taken from a dataset, which names {', '.join(_OF_A_DATASET)}")
        names = getattr(names, _OF_A_DATASET[argument])
    elif hasattr(names, "get_vocabulary"):
        names = [str(word) for word in names.get_vocabulary()]
    if isinstance(names, (str, bytes)) or not isinstance(names, (Sequence, np.ndarray)):
        hint = f": write [{names!r}]" if isinstance(names, str) else ""
        raise TypeError(f"{argument} must be a list of names, got {names!r} ({type(names).__name__}){hint}")
    found = list(names)
    for n, name in enumerate(found):
        if not isinstance(name, str):
            raise TypeError(f"{argument} must be strings, but number {n} is {name!r} ({type(name).__name__})")
        if not name.strip():
            raise ValueError(f"{argument}: number {n} is {name!r}, which cannot be read: give it a name")
    return [str(name) for name in found]


def _of_words(names: Any, count: int) -> list[str]:
    """The word of each of `count` rows of a table; a vocabulary may know fewer: the rest are called by their number."""
    what = f"row of the table ({count} is the layer's input_dim)"
    if hasattr(names, "get_vocabulary"):
        words = [str(word) or _NO_WORD for word in names.get_vocabulary()]
    elif hasattr(names, "index_word"):  # Keras's old Tokenizer: it counts from 1, and 0 is not a word
        words = [_NO_WORD, *(str(names.index_word[k]) for k in sorted(names.index_word))]
        words = words[: names.num_words] if getattr(names, "num_words", None) else words
    else:
        return checked(names, count, "words", what)
    if len(words) > count:
        there = "is" if count == 1 else "are"
        raise ValueError(
            f"words: {type(names).__name__} knows {plural(len(words), 'word')}, but there {there} "
            f"{plural(count, what)}: is it that of another model?"
        )
    return checked([*words, *(str(n) for n in range(len(words), count))], count, "words", what, once=False)


def _of_steps(spec: Mapping[str, Any], names: Any) -> list[Any]:
    """One name for each step, or for each step of each sequence; in the order in which the layer reads them."""
    count = _steps(spec)
    what = f"step of {spec['name']!r}"
    order = spec.get("time") or range(spec["steps"])
    nested = isinstance(names, (Sequence, np.ndarray)) and not isinstance(names, str) and len(names) > 0
    if nested and not isinstance(names[0], str) and isinstance(names[0], (Sequence, np.ndarray)):
        if len(names) != spec["batch"]:
            raise ValueError(
                f"steps must be one list for all sequences, or {spec['batch']}, one for each, "
                f"got {plural(len(names), 'list')}"
            )
        rows = [checked(one, count, f"steps[{n}]", what, once=False) for n, one in enumerate(names)]
        return [[row[t] for t in order] for row in rows[: spec["rows"]]]
    every = checked(names, count, "steps", what, once=False)
    return [every[t] for t in order]


# --- from layer to layer --------------------------------------------------------------------------------------------


def _units_by_layer(specs: Sequence[Mapping[str, Any]], kinds: Sequence[str], units: Any) -> dict[int, Any]:
    """Layer -> the names of its units."""
    if units is None:
        return {}
    places = {spec["tab"]: n for n, spec in enumerate(specs)}
    if isinstance(units, Mapping):
        for name in units:
            if name not in places:
                raise ValueError(f"units= names a layer {name!r}, but the layers are {_listed(specs)}")
        return {places[name]: names for name, names in units.items()}
    recurrent = [n for n, kind in enumerate(kinds) if kind in RECURRENT]
    if len(recurrent) != 1:
        raise ValueError(
            f"units= of a model with {len(recurrent)} recurrent layers must say which layer they belong to: "
            f"units={{layer: names}}, the layers are {_listed(specs)}"
        )
    return {recurrent[0]: units}


def _hand_on(
    specs: Sequence[Mapping[str, Any]], kinds: Sequence[str], found: list[dict[str, Any]], words_of: Any
) -> None:
    """In a chain: one layer's output is the next one's input, and a word is the name of its step."""
    features = steps = None
    for spec, kind, named in zip(specs, kinds, found, strict=True):
        if kind == "plain":
            if features and spec["units"] == len(features):
                named.setdefault("features", features)
            features = named.get("features")
        elif kind != "Embedding":
            if features and spec["features"] == len(features):
                named.setdefault("features", features)
            features = named.get("units")
        elif "words" in named and words_of is not None:
            rows = [[named["words"][int(k)] for k in row] for row in words_of]
            steps = rows if sum(map(len, rows)) <= _MOST_STEPS else None
        if steps and kind != "Embedding" and len(steps[0]) == spec["steps"] and spec.get("timed", True):
            order = spec.get("time") or range(spec["steps"])
            named.setdefault("steps", [[row[t] for t in order] for row in steps])


def _steps(spec: Mapping[str, Any]) -> int:
    """How many steps there are, here or in Python."""
    return spec.get("all_steps", spec["steps"]) if spec.get("timed", True) else 1


def _listed(specs: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(spec["tab"] for spec in specs)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
