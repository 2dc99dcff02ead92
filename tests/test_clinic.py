"""The clinic: sealed patients, what is said about a diagnosis, and that nothing gives them away."""

import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.clinic import patient as module
from lstm_edu.clinic.evidence import differ
from lstm_edu.clinic.patients import RECORDS, WORDS, Cause, opened

NUMBERS = le.clinic.cases()
TWO = [number for number in NUMBERS if le.clinic.case(number).mistakes == 2]
ONE = [number for number in NUMBERS if number not in TWO]


@pytest.fixture
def fresh(monkeypatch):
    """Patients of which no hint has been shown."""
    monkeypatch.setattr(module, "_patients", {})
    return le.clinic.case


def right_letters(number):
    """One letter, or two."""
    right = [WORDS[mistake_id] for mistake_id in opened(number).ids]
    return [letter for letter, words in le.clinic.case(number).choices.items() if words in right]


def made_by(patient, *ids):
    return Cause.of(ids).output(patient.layer, patient.x, patient.mask, patient.initial_state)


def right_of(patient):
    given = {"mask": patient.mask, "initial_state": patient.initial_state}
    return patient.layer(patient.x, **{k: v for k, v in given.items() if v is not None})


# --- the patients ---------------------------------------------------------------------------------------------------


def test_there_are_patients_enough_of_both_kinds():
    assert NUMBERS == list(range(1, len(NUMBERS) + 1)) and len(NUMBERS) >= 12
    mistakes = [mistake_id for number in NUMBERS for mistake_id in opened(number).ids]
    assert len(set(mistakes)) == len(mistakes) == len(ONE) + 2 * len(TWO)
    assert len(TWO) >= 2
    asked = [number for number in NUMBERS if le.clinic.case(number).function is not None]
    assert 3 <= len(asked) < len(NUMBERS)
    kinds = {type(le.clinic.case(number).layer).__name__ for number in NUMBERS}
    assert kinds == {"Dense", "SimpleRNN", "GRU", "LSTM", "Bidirectional"}


