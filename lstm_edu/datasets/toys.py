"""Toy sequences from a seed, each for one question about memory. We know what has to be kept, so we can look for it.

All take `train`, `test` (how many sequences), `timesteps` and `seed`. The test set comes from its own stream of random
numbers, so it does not change when `train` does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .dataset import Dataset


def first_token(
    train: int = 512, test: int = 128, timesteps: int = 20, symbols: int = 3, seed: int | None = 0
) -> Dataset:
    """Remember the capital letter of the first timestep while small letters go by, and name it at the end.

    The answer lies `timesteps` back, so the gradient has to come through all of them: the place to see what is left
    of it. What the gates have to learn is plain: the input gate opens for a capital, then the forget gate stays near 1.
    The longer the sequence, the harder.

    Args:
        train, test: number of sequences, at least 1. timesteps: at least 2. symbols: 2 to 26. seed: whole, or None.

    Returns:
        A `Dataset`: x (N, timesteps, 2 * symbols) float32, one-hot: a capital at timestep 0, small letters after it;
        y (N,) int64, which capital it was.

    Raises:
        TypeError: an argument is not a whole number. ValueError: one is too small or too large.
    """
    _whole("timesteps", timesteps, 2)
    names = _symbols(symbols)

    def draw(rng, n):
        letter = rng.integers(symbols, size=(n, timesteps))
        letter[:, 1:] += symbols  # the small ones
        return np.eye(2 * symbols)[letter], letter[:, 0]

    features = (*names, *(name.lower() for name in names))
    return _toy("first_token", draw, train, test, seed, features, names, "Which capital letter was at the start?")


def echo(
    train: int = 512, test: int = 128, timesteps: int = 15, delay: int = 3, symbols: int = 3, seed: int | None = 0
) -> Dataset:
    """At every timestep, repeat the symbol of `delay` timesteps ago.

    One answer per timestep, so it needs return_sequences=True; and the last `delay` symbols have to be kept at the same
    time, in order, so it shows when there are too few units.

    Args:
        train, test: number of sequences, at least 1. timesteps: at least 2. delay: 1 to timesteps - 1.
        symbols: 2 to 26. seed: whole, or None.

    Returns:
        A `Dataset`: x (N, timesteps, symbols) float32, one-hot; y (N, timesteps) int64: 0 ("nothing") at the first
        `delay` timesteps, afterwards 1 + the symbol read `delay` timesteps before.

    Raises:
        TypeError: an argument is not a whole number. ValueError: one is too small or too large.
    """
    _whole("timesteps", timesteps, 2)
    _whole("delay", delay, 1, timesteps - 1, "with a longer delay than the sequence nothing is ever repeated")
    names = _symbols(symbols)

    def draw(rng, n):
        token = rng.integers(symbols, size=(n, timesteps))
        y = np.zeros((n, timesteps), np.int64)
        y[:, delay:] = 1 + token[:, :-delay]
        return np.eye(symbols)[token], y

    about = f"At every timestep: which symbol was read {delay} timestep{'s' * (delay > 1)} ago?"
    return _toy("echo", draw, train, test, seed, names, ("nothing", *names), about)


def adding(train: int = 2048, test: int = 256, timesteps: int = 20, seed: int | None = 0) -> Dataset:
    """Add up the two marked values, and ignore the others.

    A lesson in reading gates: an input gate has something to learn (open at a mark, else stay shut), and the cell state
    can be watched taking in one value, then the other. Guessing 1 every time gives a mean squared error near 1/6.

    Args:
        train, test: number of sequences, at least 1. timesteps: at least 2. seed: whole, or None.

    Returns:
        A `Dataset`: x (N, timesteps, 2) float32: a value in 0..1, and a mark that is 1 at one timestep of the first
        half and one of the second, else 0; y (N, 1) float32: the sum of the two marked values.

    Raises:
        TypeError: an argument is not a whole number. ValueError: one is too small.

    Source of the task: Hochreiter and Schmidhuber (1997), Long Short-Term Memory, experiment 4; here with values in
    0..1 and a fixed length.
    """
    _whole("timesteps", timesteps, 2)

    def draw(rng, n):
        value = rng.random((n, timesteps))
        mark = np.zeros((n, timesteps))
        mark[np.arange(n), rng.integers(timesteps // 2, size=n)] = 1
        mark[np.arange(n), rng.integers(timesteps // 2, timesteps, size=n)] = 1
        return np.stack([value, mark], axis=-1), (value * mark).sum(axis=1, keepdims=True)

    return _toy("adding", draw, train, test, seed, ("value", "mark"), (), "What is the sum of the two marked values?")


def noisy_sine(
    train: int = 512, test: int = 128, timesteps: int = 30, noise: float = 0.1, seed: int | None = 0
) -> Dataset:
    """Follow a noisy wave and predict its next value, without the noise.

    A wave passes through the same height going up and coming down, so the last value alone cannot tell what comes next:
    the network has to remember which way it was going, and how fast.

    Args:
        train, test: number of sequences, at least 1. timesteps: at least 2. noise: standard deviation of what is added
            to the wave, which goes from -1 to 1; at least 0. seed: whole, or None.

    Returns:
        A `Dataset`: x (N, timesteps, 1) float32, a sine with its own phase and period (10 to 30 timesteps) and noise;
        y (N, 1) float32, the sine at the timestep after the last, without noise.

    Raises:
        TypeError: an argument is not a number of the right kind. ValueError: one is too small, or not finite.
    """
    _whole("timesteps", timesteps, 2)
    if isinstance(noise, bool) or not isinstance(noise, int | float | np.integer | np.floating):
        raise TypeError(f"noise must be a number, the standard deviation of the noise, got {noise!r}")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be 0 or more, and finite, got {noise}: it is the standard deviation of the noise")

    def draw(rng, n):
        period, phase = rng.uniform(10, 30, size=(n, 1)), rng.uniform(0, 2 * np.pi, size=(n, 1))
        wave = np.sin(2 * np.pi * np.arange(timesteps + 1) / period + phase)  # (n, timesteps + 1)
        heard = wave[:, :-1] + noise * rng.standard_normal((n, timesteps))
        return heard[:, :, np.newaxis], wave[:, -1:]

    return _toy("noisy_sine", draw, train, test, seed, ("value",), (), "What will the wave's next value be?")


Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def _toy(
    name: str,
    draw: Draw,
    train: int,
    test: int,
    seed: int | None,
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...],
    description: str,
) -> Dataset:
    """`draw(rng, n)` makes n sequences: x (n, T, F) and y. Classes stay whole numbers; values become float32."""
    _whole("train", train, 1)
    _whole("test", test, 1)
    if seed is not None:
        _whole("seed", seed, 0)
    streams = np.random.SeedSequence(seed).spawn(2)
    arrays: dict[str, Any] = {}
    for split, n, stream in zip(("train", "test"), (train, test), streams, strict=True):
        x, y = draw(np.random.default_rng(stream), n)
        arrays |= {f"x_{split}": x.astype(np.float32), f"y_{split}": y.astype(np.int64 if class_names else np.float32)}
        arrays |= {f"mask_{split}": None, f"lengths_{split}": np.full(n, x.shape[1], np.int64)}
    return Dataset(
        name=name,
        **arrays,
        mean=np.zeros(len(feature_names), np.float32),
        scale=np.ones(len(feature_names), np.float32),
        class_names=class_names,
        feature_names=feature_names,
        timestep="no unit: the sequences are made up",
        description=description,
        source=f"made by lstm_edu.datasets.{name}, seed {seed}",
        licence="BSD-3-Clause, as this package",
        citation="",
        changes="",
    )


def _symbols(symbols: int) -> tuple[str, ...]:
    _whole("symbols", symbols, 2, 26, "each symbol is named by a letter, and one alone would leave nothing to remember")
    return tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:symbols])


def _whole(name: str, value: int, least: int, most: float = np.inf, why: str = "") -> None:
    """Raise unless value is a whole number in least..most."""
    rule = f"{name} must be a whole number, " + (f"{least} or more" if most == np.inf else f"{least} to {most}")
    why = f": {why}" if why else ""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{rule}, got {value!r} ({type(value).__name__}){why}")
    if not least <= value <= most:
        raise ValueError(f"{rule}, got {value}{why}")
