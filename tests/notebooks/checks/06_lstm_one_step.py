"""What must hold in 06_lstm_one_step (../checking.py says how this is read)."""

# after cell split:
assert z_f[1, 2] == z[1, H + 2]  # the forget gate of unit 2 is in column 3 + 2

# after cell gates-code:
assert ((i > 0.5) == (z_i > 0)).all()

# after cell output-code:
assert np.abs(h).max() < 1

# after cell what-if-code:
keep, replace, silent = cases.values()
assert np.allclose(keep.c, c_prev) and not np.isclose(keep.h, h_prev, atol=1e-3).any()
assert np.allclose(replace.c, replace.g) and np.allclose(replace.g, g)
assert np.allclose(silent.h, 0) and np.allclose(silent.c, c)

# after cell saturation-code:
assert np.isclose(sigmoid(1) - sigmoid(0), 0.23, atol=0.005)
assert np.isclose(sigmoid(6) - sigmoid(5), 0.004, atol=0.0005)

# after cell by-hand:
assert np.array_equal(step_by_hand(x_t, h_prev, c_prev, W, U, b)[0], h)

# after cell wrong-code:
assert not np.isclose(h_wrong, np.array(returned), atol=1e-4).any() and not report

# after cell weak-code:
assert report  # a wrong order, and the comparison passes
assert "gate-order:i,f,o,g" in report.adequacy.line

# after cell table:
found = {code: [passes(code, *test) for test in tests.values()] for code in (order_ifog, without_bias, h_and_c_swapped)}
assert all(passes(step_by_hand, *test) for test in tests.values())
assert list(found.values()) == [[True, False, False], [True, True, False], [True, True, False]]
longer, fresh_weights = rng.normal(size=(B, 2, F)), fresh_lstm.get_weights()  # "With a second timestep there is"
unbiased = le.LSTM(H)
unbiased.build((None, None, F))
unbiased.set_weights([*fresh_weights[:2], 0 * fresh_weights[2]])
assert not le.compare(unbiased(longer), fresh_lstm(longer)) and le.compare(
    unbiased(longer[:, :1]), fresh_lstm(longer[:, :1])
)
