"""Predictions in a page without Jupyter: how typed guesses are read and judged, what is shown when, keys, axe-core."""

import re

import numpy as np
import pytest
from blank_page import SCHEMES, axe_finds_nothing, call, nothing_sticks_out, put
from playwright.sync_api import expect

import lstm_edu as le
from lstm_edu.widgets.predict import judge

CHOICES = ["it grows", "it stays `as is`", "it shrinks"]


def number(**options):
    return le.predict("What is `y[0]`?\nTwo lines.", 6.1, why="Because `0.1 + 6`.\nA second line.", **options)


def choice():
    return le.predict("And then?", "it shrinks", choices=CHOICES, why="It has to.")


ALL = {
    "number": number,
    "numbers": lambda: le.predict("Which shape?", (2, 3)),
    "text": lambda: le.predict("Which gate?", "forget gate"),
    "choice": choice,
    "yes or no": lambda: le.predict("Is it so?", True),
}


def submit(root):
    return root.get_by_role("button", name="That is my guess")


def test_typed_numbers_are_understood(page):
    put(page, number())
    for text, value in [
        ("6.1", 6.1), (" −0,5 ", -0.5), ("-.5", -0.5), ("1/4", 0.25), ("25 %", 0.25), ("3e-2", 0.03), ("+7", 7),
        ("50 240", 50240), ("", None), ("six", None), ("1/0", None), ("1,2,3", None), ("--1", None), ("nan", None),
    ]:  # fmt: skip
        assert call(page, "typedNumber", text) == value, text
    for text, value in [
        ("(2, 3)", [2, 3]), ("2 3", [2, 3]), ("[2,3,]", [2, 3]), ("(4,)", [4]), ("2 x 3", [2, 3]),
        ("-0.5; 1", [-0.5, 1]), ("", None), ("(a, 2)", None), ("()", None),
    ]:  # fmt: skip
        assert call(page, "typedNumbers", text) == value, text


def test_a_comma_parts_thousands_where_a_whole_number_is_asked_for(page):
    put(page, number())
    whole, fraction = le.predict("?", 50240)._spec, le.predict("?", 1.25)._spec
    for text, value in [("50,240", 50240), ("1,050,240", 1050240), ("50,24", 50.24), ("0,250", 0.25), ("-1,5", -1.5)]:
        assert call(page, "guessFrom", whole, text) == value, text
    assert call(page, "guessFrom", fraction, "1,250") == 1.25


def test_the_page_judges_as_python_does(page):
    put(page, number())
    questions = [
        (6.1, [6.1, 6.0, 6.2, 5.99, 6.21]), (0.3, [0.4, 0.29, 0.31, 0.3199]), (56, [56, 56.5, 55]), (0, [0, 1]),
        (-0.02, [-0.02, 0.02]), (0.0, [0.01, 0.02, -0.005]), ((2, 3), [[2, 3], [3, 2], [2], [2, 3, 4]]),
        ((0.5, 0.25), [[0.5, 0.26], [0.25, 0.5]]),
        ("Forget gate", ["forget gate", "FORGETGATE.", "“forget  gate”", "input gate", "forget gates"]),
    ]  # fmt: skip
    verdicts = set()
    for answer, guesses in questions:
        spec = le.predict("?", answer)._spec
        for guess in guesses:
            right = judge(spec, guess)
            assert call(page, "isRight", spec, guess) == right, (answer, guess)
            verdicts.add(right)
    assert verdicts == {True, False}
    spec = choice()._spec
    assert [call(page, "isRight", spec, c) for c in CHOICES] == [False, False, True]


def test_text_becomes_lines_and_code(page):
    put(page, number())
    code, text = (lambda t: {"code": True, "text": t}), (lambda t: {"code": False, "text": t})
    assert call(page, "textPieces", "a `b` c\n`d`") == [[text("a "), code("b"), text(" c")], [code("d")]]
    assert call(page, "textPieces", "it`s") == [[text("it"), text("`s")]]


def enter(root, *typed):
    for text in typed:
        root.get_by_role("textbox").fill(text)
        root.get_by_role("textbox").press("Enter")


@pytest.mark.parametrize(
    ("typed", "state", "said"),
    [
        (["6"], "right", "✓ Right."),
        (["7,5", "6,2"], "right", "✓ Right."),
        (["61", "-7,5"], "wrong", "✗ Not so. You said: −7.5"),
    ],
)
def test_the_answer_comes_after_the_guess(page, typed, state, said):
    root = put(page, number())
    expect(root).to_have_attribute("data-state", "asked")
    expect(root.locator(".le-answer")).to_be_empty()
    assert "0.1 + 6" not in root.inner_text()
    enter(root, *typed)
    expect(root).to_have_attribute("data-state", state)
    answer = root.locator(".le-answer")
    expect(answer).to_contain_text(said)
    expect(answer).to_contain_text("Answer: 6.1")
    expect(answer.locator("code")).to_have_text("0.1 + 6")
    assert page.evaluate("[model.get('guess'), model.get('shown')]") == [float(typed[-1].replace(",", ".")), True]
    expect(root.get_by_role("textbox")).to_be_disabled()


