"""What must hold in 11_training_an_lstm (../checking.py says how this is read)."""

# after cell data:
marked = [np.flatnonzero(sequence[:, 1]) for sequence in np.concatenate([data.x_train, data.x_test])]
assert all(len(steps) == 2 and steps[0] < 10 <= steps[1] for steps in marked)

# after cell after:
assert np.mean((model(x) - y) ** 2) < loss

# after cell run-code:
assert report.differences.max() < 1e-5
assert 0.1 < report.losses[-10:].mean() < 0.2  # at the line of "always 1"

# after cell go-on:
assert final < 0.02
seen = np.mean((trained(data.x_train) - data.y_train) ** 2)
assert final < 2 * seen

# after cell holds:
other_h, other_c = loss_from(np.roll(h, 1, axis=0), c), loss_from(h, np.roll(c, 1, axis=0))
assert loss_from(h, c) < 0.003 and other_h < 0.01 and 0.8 / 6 < other_c < 1.2 / 6
first = data.x_test[np.arange(256), data.x_test[:, :10, 1].argmax(axis=1), 0]
for quantity in "ioch":
    last = halfway[quantity][:, -1]
    assert np.abs(np.corrcoef(last.T, first)[-1, :-1]).max() > 0.8, quantity

# after cell pair:
assert at_marks[best] > 0.7 > 0.3 > elsewhere[best]

# after cell few-figure:
assert curves[64][-1].max() < 0.015
assert curves[32][-1, 0] < 0.005 and curves[32][-1, 1] > 2 / 6
# Another computer rounds differently, and 600 updates make more of that: the numbers of the text, with some room.
# (Six seeds: benchmarks.claims, learned_or_memorised.)
assert abs(learning_curves(32, seed=2)[-1, 1] - 0.1) < 0.02 and abs(curves[32][:, 1].min() - 0.15) < 0.01
larger = le.Sequential([le.LSTM(16), le.Dense(1)])
larger.build((None, 20, 2))
assert larger.count_params() == 1233
