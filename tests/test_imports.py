"""The one-way imports of the package, circles inside its parts, and what `import lstm_edu` may load."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy
import pytest

import lstm_edu

PACKAGE = Path(lstm_edu.__file__).parent

# Each part of the package: what it may import of the others, and which other libraries besides the standard one.
BASE = {"trace", "palette", "libraries", "core", "datasets", "comparison"}
READERS = {"keras_bridge", "doctor", "plots"}
MAY_IMPORT = {
    "palette": (set(), set()),
    "libraries": (set(), set()),
    "extras": (set(), set()),
    "trace": (set(), {"numpy"}),
    "datasets": (set(), {"numpy"}),
    "core": ({"trace"}, {"numpy", "tqdm"}),
    "comparison": ({"trace", "palette", "core"}, {"numpy"}),
    "keras_bridge": (BASE, {"numpy", "keras", "tensorflow", "jax", "torch", "h5py"}),
    "doctor": (BASE, {"numpy"}),
    "plots": (BASE | {"extras"}, {"numpy", "matplotlib"}),
    "widgets": (BASE | READERS | {"extras"}, {"numpy", "anywidget", "ipywidgets", "traitlets"}),
    "exercises": (BASE | READERS | {"formats"}, {"numpy", "anywidget", "ipywidgets", "traitlets", "IPython"}),
    "clinic": (BASE | READERS | {"exercises"}, {"numpy"}),
    "formats": ({"core", "comparison", "libraries"}, {"numpy"}),
    "teaching": (
        BASE | READERS | {"exercises", "clinic"},
        {"numpy", "IPython", "nbconvert", "nbformat", "nbgrader", "traitlets"},
    ),
    "_assignment": ({"teaching"}, set()),
    "export": (
        {"exercises", "extras"},
        {"ipywidgets", "jupyter_client", "latex2mathml", "nbclient", "nbconvert", "nbformat", "PIL", "pygments"},
    ),
    "_export": ({"export", "extras"}, set()),
    "live": ({"export"}, {"numpy", "IPython", "js", "pyodide", "pyodide_kernel"}),  # the last three are in the page
    "_site": ({"export", "extras", "live", "_lab"}, set()),
    "kernels": (
        {"comparison", "core", "doctor", "exercises", "keras_bridge", "plots", "widgets"},
        {
            "numpy",
            "matplotlib",
            "anywidget",
            "ipywidgets",
            "IPython",
            "ipykernel",
            "jupyter_client",
            "keras",
            "tornado",
        },
    ),
    "jupyter": ({"kernels"}, set()),
    "_lab": ({"kernels"}, {"jupyterlab"}),
    "readiness": ({"kernels"}, {"jupyter_client", "jupyter_core", "packaging"}),
    "_check": ({"_lab", "_models", "readiness"}, set()),
    "_models": (set(), {"numpy", "keras"}),
    "_verify": ({"_models", "keras_bridge", "export", "formats"}, set()),
    "_diagnose": ({"_models", "comparison", "doctor", "keras_bridge", "export"}, set()),
    "__main__": (
        {"_assignment", "_check", "_diagnose", "_export", "_lab", "_site", "_verify"} | BASE | READERS | {"exercises"},
        set(),
    ),
    "__init__": ({"trace", "core"}, set()),  # the rest is loaded at first use
}


# Siblings do not import each other. These ask the package's front door, `import_module("lstm_edu").name`, when a user
# calls them; what they may ask for is listed here.
FRONT_DOOR = {
    Path("doctor/source.py"): {"from_keras"},
    Path("comparison/adequate.py"): {"doctor", "from_keras"},
    Path("keras_bridge/about.py"): {"__version__"},
    Path("keras_bridge/verify_report.py"): {"explore"},
}
# A public name's own module, when it is first used; and a module that the user names.
LOADS_LATER = {Path("__init__.py"), Path("plots/__init__.py"), Path("_models.py")}


Sources = dict[Path, str]  # each file, by its path in the package


@cache
def read_package() -> Sources:
    return {path.relative_to(PACKAGE): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def module_name(file: Path) -> str:
    return ".".join(["lstm_edu", *file.with_suffix("").parts]).removesuffix(".__init__")


@cache
def dynamic_imports(source: str) -> list[tuple[str, str]]:
    """(module, what is taken of it at once or "") of every import_module and __import__; "?" if only the run knows."""
    tree, found = ast.parse(source), []
    taken = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
        if isinstance(node, ast.Call) and name in ("import_module", "__import__"):
            module = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else "?"
            found.append((module, taken.get(id(node), "")))
    return found


@cache
def imports(file: Path, source: str) -> list[str]:
    """The full name of everything that a module imports, anywhere in it: `from a import b` gives a.b."""
    module, found = module_name(file), []
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            origin = ".".join([*parents, *filter(None, [node.module])])
            found += [f"{origin}.{alias.name}" for alias in node.names]
    return found


def violations(sources: Sources) -> list[str]:
    """One line for each import that MAY_IMPORT does not allow."""
    found = []
    for where, source in sources.items():
        part = where.parts[0].removesuffix(".py")
        if part not in MAY_IMPORT:
            found.append(f"{where} belongs to no part that MAY_IMPORT names")
            continue
        parts, libraries = MAY_IMPORT[part]
        for name in imports(where, source):
            top, _, rest = name.partition(".")
            allowed = (
                rest.partition(".")[0] in parts | {part}
                if top == "lstm_edu"
                else top in libraries or top in sys.stdlib_module_names
            )
            if not allowed:
                found.append(f"{where} imports {name}")
        for name, taken in dynamic_imports(source):
            top, _, rest = name.partition(".")
            allowed = (
                where in LOADS_LATER
                or (name == "lstm_edu" and taken in FRONT_DOOR.get(where, ()))
                or (top == "lstm_edu" and rest.partition(".")[0] in parts | {part})
                or top in libraries
            )
            if not allowed:
                found.append(f"{where} imports {name} {taken} while it runs")
    return found


def circles(sources: Sources) -> list[set[str]]:
    """The modules that import each other in a ring: at the top, inside functions, for annotations only, or by name."""
    modules = {module_name(file) for file in sources}
    edges = {}
    for file, source in sources.items():
        names = list(imports(file, source))
        if file not in LOADS_LATER:
            names += [name for name, taken in dynamic_imports(source) if not taken]
        edges[module_name(file)] = {name if name in modules else name.rpartition(".")[0] for name in names} & modules
    reached = {module: set(direct) for module, direct in edges.items()}
    for through in modules:  # Warshall: whatever can be reached through the modules seen so far
        for module in modules:
            if through in reached[module]:
                reached[module] |= reached[through]
    rings = {frozenset(b for b in modules if b in reached[a] and a in reached[b]) for a in modules if a in reached[a]}
    return [set(ring) for ring in rings]


def planted(file: str, line: str) -> Sources:
    """The package with one line more in one of its files."""
    return read_package() | {Path(file): f"{read_package().get(Path(file), '')}\n{line}\n"}


def test_no_modules_import_each_other_in_a_circle():
    assert circles(read_package()) == []


def test_the_plan_of_the_house_has_every_room():
    plan = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    house, around = plan[plan.index("| room |") :].split("| folder |")
    rooms = re.findall(r"^\| `(\w+)` \| \S", house, re.MULTILINE)
    assert len(rooms) == len(set(rooms))
    assert set(rooms) == {part for part in MAY_IMPORT if not part.startswith("_")}
    folders = re.findall(r"^\| `([.\w]+)` \| \S", around.partition("\n\n")[0], re.MULTILINE)
    assert len(folders) == len(set(folders))
    committed = subprocess.run(["git", "ls-files"], cwd=PACKAGE.parent, capture_output=True, text=True)
    if committed.returncode:
        pytest.skip("not a clone: git does not say which folders are the repository's")
    assert {PACKAGE.name, *folders} == {path.partition("/")[0] for path in committed.stdout.split("\n") if "/" in path}


def test_every_part_imports_only_what_lies_below_it():
    assert violations(read_package()) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/planted.py", "import keras"),
        ("core/planted.py", "from keras.layers import LSTM"),
        ("core/planted.py", "def late():\n    import tensorflow as tf"),
        ("core/planted.py", "from lstm_edu.keras_bridge import compare"),
        ("core/planted.py", "from lstm_edu import keras_bridge"),
        ("core/planted.py", "from .. import plots"),
        ("core/planted.py", "from ..widgets.lstm import LSTMExplorer"),
        ("core/planted.py", "import lstm_edu as le"),
        ("core/planted.py", "from lstm_edu import Trace"),
        ("core/planted.py", "import matplotlib.pyplot as plt"),
        ("core/deeper/planted.py", "from ...keras_bridge import compare"),
        ("core/deeper/__init__.py", "from ...plots import gates"),
        ("trace.py", "from lstm_edu.core import LSTM"),
        ("trace.py", "from .core import LSTM"),
        ("__init__.py", "from lstm_edu import widgets"),
        ("plots/planted.py", "from lstm_edu import widgets"),
        ("plots/planted.py", "from lstm_edu.keras_bridge import compare"),
        ("widgets/planted.py", "import keras"),
        ("misc.py", ""),
        ("core/planted.py", 'import importlib\nimportlib.import_module("keras")'),
        ("core/planted.py", "__import__(name)"),
        ("doctor/planted.py", 'from importlib import import_module\nimport_module("lstm_edu.keras_bridge")'),
        ("doctor/planted.py", 'from importlib import import_module\nimport_module("lstm_edu").from_keras'),
        ("doctor/source.py", 'import_module("lstm_edu").verify'),
    ],
)
def test_a_planted_import_is_found(file, line):
    found = violations(planted(file, line))
    assert len(found) == 1
    assert found[0].startswith(str(Path(file)))


@pytest.mark.parametrize(
    ("file", "line", "with_it"),
    [
        ("core/activations.py", "from lstm_edu.core.dense import Dense", "core.dense"),
        ("doctor/explaining.py", "def late():\n    from lstm_edu.doctor.functions import Learner", "doctor.functions"),
        ("export/states.py", "def late():\n    from lstm_edu.export import page", "export.page"),
        ("keras_bridge/caution.py", "if False:\n    from .tapping import Call", "keras_bridge.tapping"),
        ("plots/scales.py", 'import importlib\nimportlib.import_module("lstm_edu.plots.matrices")', "plots.matrices"),
        ("core/slab.py", "import lstm_edu.core.slab", "core.slab"),
    ],
)
def test_a_planted_circle_is_found(file, line, with_it):
    (found,) = circles(planted(file, line))
    assert {"lstm_edu." + file.removesuffix(".py").replace("/", "."), f"lstm_edu.{with_it}"} <= found


def loaded_by(statement: str) -> set[str]:
    """The libraries that a statement loads into a fresh Python."""
    program = f"""
