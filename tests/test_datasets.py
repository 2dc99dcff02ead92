"""The data is what its source says, arrives unharmed, and the toy sequences have the answers they claim."""

import dataclasses
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from lstm_edu import datasets

ROOT = Path(__file__).parents[1]
FILES = ROOT / "lstm_edu" / "datasets" / "files"
SHA256 = {
    "vowels.npz": "a0fb8c8cfd73a6ebeca23a8c3451532e764c8bcdf3c11d41075c314e50deaa17",
    "digits.npz": "aa64e930663d6e9271e1566601d65e70236553f73ec6cb041a4ab37167cf1d04",
}
TOYS = [datasets.first_token, datasets.echo, datasets.adding, datasets.noisy_sine]
EVERY = [datasets.vowels, datasets.digits, *TOYS]


def arrays(dataset):
    return {name: value for name, value in vars(dataset).items() if isinstance(value, np.ndarray)}


# The committed files


@pytest.mark.parametrize("filename", SHA256)
def test_committed_file_is_unchanged(filename):
    data = (FILES / filename).read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256[filename]
    readme = (FILES.parent / "README.md").read_text(encoding="utf-8")
    assert SHA256[filename] in readme and f"{len(data):,}" in readme


@pytest.mark.parametrize(("filename", "package"), [("vowels.npz", "aeon"), ("digits.npz", "sklearn")])
def test_script_makes_the_committed_bytes(filename, package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package}, which carries the source of {filename}, is not installed (developers only)")
    spec = importlib.util.spec_from_file_location("make_datasets", ROOT / "scripts" / "make_datasets.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made, committed = script.npz(script.MAKERS[filename]()), (FILES / filename).read_bytes()
    with np.load(io.BytesIO(made)) as new, np.load(io.BytesIO(committed)) as old:
        assert new.files == old.files
        for name in old.files:
            assert new[name].dtype == old[name].dtype
            np.testing.assert_array_equal(new[name], old[name], err_msg=name)
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng compresses the same arrays into other bytes
        assert made == committed


# Japanese Vowels


def test_vowels_is_the_official_split():
    v = datasets.vowels()
    assert np.bincount(v.y_train).tolist() == [30] * 9
    assert np.bincount(v.y_test).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert (v.x_train.shape, v.x_test.shape) == ((270, 29, 12), (370, 29, 12))
    assert v.class_names[0] == "speaker 1" and len(v.class_names) == 9 and len(v.feature_names) == 12


def test_vowels_are_the_numbers_of_the_source():
    v = datasets.vowels()
    # UCI's ae.train: its first frame whole, the start of the next two, and the first lengths
    first = [1.860936, -0.207383, 0.261557, -0.214562, -0.171253, -0.118167]
    first += [-0.277557, 0.025668, 0.126701, -0.306756, -0.213076, 0.088728]
    np.testing.assert_array_equal(v.x_train[0, 0], np.float32(first))
    np.testing.assert_array_equal(v.x_train[0, 1, :3], np.float32([1.891651, -0.193249, 0.235363]))
    np.testing.assert_array_equal(v.x_train[1, 0, :3], np.float32([1.303905, 0.067256, 0.597720]))
    assert v.lengths_train[:7].tolist() == [20, 26, 22, 20, 21, 23, 22]
    for x, mask, frames in ((v.x_train, v.mask_train, 4274), (v.x_test, v.mask_test, 5687)):
        assert mask.sum() == frames
        assert -1.8528 < x.min() < -1.69 and 1.98 < x.max() < 2.2032
        millionths = (
            x[mask].astype(np.float64) * 1e6
        )  # six decimals in the source; float32 keeps them within 0.1 of a unit
        assert np.abs(millionths - np.rint(millionths)).max() < 0.13


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("split", ["train", "test"])
def test_vowels_padding_is_on_the_right_and_zero(split, normalise):
    v = datasets.vowels(normalise=normalise)
    x, mask, lengths = (getattr(v, f"{part}_{split}") for part in ("x", "mask", "lengths"))
    assert mask.dtype == bool and (lengths.min(), lengths.max()) == (7, {"train": 26, "test": 29}[split])
    for sequence, real, length in zip(x, mask, lengths, strict=True):
        assert real[:length].all() and not real[length:].any()
        assert not sequence[length:].any() and sequence[:length].any(axis=1).all()


def test_vowels_are_standardised_by_the_training_set_alone():
    raw, standard = datasets.vowels(), datasets.vowels(normalise=True)
    for split in ("train", "test"):
        mask, x, y = (getattr(standard, f"{part}_{split}") for part in ("mask", "x", "y"))
        recorded = getattr(raw, f"x_{split}")[mask]
        np.testing.assert_allclose(x[mask] * standard.scale + standard.mean, recorded, atol=1e-6)
        np.testing.assert_array_equal(y, getattr(raw, f"y_{split}"))
    seen = standard.x_train[standard.mask_train].astype(np.float64)
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(seen.std(axis=0), 1, atol=1e-6)
    assert np.abs(standard.x_test[standard.mask_test].mean(axis=0)).max() > 0.01  # else the test set was used too
    assert "standardised" in standard.changes and "standardised" not in raw.changes


@pytest.mark.parametrize("wrong", ["yes", 1, None, 0.0])
def test_vowels_refuses_what_is_not_true_or_false(wrong):
    with pytest.raises(TypeError, match=re.escape(f"normalise must be True or False, got {wrong!r}")):
        datasets.vowels(normalise=wrong)


# Digits


def test_digits_are_the_source_divided_by_sixteen():
    d = datasets.digits()
    assert (d.x_train.shape, d.x_test.shape) == ((1287, 8, 8), (510, 8, 8)) and d.mask_train is d.mask_test is None
    whole = 16 * np.concatenate([d.x_train, d.x_test])
    np.testing.assert_array_equal(whole, np.rint(whole))
    assert (whole.min(), whole.max()) == (0, 16)
    labels = np.concatenate([d.y_train, d.y_test])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert whole[0, 0].tolist() == [
        0,
        0,
        5,
        13,
        9,
        1,
        0,
        0,
    ]  # the first row of optdigits.tes: a row of the image, not a column
    assert whole[1796, 7].tolist() == [0, 1, 8, 12, 14, 12, 1, 0] and labels[-1] == 8
    # The whole of the source again, as text: UCI's file, byte for byte
    table = np.column_stack([whole.reshape(-1, 64), labels]).astype(int)
    text = "".join(",".join(map(str, row)) + "\n" for row in table.tolist())
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
    )


