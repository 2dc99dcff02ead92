"""Instead of JAX 0.9, which has no build for browsers: names, and nothing that computes.

Keras's NumPy backend imports its JAX backend for a few functions (convolutions, pooling, Fourier transforms) and refers
to many more while it is imported. Each of them is an `Absent` here, which can be named, and raises when it is called.
Nothing is an instance of one.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from lstm_edu.live.missing import NotInTheBrowser

__version__ = "0.0.0+absent"


class Absent(type):
    """A function or class of JAX that can be named but not called."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__name__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and callable(args[0]):  # as a decorator, which is called while Keras is imported
            return _absent(f"{cls.__name__}({getattr(args[0], '__name__', 'function')})")
        raise NotInTheBrowser(cls.__name__, "JAX")


def _absent(name: str) -> Any:
    return Absent(name, (), {})


class _Part(ModuleType):
    """A module of JAX."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{self.__name__}.{name}")


class _Parts(MetaPathFinder, Loader):
    """Finds every module below `jax`."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.startswith("jax.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Part(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _absent(f"jax.{name}")


__path__: list[str] = []
sys.meta_path.append(_Parts())
