"""How often the doctor finds the cause, and how often it invents one: python -m benchmarks.doctor [--quick]

Random layers with random sizes, flags, weights, inputs, masks and states; a random mistake of the catalogue or of one
of its families, or two mistakes, is made in each, and only the output is shown to `le.diagnose`. Then LSTMs written
without the catalogue (`by_hand`), and outputs that nothing in the catalogue explains. Everything is float32.

--log FOLDER keeps each case's answer in a file: a run that was stopped continues where it was. --docs writes the tables
into the page of measurements.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import lstm_edu as le
from lstm_edu.comparison.tolerance import same
from lstm_edu.doctor.hypotheses import Made, single_mistakes, with_mistakes
from lstm_edu.doctor.recipes import recipe_of
from lstm_edu.doctor.running import run

from . import by_hand, family_mistakes, machine, markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measurements.md"

KINDS = ("LSTM", "GRU", "SimpleRNN", "Dense", "Embedding", "Bidirectional", "Sequential")
HOW_OFTEN = (0.42, 0.2, 0.1, 0.06, 0.04, 0.1, 0.08)


class Case(NamedTuple):
    """A layer with random weights and an input to it."""

    layer: le.Layer
    x: np.ndarray
    mask: np.ndarray | None
    initial_state: list[np.ndarray] | None

    @property
    def right(self) -> list[np.ndarray]:
        given = {} if self.initial_state is None else {"initial_state": self.initial_state}
        return as_list(self.layer(self.x, mask=self.mask, **given))

    def recipe(self, dtype: Any = np.float32) -> Any:
        return recipe_of(self.layer, self.x, self.mask, self.initial_state, dtype=dtype)

    def diagnose(self, outputs: list[np.ndarray], **options: Any) -> le.doctor.Diagnosis:
        theirs = outputs if len(outputs) > 1 else outputs[0]
        return le.diagnose(theirs, self.layer, self.x, self.mask, self.initial_state, progress=False, **options)


def as_list(outputs: Any) -> list[np.ndarray]:
    return list(outputs) if isinstance(outputs, tuple) else [outputs]


def with_random_weights(layer: le.Layer, shape: tuple, rng: np.random.Generator) -> le.Layer:
    layer.build(shape)
    scale = rng.choice([0.3, 0.5, 0.8])
    layer.set_weights([scale * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def random_case(rng: np.random.Generator, kind: str | None = None) -> Case:
    """A layer of at least 2 units and an input of at least 2 timesteps, everything else as it falls."""
    kind = kind or str(rng.choice(KINDS, p=HOW_OFTEN))
    batch, timesteps, features, units = (int(rng.integers(*limits)) for limits in ((1, 6), (2, 13), (1, 8), (2, 9)))
    flags = {"return_sequences": bool(rng.random() < 0.5), "return_state": bool(rng.random() < 0.2)}
    x = rng.standard_normal((batch, timesteps, features)).astype("float32")
    mask = rng.random((batch, timesteps)) > 0.3 if rng.random() < 0.3 else None
    shape = (None, None, features)
    if kind == "Dense":
        activation = rng.choice(["linear", "tanh", "sigmoid", "softmax", "relu", "hard_sigmoid"])
        layer = with_random_weights(le.Dense(units, activation=str(activation)), (None, features), rng)
        return Case(layer, x[:, 0], None, None)
    if kind == "Embedding":
        layer = with_random_weights(le.Embedding(features + 3, units), (None, None), rng)
        return Case(layer, rng.integers(0, features + 3, (batch, timesteps)), None, None)
    if kind == "Sequential":
        return Case(with_random_weights(_stack(rng, units), shape, rng), x, mask, None)
    inner = str(rng.choice(["LSTM", "GRU"])) if kind == "Bidirectional" else kind
    if inner == "GRU":
        flags["reset_after"] = bool(rng.random() < 0.7)
    if inner != "SimpleRNN" and rng.random() < 0.15:
        flags["recurrent_activation"] = "hard_sigmoid"
    if kind == "Bidirectional":
        mode = str(rng.choice(["concat", "sum", "mul", "ave"]))
        return Case(
            with_random_weights(le.Bidirectional(getattr(le, inner)(units, **flags), merge_mode=mode), shape, rng),
            x,
            mask,
            None,
        )
    flags |= {name: bool(rng.random() < 0.15) for name in ("go_backwards", "zero_output_for_mask")}
    flags["use_bias"] = bool(rng.random() < 0.9)
    layer = with_random_weights(getattr(le, kind)(units, **flags), shape, rng)
    start = [rng.standard_normal((batch, units)).astype("float32") for _ in layer.state_names]
    return Case(layer, x, mask, start if rng.random() < 0.3 else None)


def _stack(rng: np.random.Generator, units: int) -> le.Sequential:
    first = getattr(le, str(rng.choice(["LSTM", "GRU"])))(units, return_sequences=True)
    second = le.LSTM(int(rng.integers(2, 6)))
    return le.Sequential([first, second, le.Dense(3, activation=str(rng.choice(["linear", "softmax"])))])


# --- wrong outputs --------------------------------------------------------------------------------------------------


def one_mistake(case: Case, rng: np.random.Generator) -> tuple[tuple[Made, ...], list[np.ndarray]] | None:
    """A mistake that changes the output, and the output; None if some tens of attempts change nothing."""
    made, right, outputs = single_mistakes(case.layer), case.recipe(), case.right
    for _ in range(60):
        chosen = (made[rng.integers(len(made))],)
        wrong = _outputs(right, chosen)
        if wrong is not None and not same(wrong, outputs) and _finite(wrong):
            return chosen, wrong
    return None


def one_of_all(case: Case, rng: np.random.Generator) -> tuple[tuple[Made, ...], list[np.ndarray]] | None:
    """The same, every third time of a family."""
    if rng.random() < 2 / 3:
        return one_mistake(case, rng)
    right, outputs = case.recipe(np.float64), case.right
    for family in rng.permutation(family_mistakes.FAMILIES):
        shown = [y.astype(np.float64) for y in outputs]
        member = family_mistakes.random_member(right, shown, rng, str(family))
        wrong = None if member is None else family_mistakes.made(right, *member)
        if member is not None and wrong is not None and not same(wrong, outputs) and _finite(wrong):
            return (Made(*member),), wrong
    return None


def one_by_hand(case: Case, rng: np.random.Generator) -> tuple[tuple[str, ...], list[np.ndarray]] | None:
    """One of the mistakes that `by_hand` makes without the catalogue: its id, and the output."""
    if type(case.layer) is not le.LSTM:
        return None
    id = str(rng.choice(list(by_hand.LISTED)))
    if id == "go-backwards-order" and not case.layer.return_sequences:
        return None  # the last step of a reversed sequence is its first: another mistake's name
    wrong = written_by_hand(case, by_hand.LISTED[id])
    return None if wrong is None or same(wrong, case.right) or not _finite(wrong) else ((id,), wrong)


def two_mistakes(case: Case, rng: np.random.Generator) -> tuple[tuple[Made, ...], list[np.ndarray]] | None:
    """Two mistakes in one layer, of which neither is without effect next to the other, and which no single mistake
    equals; the output keeps its shape."""
    made = [m for m in single_mistakes(case.layer) if m.place[-1:] not in (("forward",), ("backward",))]
    right, outputs = case.recipe(), case.right
    singles = [_outputs(right, (m,)) for m in made]
    for _ in range(60):
        a, b = rng.choice(len(made), 2, replace=False)
        chosen = (made[a], made[b])
        if made[a].place and made[b].place and made[a].place[0] != made[b].place[0]:
            continue
        wrong = _outputs(right, chosen)
        if wrong is None or [y.shape for y in wrong] != [y.shape for y in outputs] or not _finite(wrong):
            continue
        if not same(wrong, outputs) and not any(single is not None and same(wrong, single) for single in singles):
            return chosen, wrong
    return None


def _outputs(right: Any, hypothesis: tuple[Made, ...]) -> list[np.ndarray] | None:
    recipe = with_mistakes(right, hypothesis)
    return None if recipe is None else run([recipe])[0]


def _finite(outputs: list[np.ndarray]) -> bool:
    return all(np.isfinite(y).all() for y in outputs)


def unexplained(case: Case, rng: np.random.Generator) -> tuple[str, list[np.ndarray]] | None:
    """An output that nothing in the catalogue explains: how it was made, and the output."""
    right = case.right
    ways: dict[str, Callable[[], list[np.ndarray] | None]] = {
        "other weights": lambda: _with_other_weights(case, rng),
        "noise": lambda: [y + rng.normal(scale=0.1, size=y.shape) for y in right],
        "little noise": lambda: [y + rng.normal(scale=10 ** rng.uniform(-4, -2), size=y.shape) for y in right],
        "noise in the weights": lambda: _with_noisy_weights(case, rng),
        "relative noise": lambda: [y * (1 + rng.normal(scale=3e-4, size=y.shape)) for y in right],
        "shuffled": lambda: [rng.permutation(y.ravel()).reshape(y.shape) for y in right],
        "scaled": lambda: [1.1 * y for y in right],
        "shifted": lambda: [y + 0.01 for y in right],
        "one number": lambda: _one_changed(right, rng),
        "another input": lambda: _with_another_input(case, rng),
        "unlisted mistake": lambda: _unlisted(case, rng),
    }
    how = str(rng.choice(list(ways)))
    made = ways[how]()
    if made is None or same(made, right):
        return None
    return how, [np.asarray(y, np.float32) for y in made]


def _with_other_weights(case: Case, rng: np.random.Generator) -> list[np.ndarray]:
    own = case.layer.get_weights()
    case.layer.set_weights([0.5 * rng.standard_normal(w.shape) for w in own])
    outputs = case.right
    case.layer.set_weights(own)
    return outputs


def _with_noisy_weights(case: Case, rng: np.random.Generator) -> list[np.ndarray]:
    """Weights that are off by as much as if they had been rounded to some decimals, but by chance."""
    own, step = case.layer.get_weights(), 10.0 ** -rng.integers(1, 5)
    case.layer.set_weights([w + rng.uniform(-step / 2, step / 2, w.shape) for w in own])
    outputs = case.right
    case.layer.set_weights(own)
    return outputs


def _one_changed(right: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    changed = [y.copy() for y in right]
    changed[0].flat[rng.integers(changed[0].size)] += 0.3
    return changed


def _with_another_input(case: Case, rng: np.random.Generator) -> list[np.ndarray] | None:
    if case.x.dtype.kind != "f":
        return None
    return case._replace(x=rng.standard_normal(case.x.shape).astype("float32")).right


def _unlisted(case: Case, rng: np.random.Generator) -> list[np.ndarray] | None:
    """Something else that is wrong: in the equations of an LSTM, in the weights of every other layer."""
    if type(case.layer) is le.LSTM:
        name = str(rng.choice(list(by_hand.UNLISTED)))
        listed = name == "every second step" and case.x.shape[1] < 3  # then it is the first one everywhere
        return None if listed else written_by_hand(case, by_hand.UNLISTED[name])
    own = case.layer.get_weights()
    k = rng.integers(len(own))
    new = [w.copy() for w in own]
    # A factor alone is a scaled input, and softmax does not see what is added to all units.
    new[k] = new[k] * np.float32(rng.choice([-1, 0.5, 0.9, 3])) + 0.1 * rng.standard_normal(new[k].shape)
    case.layer.set_weights(new)
    outputs = case.right
    case.layer.set_weights(own)
    return outputs


def written_by_hand(case: Case, call: by_hand.Call) -> list[np.ndarray] | None:
    """What a hand-written LSTM returns for this case; None where the case has something that it does not support."""
    layer = case.layer
    if case.mask is not None or layer.go_backwards or layer.return_state or not layer.use_bias:
        return None
    if layer.recurrent_activation.name != "sigmoid":
        return None
    zeros = np.zeros((len(case.x), layer.units), "float32")
    with np.errstate(all="ignore"):
        y = call(case.x, tuple(layer.get_weights()), case.initial_state or (zeros, zeros))
    if not layer.return_sequences and not y[:, -1].any():
        return None  # of a loop that ends too early, nothing but what the array was filled with
    return [y if layer.return_sequences else y[:, -1]]


# --- measuring ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """What was said about one case. alone: the cause was the one answer. first: it came first. named: it was named,
    alone or among several that the input cannot tell apart. Another name of the same computation is the same cause."""

    seed: int
    truth: str
    said: str
    alone: bool = False
    first: bool = False
    named: bool = False
    seconds: float = 0.0


@dataclasses.dataclass
class Score:
    """The outcomes of many cases, counted."""

    outcomes: list[Outcome] = dataclasses.field(default_factory=list)

    @property
    def cases(self) -> int:
        return len(self.outcomes)

    @property
    def missed(self) -> list[str]:
        return [f"{o.seed}: {o.truth}: {o.said}" for o in self.outcomes if not o.named]

    def count(self, what: str) -> int:
        return sum(getattr(o, what) for o in self.outcomes)


def outcome(seed: int, case: Case, made: tuple[Made | str, ...], found: le.doctor.Diagnosis) -> Outcome:
    """Where the truth is in a diagnosis."""
    truth = {m if isinstance(m, str) else m.mistake.id for m in made}
    told = found.verdict in ("cause", "several", "rounding", "approximation")
    names = [
        any({*name.split(" + ")} == truth for name in (" + ".join(c.ids), *c.same_as)) or _the_same(case, made, c)
        for c in (found.candidates if told else ())
    ]
    alone = found.verdict != "several" and any(names[:1])
    said = f"{found.verdict} {found.cause}"
    return Outcome(seed, " + ".join(map(str, made)), said, alone, any(names[:1]), any(names))


def _the_same(case: Case, made: tuple[Made | str, ...], candidate: le.doctor.Candidate) -> bool:
    """Whether a candidate computes what the truth does for other inputs of this shape too; what was found by solving
    need not do so to the last digit."""
    if any(isinstance(m, str) for m in made) or not all(m.applies(case.layer) for m in candidate.mistakes):
        return False
    if len(made) == 1 and made[0].mistake.id.endswith(":solved"):
        return candidate.mistakes[0].family == made[0].mistake.family
    other = tuple(Made(m, place) for m, place in zip(candidate.mistakes, candidate.places, strict=True))
    rng, compared = np.random.default_rng(0), 0
    for _ in range(3):
        x = rng.permutation(case.x.ravel()).reshape(case.x.shape)
        if x.dtype.kind == "f":  # padding stays where it is
            x = np.where(case.x == 0, 0, rng.standard_normal(x.shape)).astype(x.dtype)
        right = case._replace(x=x).recipe(np.float64)
        one, two = _outputs(right, made), _outputs(right, other)
        if one is None or two is None or not same(one, two):
            return False
        compared += 1
    return compared > 0


class Log:
    """Outcomes by their seeds, kept in a file as they come; without a folder they are not kept."""

    def __init__(self, folder: Path | None, name: str):
        self.file = None if folder is None else folder / f"{name}.jsonl"
        self.known: dict[int, Outcome | None] = {}
        if self.file is not None and self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                seed, kept = json.loads(line)
                self.known[seed] = None if kept is None else Outcome(**kept)

    def get(self, seed: int, measure: Callable[[int], Outcome | None]) -> Outcome | None:
        """The outcome for a seed; None if it makes no case."""
        if seed not in self.known:
            found = self.known[seed] = measure(seed)
            if self.file is not None:
                kept = None if found is None else dataclasses.asdict(found)
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([seed, kept]) + "\n")
        return self.known[seed]


def measure(cases: int, first_seed: int, log: Log, one: Callable[[int], Outcome | None]) -> Score:
    """The outcomes of so many cases, from this seed on."""
    score, seed = Score(), first_seed
    while score.cases < cases:
        found = log.get(seed, one)
        if found is not None:
            score.outcomes.append(found)
        seed += 1
    return score


def with_mistake(seed: int, make: Callable, pairs: bool) -> Outcome | None:
    """One case with a mistake, or two."""
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    made = make(case, rng)
    if made is None:
        return None
    started = time.perf_counter()
    found = case.diagnose(made[1], pairs=pairs)
    seconds = time.perf_counter() - started
    return dataclasses.replace(outcome(seed, case, made[0], found), seconds=seconds)


def without_mistake(seed: int, pairs: bool) -> Outcome | None:
    """One case that nothing explains; `named` if it got a cause."""
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    made = unexplained(case, rng)
    if made is None:
        return None
    started = time.perf_counter()
    found = case.diagnose(made[1], pairs=pairs)
    got_one = found.cause is not None or found.verdict in ("several", "agrees", "rounding", "approximation")
    said = f"{found.verdict} {found.cause}"
    return Outcome(seed, made[0], said, named=got_one, seconds=time.perf_counter() - started)


def measure_scalars(cases: int, first_seed: int = 90_000) -> tuple[int, int]:
    """(single numbers shown, how many got a cause): one unit, one sequence, the last step."""
    causes = 0
    for seed in range(first_seed, first_seed + cases):
        rng = np.random.default_rng(seed)
        kind = str(rng.choice(["LSTM", "GRU", "SimpleRNN"]))
        layer = with_random_weights(getattr(le, kind)(1), (None, None, 3), rng)
        case = Case(layer, rng.standard_normal((1, 5, 3)).astype("float32"), None, None)
        made = one_mistake(case, rng)
        outputs = [rng.uniform(-1, 1, (1, 1)).astype("float32")] if made is None or seed % 2 else made[1]
        if outputs[0].size == 1:
            causes += case.diagnose(outputs).cause is not None
    return cases, causes


def measure_speed() -> Iterator[tuple[str, float]]:
    """Seconds for one diagnosis that finds nothing, so that everything is tried: LSTM, 1x128x9->32, and 32 of it."""
    rng = np.random.default_rng(0)
    for batch, sequences in ((1, False), (1, True), (32, True)):
        layer = le.LSTM(32, return_sequences=sequences)
        layer.build((None, None, 9))
        layer.set_weights([0.2 * rng.standard_normal(w.shape) for w in layer.get_weights()])
        x = rng.standard_normal((batch, 128, 9)).astype("float32")
        y = layer(x) + rng.normal(scale=0.05, size=layer(x).shape).astype("float32")
        for pairs in (False, True):
            started = time.perf_counter()
            le.diagnose(y, layer, x, pairs=pairs, progress=False)
            what = "every step" if sequences else "last step"
            name = f"LSTM {batch}x128x9->32, {what}, {'with pairs' if pairs else 'single mistakes'}"
            yield name, time.perf_counter() - started


def keras_is_loaded() -> bool:
    """Whether a diagnosis for a layer of ours imports Keras."""
    program = (
        "import sys, numpy as np, lstm_edu as le; layer = le.LSTM(3, seed=0); layer.build((None, None, 4)); "
        "x = np.ones((2, 5, 4)); le.diagnose(layer(x) + 0.1, layer, x, progress=False); print('keras' in sys.modules)"
    )
    return (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout != "False\n"
    )


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many cases of each."""

    single: int = 2000
    by_hand: int = 300
    pairs: int = 200
    unexplained: int = 1000
    unexplained_pairs: int = 300
    scalars: int = 200
    speed: bool = True


