"""Instead of optree 0.20, whose core is C++ with no build for this browser's Python: the part that Keras uses.

Nested tuples, lists, dicts, named tuples, deques, ordered and default dicts, and registered classes, with optree's own
order (dicts by sorted key where that is possible) and its errors' kinds. `tests/live/test_standins.py` compares it with
the real one.
"""

from __future__ import annotations

import sys
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

utils = sys.modules["optree.utils"] = types.ModuleType("optree.utils")  # Keras imports it, and takes nothing from it

Predicate = Callable[[Any], bool] | None


class _Parts(NamedTuple):
    """What a node is taken apart into."""

    children: Sequence[Any]
    entries: Sequence[Any]  # of each child: its key or its number
    metadata: Any
    rebuild: Callable[[Any, Sequence[Any]], Any]


# By namespace and class: a function that takes an object of it apart.
_registered: dict[tuple[str, type], Callable[[Any], _Parts]] = {}


def register_pytree_node(cls: type, flatten: Callable, unflatten: Callable, *, namespace: str) -> type:
    """Make objects of a class nodes: `flatten` gives children, metadata and perhaps entries.

    Raises:
        ValueError: it is already registered.
    """
    if (namespace, cls) in _registered:
        raise ValueError(f"PyTree type {cls!r} is already registered in namespace {namespace!r}.")

    def parts(node: Any) -> _Parts:
        children, metadata, *entries = flatten(node)
        children = tuple(children)
        given = tuple(entries[0]) if entries and entries[0] is not None else tuple(range(len(children)))
        return _Parts(children, given, metadata, unflatten)

    _registered[namespace, cls] = parts
    return cls


def register_pytree_node_class(cls: Any = None, *, namespace: str) -> Any:
    """`register_pytree_node` for a class with methods tree_flatten and tree_unflatten; also as a decorator."""
    if cls is None:
        return lambda cls: register_pytree_node_class(cls, namespace=namespace)
    return register_pytree_node(cls, lambda node: node.tree_flatten(), cls.tree_unflatten, namespace=namespace)


def _sorted_keys(node: dict) -> list:
    try:
        return sorted(node)
    except TypeError:  # keys of several kinds: by the names of these first
        try:
            return sorted(node, key=lambda key: (f"{type(key).__module__}.{type(key).__qualname__}", key))
        except TypeError:
            return list(node)


def _in_order(node: Any, rebuild: Callable[[Any, Sequence[Any]], Any], metadata: Any = None) -> _Parts:
    return _Parts(tuple(node), range(len(node)), metadata, rebuild)


def _by_key(node: dict, keys: list, metadata: Any, rebuild: Callable[[Any, Any], Any]) -> _Parts:
    return _Parts([node[key] for key in keys], keys, (list(node), keys, metadata), rebuild)


def _keyed(metadata: Any, values: Iterable[Any]) -> dict:
    """A dict with the keys in the order in which they were inserted at first."""
    inserted, keys, _ = metadata
    by_key = dict(zip(keys, values, strict=True))
    return {key: by_key[key] for key in inserted}


def _parts(node: Any, namespace: str) -> _Parts | None:
    """A node taken apart; None: it is a leaf. Of built-in kinds only the kinds themselves are nodes, not subclasses."""
    kind = type(node)
    if registered := _registered.get((namespace, kind)):
        return registered(node)
    if kind is tuple or kind is list:
        return _in_order(node, lambda _, children: kind(children))
    if kind is dict:
        return _by_key(node, _sorted_keys(node), None, _keyed)
    if kind is OrderedDict:
        return _by_key(node, list(node), None, lambda metadata, values: OrderedDict(_keyed(metadata, values)))
    if kind is defaultdict:
        keys, factory = _sorted_keys(node), node.default_factory
        return _by_key(node, keys, factory, lambda metadata, values: defaultdict(factory, _keyed(metadata, values)))
    if kind is deque:
        return _in_order(node, lambda maxlen, children: deque(children, maxlen), node.maxlen)
    if isinstance(node, tuple) and hasattr(kind, "_fields"):
        return _in_order(node, lambda _, children: kind(*children))
    return None


@dataclass(frozen=True)
class PyTreeSpec:
    """The structure of a tree without its leaves.

    Attributes:
        children: None for a leaf. kind: of the node; NoneType where None is not a leaf.
    """

    kind: type | None
    children: tuple[PyTreeSpec, ...] | None
    entries: tuple[Any, ...] = ()
    metadata: Any = None
    rebuild: Any = None

    @property
    def num_leaves(self) -> int:
        return 1 if self.children is None else sum(child.num_leaves for child in self.children)

    @property
    def num_nodes(self) -> int:
        return 1 + sum(child.num_nodes for child in self.children or ())


_LEAF = PyTreeSpec(None, None)


