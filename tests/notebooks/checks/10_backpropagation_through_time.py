"""What must hold in 10_backpropagation_through_time (../checking.py says how this is read)."""

# after cell weights-code:
assert np.allclose(only_last, x[:, -1].T @ dz[:, -1]) and not np.allclose(only_last, dW)
assert 0.05 < error < 0.95  # "how wrong that would be here": neither nothing nor all

# after cell nudge-code:
assert np.isclose((loss_with(W + tiny) - loss_with(W - tiny)) / 2e-5, dW[2, 7], rtol=1e-6)

# after cell bias-numbers:
assert round(0.5**20 * 1e6, 2) == 0.95 and round(0.95**20, 2) == 0.36
assert 1e-13 < 0.5**40 < 1e-12 and 1 / 8 < le.activations.sigmoid(np.float64(3)) ** 40 < 1 / 6

# after cell five-units:
lstm, rnn = (left(fresh(kind, 5), long_x) for kind in (le.LSTM, le.SimpleRNN))
assert 1e-6 < lstm < 9e-6 and rnn < lstm / 10  # "a few millionths", and the SimpleRNN far below
assert 0.7 < lstm ** (1 / 39) < 0.8 and 0.6 < rnn ** (1 / 39) < 0.7  # "three quarters", "two thirds"
assert 0.7 < fresh(le.LSTM, 128).trace(long_x).f.mean() < 0.76 > fresh(le.LSTM, 5).trace(long_x).f.mean() > 0.7

# after cell widths:
lstms, rnns = ([left(fresh(kind, units), long_x) for units in (5, 32, 128)] for kind in (le.LSTM, le.SimpleRNN))
assert lstms[0] > 10 * rnns[0] and 0.2 < lstms[1] / rnns[1] < 5 and rnns[2] > 10 * lstms[2]
assert max(np.abs(fresh(le.SimpleRNN, 128).trace(long_x).h).mean(axis=(0, 1))) < 1
small, large = (np.abs(fresh(le.SimpleRNN, units).trace(long_x).h).mean() for units in (128, 5))
assert small < 0.6 * large  # "in a wider layer the outputs are smaller"
assert np.abs(fresh(le.SimpleRNN, 128).get_weights()[0]).max() < np.abs(fresh(le.SimpleRNN, 5).get_weights()[0]).max()

# after cell what-decides:
closed, usual, wide = (left(with_forget_bias(fresh(le.LSTM, 32), value), long_x) for value in (0, 1, 3))
assert closed < 1e-8 and usual < 1e-3 and wide > 0.1  # "a good part of the gradient arrives"
path = np.prod(with_forget_bias(fresh(le.LSTM, 32), 3).trace(long_x).f[:, 1:], axis=1).mean()
assert 0.13 < path < 0.16  # "about 0.14 of it"
path = np.prod(fresh(le.LSTM, 32).trace(long_x).f[:, 1:], axis=1).mean()
assert path / usual < 0.2  # "the second path brings the larger part"
tiny, large = (left(fresh(le.SimpleRNN, 32), scale * long_x) for scale in (0.1, 3))
assert 0.4 < tiny < 0.55 and large < 1e-8

# after cell orthogonal:
lefts = {
    start: [left(fresh(le.SimpleRNN, 16, seed, recurrent_initializer=start), long_x) for seed in range(10)]
    for start in ("orthogonal", "glorot_uniform")
}
assert max(lefts["glorot_uniform"]) > 1000 * min(lefts["glorot_uniform"])
assert max(lefts["orthogonal"]) < 100 * min(lefts["orthogonal"])
assert 0.1 < np.median(lefts["orthogonal"]) / np.median(lefts["glorot_uniform"]) < 10

# after cell keeper-explorer:
six = with_forget_bias(fresh(le.LSTM, H), 6)
size = np.abs(six.backward(six.trace(long_x[:1]), np.ones((1, H))).trace.c[0]).sum(axis=-1)
assert size[0] > size[-1] / 2  # "the curve no longer falls"
assert left(with_forget_bias(fresh(le.LSTM, H), 0), long_x[:1]) < 1e-7
