"""What must hold in 02_from_numbers_to_classes (../checking.py says how this is read)."""

# after cell shift:
assert np.allclose(softmax(z), softmax(z + 100))

# after cell stable:
assert np.allclose(softmax(z + 1000), softmax(z))

# after cell two-classes-run:
assert np.isclose(softmax(np.array([score, 0.0]))[0], 1 / (1 + np.exp(-score)))

# after cell encode:
assert names.tolist() == ["ball", "bat", "glove"] and numbers.tolist() == [2, 1, 0, 1]

# after cell untrained:
assert (before[:9].argmax(axis=1) == 1).all()
assert np.allclose(before[:9], [0.3112, 0.3690, 0.3136], atol=0.03)

# after cell train:
assert (after.argmax(axis=1) == right).mean() > 0.9 and len(set(after[:9].argmax(axis=1))) == 3

# after cell uneven:
assert np.allclose(p_small.mean(axis=0), [0.1, 0.9], atol=0.02)
assert (p_small.argmax(axis=1) == 1).all() and 0.88 < uneven.mean() < 0.92

# after cell loss-run:
assert abs(crossentropy_of(before, right).mean() - np.log(3)) < 0.05

# after cell twice:
assert np.isclose(crossentropy_of(once, first), 0.313262, atol=1e-6)
assert np.isclose(crossentropy_of(twice, first), 0.488548, atol=1e-6)

# after cell twice-check:
import warnings

on_tensorflow = keras.backend.backend() == "tensorflow"  # elsewhere nothing protects you
for more, protected in (([], on_tensorflow), ([keras.layers.Reshape((2,))], False)):
    ends_in_softmax = keras.Sequential([keras.Input((2,)), keras.layers.Softmax(), *more])
    ends_in_softmax.compile(loss=keras_loss)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        its_loss = ends_in_softmax.evaluate(scores, first, verbose=0)
    assert np.isclose(its_loss, ours["once" if protected else "twice"], atol=1e-5)
    assert any("Was this intended" in str(warning.message) for warning in warned) == protected

# after cell histogram:
import tensorflow as tf

assert counts.tolist() == [443, 0, 0, 557]
for high in range(1, 6):  # as TensorFlow's own, whatever the range
    theirs = tf.histogram_fixed_width(samples, value_range=[0, high], nbins=4)
    assert np.array_equal(histogram_fixed_width(samples, value_range=[0, high], nbins=4), theirs)

# after cell repaired:
assert np.array_equal(counts, histogram_fixed_width(samples, value_range=[0, 3], nbins=4))  # "works too"
assert np.allclose(counts / 1000, policy, atol=0.02)
