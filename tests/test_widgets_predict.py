"""Predictions on Python's side: what is asked, what is right, and what is refused."""

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.widgets import Prediction
from lstm_edu.widgets.predict import judge


def spec(answer, **options):
    return le.predict("?", answer, **options)._spec


@pytest.mark.parametrize(
    ("answer", "mode", "text"),
    [
        (6.1, "number", "6.1"), (56, "number", "56"), (50240.0, "number", "50240"), (-0.313261, "number", "-0.3133"),
        (np.float32(0.25), "number", "0.25"), (np.int64(3), "number", "3"), (1234.56, "number", "1234.6"),
        ((2, 3), "numbers", "(2, 3)"), ([4], "numbers", "(4,)"), (np.array([0.5, 2]), "numbers", "(0.5, 2)"),
        (np.zeros((4, 2)).shape, "numbers", "(4, 2)"), ("forget gate", "text", "forget gate"), (True, "choice", "yes"),
        (np.bool_(False), "choice", "no"),
    ],
)  # fmt: skip
def test_the_kind_of_the_answer_says_what_is_asked_for(answer, mode, text):
    asked = spec(answer)
    assert (asked["mode"], asked["answer_text"]) == (mode, text)


@pytest.mark.parametrize(
    ("answer", "tolerance", "right", "wrong"),
    [
        (56, None, [56, 56.0], [55, 56.1]),
        (0, None, [0, 0.0], [1, 0.01]),
        (6.1, None, [6, 6.2, 6.15], [5.9, 6.3, -6.1]),
        (0.3112, None, [0.31, 0.32], [0.3, 0.33]),
        (0.3, 0.1, [0.4, 0.2], [0.41]),
        (0.0, None, [0, 0.01], [0.02]),
        (100, 5, [95, 105], [94.9]),
        ((2, 3), None, [[2, 3]], [[3, 2], [2], [2, 3, 1]]),
        ((0.5, -2), 0.25, [[0.4, -2.25]], [[0.4, -2.26], [0.8, -2]]),
        ("forget gate", None, ["Forget  Gate", "`forget gate`.", "forgetgate"], ["gate", "forget gates"]),
        (True, None, ["yes"], ["no"]),
    ],
)
def test_what_is_right(answer, tolerance, right, wrong):
    asked = spec(answer, tolerance=tolerance)
    assert [judge(asked, g) for g in right] == [True] * len(right)
    assert [judge(asked, g) for g in wrong] == [False] * len(wrong)


def test_guess_and_right_can_be_read():
    prediction = le.predict("Which?", "b", choices=["a", "b"], why="so")
    assert isinstance(prediction, Prediction)
    assert (prediction.guess, prediction.shown, prediction.right) == (None, False, None)
    prediction.guess = "a"
    assert prediction.right is False
    prediction.guess = "b"
    assert prediction.right is True
    prediction.guess = None
    assert prediction.right is None


def test_neither_repr_nor_the_page_tells_the_answer_too_early():
    prediction = le.predict("How many?", 1234567)
    assert "1234567" not in repr(prediction) and "How many?" in repr(prediction)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: le.predict(3, 3), TypeError, "question must be a text, got 3 .int."),
        (lambda: le.predict(" ", 3), ValueError, "the question is empty"),
        (lambda: le.predict("?", 3, why=4), TypeError, "why must be a text"),
        (lambda: le.predict("?", "c", choices=["a", "b"]), ValueError, r"one of the choices \['a', 'b'\], got 'c'"),
        (lambda: le.predict("?", 1, choices=["a", "b"]), ValueError, "must be one of the choices"),
        (lambda: le.predict("?", "a", choices="ab"), TypeError, "choices must be a list of texts, got 'ab'"),
        (lambda: le.predict("?", "a", choices=["a", 2]), TypeError, "every choice must be a text .* got 2"),
        (lambda: le.predict("?", "a", choices=["a"]), ValueError, "two or more, all different"),
        (lambda: le.predict("?", "a", choices=["a", "b", "a"]), ValueError, "two or more, all different"),
        (lambda: le.predict("?", None), TypeError, "must be a number, several numbers"),
        (lambda: le.predict("?", " "), ValueError, "the answer is empty"),
        (lambda: le.predict("?", ()), TypeError, "several numbers"),
        (lambda: le.predict("?", ["a", "b"]), TypeError, "several numbers"),
        (lambda: le.predict("?", float("nan")), ValueError, "nan cannot be typed"),
        (lambda: le.predict("?", (1, float("inf"))), ValueError, "inf cannot be typed"),
        (lambda: le.predict("?", 1, tolerance=-1), ValueError, "tolerance must be a finite number from 0 on, got -1"),
        (lambda: le.predict("?", 1, tolerance="x"), TypeError, "tolerance must be a number or None, got 'x'"),
        (lambda: le.predict("?", "a", tolerance=1), ValueError, "a tolerance belongs to numbers"),
    ],
)
def test_bad_questions_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("answer", "guess"),
    [(3, "a"), (3, True), (3, float("nan")), ((2, 3), 2), ((2, 3), ["a"]), ("a", 3), (True, "maybe")],
)
def test_guesses_of_another_kind_are_refused(answer, guess):
    prediction = le.predict("?", answer)
    with pytest.raises((TypeError, ValueError), match="guess must be"):
        prediction.guess = guess
    assert prediction.guess is None
