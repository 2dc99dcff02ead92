"""``python -m lstm_edu lab``: a thin front door to JupyterLab, which opens on the first notebook of the course."""

import argparse
import errno
import importlib.util
import os
import socket
import sys
from pathlib import Path

from lstm_edu.kernels import OFF

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"  # next to the package in the repository; not in a wheel
FIRST = "00_start_here.ipynb"
PAGE = f"/lab/tree/{FIRST}"
SETTINGS = (
    Path(__file__).resolve().parent / "jupyter"
)  # defaults only: what a user has set in JupyterLab takes precedence
NEEDED = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "matplotlib", "tqdm")


def add_command(commands) -> None:
    """Add ``lab`` to the commands of ``python -m lstm_edu``."""
    parser = commands.add_parser(
        "lab",
        help="open the course in JupyterLab",
        usage="%(prog)s [-h] [--port PORT] [--ip IP] [options of JupyterLab]",
        description=f"Open the course in JupyterLab, on {FIRST}.",
        epilog="Every other option goes to JupyterLab as it is: --no-browser, say. `python -m jupyterlab --help` lists "
        "them. Ctrl-C, twice, stops JupyterLab.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, help="the port to listen on (if left out: 8888, or the next that is free)")
    parser.add_argument("--ip", help="the address to listen on (if left out: localhost; in a container: 0.0.0.0)")
    parser.add_argument(
        "--no-fork",
        action="store_true",
        help="start each kernel separately, as Jupyter does. Without this, on Linux, kernels are forked from a process "
        "that has imported Keras, and are ready immediately",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, passed_on: list[str]) -> str | None:
    """Start JupyterLab and return when it has ended; return one line instead where it cannot start."""
    if not (NOTEBOOKS / FIRST).is_file():
        return f"There is no {NOTEBOOKS / FIRST}: the notebooks come with the repository. Run this from a clone of it."
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        install = f"{sys.executable} -m pip install -r requirements.txt"
        return f"This Python lacks {', '.join(missing)}. In the folder {NOTEBOOKS.parent}, run: {install}"
    if options.port and (trouble := port_trouble(options.ip, options.port)):
        return f"Port {options.port} cannot be used: {trouble}. Give another --port, or none for the next that is free."

    argv = [] if chooses_a_page(passed_on) else [f"--ServerApp.root_dir={NOTEBOOKS}", f"--LabApp.default_url={PAGE}"]
    if options.ip is not None:
        argv.append(f"--ServerApp.ip={options.ip}")
    if options.port is not None:
        argv += [f"--ServerApp.port={options.port}", "--ServerApp.port_retries=0"]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in passed_on:
        argv.append("--allow-root")
        print(
            "You are root, as is usual in a container, so JupyterLab is started with --allow-root: "
            "anyone who has its address and token can do everything that root can.",
            file=sys.stderr,
        )

    if options.no_fork:
        os.environ[OFF] = "0"
    # Before anything else that is set up on this machine: this Python's own kernel, and the settings of the course.
    prepend_to("JUPYTER_PATH", Path(sys.prefix, "share", "jupyter"))
    prepend_to("JUPYTER_CONFIG_PATH", SETTINGS)
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(argv + passed_on)
    return None


def port_trouble(ip: str | None, port: int) -> str | None:
    """Say why nothing can listen on this port, or None if something can."""
    if not 0 <= port <= 65535:
        return "a port is a number from 0 to 65535"
    try:
        socket.create_server(("" if ip == "*" else ip or "localhost", port)).close()
    except OSError as error:
        return "it is in use, perhaps by another JupyterLab" if error.errno == errno.EADDRINUSE else error.strerror
    return None


def chooses_a_page(passed_on: list[str]) -> bool:
    """Whether the user's own options say what JupyterLab opens: a file or folder, a root folder, or an address."""
    names = ("root_dir", "root-dir", "notebook-dir", "default_url", "file_to_run")
    return any(
        any(name in option for name in names) if option.startswith("-") else Path(option).exists()
        for option in passed_on
    )


def prepend_to(variable: str, folder: Path) -> None:
    """Put a folder before the others of a search path in the environment."""
    os.environ[variable] = os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))
