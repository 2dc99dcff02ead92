"""Kernels that tests start: forked, as on a learner's Linux; usual ones with LSTM_EDU_FORK=0 or where none can be."""

import os
import time
from typing import Any

import pytest
from limits import HANGS

from lstm_edu.kernels import NAME, link, why_not
from lstm_edu.kernels.link import ForkedKernel, Forker, the_forker

FORKS = why_not() is None
link._PATIENCE = HANGS  # on a busy machine, too, a kernel is forked


def prepare(manager: Any, forked: bool = FORKS) -> dict[str, str]:
    """Have a KernelManager, or none, fork the kernel that it is about to start; the environment to start it in.

    Without pytest's own variable: with it a kernel would not catch what libraries write to stderr.
    """
    if not forked:
        return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
    return dict(warm().env)


def is_forked(manager: Any) -> bool:
    """Whether a KernelManager's running kernel is."""
    return isinstance(manager.provisioner.process, ForkedKernel)


def warm() -> Forker:
    """What kernels are forked from, once it has imported Keras."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        the_forker().start(at_once=True)
    return warmed(the_forker())


def warmed(forker: Forker) -> Forker:
    end = time.monotonic() + HANGS
    while "keras" not in forker.imported:
        assert time.monotonic() < end and forker.process is not None, forker.trouble
        forker._listen(1)
    return forker
