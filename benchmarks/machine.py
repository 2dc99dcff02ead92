"""What the numbers depend on but the code does not show: processor, cores, load, threads, versions."""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from importlib import metadata
from pathlib import Path

_PACKAGES = ("numpy", "keras", "tensorflow", "tensorflow-cpu", "torch", "onnxruntime")
_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> float | None:
    """How many processes wanted to run during the last minute, on average; None where the system does not say."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows
        return None


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def busy(load_at_start: float | None, cores: int) -> str | None:
    """A warning if other work was going on when the run began."""
    if load_at_start is None or load_at_start < 0.25 * cores:
        return None
    return (
        f"The machine was busy with other work when this run began (load {load_at_start:.1f} on {cores} cores). Every "
        "time is too long, most of all where several threads work together; trust the ratios of the minima."
    )


def must_be_quiet(load_at_start: float | None) -> None:
    """SystemExit if other work is going on: what is written down is measured on a quiet machine."""
    if said := busy(load_at_start, cores()):
        raise SystemExit(f"{said} Nothing was run: what is written down is measured on a quiet machine.")


def description(load_at_start: float | None) -> list[str]:
    """Sentences for the report."""
    versions = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    said = "unknown" if load_at_start is None else f"{load_at_start:.1f}"
    return [
        f"{date.today().isoformat()}, {processor()}, {cores()} cores, load {said} at the start.",
        f"Python {platform.python_version()} on {platform.system()}, {', '.join(versions)}.",
        f"Threads: {'; '.join(_threads())}.",
    ]


def _threads() -> list[str]:
    """How many threads each library may use. Only what is already loaded is asked."""
    said = [f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ]
    said = said or ["no variable set, so NumPy's OpenBLAS takes every core"]
    try:
        from threadpoolctl import threadpool_info

        said += [f"{pool['prefix']} {pool['num_threads']}" for pool in threadpool_info()]
    except ImportError:
        pass
    if "tensorflow" in sys.modules:
        threading = sys.modules["tensorflow"].config.threading
        intra, inter = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
        said.append(f"TensorFlow intra-op {intra or 'all'}, inter-op {inter or 'all'}")
    if "torch" in sys.modules:
        said.append(f"PyTorch {sys.modules['torch'].get_num_threads()}")
    return said
