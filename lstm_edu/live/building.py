"""Write the site: JupyterLite from its own packages, the notebooks, the wheels."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lstm_edu.export.states import VIEW
from lstm_edu.live.starting import RECORDED

_HERE = Path(__file__).parent
WHEELS = _HERE / "wheels.txt"
# By notebook, the cells that cannot run in the page; tests hold it. With a sentence: it could, but Keras computes
# something different there. With {"runs": sentence}: it runs, and the sentence below it says what is different.
DIFFERS = _HERE / "differs.json"

# JupyterLite's application and its kernel, and the Pyodide that this kernel takes: tried together, so pinned together.
NEEDED = {"jupyterlite-core": "0.6.4", "jupyterlite-pyodide-kernel": "0.6.1"}
PYODIDE = "0.27.7"
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
KERNEL_EXTENSION = "@jupyterlite/pyodide-kernel-extension"

# Packages of Pyodide's own list that the kernel and the course need, and what the kernel brings in wheels of its own.
FROM_PYODIDE = ["numpy", "matplotlib", "ipython", "jedi", "micropip", "packaging", "pygments", "traitlets"]
OF_KERNEL = ["piplite", "ipykernel", "pyodide_kernel"]
# What the kernel would ask for before it starts: it is there already, or (ssl, sqlite3: 2.6 MB) it is not needed.
SAID_TO_BE_THERE = ["ssl", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "jedi", "ipython", "micropip", "piplite"]

# Megabytes to download with Pyodide 0.27.7: its core; the packages above with what these need.
MB_CORE, MB_PACKAGES = 13.8, 17.1
CONFIG = ".ipython/profile_default/ipython_config.py"  # in the page's home folder


def build(
    notebooks: Path,
    to: Path,
    *,
    wheels: Path | None = None,
    pyodide: str | Path = CDN,
    record: bool = True,
    executed: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Write the course as a static site, and return its folder.

    Args:
        notebooks: the folder of the notebooks, in a clone of the repository. to: a folder that is not there, or empty.
        wheels: a folder where the wheels of wheels.txt are kept between builds; what it lacks is downloaded.
        pyodide: the address of a Pyodide distribution, or a folder with one, which is copied.
        record: run the notebooks of DIFFERS here, and keep what these cells show, for readers of the page.
        executed: by file name, notebooks that have been run already. Where it is given, the others are not run.

    Raises:
        ValueError: no notebooks, a folder that is not empty, or JupyterLite's packages are missing.
        RuntimeError: pip or JupyterLite failed.
    """
    check(notebooks, to)
    root = notebooks.resolve().parent
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        kept = wheels or work / "wheels"
        say("wheels")
        _run([*_PIP, "download", *_ANY, "--require-hashes", "-d", str(kept), "-r", str(WHEELS)])
        _run([*_PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(work / "own"), str(root)])
        say("JupyterLite")
        listed = [_wheel(kept, line) for line in WHEELS.read_text().splitlines() if line[:1].isalpha()]
        _jupyterlite(notebooks, to, work, [w for w in listed if _has_extension(w)])
        own = next((work / "own").glob("lstm_edu-*.whl"))
        kernel = to / "extensions" / KERNEL_EXTENSION / "static" / "pypi"
        _live(to / "live", [*listed, own], [next(kernel.glob(f"{name}-*.whl")) for name in OF_KERNEL], pyodide)
    recorded = _recorded(notebooks, record, executed, say)
    (to / "live" / "recorded.json").write_text(json.dumps(recorded))
    _add_to_page(to / "lab" / "index.html")
    _keep_for_later(to)
    return to


_RECORDED_WITH = {"Keras": "keras", "TensorFlow": "tensorflow-cpu", "NumPy": "numpy"}
_PIP = [sys.executable, "-m", "pip", "--quiet"]
_ANY = [
    "--no-deps", "--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none", "--python-version=3.12"
]  # fmt: skip


def check(notebooks: Path, to: Path) -> None:
    """Raise ValueError if `build` cannot write a site of these notebooks there."""
    _check_versions()
    if not list(notebooks.glob("*.ipynb")):
        raise ValueError(f"there are no notebooks in {notebooks}")
    root = notebooks.resolve().parent
    if not (root / "pyproject.toml").is_file():
        raise ValueError(f"{root} is not a clone of lstm-edu: its wheel is made from the files next to the notebooks")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ValueError(f"{to} already exists: name a new or an empty folder")


def _check_versions() -> None:
    wrong = []
    for name, needed in NEEDED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if found != needed:
            wrong.append(f"{name} {needed} (here: {found})")
    if wrong:
        install = f"{sys.executable} -m pip install -e '.[live]'"
        raise ValueError(f"the site needs {' and '.join(wrong)}. In the repository's folder, run: {install}")


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:4])} failed:\n{done.stderr.strip() or done.stdout.strip()}")


def _wheel(folder: Path, line: str) -> Path:
    """The file of one line of wheels.txt, such as `absl-py==2.5.1 --hash=...`."""
    name, _, rest = line.partition("==")
    return next(folder.glob(f"{name.replace('-', '_')}-{rest.split()[0]}-*.whl"))


def _has_extension(wheel: Path) -> bool:
    return any("/labextensions/" in name for name in zipfile.ZipFile(wheel).namelist())


