"""What must hold in 08b_rebuilding_a_model (../checking.py says how this is read)."""

# after cell model-count:
assert [layer.count_params() for layer in model.layers] == [
    4 * (9 * 32 + 32 * 32 + 32),
    4 * (32 * 32 + 32 * 32 + 32),
    32 * 6 + 6,
]

# after cell slicing:
assert X[0][0:1][0:3].shape == (1, 9) and X[0, 0:1, 0:3].shape == (1, 3)

# after cell hard-figure:
assert rounding.max() < 3e-7
assert 0.003 < difference[0] < 0.03
assert difference[10:].min() > 1.5 * difference[0]  # it has grown,
assert difference[100:].mean() < 1.3 * difference[15:50].mean()  # and then it stays
assert (difference > 1e5 * rounding).all()

# after cell hard-doctor:
assert found.cause == "hard-sigmoid-v2"

# after cell hard-keras-differs:
assert not le.compare(old_1, namesake_h)

# after cell train:
assert right.mean() > 0.85
assert np.array_equal(speaker.layers[0].compute_mask(voices.x_test), voices.mask_test)

# after cell look-unit:
assert (np.diff(trace.c[0, voices.lengths_test[pair[0]] :], axis=0) == 0).all()  # in the padding c does not move
assert np.abs(trace.c[:, -1]).max() > 1

# after cell try-cell:
wider = b1.copy()
wider[32:64] += 2
apart = np.abs(run_lstm(X, W1, U1, wider)[0] - run_lstm(X, W1, U1, wider, gate=hard_sigmoid_old)[0]).mean(axis=(0, 2))
assert apart[127] > 4 * error[127] and apart[0] < 1.5 * error[0]