def _flatten(
    tree: Any, is_leaf: Predicate, none_is_leaf: bool, namespace: str, path: tuple, found: list[tuple[tuple, Any]]
) -> PyTreeSpec:
    """Append each leaf with its path to `found`; return the structure."""
    if is_leaf is None or not is_leaf(tree):
        if tree is None and not none_is_leaf:
            return PyTreeSpec(type(None), (), rebuild=lambda metadata, children: None)
        parts = _parts(tree, namespace)
        if parts is not None:
            children = tuple(
                _flatten(child, is_leaf, none_is_leaf, namespace, (*path, entry), found)
                for child, entry in zip(parts.children, parts.entries, strict=True)
            )
            return PyTreeSpec(type(tree), children, tuple(parts.entries), parts.metadata, parts.rebuild)
    found.append((path, tree))
    return _LEAF


def tree_flatten_with_path(
    tree: Any, is_leaf: Predicate = None, *, none_is_leaf: bool = False, namespace: str = ""
) -> tuple[list[tuple], list[Any], PyTreeSpec]:
    """The paths of the leaves, the leaves, and the structure."""
    found: list[tuple[tuple, Any]] = []
    spec = _flatten(tree, is_leaf, none_is_leaf, namespace, (), found)
    return [path for path, _ in found], [leaf for _, leaf in found], spec


def tree_flatten(
    tree: Any, is_leaf: Predicate = None, *, none_is_leaf: bool = False, namespace: str = ""
) -> tuple[list[Any], PyTreeSpec]:
    """The leaves, and the structure."""
    return tree_flatten_with_path(tree, is_leaf, none_is_leaf=none_is_leaf, namespace=namespace)[1:]


def tree_paths(tree: Any, is_leaf: Predicate = None, *, none_is_leaf: bool = False, namespace: str = "") -> list[tuple]:
    """The paths of the leaves."""
    return tree_flatten_with_path(tree, is_leaf, none_is_leaf=none_is_leaf, namespace=namespace)[0]


def tree_is_leaf(tree: Any, is_leaf: Predicate = None, *, none_is_leaf: bool = False, namespace: str = "") -> bool:
    """Whether a tree is one leaf."""
    if is_leaf is not None and is_leaf(tree):
        return True
    return none_is_leaf if tree is None else _parts(tree, namespace) is None


def tree_unflatten(treespec: PyTreeSpec, leaves: Iterable[Any]) -> Any:
    """The tree with that structure and these leaves.

    Raises:
        ValueError: there are too few or too many of them.
    """
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        few = "few" if len(leaves) < treespec.num_leaves else "many"
        raise ValueError(f"Too {few} leaves for PyTreeSpec; expected: {treespec.num_leaves}, got: {len(leaves)}.")
    return _unflatten(treespec, iter(leaves))


def _unflatten(spec: PyTreeSpec, leaves: Any) -> Any:
    if spec.children is None:
        return next(leaves)
    return spec.rebuild(spec.metadata, [_unflatten(child, leaves) for child in spec.children])


def tree_map(
    func: Callable, tree: Any, *rests: Any, is_leaf: Predicate = None, none_is_leaf: bool = False, namespace: str = ""
) -> Any:
    """The tree with `func` of its leaves; of several trees, of what each has where the first has a leaf.

    Raises:
        ValueError: a further tree does not have the first one's nodes.
    """
    leaves, spec = tree_flatten(tree, is_leaf, none_is_leaf=none_is_leaf, namespace=namespace)
    columns = [list(_up_to(spec, other, namespace)) for other in rests]
    return tree_unflatten(spec, [func(*arguments) for arguments in zip(leaves, *columns, strict=True)])


_DICTS = (dict, OrderedDict, defaultdict)


def _up_to(spec: PyTreeSpec, tree: Any, namespace: str) -> Iterable[Any]:
    """What a tree has in the places of the structure's leaves."""
    if spec.children is None:
        yield tree
        return
    parts = _Parts((), (), None, None) if tree is None else _parts(tree, namespace)  # type: ignore[arg-type]
    alike = type(tree) is spec.kind or (type(tree) in _DICTS and spec.kind in _DICTS)
    if parts is None or not alike:
        raise ValueError(f"Expected an instance of {spec.kind}, got {tree!r}.")
    by_entry = dict(zip(parts.entries, parts.children, strict=True)) if spec.kind in _DICTS else None
    if len(parts.children) != len(spec.children) or (by_entry is not None and set(by_entry) != set(spec.entries)):
        raise ValueError(f"{spec.kind} mismatch; expected: {list(spec.entries)}, got: {list(parts.entries)}.")
    children = parts.children if by_entry is None else [by_entry[entry] for entry in spec.entries]
    for child, other in zip(spec.children, children, strict=True):
        yield from _up_to(child, other, namespace)