def test_digits_split_falls_between_two_forms():
    d = datasets.digits()
    form = "0123456789" * 3 + "09556509898417735100"  # every form starts so
    for labels in (d.y_train, d.y_test):
        assert "".join(map(str, labels)).startswith(form)


# What all have in common


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_shapes_and_dtypes_hold(make):
    d = make()
    assert d.name == make.__name__
    for split in ("train", "test"):
        x, y, mask, lengths = (getattr(d, f"{part}_{split}") for part in ("x", "y", "mask", "lengths"))
        assert x.dtype == np.float32 and x.ndim == 3 and np.isfinite(x).all()
        assert x.shape[2] == len(d.feature_names) == len(d.mean) == len(d.scale)
        assert len(x) == len(y) == len(lengths) and lengths.dtype == np.int64
        if mask is None:
            assert (lengths == x.shape[1]).all()
        else:
            np.testing.assert_array_equal(mask.sum(axis=1), lengths)
        if d.class_names:
            assert y.dtype == np.int64 and set(np.unique(y)) == set(range(len(d.class_names)))
        else:
            assert y.dtype == np.float32 and y.shape == (len(x), 1)


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_dataset_cannot_be_changed(make):
    d = make()
    for name, array in arrays(d).items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        assert not array.flags.writeable, name
    with pytest.raises(dataclasses.FrozenInstanceError):
        d.x_train = None


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_same_call_gives_the_same_data(make):
    again = arrays(make())
    for name, array in arrays(make()).items():
        np.testing.assert_array_equal(array, again[name], err_msg=name)


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_card_says_what_it_is(make):
    d = make()
    text, html = repr(d), d._repr_html_()
    for said in (str(d.x_train.shape), str(d.y_test.shape), d.licence, d.description, d.timestep):
        assert said in text
    assert "array(" not in text and len(text) < 1500
    assert str(d.x_train.shape) in html and d.source in html and 'scope="col"' in html

    class Balance(HTMLParser):
        open = []

        def handle_starttag(self, tag, attrs):
            if tag != "br":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    checker = Balance()
    checker.feed(html)
    assert checker.open == []


def test_card_escapes_what_it_shows():
    d = dataclasses.replace(datasets.digits(), name="<script>", source="a & b", class_names=("<b>", "2"))
    assert "<script>" not in d._repr_html_() and "a &amp; b" in d._repr_html_() and "&lt;b&gt;" in d._repr_html_()


def test_real_data_names_its_source_licence_and_changes():
    for d, doi in ((datasets.vowels(), "10.24432/C5NS47"), (datasets.digits(), "10.24432/C50P49")):
        readme = (FILES.parent / "README.md").read_text(encoding="utf-8")
        assert doi in d.source and doi in d.citation and doi in readme
        assert "CC BY 4.0" in d.licence and "creativecommons.org/licenses/by/4.0" in d.licence and d.changes


def test_importing_datasets_loads_nothing_heavy():
    code = "import sys, lstm_edu.datasets; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {"keras", "tensorflow", "sklearn", "aeon", "pandas", "scipy", "matplotlib", "ipywidgets", "anywidget"}
    assert heavy.isdisjoint(re.findall(r"'(\w+)'", done.stdout))


# Toy sequences


def test_first_token_is_the_capital_at_the_start():
    d = datasets.first_token(train=40, test=30, timesteps=7, symbols=5)
    for x, y in ((d.x_train, d.y_train), (d.x_test, d.y_test)):
        assert x.shape[1:] == (7, 10) and (x.sum(axis=2) == 1).all()
        np.testing.assert_array_equal(x[:, 0].argmax(axis=1), y)
        assert not x[:, 1:, :5].any() and not x[:, 0, 5:].any()  # no capital later, no small letter first
    assert d.feature_names == ("A", "B", "C", "D", "E", "a", "b", "c", "d", "e")