import sys
before = set(sys.modules)
{statement}
print(*(name for name in set(sys.modules) - before if getattr(sys.modules[name], '__spec__', None)))  # not Cython's own
"""
    loaded = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    return {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names


def test_import_loads_numpy_and_nothing_heavier():
    assert loaded_by("import lstm_edu") == {"lstm_edu", "numpy"}


def test_the_layers_work_without_anything_heavier():
    statement = (
        "import lstm_edu as le; layer = le.LSTM(3, seed=0); layer.build((2, 4, 5)); layer.trace([[[0.0] * 5] * 4] * 2)"
    )
    assert loaded_by(statement) == {"lstm_edu", "numpy"}


@pytest.fixture(scope="session")
def with_numpy_only(tmp_path_factory):
    """Runs a statement in a Python that has NumPy and lstm_edu only, as `pip install lstm-edu` leaves it."""
    folder = tmp_path_factory.mktemp("packages")
    site = Path(numpy.__file__).parents[1]
    for package in (PACKAGE, *site.glob("numpy"), *site.glob("numpy.libs")):
        (folder / package.name).symlink_to(package, target_is_directory=True)

    def ran(statement: str) -> str:
        program = f"import sys; sys.path.append({str(folder)!r})\n{LAYER}{statement}"
        done = subprocess.run([sys.executable, "-I", "-S", "-c", program], stderr=subprocess.PIPE, text=True)
        return done.stderr.strip()

    return ran


LAYER = """
import numpy as np
import lstm_edu as le
x = np.random.default_rng(0).normal(size=(3, 6, 5)).astype("float32")
layer = le.LSTM(4, seed=1)
layer.build(x.shape)
"""


@pytest.mark.parametrize(
    "statement",
    [
        "assert le.compare(layer(x), layer(x), layer=layer, x=x)",
        "assert le.exercises.sigmoid.check(lambda x: 1 / (1 + np.exp(-x)))",
        "assert le.clinic.case(1) is not None and le.mistakes() is not None",
        "assert le.adequate_example(layer).x.ndim == 3",
        "assert le.diagnose(layer(x)[:, ::-1], layer, x).verdict == 'cause'",
        "assert le.datasets.adding(4, 8) and le.formats",
    ],
)
def test_numpy_is_enough_for_all_but_pictures_pages_and_keras(with_numpy_only, statement):
    assert with_numpy_only(statement) == ""


@pytest.mark.parametrize(
    ("statement", "extra"),
    [
        ("le.explore(layer.trace(x))", "widgets"),
        ("le.predict", "widgets"),
        ("le.plots.gates(layer.trace(x))", "plots"),
        ("le.save_html('a.ipynb', 'b.html')", "export"),
    ],
)
def test_what_an_extra_brings_is_asked_for_by_name(with_numpy_only, statement, extra):
    assert f"lstm-edu[{extra}]" in with_numpy_only(statement).splitlines()[-1]


@pytest.mark.parametrize("name", lstm_edu.__all__)
def test_every_public_name_is_there(name):
    assert getattr(lstm_edu, name) is not None
