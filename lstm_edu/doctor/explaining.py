"""From numbers to an answer: `explain`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product

import numpy as np

from lstm_edu.comparison.places import default_axes
from lstm_edu.comparison.report import DIFFERENT, EQUAL, UNDECIDED
from lstm_edu.comparison.tolerance import TOLERANCES, Tolerance, apart, distance, groups, same
from lstm_edu.core import Layer, checks
from lstm_edu.core.container import leaves
from lstm_edu.core.precision import Policy, unit_roundoff
from lstm_edu.core.progress import Progress
from lstm_edu.doctor import anotherstart, approximating, otherweights
from lstm_edu.doctor.case import FEW_ROWS, Case
from lstm_edu.doctor.diagnosis import Candidate, Diagnosis, Divergence
from lstm_edu.doctor.evidence import Evidence, Fit, windows
from lstm_edu.doctor.examples import Example, examples
from lstm_edu.doctor.families import Situation
from lstm_edu.doctor.hypotheses import Hypothesis, Made, single_mistakes, with_mistakes
from lstm_edu.doctor.judging import Judged, judged
from lstm_edu.doctor.mistake import CATALOGUE, Mistake
from lstm_edu.doctor.observed import TIMED, Observed, last_layer
from lstm_edu.doctor.recipes import Form, Outputs, recipe_of
from lstm_edu.doctor.running import run
from lstm_edu.doctor.screening import Screen
from lstm_edu.doctor.search import Explanation, Search

Array = np.ndarray


# --- one observation ------------------------------------------------------------------------------------------------


def explain(case: Case, observed: Observed, pairs: bool | int = True, progress: Progress | None = None) -> Diagnosis:
    """The answer for one observed output."""
    searches = _searches(case, observed)
    if (answer := _not_finite(searches[-1], observed)) is not None:
        return answer
    if (answer := _agreement_in_half(case, observed) or _agreement(case, searches, observed)) is not None:
        return answer
    made = single_mistakes(case.layer)
    found = [e for search in searches for e in search.singles(made, progress)]
    found = found or [e for search in searches for e in search.families()]
    sure = any(e.evidence.enough for e in found)
    answer = None if sure else _rounding(searches, observed) or _no_mistake(searches)
    if not found and answer is None:
        answer = _another_start(searches[-1], observed)
    most = None if pairs is True else int(pairs)
    pairs = bool(pairs) and not found and answer is None and observed.size > 1
    if pairs:
        same_shape = [search for search in searches if search.right is not None]
        found = [e for s in same_shape for e in s.pairs(_likeliest([*made, *s.members], most), progress)]
    tried = sum(search.tried for search in searches)
    if found and answer is None:
        answer = _conclude(case, observed, found, tried)
    if answer is None:
        answer = _unexplained(searches, observed, pairs)
        if (half := _half(case.layer)) is not None:
            note = (
                f"this layer computes in {half.compute_dtype}, and the hypotheses were computed more exactly: rounding "
                'may hide a mistake here. A copy of the layer with dtype="float32" would show it'
            )
            answer = replace(answer, notes=(*answer.notes, note))
    return replace(answer, first=first_difference(searches[-1], observed), tried=tried)


def _likeliest(made: list[Made], most: int | None) -> list[Made]:
    """That many of them, the first of each kind before the second of any."""
    if most is None:
        return made
    kinds: dict[str, int] = {}
    ranks = []
    for m in made:
        kind = m.mistake.id.partition(":")[0]
        ranks.append(kinds.get(kind, 0))
        kinds[kind] = ranks[-1] + 1
    return [made[k] for k in sorted(range(len(made)), key=lambda k: ranks[k])[:most]]


def _searches(case: Case, observed: Observed) -> list[Search]:
    """One for the form that the layer returns, and one for the form that was brought, if that is another."""
    end = last_layer(case.layer)
    forms: list[Form | None] = [None]
    if observed.form is not None and isinstance(end, TIMED):
        own = Form(end.return_sequences, observed.form.states)
        forms = [own] if observed.states_only else list(dict.fromkeys([own, observed.form]))
    searches = [Search(observed, case.recipe(form)) for form in forms]
    for search, form in zip(searches, forms, strict=True):
        rows = _telling_rows(search, case.batch)
        few, seen = case.rows(sorted(rows[:FEW_ROWS])), observed.rows(sorted(rows[:FEW_ROWS]), case.batch)
        if few is not None and seen is not None:
            search.smaller = Search(seen, few.recipe(form))
        one, seen = case.rows(rows[:1]), observed.rows(rows[:1], case.batch)
        if one is not None and seen is not None:
            whole = case.recipe(form, np.float32), rows[:1]
            search.few = Screen(seen, one.recipe(form, np.float32), whole)
    return searches


def _telling_rows(search: Search, batch: int) -> list[int]:
    """The sequences, those first that differ most from the right ones."""
    wrong = np.zeros(batch)
    for a, y in zip(search.observed.arrays, search.right or (), strict=False):
        if len(a) == batch:
            wrong += apart(a, y, TOLERANCES["float32"]).reshape(batch, -1).sum(axis=1)
    return np.argsort(-wrong, kind="stable").tolist()


def _not_finite(search: Search, observed: Observed) -> Diagnosis | None:
    """NaN or infinity among the numbers, where the right ones have none: nothing else can be said until that is
    gone."""
    right = search.right or [np.zeros(a.shape) for a in observed.arrays]
    for name, a, y in zip(observed.names, observed.arrays, right, strict=True):
        wrong = ~np.isfinite(a) & np.isfinite(y)
        if not wrong.any():
            continue
        index = tuple(int(k) for k in np.argwhere(wrong)[0])
        first = _divergence(name, a, y, index, search)
        place = ", ".join(f"{axis} {k}" for axis, k in first.where.items())
        n, value = int(wrong.sum()), f"{first.theirs}"
        count = "one number that is" if n == 1 else f"{n:,} numbers that are"
        return Diagnosis(
            "not finite",
            f"Your {name} holds {count} not finite: {'' if n == 1 else 'the first is '}{value}, at {place}. "
            "Nothing was searched: fix this first. NaN and infinity come from 0/0, from the logarithm of zero, "
            "from an exp that grew too large, from an array that was never filled (np.empty), or from the input.",
            first=None if search.right is None else first,
        )
    return None


def _half(layer: Layer) -> Policy | None:
    """The first dtype policy in a layer or model that computes in half precision."""
    return next((leaf.dtype_policy for leaf in leaves(layer) if leaf.dtype_policy.half), None)


def _agreement_in_half(case: Case, observed: Observed) -> Diagnosis | None:
    """Whether these are the numbers of a layer that computes in half precision, which recipes do not."""
    half = _half(case.layer)
    if half is None or case.weights is not None or observed.record:
        return None
    given = {} if case.initial_state is None else {"initial_state": case.initial_state}
    layer = copy.deepcopy(case.layer)  # whose states may change
    output = layer.trace(case.x, mask=case.mask, **given).output
    right = list(output) if isinstance(output, tuple) else [output]
    tolerance = Tolerance(1e-6, 8 * unit_roundoff(half))
    if not observed.fits(right) or any(
        apart(a, y, tolerance).any() for a, y in zip(observed.arrays, right, strict=True)
    ):
        return None
    max_abs = max(float(distance(a, y).max(initial=0)) for a, y in zip(observed.arrays, right, strict=True))
    return Diagnosis(
        "agrees",
        f"All {observed.size:,} numbers agree with the right ones, computed in {half.compute_dtype} as in this layer; "
        f"the largest difference is {max_abs:.1g}. This says nothing about mistakes that such an input cannot show: "
        "see le.doctor.adequacy.",
        evidence=Evidence(observed.size, max_abs, 0.0, 1, observed.precision.name),
    )


def _agreement(case: Case, searches: list[Search], observed: Observed) -> Diagnosis | None:
    found = _judged(case, searches[0], observed)
    if found is not None and found.verdict == UNDECIDED:
        return Diagnosis(
            "undecided",
            f"{found.sentence}. What can be decided agrees. Compute both sides in float64, or compare fewer steps.",
            evidence=Evidence(observed.size, found.max_abs, 0.0, 1, observed.precision.name),
        )
    for k, search in enumerate(searches):
        known = found if k == 0 else None
        if known is not None and known.verdict != EQUAL:
            continue
        agreement = search.agreement
        if agreement is None:
            continue
        if known is None and not (agreement.ratio <= 1 or same(list(observed.arrays), search.right)):
            continue
        evidence = Evidence(observed.size, agreement.max_abs, 0.0, 1, observed.precision.name)
        if k == 0 and observed.precision.coarse and observed.size > 1 and not same(list(observed.arrays), search.right):
            return _stored_coarsely(search, observed, observed.precision.coarse, agreement.max_abs)
        if k == 0:
            how = "as far as the digits given go" if observed.precision.printed else "within float32's rounding"
            return Diagnosis(
                "agrees",
                f"All {observed.size:,} numbers agree with the right ones {how}; the largest difference is "
                f"{agreement.max_abs:.1g}. This says nothing about mistakes that such an input cannot show: see "
                "le.doctor.adequacy.",
                evidence=evidence,
            )
        return _in_another_form(search, observed, agreement)
    return None


def _judged(case: Case, search: Search, observed: Observed) -> Judged | None:
    """The verdict; where a few sequences already differ, the others need not be checked."""
    rows = sorted(_telling_rows(search, case.batch)[:FEW_ROWS])
    few, seen = case.rows(rows), observed.rows(rows, case.batch)
    found = None if few is None or seen is None else judged(few, seen)
    return found if found is not None and found.verdict == DIFFERENT else judged(case, observed)


def _in_another_form(search: Search, observed: Observed, agreement: Fit) -> Diagnosis:
    """The right numbers, but every step's where the layer returns only the last one's, or the other way round."""
    form = observed.form
    mistake = CATALOGUE[f"return-last-vs-sequence:{'sequence' if form is not None and form.sequences else 'last'}"]
    evidence = replace(search.weigh_alone(agreement), tried=len(CATALOGUE))
    candidate = Candidate((mistake,), ((),), evidence)
    if not evidence.enough:
        return _too_little(candidate, (candidate,))
    return Diagnosis(
        "cause", f"{mistake.sentence} The numbers are right.", mistake.id, (candidate,), mistake.fix, evidence
    )


# --- several explanations -------------------------------------------------------------------------------------------


def _conclude(case: Case, observed: Observed, found: list[Explanation], tried: int) -> Diagnosis:
    """The answer where something fits."""
    order = {m.id: k for k, m in enumerate(CATALOGUE)}
    found = [replace(e, evidence=replace(e.evidence, tried=tried, mistakes=len(e.hypothesis))) for e in found]
    found.sort(key=lambda e: (len(e.hypothesis), _how_near(e), _rank(e, order)))
    kinds = same_computation(case.layer, [e.hypothesis for e in found])
    candidates = tuple(
        Candidate.of(
            e.hypothesis,
            e.evidence,
            tuple(
                " + ".join(m.mistake.id for m in found[j].hypothesis)
                for j in kinds[k]
                if set(found[j].hypothesis) != set(e.hypothesis)
            ),
        )
        for k, e in enumerate(found)
    )
    first = candidates[0]
    if not first.evidence.enough:
        return _too_little(first, candidates)
    if len(kinds[0]) == len(found):
        explanation = first.sentence + (f" Here: {first.place}." if first.place else "")
        if len(first.mistakes) > 1:
            explanation = f"Two mistakes at once. {explanation}"
        if first.same_as:
            explanation += f" (The same computation under another name: {', '.join(first.same_as)}.)"
        return Diagnosis("cause", explanation, first.id, candidates, first.fix, first.evidence)
    experiment = telling_apart(case, [e.hypothesis for e in found])
    with_these = (
        "" if experiment is None or experiment.weights is not None else " found.experiment is an input that can."
    )
    return Diagnosis(
        "several",
        f"On this input {len(found)} explanations give the same numbers, and nothing here can tell them apart."
        + with_these,
        candidates=candidates,
        fix=first.fix if len({c.fix for c in candidates}) == 1 else "",
        evidence=first.evidence,
        experiment=experiment,
    )


def _too_little(first: Candidate, candidates: tuple[Candidate, ...]) -> Diagnosis:
    few = first.evidence.values < 2
    why = "a single number is never enough" if few else "with so few numbers it may be chance"
    return Diagnosis(
        "too little",
        f"{first.name} would give these numbers, but {why}: "
        "give it more numbers (more steps, units or sequences, or more digits).",
        candidates=candidates,
        evidence=first.evidence,
    )


def _how_near(e: Explanation) -> int:
    """How near its numbers are, in steps of a half; the smallest for all that are as near as can be."""
    return round(2 * np.log2(max(e.found.ratio, 0.1)))


def _rank(e: Explanation, order: dict[str, int]) -> tuple:
    """Catalogue's order; a mistake everywhere before the same in one place only."""

    def position(mistake: Mistake) -> int:
        return order[mistake.id if mistake.id in order else mistake.family]

    return tuple((position(m.mistake), len(m.place)) for m in e.hypothesis)


