"""What must hold in 01_dense (../checking.py says how this is read)."""

# after cell by-hand:
assert np.isclose(y_0, 1.6)

# after cell product:
assert np.allclose(y, dense_loop(x, W, b))

# after cell batch-run:
assert np.allclose(y4[0], y[0])

# after cell count-run:
assert [dense_size(2, 5), dense_size(784, 64)] == [15, 50240]

# after cell puzzle-check:
assert np.allclose(ones @ printed_kernel, expected, rtol=0, atol=2e-7)
assert not np.isclose(ones @ printed_kernel, seen, rtol=0, atol=1e-2).any()

# after cell suspects:
assert (np.diff(seen[order]) < -0.3).tolist() == [False, False, False, True]  # down from the fourth to the fifth
assert (expected[order][3:] > 0).all()  # where gelu and silu only go up
assert np.abs(np.subtract.outer(expected, seen)).min() > 1e-2  # the columns were not shuffled

# after cell another-input:
assert np.abs(best @ printed_kernel - seen).max() > 1

# after cell limits:
assert np.abs(printed_kernel).max() < a and np.abs(seen).max() < 2 * a

# after cell today-draws:
same = [np.array_equal(kernel, first_kernel) for kernel in kernels.values()]
assert same == [True, True, False, False, False]

seeded = make_layer(keras.initializers.GlorotUniform(seed=1))  # "Unless you give the initialiser a seed"
again = keras.layers.Dense.from_config(seeded.get_config())
again.build((None, 2))
assert np.array_equal(again.get_weights()[0], seeded.get_weights()[0])
assert np.array_equal(make_layer(keras.initializers.GlorotUniform(seed=1)).get_weights()[0], seeded.get_weights()[0])

# after cell today-puzzle:
assert not le.compare(ones @ kernel, output)

# after cell shared-run:
assert np.array_equal(*twins) and not np.array_equal(*others)

# after cell read-check:
hidden = keras.layers.Dense(5, activation="relu")  # "Try it yourself", 1: more questions read a relu layer, too
hidden.build((None, 2))
hidden.set_weights([rng.normal(size=(2, 5)), rng.normal(size=5)])
for k, row in enumerate(hidden.get_weights()[0]):
    for s in (1000, -1000):
        once, double = (np.array(hidden(a * s * np.eye(2)[[k]]))[0] for a in (1, 2))
        on = once > 0
        assert np.allclose((double - once)[on] / s, row[on], atol=1e-4) and (on == (s * row > 0)).all()
        assert np.allclose((2 * once - double)[on], hidden.get_weights()[1][on], atol=1e-2)
