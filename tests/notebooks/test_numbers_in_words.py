"""Numbers that notebooks 02 and 03 state in words, and that none of their cells computes."""

from pathlib import Path

import nbformat
import numpy as np

import lstm_edu as le

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


def said(notebook: str, *words: str) -> None:
    """That the notebook still says so."""
    text = "\n".join(cell.source for cell in nbformat.read(FOLDER / notebook, as_version=nbformat.NO_CONVERT).cells)
    for part in words:
        assert part in text, f"{notebook} does not say {part!r} any more"


def sorter() -> le.Dense:
    layer = le.Dense(3, activation="softmax")
    layer.build((None, 2))
    layer.set_weights([np.array([[-4.0, 5.0, 0.0], [3.0, -2.0, 0.0]]), np.array([0.0, -1.0, 1.0])])
    said("02_from_numbers_to_classes.ipynb", "[[-4.0, 5.0, 0.0], [3.0, -2.0, 0.0]]", "np.array([0.0, -1.0, 1.0])")
    return layer


def test_at_which_lengths_the_sorter_changes_its_mind():
    said("02_from_numbers_to_classes.ipynb", "Beyond 0.5 metres *glove*", "beyond 0.8 metres *bat*")
    lengths = np.array([0.07, 0.49, 0.51, 0.79, 0.81])
    assert sorter()(np.stack([lengths, np.ones(5)], axis=1)).argmax(axis=1).tolist() == [0, 0, 2, 2, 1]


def test_a_ball_without_conviction():
    said("02_from_numbers_to_classes.ipynb", "ength of 0.07 and a roundness of 0.44", "give 0.49, 0.04 and 0.47")
    np.testing.assert_allclose(sorter()(np.array([[0.07, 0.44]]))[0], [0.49, 0.04, 0.47], atol=0.005)


def test_which_bins_a_range_that_is_too_short_gives():
    said("02_from_numbers_to_classes.ipynb", "action 1 lands in the third bin, 2 and 3 share the last one")
    counts = le.explore_bins([0, 1, 1, 2, 2, 2, 3, 3, 3, 3], bins=4, value_range=(0, 2)).counts
    assert list(counts) == [1, 0, 2, 7]


def test_swings_that_grow():
    said("03_how_dense_learns.ipynb", "each swing is 8 percent wider", "the curvature of the valley, 8")
    far = [0.0]
    for _ in range(4):
        far.append(far[-1] - 0.26 * 2 * (2 * far[-1] - 3) * 2)
    swings = np.abs(np.array(far) - 1.5)
    np.testing.assert_allclose(swings[1:] / swings[:-1], 1.08)


def test_the_gradient_that_is_worked_out_by_hand():
    x, dy = np.array([[1, 2], [3, 4]]), np.array([[0.5, 0], [-1, 0.25]])
    said(
        "03_how_dense_learns.ipynb",
        r"x = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\begin{pmatrix} 0.5 & 0 \\ -1 & 0.25 \end{pmatrix}",
        r"2 \cdot 0.5 + 4 \cdot (-1) = -3",
        r"\begin{pmatrix} -2.5 & 0.75 \\ -3 & 1 \end{pmatrix}",
        r"\begin{pmatrix} -0.5 & 0.25 \end{pmatrix}",
    )
    assert (x.T @ dy).tolist() == [[-2.5, 0.75], [-3, 1]] and dy.sum(axis=0).tolist() == [-0.5, 0.25]


def test_how_many_steps_the_digits_took():
    said("03_how_dense_learns.ipynb", "epochs=40", "some 1600 steps")
    batches = -(-len(le.datasets.digits().x_train) // 32)
    assert 1550 < 40 * batches < 1650