def same_computation(layer: Layer, hypotheses: Sequence[Hypothesis]) -> list[list[int]]:
    """For each hypothesis, the positions of those that give the same numbers whatever weights and input are.

    Tried on several examples; where one of two cannot be made, it says nothing about the two.
    """
    everything = range(len(hypotheses))
    if len(hypotheses) == 1:
        return [[0]]
    tried = [_outputs(layer, example, hypotheses) for example in _different_examples(layer, 0)]

    def equal(k: int, j: int) -> bool:
        both = [(outputs[k], outputs[j]) for outputs in tried if outputs[k] is not None and outputs[j] is not None]
        return k == j or (bool(both) and all(same(*pair) for pair in both))

    return [[j for j in everything if equal(k, j)] for k in everything]


def _different_examples(layer: Layer, seed: int) -> list[Example]:
    """Two of each kind: with and without mask, with and without states."""
    timed = isinstance(last_layer(layer), TIMED)
    return [
        example
        for masked, states in (product((False, True), repeat=2) if timed else [(False, False)])
        for example in islice(examples(layer, seed, masked=masked, states=states), 2)
    ]


def _outputs(layer: Layer, example: Example, hypotheses: Sequence[Hypothesis]) -> list:
    right = recipe_of(layer, example.x, example.mask, example.initial_state, weights=example.weights)
    recipes = [with_mistakes(right, h) for h in hypotheses]
    outputs = iter(run([recipe for recipe in recipes if recipe is not None]))
    return [None if recipe is None else next(outputs) for recipe in recipes]


