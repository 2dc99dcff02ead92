"""What must hold in 01_dense (../checking.py says how this is read)."""

# after cell product:
assert np.allclose(y, dense_loop(x, W, b))

# after cell batch-run:
assert np.allclose(y4[0], y[0])

# after cell count-run:
assert [dense_size(2, 5), dense_size(784, 64)] == [15, 50240]

# after cell puzzle-check:
assert np.allclose(ones @ printed_kernel, expected, rtol=0, atol=2e-7)
assert not np.isclose(ones @ printed_kernel, seen, rtol=0, atol=1e-2).any()

# after cell limits:
assert np.abs(printed_kernel).max() < a and np.abs(seen).max() < 2 * a

# after cell today-puzzle:
assert not le.compare(ones @ kernel, output)

# after cell shared-run:
assert np.array_equal(*twins) and not np.array_equal(*others)
