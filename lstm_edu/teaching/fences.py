"""How the process that runs a learner's notebook is started, and what it is kept from.

bubblewrap      Linux, https://github.com/containers/bubblewrap: it sees Python and nothing else on the disk, no
                network, no other process, and ends with the grader. Needs no root where user namespaces are allowed.
docker, podman  the same in a container of your own image that has lstm-edu.
none            a separate process with limits, and the rights of whoever grades.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import site
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

AUTO, BUBBLEWRAP, DOCKER, PODMAN, NONE = "auto", "bubblewrap", "docker", "podman", "none"
FENCES = (AUTO, BUBBLEWRAP, DOCKER, PODMAN, NONE)
IMAGE = "lstm-edu"
GRADING = "LSTM_EDU_GRADING"  # in the environment of the process that runs a notebook to be graded
NOT_HELD = (
    "an answer can read and change the grader's files, use the network, and leave a process behind that "
    "outlives it; bubblewrap (on Linux), docker or podman prevent that"
)
_NOBODY = 65534
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()) + sys.path\n"
    "from lstm_edu.teaching.far_end import main; main()"
)
# Of the grader's environment. Windows starts no Python without the first.
_PASSED_ON = ("SYSTEMROOT", "KERAS_BACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types")


@dataclass(frozen=True)
class Limits:
    """What one learner's notebook may use.

    Attributes:
        call, cell, notebook: seconds for a call of an answer, for a cell, for the whole.
        memory: bytes of memory. file: bytes of a file, and of all files where there is a fence.
        output: characters that a cell prints. processes: processes and threads, where there is a fence.
    """

    call: float = 20.0
    cell: float = 120.0
    notebook: float = 600.0
    memory: int = 4 << 30
    file: int = 256 << 20
    output: int = 5_000_000
    processes: int = 512

    def __post_init__(self) -> None:
        for name, most in asdict(self).items():
            if isinstance(most, bool) or not isinstance(most, (int, float)) or most <= 0:
                raise ValueError(f"limits: {name} must be a number above 0, got {most!r}")


@dataclass(frozen=True)
class Fence:
    """One way to start the process. own_user: its processes are counted separately from everyone else's."""

    name: str
    image: str = IMAGE
    user: int | None = None

    @property
    def held(self) -> bool:
        return self.name != NONE

    @property
    def own_user(self) -> bool:
        return self.name == BUBBLEWRAP and os.geteuid() != 0 or self.user is not None

    def start(self, folder: Path, limits: Limits) -> tuple[subprocess.Popen, Callable[[], None]]:
        """Start it, in that empty folder if there is no fence: the process, and what ends it and all that it started.

        It talks on its standard input and output, as far_end.py says.
        """
        options: dict[str, Any] = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        if self.name == NONE:
            home, notebook = folder / "home", folder / "notebook"
            for one in (home, notebook):
                one.mkdir(parents=True, exist_ok=True)
            environment = _environment(str(home)) | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(home))
            process = subprocess.Popen(_python(), cwd=notebook, env=environment, start_new_session=True, **options)
            return process, functools.partial(_end_group, process)
        if self.user is not None:
            options |= {"user": self.user, "group": self.user, "extra_groups": []}
        called = f"lstm-edu-{uuid.uuid4().hex[:12]}"
        process = subprocess.Popen(self.command(limits, called), cwd="/", **options)
        return process, functools.partial(_end_container, self.name, called, process)

    def command(self, limits: Limits, called: str = "grading") -> list[str]:
        """The command line that starts Python behind the fence; `called`: a container's name."""
        if self.name == BUBBLEWRAP:
            return _bubblewrap(limits)
        if self.name in (DOCKER, PODMAN):
            return _container(self.name, self.image, limits, called)
        return _python()


def fence(name: str = AUTO, image: str = IMAGE) -> Fence:
    """The fence of that name; "auto": bubblewrap if it works here, else none.

    Raises:
        ValueError: there is no such fence.
        RuntimeError: it does not work on this machine; the text says why.
    """
    if name not in FENCES:
        raise ValueError(f"fence must be one of {', '.join(map(repr, FENCES))}, got {name!r}")
    if name in (AUTO, BUBBLEWRAP):
        problem = ""
        for user in (_NOBODY, None) if sys.platform == "linux" and os.geteuid() == 0 else (None,):
            problem = _bubblewrap_problem(user)
            if not problem:
                return Fence(BUBBLEWRAP, user=user)
        if name == BUBBLEWRAP:
            raise RuntimeError(f"fence: bubblewrap does not work here: {problem}")
        return Fence(NONE)
    if name in (DOCKER, PODMAN) and shutil.which(name) is None:
        raise RuntimeError(f"fence: there is no command {name}")
    return Fence(name, image)


