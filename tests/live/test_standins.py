"""The stand-ins of libraries that Keras imports and a browser lacks, next to the real ones."""

import importlib.util
import subprocess
import sys
from collections import OrderedDict, defaultdict, deque, namedtuple

import hypothesis.strategies as st
import ml_dtypes
import numpy as np
import optree
import pytest
from hypothesis import given
from limits import HANGS

from lstm_edu.live import standins
from lstm_edu.live.missing import NotInTheBrowser

Pair = namedtuple("Pair", "first second")  # noqa: PYI024  as libraries make them


def standin(name: str):
    """A stand-in under a name of its own: the real library keeps its name."""
    spec = importlib.util.spec_from_file_location(f"standin_{name}", standins.FOLDER / f"{name}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    kept = {k: m for k, m in sys.modules.items() if k.partition(".")[0] in standins.NAMES}
    spec.loader.exec_module(module)
    sys.modules.update(kept)
    return module


OURS = standin("optree")

keys = st.one_of(st.sampled_from(["b", "a", "zz", 2, 1, 2.5, None, (1, 2)]))


def nodes(children):
    few, by_key = st.lists(children, max_size=3), st.dictionaries(keys, children, max_size=3)
    return st.one_of(
        few,
        few.map(tuple),
        few.map(lambda c: deque(c, maxlen=5)),
        by_key,
        by_key.map(OrderedDict),
        by_key.map(lambda d: defaultdict(list, d)),
        st.tuples(children, children).map(lambda c: Pair(*c)),
    )


trees = st.recursive(st.one_of(st.floats(-9, 9), st.none(), st.just("leaf")), nodes, max_leaves=12)


@given(trees, st.booleans())
def test_a_tree_is_taken_apart_as_optree_does(tree, none_is_leaf):
    options = {"none_is_leaf": none_is_leaf, "namespace": "keras"}
    paths, leaves, spec = optree.tree_flatten_with_path(tree, **options)
    our_paths, our_leaves, our_spec = OURS.tree_flatten_with_path(tree, **options)
    assert (our_paths, our_leaves) == (paths, leaves)
    assert (our_spec.num_nodes, our_spec.num_leaves) == (spec.num_nodes, spec.num_leaves)
    assert OURS.tree_paths(tree, **options) == paths
    assert OURS.tree_is_leaf(tree, **options) == optree.tree_is_leaf(tree, **options)
    numbered = optree.tree_unflatten(spec, range(len(leaves)))
    assert repr(OURS.tree_unflatten(our_spec, range(len(leaves)))) == repr(numbered)
    for wrong in {len(leaves) + 1, max(len(leaves) - 1, 0)} - {len(leaves)}:
        with pytest.raises(ValueError, match="expected"):
            OURS.tree_unflatten(our_spec, range(wrong))


@given(trees, trees, st.booleans())
def test_several_trees_are_mapped_as_optree_does(tree, other, none_is_leaf):
    def mapped(library, *others):
        try:
            return repr(library.tree_map(lambda *x: x, tree, *others, none_is_leaf=none_is_leaf, namespace="keras"))
        except ValueError:
            return ValueError

    like = optree.tree_map(lambda leaf: [leaf, 1], tree, none_is_leaf=none_is_leaf, namespace="keras")
    for others in ([], [other], [like], [like, other]):
        assert mapped(OURS, *others) == mapped(optree, *others)


def test_what_is_leaf_for_the_caller_is_not_taken_apart():
    tree = {"shape": (2, 3), "rest": [(4, None), {"x": (5,)}]}

    def is_shape(x):
        return isinstance(x, tuple)

    for library in (optree, OURS):
        leaves, _ = library.tree_flatten(tree, is_shape, none_is_leaf=True, namespace="keras")
        assert leaves == [(4, None), (5,), (2, 3)]


@pytest.mark.parametrize("library", [optree, OURS], ids=["optree", "ours"])
def test_registered_classes_are_nodes_in_their_namespace(library):
    class Named:
        def __init__(self, **parts):
            self.parts = parts

        def tree_flatten(self):
            return list(self.parts.values()), "metadata", list(self.parts)

        @classmethod
        def tree_unflatten(cls, metadata, children):
            assert metadata == "metadata"
            return list(children)

    library.register_pytree_node_class(Named, namespace="tests")
    tree = [Named(kernel=1, bias=(2, 3))]
    assert library.tree_flatten(tree, namespace="keras")[0] == tree
    paths, leaves, spec = library.tree_flatten_with_path(tree, namespace="tests")
    assert [tuple(path) for path in paths] == [(0, "kernel"), (0, "bias", 0), (0, "bias", 1)] and leaves == [1, 2, 3]
    assert library.tree_unflatten(spec, "abc") == [["a", ("b", "c")]]
    with pytest.raises(ValueError, match="already registered"):
        library.register_pytree_node_class(Named, namespace="tests")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", np.float32, np.dtype("float64")])
def test_limits_of_dtypes(dtype):
    ours, real = standin("ml_dtypes").finfo(dtype), ml_dtypes.finfo(dtype)
    assert [float(getattr(ours, name)) for name in ("min", "max", "eps", "tiny")] == [
        float(getattr(real, name)) for name in ("min", "max", "eps", "tiny")
    ]
    assert standin("ml_dtypes").iinfo("int32").max == ml_dtypes.iinfo("int32").max


def test_what_is_not_there_says_so_when_it_is_called():
    ours = standin("ml_dtypes")
    for missing in (lambda: ours.finfo("bfloat16"), lambda: ours.bfloat16):
        with pytest.raises(NotInTheBrowser, match="bfloat16 needs ml_dtypes, which cannot run inside a web page"):
            missing()
    jax = standin("jax")
    assert not isinstance(np.ones(3), jax.Array)
    with pytest.raises(NotInTheBrowser, match="jax.lax.conv_general_dilated needs JAX"):
        jax.lax.conv_general_dilated(np.ones((1, 2, 3)), np.ones((1, 2, 3)))


# Run by itself, as in a page: TensorFlow, and what the stand-ins stand in for, is not there.
WITHOUT = """
import importlib.abc, os, sys
os.environ["KERAS_BACKEND"] = "numpy"
from lstm_edu.live import standins
class Gone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "torch", "h5py"):
            raise ModuleNotFoundError(name, name=name)
        return standins.StandIns().find_spec(name)
sys.meta_path.insert(0, Gone())
import keras, numpy as np, optree
assert optree.__file__.startswith(str(standins.FOLDER)), optree.__file__
import lstm_edu as le
keras.utils.set_random_seed(4)
layers = keras.layers
inputs = keras.Input((7,), dtype="int32")
x = layers.Embedding(9, 5, mask_zero=True)(inputs)
x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="concat")(x)
x = layers.Dense(3, activation="softmax")(layers.GRU(6)(x))
model = keras.Model(inputs, x)
model.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in model.get_weights()])
ids = np.array([[1, 2, 3, 4, 0, 0, 0], [8, 7, 6, 5, 4, 3, 2]])
model.summary(print_fn=lambda line: None)
clone = keras.Model.from_config(model.get_config())
clone.set_weights(model.get_weights())
np.testing.assert_array_equal(np.array(clone(ids)), np.array(model(ids)))
le.verify(model, ids).check()
print("agrees", sorted(n for n in sys.modules if n in ("tensorflow", "scipy")))
"""


def test_keras_itself_runs_on_them_and_agrees_with_ours():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-2] == "agrees ['scipy']"