def telling_apart(case: Case, hypotheses: Sequence[Hypothesis]) -> Example | None:
    """An input on which as many of them as possible differ: with the layer's own weights if any does, else with
    others. None if nothing tells them apart."""
    others = _different_examples(case.layer, 1)
    own = [replace(example, weights=None) for example in others]
    for tried in (own, others):
        counted = [len(groups(_outputs(case.layer, example, hypotheses))) for example in tried]
        if max(counted) > 1:
            return tried[int(np.argmax(counted))]
    return None


# --- rounding, other weights, nothing -------------------------------------------------------------------------------


def _only_rounding(made: Made, evidence: Evidence) -> Diagnosis:
    mistake = made.mistake
    return Diagnosis(
        "rounding",
        f"{mistake.sentence} The differences, at most {evidence.max_abs:.1g}, are of that size, and "
        "nothing else is wrong as far as can be seen.",
        mistake.id,
        (Candidate.of((made,), evidence),),
        mistake.fix,
        evidence,
    )


def _stored_coarsely(search: Search, observed: Observed, name: str, max_abs: float) -> Diagnosis:
    """The right numbers, apart from what float16 or bfloat16 leaves of them: their own digits tell."""
    stored = CATALOGUE[f"precision-only:{name}"]
    bits = observed.size * _BITS_LESS[name]
    evidence = Evidence(observed.size, max_abs, bits, 2, name)
    return _only_rounding(Made(stored, next(iter(stored.places(search.base.layer)), ())), evidence)