@functools.cache
def _bubblewrap_problem(user: int | None) -> str:
    """Why bubblewrap cannot be used; "" if it can."""
    if sys.platform != "linux":
        return "it exists only for Linux"
    if shutil.which("bwrap") is None:
        return "it is not installed (Debian, Ubuntu, Fedora: the package bubblewrap; conda-forge: bubblewrap)"
    command = [*_bubblewrap(Limits())[: -len(_python())], sys.executable, "-I", "-c", "import json"]
    as_user: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **as_user)
    # Ubuntu 24.04 lets only programs with a profile of AppArmor make user namespaces; many containers let none.
    return "" if done.returncode == 0 else done.stderr.strip() or f"it ended with {done.returncode}"


def _python() -> list[str]:
    package = str(Path(__file__).resolve().parents[2])
    return [sys.executable, "-I", "-c", _BOOT, json.dumps([package, *_user_site()])]


def _user_site() -> list[str]:
    """Where `pip install --user` has put things, which an isolated Python does not look into."""
    if not site.ENABLE_USER_SITE or not Path(site.getusersitepackages()).is_dir():
        return []
    return [site.getusersitepackages()]


def _environment(home: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), *("/usr/local/bin", "/usr/bin", "/bin")])
    if os.name == "nt":
        path = os.environ.get("PATH", "")
    return {
        "PATH": path,
        "HOME": home,
        "USERPROFILE": home,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as in a kernel
        "TF_CPP_MIN_LOG_LEVEL": "3",
        GRADING: "1",
        **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    }


def _bubblewrap(limits: Limits) -> list[str]:
    """bwrap's command line, for version 0.8 (Debian 12) and later."""
    command = ["bwrap", "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--die-with-parent"]
    command += ["--new-session", "--hostname", "grading", "--clearenv", "--ro-bind", "/usr", "/usr"]
    for top in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(top):
            command += ["--symlink", os.readlink(top), top]
        elif os.path.isdir(top):
            command += ["--ro-bind", top, top]
    for name in _ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.file), "--tmpfs", "/tmp"]
    for top in _of_python():
        command += ["--ro-bind", top, top]
    command += ["--dir", "/tmp/home", "--dir", "/tmp/notebook", "--chdir", "/tmp/notebook"]
    for name, value in _environment("/tmp/home").items():
        command += ["--setenv", name, value]
    return [*command, "--", *_python()]


def _of_python() -> list[str]:
    """The folders that this Python and this package are in, the outer ones first; nothing else in anyone's home."""
    folders = [sys.prefix, sys.base_prefix, sys.base_exec_prefix, str(Path(__file__).resolve().parents[1])]
    folders += [*_user_site(), str(Path(os.path.realpath(sys.executable)).parents[1])]
    if any(f.startswith("/nix/") for f in folders):
        folders.append("/nix")
    within = [os.path.abspath(f) for f in sorted(set(folders))]
    return [f for f in within if f != "/usr" and not f.startswith(("/usr/bin", "/usr/lib", "/usr/local"))]


def _container(program: str, image: str, limits: Limits, called: str) -> list[str]:
    """The command line of docker and podman. Nothing of this machine's disk is in it: the notebook is a message."""
    command = [program, "run", "--rm", "--interactive", "--name", called]
    command += ["--network", "none", "--read-only", "--cap-drop", "ALL"]
    command += ["--security-opt", "no-new-privileges", "--user", "1000:1000", "--pids-limit", str(limits.processes)]
    command += ["--memory", str(limits.memory), "--memory-swap", str(limits.memory)]
    command += ["--tmpfs", f"/tmp:rw,exec,size={limits.file}", "--workdir", "/tmp"]
    for name, value in _environment("/tmp").items():
        if name != "PATH":  # the image's own
            command += ["--env", f"{name}={value}"]
    return [*command, image, "python", "-I", "-c", _BOOT, "[]"]


def _end_group(process: subprocess.Popen) -> None:
    """End a process and what it started, unless that has begun its own session."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _end_container(program: str, called: str, process: subprocess.Popen) -> None:
    """End what is behind a fence: with the first process in it, all others end."""
    if program != BUBBLEWRAP and process.poll() is None:  # the client's end is not the container's
        subprocess.run([program, "kill", called], capture_output=True)
    process.kill()