@pytest.mark.parametrize(
    ("make", "wrong", "told", "right"),
    [(number, "-7.5", "Not −7.5.", "6.1"), (lambda: le.predict("Which shape?", (2, 3)), "3,2", "Not (3, 2).", "2, 3")],
)
def test_a_wrong_number_gets_one_more_try(page, make, wrong, told, right):
    root = put(page, make())
    enter(root, wrong)
    expect(root).to_have_attribute("data-state", "again")
    problem = root.locator(".le-problem")
    expect(problem).to_contain_text(f"✗ {told} Think it over and try once more.")
    expect(root.locator(".le-answer")).to_be_empty()
    assert "Answer" not in root.inner_text()
    assert page.evaluate("[model.get('guess') !== null, model.get('shown')]") == [True, False]
    field = root.get_by_role("textbox")
    expect(field).to_be_focused()
    assert field.evaluate("field => field.selectionEnd - field.selectionStart") == len(wrong)  # to be typed over
    page.keyboard.press("Enter")  # a second time by accident: that is no second try
    expect(problem).to_contain_text("You have said that already")
    expect(root).to_have_attribute("data-state", "again")
    enter(root, "about six")
    expect(problem).to_contain_text("Or press “Show me”")
    expect(root).to_have_attribute("data-state", "again")
    field.fill("1")
    expect(problem).to_contain_text(told)  # as long as the answer is not there
    enter(root, right)
    expect(root).to_have_attribute("data-state", "right")
    root.get_by_role("button", name="Ask me again").click()
    expect(root).to_have_attribute("data-state", "asked")
    expect(problem).not_to_contain_text("✗")
    enter(root, wrong)  # asked again, there are two tries again
    expect(root).to_have_attribute("data-state", "again")
    root.get_by_role("button", name="Show me").click()
    expect(root).to_have_attribute("data-state", "wrong")
    expect(root.get_by_role("button", name="Ask me again")).to_be_focused()


def test_what_can_be_guessed_by_leaving_out_is_asked_once(page):
    root = put(page, choice())
    root.get_by_role("radio").first.check()
    submit(root).click()
    expect(root).to_have_attribute("data-state", "wrong")
    root = put(page, le.predict("Which gate?", "forget gate"))
    enter(root, "input gate")
    expect(root).to_have_attribute("data-state", "wrong")


def test_what_is_no_guess_is_asked_for_again(page):
    root = put(page, number())
    field = root.get_by_role("textbox")
    for text in ("", "about six"):
        field.fill(text)
        submit(root).click()
        expect(root.locator(".le-problem")).to_contain_text("Write one number")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(root).to_have_attribute("data-state", "asked")
    root = put(page, choice())
    submit(root).click()
    expect(root.locator(".le-problem")).to_contain_text("Choose an answer first")


def test_the_keyboard_alone_chooses_and_begins_again(page):
    root = put(page, choice())
    root.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    expect(root.get_by_role("radio").nth(1)).to_be_checked()
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-state", "wrong")
    expect(root.locator(".le-answer")).to_contain_text("Answer: it shrinks")
    again = root.get_by_role("button", name="Ask me again")
    expect(again).to_be_focused()
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-state", "asked")
    expect(root.get_by_role("radio").first).to_be_focused()
    assert root.locator("input:checked").count() == 0
    assert page.evaluate("[model.get('guess'), model.get('shown')]") == [None, False]


def test_show_me_shows_without_a_verdict(page):
    root = put(page, choice())
    root.get_by_role("button", name="Show me").click()
    expect(root).to_have_attribute("data-state", "shown")
    expect(root.locator(".le-answer")).to_contain_text("It has to.")
    assert not re.search("Right|Not so", root.inner_text())
    assert page.evaluate("model.get('guess')") is None


def test_a_guess_from_python_and_one_of_before_are_shown(page):
    root = put(page, number())
    page.evaluate("model.set('guess', -2); model.set('shown', true)")
    expect(root).to_have_attribute("data-state", "wrong")
    expect(root.get_by_role("textbox")).to_have_value("−2")
    root = put(page, choice(), guess="it shrinks", shown=True)
    expect(root).to_have_attribute("data-state", "right")
    expect(root.get_by_role("radio").nth(2)).to_be_checked()
    root = put(page, number(), guess=-2)  # a notebook that was saved between two tries
    expect(root).to_have_attribute("data-state", "again")
    expect(root.get_by_role("textbox")).to_have_value("−2")
    expect(root.locator(".le-problem")).to_contain_text("✗ Not −2.")


def test_texts_cannot_inject_markup(page):
    bad = "<img src=x onerror='window.hacked = 1'>"
    root = put(page, le.predict(f"q {bad}", f"a {bad}", choices=[f"a {bad}", f"b {bad}"], why=bad))
    root.get_by_role("radio").nth(1).check()
    submit(root).click()
    expect(root.locator(".le-answer")).to_contain_text(bad)
    assert root.locator("img").count() == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_and_all_fits(new_page, scheme):
    page = new_page(**SCHEMES[scheme], viewport={"width": 400, "height": 900})
    for which, make in ALL.items():
        wrong = {"number": {"guess": 7.5}, "numbers": {"guess": [3, 2]}}.get(which, {})
        for changes in ({}, wrong, {"shown": True}, {"shown": True, "guess": make()._spec["answer"]}):
            root = put(page, make(), **changes)
            axe_finds_nothing(page, (which, changes))
            assert root.get_attribute("aria-label").startswith("Prediction")
            nothing_sticks_out(page, which)


def test_every_prediction_in_the_page_has_a_name_of_its_own(page):
    put(page, choice())
    page.evaluate("void linked.default.render({model, el})")
    names = page.locator("input[type=radio]").evaluate_all("all => all.map(radio => radio.name)")
    assert len(names) == 6 and len(set(names)) == 2


def test_numpys_numbers_travel(page):
    root = put(page, le.predict("Mean?", np.float32(0.25)))
    root.get_by_role("textbox").fill("0.25")
    submit(root).click()
    expect(root).to_have_attribute("data-state", "right")
