"""What must hold in 07_packed_weights (../checking.py says how this is read)."""

# after cell cut-wrong:
assert not np.array_equal(kernel.reshape(4, features, units)[3], W_o)
assert kernel[3 * units :].size == 0

# after cell cut-others:
assert np.array_equal(np.split(kernel, 4, axis=1), [W_i, W_f, W_g, W_o])

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
