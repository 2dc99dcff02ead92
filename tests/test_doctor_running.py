"""What is known about a computation after its first steps, and which hypotheses that rules out."""

import numpy as np
import pytest
from helpers import randomise, rng_of

import lstm_edu as le
from lstm_edu.doctor.case import Case
from lstm_edu.doctor.catalogue.inputs import cut_to, ended_after
from lstm_edu.doctor.families import Situation, groups_of
from lstm_edu.doctor.hypotheses import Made, single_mistakes, with_mistakes
from lstm_edu.doctor.mistake import CATALOGUE
from lstm_edu.doctor.recipes import recipe_of
from lstm_edu.doctor.running import run
from lstm_edu.doctor.screening import Report, Screen, signature

LAYERS = {
    "all steps of an LSTM": lambda: le.LSTM(4, return_sequences=True, return_state=True),
    "the last step of a GRU": lambda: le.GRU(4),
    "a SimpleRNN that reads backwards": lambda: le.SimpleRNN(4, return_sequences=True, go_backwards=True),
    "both directions": lambda: le.Bidirectional(le.LSTM(4, return_sequences=True)),
    "a stack": lambda: le.Sequential(
        [le.LSTM(4, return_sequences=True), le.GRU(3, return_sequences=True), le.TimeDistributed(le.Dense(2))]
    ),
}
BATCH, TIMESTEPS, FEW = 4, 9, 3


@pytest.fixture(params=LAYERS)
def layer(request):
    layer = LAYERS[request.param]()
    layer.build((None, None, 3))
    return randomise(layer, rng_of(0))


def question(masked=False):
    x = rng_of(1).standard_normal((BATCH, TIMESTEPS, 3)).astype("float32")
    return x, (rng_of(2).random((BATCH, TIMESTEPS)) > 0.3 if masked else None)


@pytest.mark.parametrize("masked", [False, True])
def test_what_a_few_steps_say_of_a_mistake_is_what_all_steps_say(layer, masked):
    right = recipe_of(layer, *question(masked))
    recipes = [with_mistakes(right, (m,)) for m in single_mistakes(layer)]
    recipes = [r for r in recipes if r is not None]
    for part, whole in zip(run(recipes, FEW), run(recipes), strict=True):
        assert (part is None) == (whole is None)
        for a, b in zip(part or [], whole or [], strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, np.where(np.isnan(a), np.nan, b), rtol=1e-9, atol=1e-12)


def test_of_the_right_computation_a_few_steps_are_known():
    for name, known in {
        "all steps of an LSTM": FEW,
        "the last step of a GRU": 0,
        "a SimpleRNN that reads backwards": FEW,
        "a stack": FEW,
    }.items():
        layer = LAYERS[name]()
        layer.build((None, None, 3))
        (part,) = run([recipe_of(layer, *question())], FEW)
        steps = ~np.isnan(part[0]).any(axis=(0, 2)) if part[0].ndim == 3 else ~np.isnan(part[0]).any(axis=1)
        assert steps.tolist() == [k < known for k in range(len(steps))] if known else not steps.any()
        assert all(np.isnan(state).all() for state in part[1:])


def test_a_step_that_a_mistake_has_put_elsewhere_is_known_there():
    layer = le.LSTM(4, return_sequences=True)
    layer.build((None, None, 3))
    turned = next(m for m in single_mistakes(layer) if m.mistake.id == "go-backwards-order")
    ((y,),) = run([with_mistakes(recipe_of(layer, *question()), (turned,))], FEW)
    assert np.isnan(y[:, :-FEW]).all() and not np.isnan(y[:, -FEW:]).any()


def test_recipes_that_differ_in_what_is_returned_share_their_steps(monkeypatch):
    from lstm_edu.doctor import running

    scanned = []
    loop = running._loop
    monkeypatch.setattr(running, "_loop", lambda recipes, most: (scanned.append(len(recipes)), loop(recipes, most))[1])
    layer = le.LSTM(4, return_sequences=True)
    layer.build((None, None, 3))
    right = recipe_of(layer, *question())
    (one, two) = run([right, right.then(lambda outputs: [2 * y for y in outputs])])
    assert scanned == [1]
    np.testing.assert_array_equal(two[0], 2 * one[0])