def _no_mistake(searches: list[Search]) -> Diagnosis | None:
    """Whether the right computation with coarser weights, or with approximated functions, gives these very numbers.
    Noise of that size does not."""
    for search in searches:
        if search.right is None:
            continue
        found = sorted((e for e in search.families(rounding=True) if e.evidence.enough), key=_how_near)
        if found:
            ((mistake, _),) = found[0].hypothesis
            candidates = tuple(Candidate.of(e.hypothesis, e.evidence) for e in found)
            off = float(np.nanmax(_distances(search.observed.arrays, search.right), initial=0))
            why = (
                "With that, the right computation gives these very numbers; without it, they differ by at most "
                f"{off:.1g}."
            )
            return _told(mistake, candidates, why)
        if (nearly := _approximation(search)) is not None:
            return nearly
    return None


def _approximation(search: Search) -> Diagnosis | None:
    """Whether functions close to tanh and sigmoid, of no known form, explain the differences."""
    family = CATALOGUE["approximated-functions"]
    few = search.smaller if search.smaller is not None and search.observed.size > _ENOUGH_NUMBERS else search
    for place in family.places(search.base.layer)[:1]:
        known = approximating.found(Situation(family, place, few.base, few.observed.arrays, few.right))
        if known is not None:
            mistake, evidence, words = known
            return _told(mistake, (Candidate((mistake,), (place,), evidence),), f"{words[0].upper()}{words[1:]}.")
    return None


