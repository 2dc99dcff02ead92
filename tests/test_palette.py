"""One colour a quantity, with its letter, that anyone can tell apart."""

import itertools

import numpy as np
import pytest

from lstm_edu import palette


def rgb(color: str) -> np.ndarray:
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def linear(color: str) -> np.ndarray:
    v = rgb(color)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


# How the three common kinds of colour-blindness see linear light, complete: Machado, Oliveira and Fernandes (2009).
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB light."""
    xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    t = (xyz @ np.clip(light, 0, 1)) / [0.95047, 1.0, 1.08883]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_colours_are_the_agreed_ones():
    assert dict(palette.COLORS) == {
        "i": "#0072B2", "f": "#D55E00", "g": "#009E73", "o": "#CC79A7", "c": "#E69F00", "h": "#56B4E9", "x": "#7F7F7F",
    }  # fmt: skip
    assert palette.GATES == ("i", "f", "g", "o")
    assert set(palette.COLORS) <= set(palette.NAMES) == set(palette.ROLES)


@pytest.mark.parametrize("blindness", [None, *BLINDNESS])
def test_the_four_gates_are_told_apart_by_everyone(blindness):
    eye = np.eye(3) if blindness is None else np.array(BLINDNESS[blindness])
    seen = {gate: lab(eye @ linear(palette.COLORS[gate])) for gate in palette.GATES}
    for a, b in itertools.combinations(palette.GATES, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 12, (a, b)  # about five times a just noticeable difference


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("letter", palette.COLORS)
def test_a_scale_gets_steadily_further_from_its_paper(theme, letter):
    stops = palette.sequential(letter, theme)
    assert stops[0] == palette.BACKGROUND[theme]
    assert palette.COLORS[letter] in stops
    brightness = [lab(linear(stop))[0] for stop in stops]
    steps = np.diff(brightness)
    assert (steps < -5).all() if theme == "light" else (steps > 5).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_signed_scale_is_palest_or_darkest_at_zero(theme):
    brightness = np.array([lab(linear(stop))[0] for stop in palette.DIVERGING[theme]])
    signed = brightness if theme == "light" else -brightness
    assert (np.diff(signed[:3]) > 0).all()
    assert (np.diff(signed[2:]) < 0).all()


def test_the_palette_cannot_be_changed():
    with pytest.raises(TypeError):
        palette.COLORS["i"] = "#000000"
