"""What must hold in 07_packed_weights (../checking.py says how this is read)."""

# after cell cut-wrong:
assert not np.array_equal(kernel.reshape(4, features, units)[3], W_o)
assert kernel[3 * units :].size == 0

# after cell cut-others:
assert np.array_equal(np.split(kernel, 4, axis=1), [W_i, W_f, W_g, W_o])

# after cell count-2-4:
assert [kernel.size, recurrent_kernel.size, bias.size] == [32, 16, 8]
assert layer.count_params() == 56

# after cell count-timesteps:
assert longer.count_params() == 56

# after cell count-all:
assert weights_of(4, 5) == 160 and weights_of(3, 10) == 168
for n_units, n_features in [(2, 4), (4, 5), (100, 50), (3, 10)]:
    fresh = keras.layers.LSTM(n_units)
    fresh.build((None, None, n_features))
    assert weights_of(n_units, n_features) == fresh.count_params()

# after cell fresh-bias:
assert fresh_kernel.shape == (5, 16) and fresh_recurrent.shape == (4, 16)
assert fresh_bias.tolist() == [0] * 4 + [1] * 4 + [0] * 8

# after cell fresh-memory:
assert round(ratio) == 45

# after cell bias-sides:
assert not np.array_equal(left, right) and np.abs(left - right).max() < 2e-6

# after cell bias-twice:
assert not le.compare(twice, z)

# after cell gru-shapes:
assert gru.get_weights()[2].shape == (2, 12)

# after cell order-run:
assert np.array_equal([list(findings(block).values()) for block in range(4)], np.eye(4))

# after cell order-wrong:
assert not report

# after cell orders-run:
assert counts == [24, 6, 1]

# after cell transposed:
assert not le.compare(wrong, right)  # the last row: from random states
zeros = [le.lstm_step(x_t, zero, zero, kernel, U, bias).h for U in (recurrent_kernel, transposed)]
assert le.compare(*zeros)

# after cell try-cell:
layer.set_weights([kernel, recurrent_kernel, np.repeat([-100.0, 100.0, 0.0, 0.0], units)])
assert np.allclose(layer(x, initial_state=[h, c])[2], c)