def test_none_of_them_has_been_shown_in_the_notebooks_before(root):
    for path in sorted((root / "notebooks").glob("0[89]*.ipynb")):
        text = path.read_text(encoding="utf-8")
        for number in NUMBERS:
            assert not [mistake_id for mistake_id in opened(number).ids if mistake_id in text], (path.name, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_numbers_are_those_of_the_catalogue_s_mistake(number):
    patient, mistake = le.clinic.case(number), opened(number)
    if number in ONE:
        (of_the_catalogue,) = mistake.mistakes
        given = (patient.layer, patient.x, patient.mask, patient.initial_state)
        np.testing.assert_array_equal(patient.output, of_the_catalogue.output(*given))
    np.testing.assert_array_equal(patient.output, made_by(patient, *mistake.ids))
    assert differ(patient.output, right_of(patient)).any()
    if patient.function is not None:
        other = np.random.default_rng(7).normal(size=patient.x.shape).astype("float32")[:1]
        np.testing.assert_array_equal(patient.function(other), mistake.output(patient.layer, other))


@pytest.mark.parametrize("number", NUMBERS)
def test_the_doctor_is_honest_about_them(number):
    patient = le.clinic.case(number)
    theirs = patient.output if patient.function is None else patient.function
    found = le.diagnose(theirs, patient.layer, patient.x, patient.mask, patient.initial_state, progress=False)
    assert found.verdict in ("cause", "rounding")
    assert patient.answer(found)


def test_the_stories_are_true():
    case, right = le.clinic.case, {number: right_of(le.clinic.case(number)) for number in NUMBERS}
    assert np.abs(case(1).output).max() > 1 and differ(case(1).output, right[1])[:, 0].all()
    assert np.allclose(np.sort(case(2).output, axis=None), np.sort(right[2], axis=None))
    assert case(4).output.min() > 0 > right[4].min()
    assert not case(6).output[:, 0].any()
    for number in (5, 7, 10, 13):  # right at the first timestep
        wrong = differ(case(number).output, right[number])
        assert not wrong[:, 0].any() and wrong[:, 1].any()
    assert np.abs(case(13).output - right[13])[:, 1].max() < 0.1
    assert opened(9).output(case(9).layer, case(9).x, np.ones_like(case(9).mask)) == pytest.approx(
        case(9).layer(case(9).x), abs=1e-6
    )
    assert not differ(case(11).output, right[11])[..., :2].any() and differ(case(11).output, right[11])[..., 2:].any()
    assert differ(case(12).output, right[12]).mean() > 0.9
    for number in TWO:  # neither of the two alone
        both, each = case(number).output, [made_by(case(number), one) for one in opened(number).ids]
        assert all(differ(both, one).any() and differ(one, right[number]).any() for one in each)
    at_first = [differ(made_by(case(15), one), right[15])[:, 0].any() for one in opened(15).ids]
    assert sorted(at_first) == [False, True]  # with one of them fixed the first timestep is right


# --- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ONE)
def test_it_is_found_by_each_of_its_names(number):
    patient, mistake = le.clinic.case(number), opened(number)
    (letter,) = right_letters(number)
    for answer in (letter, f" {letter.lower()} ", mistake.id, patient.choices[letter], patient.choices[letter].upper()):
        finding = patient.answer(answer)
        assert finding and finding.status == "found" and finding.cause == mistake.id
        assert mistake.sentence in finding.message and finding.seen and finding.fix == mistake.fix


@pytest.mark.parametrize("number", TWO)
def test_two_mistakes_are_found_together(number):
    patient, both = le.clinic.case(number), opened(number)
    one, other = right_letters(number)
    words = [patient.choices[letter] for letter in (one, other)]
    for given in (
        (one, other), (other.lower(), one), (f"{one}, {other}",), (f"{other} {one}",), (f"{one} and {other}",),
        ([one, other],), (both.id,), tuple(both.ids), tuple(words), (" and ".join(words),),
    ):  # fmt: skip
        finding = patient.answer(*given)
        assert finding.status == "found" and finding.cause == both.id and "You found both." in finding.message, given
        assert all(m.sentence in finding.message and m.fix in finding.fix for m in both.mistakes)
    assert all(f"`{mistake_id}`" in repr(finding) for mistake_id in both.ids) and both.id not in repr(finding)


@pytest.mark.parametrize("number", TWO)
def test_one_of_two_mistakes_is_half_the_answer(number):
    patient, right = le.clinic.case(number), right_letters(number)
    (wrong, *_) = (letter for letter in patient.choices if letter not in right)
    for letter in right:
        alone = patient.answer(letter)
        assert alone.status == "not yet" and alone.cause is None
        assert alone.message.startswith("That is one of the two. Look at ")
        assert "ith that mistake alone it would" in alone.message
        assert patient.answer(letter, wrong).message.startswith("One of the two is right, the other is not. Look at ")
    assert "One of" not in patient.answer(wrong).message and "one of" not in patient.answer(wrong).message
    assert "two of the letters" in patient.answer("?", "?").message
    every = patient.answer(*patient.choices)  # no way to be right by naming all
    assert every.status == "not understood" and "This patient has two mistakes" in every.message
    few = le.clinic.case(1).answer(*le.clinic.case(1).choices)
    assert few.status == "not understood" and "This patient has one mistake" in few.message


@pytest.mark.parametrize("number", ONE)
def test_every_other_choice_could_be_and_something_speaks_against_it(number):
    patient = le.clinic.case(number)
    said = {}
    for letter in patient.choices:
        if letter not in right_letters(number):
            finding = patient.answer(letter)
            assert not finding and finding.status == "not yet"
            assert finding.cause is None and not finding.fix and not finding.seen
            assert "cannot be made" not in finding.message
            said[letter] = finding.message
    assert len(said) >= 4 and all("Look at" in text or "the output would have shape" in text for text in said.values())


def test_what_speaks_against_a_guess_is_so():
    patient = le.clinic.case(10)  # right at the first timestep, where all biases twice would not be
    letter = next(k for k, words in patient.choices.items() if words == WORDS["bias-twice"])
    wrong = made_by(patient, "bias-twice")[0, 0, 0]
    message = patient.answer(letter).message
    assert message.startswith("Look at sequence 0, timestep 0, unit 0: it is still right (")
    assert f"would already be wrong ({wrong:.3g})" in message

    letter = next(k for k, words in patient.choices.items() if words == WORDS["state-not-carried:c"])
    here, there = (a[0, 1, 0] for a in (patient.output, made_by(patient, "state-not-carried:c")))
    assert f"timestep 1, unit 0: with that mistake it would be {there:.3g}, and here it is {here:.3g}" in (
        patient.answer(letter).message
    )


def test_a_mistake_by_another_name_is_found_too():
    patient = le.clinic.case(11)  # the backward layer's outputs in the other order, made in that layer
    assert opened(11).id != "go-backwards-order" and patient.answer("go-backwards-order")


def test_words_that_name_one_of_the_choices_are_enough():
    patient = le.clinic.case(3)
    assert patient.answer("bias twice") and patient.answer("twice")
    assert patient.answer("bias").status == "not understood"  # two of them are about the bias
    assert patient.answer("").status == patient.answer(" ? ").status == "no answer yet"
    assert "the letters A to E" in patient.answer("?").message
    assert "A to E" in patient.answer("something else").message


def test_a_function_that_makes_the_same_mistake_is_a_proof():
    patient = le.clinic.case(3)
    kernel, bias = patient.layer.get_weights()
    assert patient.answer(lambda x: x @ kernel + bias + bias)
    assert patient.answer(lambda x: patient.output).status == "not yet"  # the numbers, but not for another input
    assert "gives Keras's numbers" in patient.answer(lambda x: x @ kernel + bias).message
    assert "with your code it would be" in patient.answer(lambda x: x @ kernel + 3 * bias).message
    assert "the output would have shape (3,)" in patient.answer(lambda x: bias).message
    assert "the patient itself" in patient.answer(patient.function).message
    assert "the patient itself" in patient.answer(lambda x: patient.function(x) + 0).message
    assert "ZeroDivisionError" in patient.answer(lambda x: 1 / 0).message
    before = patient.x.copy()

    def in_place(x):
        x += 1
        return (x - 1) @ kernel + 2 * bias

    assert patient.answer(in_place) and np.array_equal(patient.x, before)


def test_a_function_gets_the_states_that_belong_to_the_input():
    patient = le.clinic.case(5)

    def from_the_first_state(x, initial_state):
        steps = [patient.layer(x[:, t : t + 1], initial_state=initial_state) for t in range(x.shape[1])]
        return np.concatenate(steps, axis=1)

    assert patient.answer(from_the_first_state)


def test_what_is_no_answer_is_refused():
    with pytest.raises(TypeError, match="a letter, the words of a diagnosis.*got int"):
        le.clinic.case(1).answer(3)
    nothing = le.diagnose(right_of(le.clinic.case(1)), le.clinic.case(1).layer, le.clinic.case(1).x, progress=False)
    assert le.clinic.case(1).answer(nothing).status == "not understood"
    for number in (0, 99, "1", 1.0, True):
        with pytest.raises(ValueError, match=r"the numbers 1 to 16, got"):
            le.clinic.case(number)


# --- hints ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_hints_are_a_ladder_here_too(number, fresh):
    patient = fresh(number)
    question, shown, three, again = (fresh(number).hint() for _ in range(4))
    assert [hint.tier for hint in (question, shown, three, again)] == [1, 2, 3, 3]
    assert "?" in question.text and not any(words in question.text for words in patient.choices.values())
    assert len(shown.text) > 20 and not any(words in shown.text for words in patient.choices.values())
    left = [line.partition(":")[0] for line in three.text.splitlines()[1:]]
    assert len(left) == 2 + le.clinic.case(number).mistakes and left == sorted(left)
    assert set(right_letters(number)) <= set(left)
    assert f"le.clinic.case({number}).hint()` says more" in repr(shown) and "solution()` says" in repr(three)


def test_what_the_numbers_show(fresh):
    shown = {}
    for number in NUMBERS:
        fresh(number).hint()
        shown[number] = fresh(number).hint().text
    assert f"The largest number is {np.abs(fresh(1).output).max():.2f}" in shown[1] and "already wrong" in shown[1]
    assert "All the right numbers are there, but in other places." in shown[2]
    assert "No number is negative" in shown[4] and "exactly 0" in shown[6]
    assert "At timestep 0 all numbers are right" in shown[5] and "the state and the recurrent kernel" in shown[7]
    assert "timestep 4; of that sequence the timesteps 2 and 3 are masked" in shown[9]
    assert "Only units 2 and 3 differ." in shown[11] and "small, everywhere" in shown[12]
    (zeros,) = fresh(3).function(np.zeros((1, 3)))
    assert f"{zeros[0]:.3f}" in shown[3] and f"{fresh(3).layer.get_weights()[1][0]:.3f}" in shown[3]


# --- sealed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_a_curious_look_does_not_give_it_away(number):
    """Nothing of a patient names one of its choices more than the others."""
    patient, mistake = le.clinic.case(number), opened(number)
    looks = [repr(patient), patient._repr_html_(), patient.symptoms, repr(patient.function), repr(RECORDS[number])]
    looks += [repr(vars(patient.function)) if patient.function else "", repr(vars(patient)), " ".join(dir(patient))]
    for text in looks:
        assert mistake.sentence not in text
        assert len({text.count(repr(choice)) for choice in RECORDS[number].choices}) == 1
    assert not [name for name in dir(patient) if name.startswith("_") and not name.startswith("__")]
    assert RECORDS[number].choices == tuple(sorted(RECORDS[number].choices))  # in an order that says nothing


def test_the_source_does_not_say_which_it_is():
    source = inspect.getsource(sys.modules["lstm_edu.clinic.patients"])
    for mistake_id in (one for number in NUMBERS for one in opened(number).ids):
        assert source.count(f'"{mistake_id}"') >= 2  # in the words, and among the choices


def test_the_right_letters_are_spread():
    assert len({letter for number in NUMBERS for letter in right_letters(number)}) >= 4


def test_the_solution_says_what_it_is_and_is_no_success():
    shown = le.clinic.case(8).solution()
    assert not shown and shown.status == "solution" and shown.cause == opened(8).id
    assert opened(8).sentence in repr(shown) and opened(8).id in shown._repr_html_()


def test_the_teacher_s_command_prints_all():
    printed = subprocess.run(
        [sys.executable, "-m", "lstm_edu.clinic"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    for number in NUMBERS:
        letters = " and ".join(right_letters(number))
        assert re.search(rf"^{number:2}  {letters}: .*\({re.escape(opened(number).id)}\)$", printed, re.MULTILINE)
        assert opened(number).sentence in printed


def test_the_clinic_needs_nothing_heavier_than_numpy():
    program = """
import sys, lstm_edu as le
le.clinic.case(3).answer("A")
print(*{"keras", "tensorflow", "matplotlib", "ipywidgets"} & sys.modules.keys())
"""
    loaded = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert loaded.split() == []