def _jupyterlite(notebooks: Path, to: Path, work: Path, extensions: list[Path]) -> None:
    lite = work / "lite"
    lite.mkdir()
    kernel = Path(sysconfig.get_path("data"), "share", "jupyter", "labextensions", KERNEL_EXTENSION)
    site = json.loads((_HERE / "static" / "jupyter-lite.json").read_text())
    settings = site["jupyter-config-data"]["litePluginSettings"][f"{KERNEL_EXTENSION}:kernel"]
    settings["loadPyodideOptions"] = {"packages": SAID_TO_BE_THERE}
    (lite / "jupyter-lite.json").write_text(json.dumps(site))
    defaults = _HERE.parent / "jupyter" / "labconfig" / "default_setting_overrides.json"
    shutil.copy(defaults, lite / "overrides.json")
    config = {
        "LiteBuildConfig": {
            "federated_extensions": [str(path) for path in (kernel, *(e.resolve() for e in extensions))],
            "ignore_sys_prefix": True,
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "apps": ["lab"],
            "contents": [str(notebooks.resolve())],
            "output_dir": str(to.resolve()),
        }
    }
    (lite / "jupyter_lite_config.json").write_text(json.dumps(config))
    _run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=lite)


def _live(to: Path, wheels: list[Path], kernel: list[Path], pyodide: str | Path) -> None:
    """The folder `live`: the wheels, Pyodide if it is given as a folder, and course.json, which names them."""
    to.mkdir()
    for name in ("pyodide.js", "progress.js", "narrow.js"):
        shutil.copy(_HERE / "static" / name, to / name)
    packages: dict[str, Any] = {}
    size = 0
    for wheel in [*wheels, *kernel]:
        entry = _entry(wheel)
        packages[entry["name"]] = entry
        copy = to / entry["file_name"]
        copy.parent.mkdir(parents=True)
        shutil.copy(wheel, copy)
        size += wheel.stat().st_size
    if isinstance(pyodide, Path):
        shutil.copytree(pyodide, to / f"pyodide-{PYODIDE}")
        pyodide = f"pyodide-{PYODIDE}/"
    course = {
        "pyodide": pyodide,
        "packages": packages,
        "load": [*FROM_PYODIDE, *packages],
        "env": {"KERAS_BACKEND": "numpy", "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        "config": CONFIG,
        "recorded": RECORDED,
        "megabytes": {"python": round(MB_CORE), "packages": round(MB_PACKAGES + size / 1e6)},
    }
    (to / "course.json").write_text(json.dumps(course, indent=1))


def _recorded(
    notebooks: Path, record: bool, executed: Mapping[str, Any] | None, say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """By source, what the cells of DIFFERS show in the full course, and what DIFFERS says of them.

    Without `record` only the latter; also of a notebook that is not in `executed`.
    """
    from lstm_edu.export import executing

    versions = ", ".join(f"{name} {version(package)}" for name, package in _RECORDED_WITH.items()) if record else ""
    recorded = {}
    for name, ids in json.loads(DIFFERS.read_text()).items():
        notebook, known = executing.read(notebooks / name), record
        if record and executed is not None:
            notebook, known = executed.get(name, notebook), name in executed
        elif record:
            say(f"recording {name}")
            executing.run(notebook, notebooks / name)
        for cell in notebook.cells:
            if cell.id in ids and (known or ids[cell.id]):
                outputs = [shown for output in cell.outputs if (shown := _shown(output))]
                said = ids[cell.id]
                reason = {"note": said["runs"]} if isinstance(said, dict) else {"why": said}
                recorded[cell.source.strip()] = {"versions": versions, "outputs": outputs, **reason}
    return recorded


def _shown(output: Any) -> dict[str, Any] | None:
    """An output that can be shown without Python; None: it is a widget, or no output."""
    if output.output_type == "stream":
        return {"data": {"text/plain": output.text.rstrip("\n")}}
    data = dict(output.get("data", {}))
    return None if not data or VIEW in data else {"data": data}


def _entry(wheel: Path) -> dict[str, Any]:
    """A wheel as an entry of Pyodide's list of packages. Its address has its checksum: there is never another one."""
    distribution, number, *_ = wheel.name.split("-")
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0].removesuffix(".py") for name in names if name.endswith(".py")}
    return {
        "name": distribution.lower().replace("_", "-"),
        "version": number,
        "file_name": f"wheels/{sha256[:12]}/{wheel.name}",
        "install_dir": "site",
        "sha256": sha256,
        "package_type": "package",
        "imports": sorted(top for top in tops if not top.endswith(".data")),
        "depends": [],
        "unvendored_tests": False,
    }


_ADDED = "".join(f'<script type="module" src="../live/{name}"></script>' for name in ("progress.js", "narrow.js"))


def _add_to_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if text.count("</head>") != 1:
        raise RuntimeError(f"{page} has no single </head>: JupyterLite's page has changed")
    page.write_text(text.replace("</head>", f"{_ADDED}</head>"), encoding="utf-8")


def _keep_for_later(to: Path) -> None:
    """Put static/offline.js before JupyterLite's service worker, with a name for what it keeps of this build."""
    worker = to / "service-worker.js"
    text = worker.read_text(encoding="utf-8")
    if 'addEventListener("fetch"' not in text:
        raise RuntimeError(f"{worker} answers no requests: JupyterLite's service worker has changed")
    digest = hashlib.sha256()
    for path in sorted(path for path in to.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(to).as_posix()}\n".encode() + path.read_bytes())
    pyodide = json.loads((to / "live" / "course.json").read_text())["pyodide"]
    settings = {"kept": f"lstm-edu {digest.hexdigest()[:16]}", "pyodide": pyodide}
    ours = (_HERE / "static" / "offline.js").read_text(encoding="utf-8")
    worker.write_text(f"self.lstmEdu = {json.dumps(settings)};\n{ours}\n{text}", encoding="utf-8")
