"""The types that numbers are computed in."""

import ml_dtypes
import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.core.precision import compute_dtype, unit_roundoff

TYPES = {"float64": np.float64, "float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


@pytest.mark.parametrize("name", TYPES)
def test_unit_roundoff_is_half_of_the_distance_from_1_to_the_next_number(name):
    dtype = TYPES[name]
    assert unit_roundoff(name) == unit_roundoff(dtype) == unit_roundoff(np.dtype(dtype))
    assert unit_roundoff(name) == float(ml_dtypes.finfo(dtype).eps) / 2


def test_a_mixed_policy_has_the_roundoff_of_what_it_computes_in():
    import keras

    for name in ("mixed_float16", "mixed_bfloat16", "bfloat16", "float64"):
        policy = keras.DTypePolicy(name)
        assert unit_roundoff(name) == unit_roundoff(policy) == unit_roundoff(policy.compute_dtype)
    assert unit_roundoff("mixed_bfloat16") == 2.0**-8
    assert unit_roundoff(keras.layers.LSTM(3, dtype="mixed_float16")) == 2.0**-11


def test_a_layer_has_the_roundoff_of_what_it_computes_in():
    assert unit_roundoff(le.LSTM(3)) == unit_roundoff(None) == 2.0**-24
    assert unit_roundoff(le.Dense(3, dtype="float64")) == 2.0**-53


@pytest.mark.parametrize("dtype", ["int8", "float8_e4m3fn", "mixed_float64x", np.int32, 3, object()])
def test_other_types_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be one of float64, float32, float16, bfloat16"):
        compute_dtype(dtype)