@pytest.mark.parametrize("masked", [False, True])
def test_what_is_computed_side_by_side_is_what_each_gives_alone(layer, masked):
    right = recipe_of(layer, *question(masked))
    recipes = [with_mistakes(right, (m,)) for m in single_mistakes(layer)]
    for inner in getattr(right, "parts", {"": right}).values():
        if not masked and hasattr(inner, "start"):  # shorter ones begin later
            recipes += [inner.but(x=inner.x[:, k:], form=right.form) for k in (1, 3)]
    recipes = [r for r in recipes if r is not None]
    for recipe, together in zip(recipes, run(recipes), strict=True):
        (alone,) = run([recipe])
        assert (together is None) == (alone is None)
        for a, b in zip(together or [], alone or [], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_first_steps_alone_are_those_of_the_whole(backwards):
    def layers():
        return [
            le.LSTM(4, return_sequences=True),
            le.GRU(3, go_backwards=backwards),
            le.Dense(2, activation="tanh"),
        ]

    for layer in (le.Sequential(layers()), le.LSTM(4, go_backwards=backwards), le.LSTM(4, return_sequences=True)):
        layer.build((None, None, 3))
        right = recipe_of(randomise(layer, rng_of(0)), *question(masked=True))
        run([right])
        for k in (1, 4, TIMESTEPS - 1):
            (ended,), (cut,) = run([ended_after(right, k)]), run([cut_to(right, slice(None, k))])
            np.testing.assert_allclose(ended[0], cut[0], rtol=1e-9, atol=1e-12)


# --- screens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True])
def test_a_screen_leaves_the_truth_and_little_else(layer, masked):
    x, mask = question(masked)
    case = Case(layer, x, mask)
    made = [m for m in single_mistakes(layer) if not m.mistake.across]
    right = case.recipe(dtype=np.float32)
    found, left_over, tried = 0, 0, 0
    for m in made[::7]:
        recipe = with_mistakes(right, (m,))
        (outputs,) = (None,) if recipe is None else run([recipe])
        if outputs is None or not all(np.isfinite(y).all() for y in outputs):
            continue
        observed = case.observe(outputs if len(outputs) > 1 else outputs[0])
        screen = Screen(observed.rows([0], BATCH), case.rows([0]).recipe(observed.form, np.float32))
        if signature(with_mistakes(screen.base, (m,))) == signature(screen.base):
            continue  # not to be seen in the first sequence
        left, _ = screen.left([(other,) for other in made], Report(None, len(made), ""))
        assert (m,) in left
        found, left_over, tried = found + 1, left_over + len(left), tried + len(made)
    assert found > 3 and left_over < 0.2 * tried


def test_what_mixes_sequences_is_ruled_out_or_left_by_one_of_them(layer):
    x, _ = question()
    case, right = Case(layer, x), Case(layer, x).recipe(dtype=np.float32)
    family, whole = CATALOGUE["activation-replaced"], case.recipe()
    for place in family.places(layer):  # softmax over the batch
        situation = Situation(family, place, whole, *run([whole]), None)
        made = [Made(m, place) for group in groups_of(situation) for m in group]
    made = [m for m in [*made, *single_mistakes(layer)] if m.mistake.across]
    seen = 0
    for m in made:
        wrong = with_mistakes(right, (m,))
        (outputs,) = (None,) if wrong is None else run([wrong])
        if outputs is None or any(len(y) != BATCH for y in outputs):
            continue
        observed = case.observe(outputs if len(outputs) > 1 else outputs[0])
        few = case.rows([1]).recipe(observed.form, np.float32)
        screen = Screen(observed.rows([1], BATCH), few, (case.recipe(observed.form, np.float32), [1]))
        left, unmade = screen.left([(other,) for other in made], Report(None, len(made), ""))
        assert (m,) in [*left, *unmade]
        assert len(left) <= 4
        seen += (m,) in left
    assert seen or isinstance(layer, le.Bidirectional)