_ENOUGH_NUMBERS = 2000


def _another_start(search: Search, observed: Observed) -> Diagnosis | None:
    candidate = anotherstart.found(observed, search.base, search.right)
    if candidate is None:
        return None
    (mistake,) = candidate.mistakes
    return Diagnosis("cause", mistake.sentence, mistake.id, (candidate,), mistake.fix, candidate.evidence)


def _told(mistake: Mistake, candidates: tuple[Candidate, ...], why: str) -> Diagnosis:
    """The answer that the logic is right, and the other reason."""
    first = candidates[0]
    where = f" Here: {first.place}." if first.place else ""
    verdict = "approximation" if mistake.family == "approximated-functions" else "rounding"
    return Diagnosis(verdict, f"{mistake.sentence}{where} {why}", mistake.id, candidates, mistake.fix, first.evidence)


_BITS_LESS = {"float16": 13.0, "bfloat16": 16.0}  # than float32
_LIKE_IT = 0.35  # an emulation must leave less than this fraction of the differences
_ROUNDING_BITS = 16.0
_MOST_ROUNDING = 0.05  # of the largest number


def _rounding(searches: list[Search], observed: Observed) -> Diagnosis | None:
    """Whether coarser matrix products explain the difference: their emulation must fit much better than the right one.

    Noise of the same size does not: it is nearer to the right numbers than to the emulated ones.
    """
    search, right = _in_the_same_form(searches)
    if (
        search is None
        or right is None
        or observed.record
        or observed.size < 8
        or not all(np.isfinite(a).all() for a in observed.arrays)
    ):
        return None
    arrays = list(observed.arrays)
    size = max(float(np.abs(a).max(initial=0)) for a in arrays)
    before = _distances(arrays, right)
    if before.max() > _MOST_ROUNDING * size:
        return None
    for made in single_mistakes(search.base.layer, rounding=True):
        recipe = with_mistakes(search.base, (made,))
        (outputs,) = (None,) if recipe is None else run([recipe])
        if outputs is None or before.max() > 6 * _distances(outputs, right).max():
            continue
        left = np.sqrt(np.mean(_distances(arrays, outputs) ** 2) / np.mean(before**2))
        bits = before.size * -np.log2(max(left, 1e-3))
        if left <= _LIKE_IT and bits >= _ROUNDING_BITS:
            evidence = Evidence(before.size, float(before.max()), float(bits), 4, observed.precision.name)
            return _only_rounding(made, evidence)
    return None