def test_echo_repeats_after_the_delay():
    d = datasets.echo(train=40, test=30, timesteps=9, delay=4, symbols=5)
    heard = d.x_train.argmax(axis=2)
    assert d.x_train.shape == (40, 9, 5) and d.y_train.shape == (40, 9)
    assert not d.y_train[:, :4].any()
    for t in range(4, 9):
        np.testing.assert_array_equal(
            [d.class_names[k] for k in d.y_train[:, t]], np.array(list("ABCDE"))[heard[:, t - 4]]
        )


@pytest.mark.parametrize("timesteps", [2, 7, 20])
def test_adding_is_the_sum_of_one_marked_value_a_half(timesteps):
    d = datasets.adding(train=300, test=30, timesteps=timesteps)
    value, mark = d.x_train[..., 0], d.x_train[..., 1]
    half = timesteps // 2
    assert (
        set(np.unique(mark)) <= {0, 1}
        and (mark[:, :half].sum(axis=1) == 1).all()
        and (mark[:, half:].sum(axis=1) == 1).all()
    )
    assert mark.any(axis=0).all()  # every timestep can be marked
    np.testing.assert_allclose((value * mark).sum(axis=1), d.y_train[:, 0], atol=1e-6)
    assert 0.5 < d.y_train.mean() < 1.5 and value.min() >= 0 and value.max() <= 1


def test_guessing_one_in_adding_scores_a_sixth():
    assert np.mean((datasets.adding(train=5000).y_train - 1) ** 2) == pytest.approx(1 / 6, rel=0.05)


def test_noisy_sine_asks_for_the_clean_next_value():
    d = datasets.noisy_sine(train=40, test=30, timesteps=25, noise=0)
    x, y = d.x_train[..., 0].astype(np.float64), d.y_train[:, 0]
    # a sine obeys s[t+1] = 2 cos(w) s[t] - s[t-1]: take cos(w) from the middle, foretell the next
    cosine = (x[:, 2:] + x[:, :-2])[:, 10] / (2 * x[:, 11])
    clear = np.abs(x[:, 11]) > 0.2  # elsewhere the division says nothing
    assert clear.sum() > 20
    np.testing.assert_allclose((2 * cosine * x[:, -1] - x[:, -2])[clear], y[clear], atol=1e-4)
    period = 2 * np.pi / np.arccos(cosine[clear])
    assert 9.9 < period.min() and period.max() < 30.1
    noisy = datasets.noisy_sine(train=40, test=30, timesteps=25, noise=0.3)
    np.testing.assert_array_equal(noisy.y_train, d.y_train)
    assert np.std(noisy.x_train - d.x_train) == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("make", TOYS, ids=lambda make: make.__name__)
def test_seed_decides_and_test_set_is_its_own(make):
    one, two, more = make(train=50, test=20, seed=1), make(train=50, test=20, seed=2), make(train=60, test=20, seed=1)
    assert not np.array_equal(one.x_train, two.x_train)
    np.testing.assert_array_equal(one.x_test, more.x_test)
    assert not np.array_equal(one.x_train[:20], one.x_test)
    assert not np.array_equal(make(seed=None).x_train, make(seed=None).x_train)
    assert "seed 2" in two.source


@pytest.mark.parametrize(
    ("make", "arguments", "kind", "message"),
    [
        (datasets.first_token, {"timesteps": 1}, ValueError, "timesteps must be a whole number, 2 or more, got 1"),
        (datasets.first_token, {"symbols": 27}, ValueError, "symbols must be a whole number, 2 to 26, got 27"),
        (datasets.first_token, {"train": 0}, ValueError, "train must be a whole number, 1 or more, got 0"),
        (datasets.first_token, {"test": 2.0}, TypeError, r"test must be a whole number, 1 or more, got 2.0 \(float\)"),
        (
            datasets.echo,
            {"delay": 15},
            ValueError,
            "delay must be a whole number, 1 to 14, got 15: with a longer delay",
        ),
        (datasets.echo, {"delay": True}, TypeError, r"delay must be .* got True \(bool\)"),
        (datasets.adding, {"seed": -1}, ValueError, "seed must be a whole number, 0 or more, got -1"),
        (datasets.adding, {"seed": "a"}, TypeError, "seed must be .* got 'a'"),
        (datasets.noisy_sine, {"noise": -0.1}, ValueError, "noise must be 0 or more, and finite, got -0.1"),
        (datasets.noisy_sine, {"noise": float("nan")}, ValueError, "noise must be 0 or more, and finite, got nan"),
        (datasets.noisy_sine, {"noise": "0.1"}, TypeError, "noise must be a number"),
    ],
)
def test_bad_argument_is_named_with_rule_and_value(make, arguments, kind, message):
    with pytest.raises(kind, match=message):
        make(**arguments)
