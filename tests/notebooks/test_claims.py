"""What the notebooks say about meaning is what benchmarks/claims.json has measured. Nothing is trained here."""

import re
from typing import NamedTuple

import numpy as np
import pytest
from test_prose import NOTEBOOKS, cells

from benchmarks import claims

FIGURES = claims.read()


class Claim(NamedTuple):
    """A sentence of a notebook, with its figures put in; `holds` is what it says in words, where it says more."""

    experiment: str
    notebook: str
    sentence: str
    holds: bool = True


def said(number: str) -> str:
    """A notebook's texts, the cards' too, without what marks Markdown and with single spaces."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(f"{number}_"))
    text = "\n".join(cell.source for cell in cells(path))
    return re.sub(r"\s+", " ", re.sub(r'"\n\s*"|\*', "", text))


def span(values: list[float | None], form: str = "g") -> str:
    """From the least to the largest, "9 to 12"; of rounds, those that ended, and "never" where none did."""
    known = [f"{value:{form}}" for value in sorted(value for value in values if value is not None)]
    return "never" if not known else known[0] if known[0] == known[-1] else f"{known[0]} to {known[-1]}"


def two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):g}"


def of_gradients() -> list[Claim]:
    fresh, start = FIGURES["fresh_gradients"], FIGURES["orthogonal_start"]
    few, many = (fresh[f"LSTM over SimpleRNN, {units} units"] for units in (5, 128))
    middle = fresh["LSTM over SimpleRNN, 32 units"]
    tiny, large = (
        [fresh[f"LSTM over SimpleRNN, {units} units, inputs times {scale}"] for units in (5, 32, 128)]
        for scale in (0.1, 3)
    )
    alone = [fresh[f"its forget gates alone, forget bias {value}"] for value in (1, 3)]
    bias = [fresh[f"LSTM, 32 units, forget bias {value}"] for value in (0, 1, 3)]
    inputs = [fresh[f"SimpleRNN, 32 units, inputs times {scale}"] for scale in (0.1, 1, 3)]
    luck = {kind: start[f"{kind}, 16 units"] for kind in ("orthogonal", "glorot_uniform")}
    scaled = FIGURES["scaled_matrix"]
    return [
        Claim(
            "fresh_gradients", "10", f"with 5 units the LSTM has {two_digits(few[1])} times as much left", few[0] > 1
        ),
        Claim("fresh_gradients", "10", "with 32 units the two are about equal", 0.2 < middle[0] < middle[2] < 5),
        Claim("fresh_gradients", "10", f"the SimpleRNN has {two_digits(1 / many[1])} times as much", many[2] < 1),
        Claim(
            "fresh_gradients",
            "10",
            "In the LSTM it is mostly one number",
            bias[0][2] < bias[1][0] < bias[1][2] < bias[2][0],
        ),
        Claim(
            "fresh_gradients",
            "10",
            "the SimpleRNN keeps hundreds of times as much as the LSTM, at all these widths",
            max(ratio[2] for ratio in tiny) < 1 / 200,
        ),
        Claim(
            "fresh_gradients",
            "10",
            "If they are three times as large, the LSTM keeps more, at all these widths",
            min(ratio[0] for ratio in large) > 2,
        ),
        Claim(
            "fresh_gradients",
            "10",
            f"would leave about {alone[1][1]:g} of it, with every seed. How much really arrives is anything from "
            f"{bias[2][0]:g} to {bias[2][2]:g} (five seeds)",
            alone[1][2] - alone[1][0] < 0.02,
        ),
        Claim("fresh_gradients", "10", "the second path brings most of it", alone[0][2] < bias[1][0] / 2),
        Claim("fresh_gradients", "10", "The SimpleRNN keeps nearly half if its inputs are tiny", inputs[0][0] > 0.4),
        Claim("fresh_gradients", "10", "and nothing at all if they are large", inputs[2][2] < 1e-7),
        Claim(
            "orthogonal_start",
            "10",
            "some seeds keep thousands of times as much",
            luck["glorot_uniform"][2] > 2000 * luck["glorot_uniform"][0],
        ),
        Claim(
            "orthogonal_start",
            "10",
            "it takes most of the luck out",
            luck["orthogonal"][2] < 100 * luck["orthogonal"][0],
        ),
        Claim(
            "scaled_matrix",
            "05",
            "a little above, and it grows, here by a factor of up to fifty",
            scaled["1.2"][0] > 10,
        ),
        Claim(
            "scaled_matrix",
            "05",
            "from a few millionths to a million times as much",
            1e-6 < scaled["3"][0] < 1e-5 and scaled["3"][2] > 1e6 and 0.1 < scaled["1"][0] < scaled["1"][2] < 10,
        ),
    ]


def of_one_layer() -> list[Claim]:
    gates, stuck, apart = (FIGURES[name] for name in ("fresh_forget_gates", "stuck_blocks", "wrong_or_rounding"))
    usual, scaled = (gates[f"inputs times {scale}"] for scale in (1, 10))
    wrong = [apart[f"old hard sigmoid, fresh, {units} units, step 0"][1] for units in (1, 8, 32, 128)]
    large = [apart[f"rounding, kernels times 8, step {step}"][1] for step in (0, 127)]
    small = [apart[f"rounding, kernels times 1, step {step}"][2] for step in (0, 127)]
    return [
        Claim("fresh_forget_gates", "07b", f"between {usual[0]:.2f} and {usual[1]:.2f}. With inputs ten times"),
        Claim("fresh_forget_gates", "07b", f"they spread from {scaled[0]:.2f} to {scaled[1]:.2f}"),
        Claim(
            "stuck_blocks",
            "07",
            f"With 2 units and 3 sequences, {stuck['2 units, 3 sequences']} runs were as clear as this one. "
            f"With 1 unit and 1 sequence only {stuck['1 units, 1 sequences']} were",
            stuck["4 units, 3 sequences"] == 300,
        ),
        Claim("wrong_or_rounding", "08b", f"the same mistake gave {min(wrong):g} to {max(wrong):g}"),
        Claim(
            "wrong_or_rounding",
            "08b",
            f"it grew from {large[0]:.8f} at step 0 to {large[1]:.1g} at step 127",
            max(small) < 1e-7,  # "Rounding usually stays small, as it does here"
        ),
    ]


def of_adding() -> list[Claim]:
    race, lengths, which = (FIGURES[name] for name in ("adding_race", "adding_lengths", "which_gradient"))
    slow, fast, gru = "SimpleRNN, rate 0.003: ", "LSTM, rate 0.01: ", "GRU, rate 0.01: "
    longer = [f"{steps} steps, SimpleRNN, rate {rate}: " for steps in (60, 100) for rate in (0.001, 0.003)]
    rows = {
        "near": "both marks in the last 10 steps",
        "usual": "as usual",
        "far": "both marks in the first 10 steps",
    }
    rounds = {where: [which[f"{where}, forget bias {bias}: rounds"] for bias in (0, 1, 3)] for where in rows}
    found = [
        Claim(
            "adding_race",
            "05",
            f"| SimpleRNN | 0.003 | {span(race[slow + 'rounds'])}, and one seed of three not in 60 | "
            f"{span(race[slow + 'error at the end'])} |",
            race[slow + "rounds"].count(None) == 1,
        ),
        Claim(
            "adding_race",
            "05",
            f"| LSTM | 0.01 | {span(race[fast + 'rounds'])} | {span(race[fast + 'error at the end'], '.1g')} |",
        ),
        Claim(
            "adding_race",
            "05",
            f"| GRU (notebook 12) | 0.01 | {span(race[gru + 'rounds'])} | below 0.0002 |",
            max(race[gru + "error at the end"]) < 0.0002,
        ),
        Claim(
            "adding_race",
            "05",
            "At a rate of 0.01, which suits the LSTM, it is a matter of luck",
            0 < race["SimpleRNN, rate 0.01: rounds"].count(None) < 3,
        ),
        Claim(
            "adding_lengths",
            "05",
            "No SimpleRNN learned anything there in 60 rounds, at neither rate that we tried",
            all(
                set(lengths[name + "rounds"]) == {None} and min(lengths[name + "error at the end"]) > 0.13
                for name in longer
            ),
        ),
        Claim(
            "adding_lengths",
            "05",
            f"With 60 steps the LSTM took {span(lengths['60 steps, LSTM, rate 0.01: rounds'])} rounds, "
            f"with 100 steps {span(lengths['100 steps, LSTM, rate 0.01: rounds'])}.",
        ),
    ]
    trained = FIGURES["trained_gradients"]
    share = {name: trained[f"{name}: left"] for name in ("SimpleRNN, fresh", "LSTM, fresh")}
    after = {
        name: trained[f"{name}: left"]
        for name in ("SimpleRNN, trained 60 rounds at 0.003", "LSTM, trained 15 rounds at 0.01")
    }
    solved, lstm = ([f"{100 * value:.0f}" for value in (min(values), max(values))] for values in after.values())
    gates = [trained[f"LSTM, trained 15 rounds at 0.01: {what} forget gate"] for what in ("mean", "most open")]
    found += [
        Claim(
            "trained_gradients",
            "05",
            "At the start the SimpleRNN had the larger gradient, by far",
            min(share["SimpleRNN, fresh"]) > 10 * max(share["LSTM, fresh"]),
        ),
        Claim(
            "trained_gradients",
            "05",
            "The LSTM's share has grown to a hundred times what it was",
            min(after["LSTM, trained 15 rounds at 0.01"]) > 70 * max(share["LSTM, fresh"]),
        ),
        Claim(
            "trained_gradients",
            "05",
            "The mean of its forget gates has hardly moved, but some units have opened theirs",
            max(abs(gate - 0.73) for gate in gates[0]) < 0.06 and min(gates[1]) > 0.85,
        ),
        Claim(
            "trained_gradients",
            "05",
            f"{solved[0]} to {solved[1]} percent arrive, about as much as in the LSTM ({lstm[0]} to {lstm[1]} percent)",
            max(trained["SimpleRNN, trained 60 rounds at 0.003: error"]) < claims.LEARNED,
        ),
    ]
    for where, words in rows.items():
        values = [span(of_bias).replace("never", "never in 60") for of_bias in rounds[where]]
        found.append(Claim("which_gradient", "05", f"| {words} | {' | '.join(values)} |"))
    return found


def of_digits() -> list[Claim]:
    rates, fresh, frames, error = (
        FIGURES[name] for name in ("digit_rates", "untrained_loss", "first_frame", "hard_sigmoid")
    )
    words = FIGURES["rare_words"]
    unscaled = fresh["inputs from 0 to 255, one Dense layer"]
    right = [rates[f"rate {rate}: right"] for rate in (1, 20)]
    loss = [rates[f"rate {rate}: loss"] for rate in (1, 20)]
    return [
        Claim(
            "digit_rates",
            "03",
            "By accuracy, rate 20 is as good as rate 1",
            right[0][0] < right[1][2] and right[1][0] < right[0][2],
        ),
        Claim("digit_rates", "03", "its loss is more than three times as large", loss[1][0] > 3 * loss[0][1]),
        Claim(
            "untrained_loss",
            "02",
            f"starts at {two_digits(unscaled[0])} to {two_digits(unscaled[2])} times `ln K`",
            fresh["inputs from 0 to 1, one Dense layer"][2] < 1.4,
        ),
        Claim(
            "hard_sigmoid",
            "08b",
            "at step 127 it is more than four times as large",
            error["forget bias 3, step 127"][1] > 4 * error["forget bias 1, step 127"][1],
        ),
        Claim(
            "rare_words",
            "04",
            "rare words learn slowly",
            max(words[f"{name}: rare over frequent"][2] for name in ("SGD", "Adam")) < 0.9,
        ),
        Claim("rare_words", "04", "and have stayed in the middle", words["SGD: neutral over good"][2] < 0.05),
        Claim("first_frame", "08b", f"names {round(min(frames['first 1']) / 10)} in 10 speakers"),
    ]


def of_training() -> list[Claim]:
    swapped, few = FIGURES["swapped_states"], FIGURES["learned_or_memorised"]
    memorised, learned = (few[f"{examples} sequences, error on new ones"] for examples in (32, 64))
    smaller = FIGURES["smaller_model"]["4 units, error on new ones"]
    bad = {3: "three"}[sum(error > 1 / 6 for error in memorised)]
    return [
        Claim(
            "swapped_states",
            "11",
            "One of the two can be swapped with little harm. With the other one swapped, the model is hardly better",
            swapped["another sequence's h"][2] < 0.02 < 0.1 < swapped["another sequence's c"][0],
        ),
        Claim(
            "swapped_states",
            "11",
            "open at the two marks",
            swapped["i at marks"][0] > 0.7 > 0.3 > swapped["i elsewhere"][2],
        ),
        Claim(
            "learned_or_memorised",
            "11",
            f"a loss between {min(memorised):.2f} and {max(memorised):.2f} on new sequences, and in {bad} of the six",
        ),
        Claim(
            "smaller_model",
            "11",
            f"examples gave {span(smaller)} on new sequences, with six seeds",
        ),
        Claim("learned_or_memorised", "11", f"With 64 examples it was {max(learned):g} or less every time"),
    ]


def of_the_project() -> list[Claim]:
    strips, rows = FIGURES["last_setting"], FIGURES["digit_rows"]
    table = {
        "LSTM, 32 units": "LSTM",
        "the same with dropout 0.3": "LSTM, dropout 0.3",
        "LSTM, 16 units": "LSTM, 16 units",
        "LSTM, 32 units, rate 0.003 and 60 epochs": "LSTM, rate 0.003",
        "GRU, 32 units": "GRU",
        "SimpleRNN, 32 units, 60 epochs": "SimpleRNN",
    }
    simple = ("softmax regression", "bag of pictures", "nearest neighbour", "Dense network of as many weights")
    sentences = [
        *(f"| {words} | {span(strips[f'{name}, validation'], '.1f')} % |" for words, name in table.items()),
        f"gets {strips['one picture read by softmax regression, validation']} percent of the validation pictures right",
        f"only {strips['one picture read by softmax regression, test']} percent of the test pictures",
        f"you get {strips['each picture read, then the rule, test']} percent of the test strips",
        f"Our LSTMs, {span(strips['LSTM'], '.1f')} percent, are not far below that",
        f"as many weights as the LSTM: {strips['Dense network of as many weights']} percent",
        f"anywhere on the strip: {strips['pairs of neighbours']}.",
        f"A SimpleRNN: {span(strips['SimpleRNN'], '.1f')}. A GRU: {span(strips['GRU'], '.1f')}.",
    ]
    return [
        *(Claim("last_setting", "14", sentence) for sentence in sentences),
        Claim(
            "last_setting", "14", "The LSTM wins by far", min(strips["LSTM"]) > 3 * max(strips[name] for name in simple)
        ),
        Claim(
            "last_setting",
            "14",
            "dropout changes little here, and the GRU is a bit better",
            abs(np.mean(strips["LSTM, dropout 0.3"]) - np.mean(strips["LSTM"])) < 1
            and min(strips["GRU, validation"]) > max(strips["LSTM, validation"]),
        ),
        Claim("digit_rows", "14", f"It gets {span(rows['LSTM, 24 units'], '.1f')} percent right"),
        Claim(
            "digit_rows",
            "14",
            f"Softmax regression gets {span(rows['softmax regression'], '.1f')} on the same pictures",
        ),
        Claim("digit_rows", "14", f"without any training, {rows['nearest neighbour']}."),
    ]


CLAIMS = [*of_gradients(), *of_one_layer(), *of_adding(), *of_digits(), *of_training(), *of_the_project()]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.notebook}-{claim.experiment}")
def test_a_notebook_says_what_was_measured(claim):
    assert claim.sentence in said(claim.notebook)
    assert claim.holds


def test_every_experiment_was_run_and_a_notebook_quotes_it():
    assert list(FIGURES) == list(claims.EXPERIMENTS)
    assert {claim.experiment for claim in CLAIMS} == set(claims.EXPERIMENTS)


def test_the_cells_that_experiments_run_are_in_their_notebooks():
    calls = re.findall(r'cells\("(\d\d\w?)", ([^)]*)\)', claims.__loader__.get_source(claims.__name__))
    assert len(calls) >= 5
    for number, ids in calls:
        path = next(path for path in NOTEBOOKS if path.name.startswith(f"{number}_"))
        assert set(re.findall(r'"([^"]+)"', ids)) <= {cell.id for cell in cells(path, "code")}, number


def test_a_run_writes_its_experiment_and_keeps_the_others(tmp_path, monkeypatch, capsys):
    experiments = {"old": dict, "first": lambda: {"rounds": [9, None]}, "unknown": dict}
    monkeypatch.setattr(claims, "FILE", tmp_path / "claims.json")
    monkeypatch.setattr(claims, "EXPERIMENTS", experiments)
    claims.FILE.write_text('{"first": {"rounds": []}, "old": {"error": 0.5}, "gone": {}}', encoding="utf-8")
    claims.run(["first"])
    assert list(claims.read()) == ["old", "first"] and claims.read()["old"] == {"error": 0.5}
    assert claims.read()["first"]["rounds"] == [9, None] and claims.read()["first"]["backend"]
    assert "rounds: [9, None]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("values", "words"),
    [([9, 12, 10], "9 to 12"), ([38, None, 43], "38 to 43"), ([6, 6, 6], "6"), ([None, None], "never")],
)
def test_a_span_is_said(values, words):
    assert span(values) == words
