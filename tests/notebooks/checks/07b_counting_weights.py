"""What must hold in 07b_counting_weights (../checking.py says how this is read)."""

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

# after cell try-cell:
layer.set_weights([kernel, recurrent_kernel, np.repeat([-100.0, 100.0, 0.0, 0.0], units)])
assert np.allclose(layer(x, initial_state=[h, c])[2], c)
