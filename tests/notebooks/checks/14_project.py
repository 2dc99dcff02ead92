"""What must hold in 14_project (../checking.py says how this is read)."""

# after cell strips:
pictures = np.arange(12)[:, None, None] * np.ones((12, 8, 8))  # picture n is full of n
shown = np.array([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9])
made, meant = strips(pictures, shown, 50, seed=0)
for strip, setting in zip(made[:, :, 0].astype(int), meant, strict=True):
    zeros = np.flatnonzero(shown[strip] == 0)
    assert 1 <= len(zeros) <= 3 and zeros[-1] < 9 and setting == shown[strip[zeros[-1] + 1]] != 0

# after cell split:
parts = [{picture.tobytes() for strip in part for picture in strip} for part in (x, x_val, x_test)]
assert len(parts[0]) <= 1000 and not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
assert set(y) == set(y_test) == set(range(1, 10)) and 0.08 < (y_val == 5).mean() < 0.14

# after cell simple-run:
assert all(1 / 9 < (method(x_val) == y_val).mean() < 1 / 3 for method in simple.values())

# after cell seeds:
for _, history in runs:
    assert max(history["val_accuracy"]) > 0.85 and history["loss"][-1] < 0.05 < history["val_loss"][-1] / 3

# after cell test:
lstms = [accuracy for name, accuracy in results.items() if name.startswith("LSTM")]
assert min(lstms) > 0.72 and min(lstms) > 2 * max(results[name] for name in simple)
best = [max(history["val_accuracy"]) for _, history in runs]
assert 0.05 < np.mean(best) - np.mean(lstms) < 0.2  # "some ten points worse"

# after cell rebuild-code:
assert abs((probabilities.argmax(axis=1) == y_test).mean() - results["LSTM, seed 1"]) < 0.002

# after cell would-say:
kinds = {"at": zero, "after": after, "elsewhere": ~zero & ~after}
f, i = ({name: trace[gate][where].mean() for name, where in kinds.items()} for gate in "fi")
assert min(f["at"], f["after"]) < f["elsewhere"] - 0.15 and max(i["at"], i["after"]) > i["elsewhere"] + 0.1
assert zero.sum(axis=1).max() == 3 and zero.any(axis=1).all() and not zero[:, 9].any()

# after cell story:
assert would_say(x_test[chosen])[-1] == y_test[chosen]
