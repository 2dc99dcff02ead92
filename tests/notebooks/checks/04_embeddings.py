"""What must hold in 04_embeddings (../checking.py says how this is read)."""

# after cell lookup:
assert np.array_equal(vectors, one_hot @ table)

# after cell padding:
assert len(words) == 7 and ids.max() == 7 and ids.min() == 0

# after cell too-small:
try:
    table_of_7(ids)
except ValueError as error:
    assert "input_dim" in str(error)
else:
    raise AssertionError("7 rows were enough")

if keras.backend.backend() == "tensorflow":  # "What people get wrong: one row too few"
    one_too_few = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(7, 4)])
    one_too_few.compile(jit_compile=True)
    looked_up = one_too_few.predict(np.array([[7, 6]]), verbose=0)[0]
    assert np.array_equal(looked_up[0], looked_up[1]) and looked_up.any()  # the vector of the last row

# after cell mask:
assert sentences[2] == "the game" and not np.array(embedding.compute_mask(ids))[2, 2:].any()
padded = np.array(embedding(ids))[2, 2:]
assert np.array_equal(padded, np.tile(embedding.get_weights()[0][0], (3, 1))) and padded.all()

# after cell opinions-model:
assert np.abs(before).max() < 0.05

# after cell opinions-lengths:
assert max(distance[word] for word in words[:5]) < 0.5
assert distance["fine"] < distance["great"] and distance["poor"] < distance["awful"]
sides = np.array([[after[id_of[word]] for word in side] for side in (good, bad)])
assert (sides[0] @ sides[1].mean(axis=0) < 0).all() and (sides[1] @ sides[0].mean(axis=0) < 0).all()

# after cell gradient:
d_table = np.asarray(embedding.backward(trace, dy).weights[0])
assert np.flatnonzero(d_table.any(axis=1)).tolist() == [1, 3] and d_table[3].tolist() == [5, 50]

# after cell two-tables-train:
assert same_bits(two.old.get_weights()[0], old_table)
assert (np.abs(two.new.get_weights()[0] - new_before).max(axis=1) > 0.01).all()

# after cell masked-train:
assert same and (moved[n_old:] > 0.01).all()

# after cell decay:
assert not same and (moved > 0).all()

zeroed = masked_model()
zeroed[0].compile(keras.optimizers.Ftrl(0.01), loss="mse")
zeroed[0].fit(pairs, fits, verbose=0)
assert not zeroed[1].get_weights()[0][:n_old].any()  # the table of optimizers: Ftrl

again, embedding_again, _ = masked_model()
kept = keras.optimizers.Adam(0.01)
kept.build(again.trainable_variables)
kept.apply([keras.ops.ones(v.shape) for v in again.trainable_variables])
trained_until = embedding_again.get_weights()[0]
again.compile(kept, loss="mse")  # "the same one keeps its memory"
again.fit(pairs, fits, verbose=0)
assert (np.abs(embedding_again.get_weights()[0] - trained_until)[:n_old] > 1e-3).all()

# after cell memory-run:
assert np.abs(row[0] - frozen_at) > 0.02
