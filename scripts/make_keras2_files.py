"""Write tests/data/keras2.h5 and tests/data/keras2.keras with Keras 2 itself, and what it computed.

Needs the package tf_keras next to TensorFlow (written with tf_keras 2.21.0, TensorFlow 2.21.0), in a separate
environment: `python scripts/make_keras2_files.py`.
"""

import os
import sys
import zipfile
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tf_keras

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"


def model() -> tf_keras.Model:
    """What Keras 3 reads differently: a mask, the old hard_sigmoid, a GRU whose reset gate comes first."""
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            layers.Embedding(7, 3, mask_zero=True, input_length=6, name="words"),
            layers.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True, name="old"),
            layers.GRU(2, reset_after=False, name="gru"),
            layers.Dense(3, activation="softmax", name="probabilities"),
        ]
    )
    model.build((None, 6))
    rng = np.random.default_rng(2)
    # Large weights: pre-activations that reach the ends of hard_sigmoid, and no certain answer at the end.
    model.set_weights([1.5 * rng.standard_normal(w.shape) for w in model.get_weights()])
    model.layers[-1].set_weights([0.5 * rng.standard_normal(w.shape) for w in model.layers[-1].get_weights()])
    return model


def main() -> None:
    DATA.mkdir(exist_ok=True)
    made = model()
    ids = np.random.default_rng(3).integers(0, 7, (4, 6))
    for name in ("keras2.h5", "keras2.keras"):
        made.save(DATA / name)
    archive = DATA / "keras2.keras"  # the same again, packed: Keras does not
    with zipfile.ZipFile(archive) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    np.savez(DATA / "keras2.npz", ids=ids, output=made(ids).numpy())
    print(tf_keras.__version__, {path.name: path.stat().st_size for path in DATA.glob("keras2*")}, file=sys.stderr)


if __name__ == "__main__":
    main()
