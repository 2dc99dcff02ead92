"""What must hold in 05_recurrence_and_its_trouble (../checking.py says how this is read)."""

# after cell hold:
assert h[20, 2] > 0.9 and h[20, 1] < 0.4 and h[20, 0] < 1e-5

# after cell what:
assert np.isclose(np.tanh(2 * 0.9575), 0.9575, atol=1e-4)
x[0, 0] = 0.3
assert np.isclose(three(x)[0, -1, 2], 0.9575, atol=1e-4)
x[0, 0] = -0.3  # as the loop left it
assert three(x)[0, -1, 2] < -0.95

# after cell small-numbers:
kept, alone = (100 * small(np.array([[0.3, *[0.0] * 9, later, *[0.0] * 90]])[..., None])[0] for later in (0.5, 0.0))
assert alone[0] < 0.01 and np.isclose(alone[1], 0.3, atol=0.001) and alone[2] > 10
assert np.isclose(kept[1], 0.8, atol=0.005)

# after cell vanish:
lefts = [back(u, h[:, unit])[0] for unit, u in enumerate([0.5, 1.0, 2.0])]
assert lefts[0] < 1e-6 and 1e-3 < lefts[1] < 0.1 and lefts[2] < 1e-6


# after cell scales-run:
def grown(scale):
    layer = le.SimpleRNN(8, dtype="float64")
    layer.build((None, None, 3))
    layer.set_weights([0.1 * np.random.default_rng(3).normal(size=(3, 8)), scale * orthogonal, np.zeros(8)])
    size = np.linalg.norm(layer.backward(layer.trace(0.05 * long_x), np.ones((2, 8))).trace.h, axis=2)[0]
    return size[0] / size[-1]


assert grown(0.5) < 1e-11 and 1e-3 < grown(0.9) < 0.1 and 0.3 < grown(1) < 1.5 and grown(1.2) > 10 < grown(1.5)
assert np.median(np.abs(layer(0.05 * long_x))) > 0.8  # with 3: "soon near -1 and 1"
layer.set_weights([0.1 * rng.normal(size=(3, 8)), 1.5 * orthogonal, np.full(8, 2.0)])
size = np.linalg.norm(layer.backward(layer.trace(0.05 * long_x), np.ones((2, 8))).trace.h, axis=2)[0]
assert size[0] < 1e-3 * size[-1]  # "Try it yourself", 2

# after cell open-numbers:
for name, layer in [("SimpleRNN", rnn), ("LSTM, open gates", lstm), ("LSTM, fresh", le.LSTM(8, seed=2))]:
    layer.build((None, None, 3))
    grads = layer.backward(layer.trace(long_x), np.ones((2, 8))).trace
    size = np.linalg.norm(grads.c if "c" in grads else grads.h, axis=2)[0]
    assert (size[0] > 0.1) == (name == "LSTM, open gates") and (size[0] > 1e-3) == (name == "LSTM, open gates")

# after cell race-run:
assert losses["SimpleRNN"][-1] > 0.1 and losses["LSTM"][-1] < 0.05

# after cell far:
assert far_losses[-1] < 0.05
assert far.x_train[:, 10:, 1].max() == 0 < far.x_train[:, :10, 1].max()
