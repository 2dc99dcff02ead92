"""What must hold in 12_relatives (../checking.py says how this is read)."""

# after cell bias-rows-code:
for rows, blocks in ((only_gates, 0), (summed, 1)):
    changed = np.abs(gru_one_step(x[:, 0], np.ones((B, H)), W, U, rows) - first).max()
    assert (changed > 0.01) == bool(blocks)

# after cell bias-rows-doctor:
assert le.diagnose(all_summed(x), gru, x).cause == "gru-bias-rows:summed"

# after cell both-joined:
assert joined.shape == (2, 6, 10)

# after cell stateful-code:
assert np.abs(pieces - usual(x)).max() < 1e-12
assert np.abs(keeper(x[:, :3]) - usual(x[:, :3])).max() > 0.01

# after cell peepholes-first:
apart = {gate: np.abs(usual.trace(x)[gate] - peeping.trace(x)[gate]).max(axis=(0, 2)) > 1e-12 for gate in "io"}
assert [int(apart[gate].argmax()) for gate in "io"] == [1, 0]

# after cell min-scan:
assert rounds == 10 and np.allclose(write, one_by_one, atol=1e-12) and np.allclose(f + i, 1)
