"""What must hold in 09_mismatch_clinic (../checking.py says how this is read)."""

# after cell bench:
assert np.allclose(run(x, right_step, layer), healthy, atol=1e-6)

# after cell examine:
apart = np.abs(numbers - healthy)
assert apart[:, 0].max() < 1e-6 and (apart[:, 1:].max(axis=(0, 2)) > 0.1).all()

# after cell suspects:
off = {name: np.abs(run(x, step, layer) - numbers).max() for name, step in suspects.items()}
assert off.pop("the gates see c instead of h") == 0 and min(off.values()) > 0.295
assert numbers.size == 64

# after cell my-step:
assert "gives Keras's numbers" in patient.answer(my_layer).message

# after cell patient-10:
import contextlib
import io

assert [number for number in le.clinic.cases() if type(le.clinic.case(number).layer).__name__ == "GRU"] == [8, 14]
assert type(le.clinic.case(11).layer).__name__ == "Bidirectional" and le.clinic.case(9).mask is not None
assert [number for number in le.clinic.cases() if le.clinic.case(number).mistakes == 2] == [15, 16]
assert len(le.clinic.cases()) == 16 and type(le.clinic.case(3).layer).__name__ == "Dense"
with contextlib.redirect_stdout(io.StringIO()):
    for one in map(le.clinic.case, le.clinic.cases()):
        given = {"mask": one.mask, "initial_state": one.initial_state}
        examine(one.output, one.layer(one.x, **{name: value for name, value in given.items() if value is not None}))

# after cell stranger-compare:
two = le.diagnose(strangers_lstm, layer, x)
assert two.cause == "gate-order:i,f,o,g + wrong-previous-state:h-for-c"


def repaired(x_t, h, c, W, U, b, order=True, kept=True):
    i, f, g, o = (block for block in np.split(x_t @ W + h @ U + b, 4, axis=-1))
    g, o = (g, o) if order else (o, g)
    c = sigmoid(f) * (c if kept else h) + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def how_wrong(**half):
    return ~np.isclose(run(x, lambda *given: repaired(*given, **half), layer), healthy, atol=1e-5)


assert not how_wrong().any() and np.array_equal(
    run(x, lambda *given: repaired(*given, order=False, kept=False), layer), strangers_lstm(x)
)
assert how_wrong(order=False).all() and how_wrong(kept=False)[:, 1:].all()

# after cell first-diagnosis:
assert found.cause == "wrong-previous-state:gates-see-c"

# after cell scalar:
assert found.cause is None

# after cell several-run:
assert found.verdict == "several" and found.cause is None

# after cell several-experiment:
assert found.cause == "units-vs-timesteps"

# after cell none-diagnosis:
assert found.cause is None and found.first.timestep == 1

# after cell none-gates:
assert found.first.quantity == "f" and found.first.timestep == 0


def altered(square=1, factor=1, coupled=False):
    def step(x_t, h, c, W, U, b):
        z_i, z_f, z_g, z_o = np.split(x_t @ W + h @ U + b, 4, axis=-1)
        i = 1 - sigmoid(z_f) if coupled else sigmoid(z_i)
        c = sigmoid(z_f) ** square * c + factor * i * np.tanh(z_g)
        return sigmoid(z_o) * np.tanh(c), c

    return run(x, step, layer)


for unknown in (altered(square=2), altered(factor=0.97), altered(coupled=True)):
    assert le.diagnose(unknown, layer, x, pairs=False).verdict == "unexplained"
assert "Nothing to explain" in repr(le.diagnose(run(five, right_step, layer), layer, five))

# after cell fresh-compare:
assert le.compare(copy(x), fresh(x))

# after cell adequate-run:
assert found and not found.missed

missed = {one.why for one in le.doctor.adequacy(copy, x[:, :1]).missed}
assert "there is only one timestep" in missed and any("zero" in why for why in missed)

# after cell bring-diagnosis:
assert le.diagnose(my_numbers, my_keras_layer, my_input).cause
