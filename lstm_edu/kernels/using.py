"""Whether kernels can be forked here, and telling Jupyter to do so."""

import os
import sys
from importlib.metadata import entry_points

NAME = "lstm-edu-fork"  # the provisioner's entry point in pyproject.toml
OFF = "LSTM_EDU_FORK"  # this environment variable, set to 0, switches it off
WAIT = (
    "wait"  # its other value, for a server of a hub: Keras is imported immediately, and the first kernel waits for it
)
_DEFAULT = "JUPYTER_DEFAULT_PROVISIONER_NAME"  # jupyter_client's own


def why_not() -> str | None:
    """Why kernels cannot be forked here, in half a sentence; None if they can."""
    if os.environ.get(OFF) == "0":
        return f"{OFF}=0 is set"
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return "only Linux forks safely"
    if not entry_points(group="jupyter_client.kernel_provisioners", name=NAME):
        return "lstm_edu is not installed, only on the path (pip install -e .)"
    return None


def use() -> str | None:
    """Make forked kernels the default of the Jupyter server that this process is about to become.

    The process to fork from is started immediately, and imports Keras as soon as the machine is idle.

    Returns:
        None, or why kernels will be started as usual, in half a sentence.
    """
    reason = why_not()
    if reason is None and os.environ.setdefault(_DEFAULT, NAME) != NAME:
        reason = f"{_DEFAULT} names another provisioner"
    if reason is None:
        from lstm_edu.kernels.link import the_forker

        the_forker().start(at_once=waits())
    return reason


def waits() -> bool:
    """Whether a kernel waits until it can be forked. It saves a class the memory of one more Keras for each student."""
    return os.environ.get(OFF) == WAIT
