"""What this machine has: processors, memory and disk, within the limits that a hub or a container has set."""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_CGROUPS = Path("/sys/fs/cgroup")
_WRITTEN = 1 << 18  # bytes: about a notebook with its outputs
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)


class Memory(NamedTuple):
    """Bytes. total: of the machine. free: what a program can still have here. limit: what this server may have at most,
    None where nothing says so. 0 where the system does not tell."""

    total: int
    free: int
    limit: int | None


def memory() -> Memory:
    """Of the machine, and of the control group or hub's server that this process is in."""
    total, free = _windows() if sys.platform == "win32" else _posix()
    limits = []
    for folder in _groups("memory"):
        limit = _number(folder, "memory.max", "memory.limit_in_bytes")
        if limit is not None and limit < (total or limit + 1):
            used = _number(folder, "memory.current", "memory.usage_in_bytes") or 0
            limits.append((limit, max(0, limit - used + _dropped_at_need(folder))))
    if hub := os.environ.get("MEM_LIMIT", ""):  # what JupyterHub tells its servers, whatever enforces it
        limits.append((int(float(hub)), int(float(hub))))
    if not limits:
        return Memory(total, free, None)
    return Memory(total, min(free, *(left for _, left in limits)), min(limit for limit, _ in limits))


def processors() -> float:
    """How many this process may use: whole ones, or a share that a hub or a container gives it."""
    found = [float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)]
    for folder in _groups("cpu"):
        try:
            quota, period = (folder / "cpu.max").read_text().split()  # version 2
        except (OSError, ValueError):
            quota, period = str(_number(folder, "cpu.cfs_quota_us")), str(_number(folder, "cpu.cfs_period_us"))
        if quota.isdigit() and period.isdigit():
            found.append(int(quota) / int(period))
    if hub := os.environ.get("CPU_LIMIT", ""):
        found.append(float(hub))
    return min(found)


def disk_free(folder: Path) -> int:
    """Bytes."""
    return shutil.disk_usage(folder).free


def write_trouble(folder: Path) -> str | None:
    """Why no notebook can be saved in this folder, in half a sentence; None if one can. It is tried."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"." * _WRITTEN)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in _FULL:
            return "the disk is full, or your share of it is"
        return error.strerror or str(error)
    return None


def _posix() -> tuple[int, int]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return 1024 * kilobytes["MemTotal"], 1024 * kilobytes["MemAvailable"]
    except (OSError, KeyError, ValueError):  # macOS, which does not say what is free
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return total, total


def _windows() -> tuple[int, int]:
    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of Windows."""

        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong),
                    ("free", ctypes.c_ulonglong), ("rest", ctypes.c_ulonglong * 5)]  # fmt: skip

    status = Status(length=ctypes.sizeof(Status))
    getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # noqa: B009 (mypy is on Linux)
    return status.total, status.free


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's control group and those around it, of either version."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except OSError:
        return
    for line in lines:
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        top = _CGROUPS / names if names else _CGROUPS
        inside = [top / path.lstrip("/"), *(top / path.lstrip("/")).parents]
        yield from (folder for folder in inside if folder.is_relative_to(top) and folder.is_dir())


def _number(folder: Path, *names: str) -> int | None:
    """What the first file of these says; None without one, or where it says "max"."""
    for name in names:
        try:
            return int((folder / name).read_text())
        except (OSError, ValueError):
            continue
    return None


def _dropped_at_need(folder: Path) -> int:
    """Bytes of files that are kept in memory as long as nothing else needs it."""
    try:
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    said = dict(line.split() for line in lines if len(line.split()) == 2)
    return int(said.get("total_inactive_file", said.get("inactive_file", 0)))
