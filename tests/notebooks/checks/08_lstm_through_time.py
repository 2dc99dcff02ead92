"""What must hold in 08_lstm_through_time (../checking.py says how this is read)."""

# after cell returns:
assert np.array_equal(last_h, outputs[:, -1])
assert not np.isclose(last_c, last_h, atol=1e-3).all(axis=1).any()
assert np.abs(last_c).max() > 1

# after cell resume-swapped:
assert not le.compare(h[:, 4:], swapped)

# after cell mask-three:
assert (length, voices.lengths_test.max()) == (7, 29)
assert (len(voices.x_train), len(voices.x_test)) == (270, 640 - 270)
alone, silent = reader(padded[:, :length])[0].numpy(), reader(padded)[0].numpy()
assert np.allclose(alone, reader(padded, mask=mask)[0].numpy(), atol=1e-6)
assert not np.isclose(alone, silent, atol=1e-3).any()

# after cell masked-keras:
repeated = theirs_masked[0][0].numpy()
assert not repeated[:2].any() and np.array_equal(repeated[4], repeated[3])

# after cell try-cell:
assert not le.compare(run_lstm(x, *reader_weights)[0], backwards(x))
assert le.compare(run_lstm(x[:, ::-1], *reader_weights)[0], backwards(x))
