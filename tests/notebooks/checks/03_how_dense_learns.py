"""What must hold in 03_how_dense_learns (../checking.py says how this is read)."""

# after cell steps:
assert np.isclose(walk(0.05, 1)[1], 0.6)
assert np.allclose(walk(0.25, 4), [0, 3, 0, 3, 0]) and np.allclose(walk(0.125, 2), [0, 1.5, 1.5])

# after cell move-run:
assert np.isclose(loss(moved, b) - loss(W, b), 0.001 * dW[1, 0], rtol=0.05)

# after cell ask-again-run:
assert np.mean((np.array(model(x)) - target) ** 2) < keras_loss

# after cell digits-train:
last = {rate: losses[-1] for rate, losses in histories.items()}
assert min(last, key=last.get) == 20 and last[0.002] > 1.9
assert 5 < histories[20][0] / np.log(10) < 6
assert wrong.mean() < 0.11 and round(100 * float(sure)) == 93  # of rate 20, the last one
milder = new_model(1)
milder.fit(images, data.y_train, epochs=20, verbose=0, seed=0)
milder_loss, milder_accuracy = milder.evaluate(test_images, data.y_test)
assert abs(accuracy - milder_accuracy) < 0.02 and loss > 3 * milder_loss
milder_p = milder.predict(test_images)
milder_wrong = milder_p.argmax(axis=1) != data.y_test
assert round(100 * float(milder_p[milder_wrong].max(axis=1).mean())) == 65

# after cell fit-evaluate:
assert after < 0.9 * during

# after cell templates-figure:
middle = kernel.reshape(8, 8, 10)[3:5, 3:5]
assert (middle[..., 0] < -0.9).all() and middle.mean(axis=(0, 1)).argmin() == 0