def _in_the_same_form(searches: list[Search]) -> tuple[Search | None, Outputs | None]:
    """The first search whose right outputs have the observed ones' shape, and these outputs."""
    return next(((s, s.right) for s in searches if s.right is not None), (None, None))


def _distances(one: Sequence[Array], other: Sequence[Array]) -> Array:
    return np.concatenate([np.abs(a - b).ravel() for a, b in zip(one, other, strict=True)])


def _unexplained(searches: list[Search], observed: Observed, pairs: bool) -> Diagnosis:
    search, right = _in_the_same_form(searches)
    if search is None or right is None:
        return _other_shape(searches, observed)
    tried = sum(s.tried for s in searches)
    if proved := otherweights.proof(observed, search.base):
        redrawn = CATALOGUE["weights-redrawn"]
        return Diagnosis("other weights", f"{proved} {redrawn.sentence}", fix=redrawn.fix)
    if not any(np.isfinite(a).any() for a in observed.arrays):
        return Diagnosis("unexplained", "None of the numbers is finite: there is nothing to compare.")
    hint = otherweights.ruled_out(observed, search.base, right)
    computed = f"{checks.plural(tried, 'hypothesis')} {'was' if tried == 1 else 'were'} computed"
    return Diagnosis(
        "unexplained",
        f"{computed}, single mistakes{' and pairs' if pairs else ''}; none gives these numbers. "
        f"{hint}It may be a mistake that the catalogue does not have, more than two at once, or weights that are not "
        "the ones used (weights-redrawn): take weights and output from one and the same layer object."
        + (_LAYER_BY_LAYER if len(list(leaves(search.base.layer))) > 1 else ""),
    )


_LAYER_BY_LAYER = (
    " Next, find the layer: give le.diagnose what your program has after its first layer, with that layer instead of "
    "the model; then the second layer, with what the first one should return; and so on."
)


def _other_shape(searches: list[Search], observed: Observed) -> Diagnosis:
    got = ", ".join(checks.shape_text(a.shape) for a in observed.arrays)
    (outputs,) = run([searches[0].base])
    wanted = ", ".join(checks.shape_text(a.shape) for a in outputs or ())
    return Diagnosis(
        "shape",
        f"Your output has shape {got}; the layer returns {wanted}. No mistake in the catalogue gives numbers of your "
        "shape that agree with yours. Recurrent outputs are (batch, timesteps, units), or (batch, units) for the last "
        "step.",
    )


def first_difference(search: Search, observed: Observed) -> Divergence | None:
    """The earliest step, in it the first quantity, in that the largest difference."""
    if search.right is None:
        return None
    _, loose = windows(observed.precision, search.right, search.errors_of_few)
    best = None
    for name, a, y, w in zip(observed.names, observed.arrays, search.right, loose, strict=True):
        wrong = apart(a, y, TOLERANCES["float32"]) & ~(np.abs(a - y) <= w)
        if not wrong.any():
            continue
        timed = a.ndim == 3
        step = int(np.flatnonzero(wrong.any(axis=(0, 2)))[0]) if timed else np.inf
        if best is not None and step >= best[0]:
            continue
        here = np.where(wrong, np.nan_to_num(np.abs(a - y), nan=np.inf), -1)
        if timed:
            here[:, np.arange(a.shape[1]) != step] = -1
        index = tuple(int(k) for k in np.unravel_index(np.argmax(here), here.shape))
        best = step, _divergence(name, a, y, index, search)
    return None if best is None else best[1]


def _divergence(name: str, a: Array, y: Array, index: tuple[int, ...], search: Search) -> Divergence:
    end = last_layer(search.base.layer)
    axes = default_axes(name, a.ndim, "sequence" if isinstance(end, TIMED) else "row")
    where = dict(zip(axes, index, strict=True))
    before = a.ndim == 3 and index[1] > 0
    if a.ndim == 3 and getattr(end, "go_backwards", False):
        where["timestep"] = a.shape[1] - 1 - index[1]
    return Divergence(name, where, float(a[index]), float(y[index]), before)