FULL, QUICK = Plan(), Plan(200, 30, 20, 100, 20, 20)
PARTS = {  # name: how it is called in Plan, what makes the mistake, whether pairs are tried, first seed, goal
    "one mistake, families included": ("single", one_of_all, False, 0, "99 %"),
    "one mistake, written without the catalogue": ("by_hand", one_by_hand, False, 20_000, ""),
    "two mistakes": ("pairs", two_mistakes, True, 0, "95 %"),
}


def report(plan: Plan, say: Callable[[str], None], folder: Path | None = None) -> str:
    """Measure, and say it in tables."""
    rows = []
    for name, (part, make, pairs, first_seed, goal) in PARTS.items():
        cases = getattr(plan, part)
        say(f"{cases} x {name}")
        score = measure(cases, first_seed, Log(folder, part), partial(with_mistake, make=make, pairs=pairs))
        shares = map(score.count, ("alone", "first", "named"))
        rows.append((name, f"{score.cases:,}", *(f"{n / score.cases:.1%}" for n in shares), goal))
        for line in score.missed:
            say(f"  not named: {line}")
    without = []
    for part, pairs, first_seed, what in (
        ("unexplained", False, 60_000, "noise, other weights, other inputs, shuffled, unlisted mistakes"),
        ("unexplained_pairs", True, 50_000, "the same, pairs of mistakes tried too"),
    ):
        cases = getattr(plan, part)
        say(f"{cases} x {what}")
        score = measure(cases, first_seed, Log(folder, part), partial(without_mistake, pairs=pairs))
        goal = f"at most {max(1, score.cases // 1000)}"
        without.append((what, f"{score.cases:,}", str(score.count("named")), goal))
        for o in score.outcomes:
            if o.named:
                say(f"  given a cause: {o.seed}: {o.truth}: {o.said}")
    say("single numbers")
    numbers, of_one = measure_scalars(plan.scalars)
    header = ("a random layer's output with", "cases", "the one answer", "first", "named", "first, goal")
    without.append(("a single number", f"{numbers:,}", str(of_one), "0"))
    parts = [markdown.table(header, rows), markdown.table(("no cause", "cases", "given one", "goal"), without)]
    if plan.speed:
        say("seconds")
        goals = {"single mistakes": "at most 2 s", "with pairs": "at most 15 s"}
        speed = [
            (name, f"{seconds:.2f} s", goals[name.rpartition(", ")[2]] if name.startswith("LSTM 1x") else "")
            for name, seconds in measure_speed()
        ]
        parts.append(
            markdown.table(("one diagnosis that finds nothing, so that everything is tried", "time", "goal"), speed)
        )
    loaded = "**imports it**" if keras_is_loaded() else "does not import it"
    parts.append(f"{len(le.mistakes())} mistakes. A diagnosis for a layer of ours needs no Keras and {loaded}.")
    return "\n\n".join(parts)


def main(arguments: list[str] | None = None, plan: Plan | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases")
    parser.add_argument("--log", type=Path, help="a folder for the answers; what is in it is not computed again")
    parser.add_argument("--docs", action="store_true", help=f"also write the tables into {PAGE.name}")
    options = parser.parse_args(arguments)
    facts = machine.description(machine.load())
    started = time.perf_counter()
    if options.log is not None:
        options.log.mkdir(parents=True, exist_ok=True)
    plan = plan or (QUICK if options.quick else FULL)
    text = report(plan, lambda what: print(f"... {what}", file=sys.stderr), options.log)
    minutes = (time.perf_counter() - started) / 60
    how = f"One run of {minutes:.0f} minutes" if options.log is None else "Run in parts"
    text += f"\n\n{how}: {facts[0]}"
    print(text)
    if options.docs:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(markdown.put_between_markers(page, text, *MARKERS), encoding="utf-8")


MARKERS = "<!-- doctor:begin -->", "<!-- doctor:end -->"


if __name__ == "__main__":
    main()
