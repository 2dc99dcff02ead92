"""What is true of the repository as a whole: its notebooks, commands and versions, and what a wheel of it holds."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import nbformat
import pytest

import lstm_edu
from lstm_edu._lab import NEEDED
from lstm_edu.extras import NEEDS

OPEN = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python -m lstm_edu lab"
TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt && .venv/bin/pytest -n 2 --dist worksteal"
)


@pytest.fixture(scope="session")
def committed(root) -> list:
    """The paths of all files under version control that are still there."""
    if not (root / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no git repository")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in names.split("\0") if name and (root / name).is_file()]


@pytest.fixture(scope="session")
def project(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="session")
def readme(root) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_notebooks_are_committed_without_outputs_and_for_any_python(committed):
    notebooks = [path for path in committed if path.suffix == ".ipynb"]
    assert notebooks
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        nbformat.validate(notebook)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == [], f"{path.name} has outputs"
        assert "widgets" not in notebook["metadata"], f"{path.name} has the state of widgets"
        assert notebook["metadata"]["kernelspec"]["name"] == "python3", path.name
        assert "version" not in notebook["metadata"].get("language_info", {}), f"{path.name} names one Python"


def test_no_file_names_a_package_index_or_a_folder_of_one_machine(committed):
    indexes = [
        r"pypi\.org",
        r"pythonhosted\.org",
        r"registry\.npmjs",
        r"deb\.debian\.org",
        r"--(extra-)?index-url",
        r"file:///",
    ]
    everywhere = r"(?!tljh/|jovyan\b|pyodide/)"  # every TLJH, image of a hub, and Pyodide has these
    folders = [rf"(?<![\w.$}}])/{top}/{everywhere}[\w.]" for top in ("root", "home", "work", "opt", "Users")]
    forbidden = re.compile("|".join(indexes + folders))
    found = []
    for path in committed:
        if path.name == "test_repository.py" or b"\0" in path.read_bytes():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found += [f"{path}:{number}: {match[0]}" for match in forbidden.finditer(line)]
    assert found == []


def test_readme_has_both_commands_and_their_windows_spelling_near_its_top(readme):
    top = readme.splitlines()[:40]
    for command in (OPEN, TEST):
        assert command in top
        assert command.replace("python3", "python").replace(".venv/bin/", ".venv\\Scripts\\") in top


def test_ci_runs_the_test_command_of_readme(root):
    script = (root / ".ci" / "run").read_text()
    (extraction,) = re.findall(r"^command=\$\((.*)\)$", script, re.MULTILINE)
    assert 'bash -euo pipefail -c "$command"' in script
    if shutil.which("bash"):
        command = subprocess.run(["bash", "-c", extraction], cwd=root, capture_output=True, text=True, check=True)
        assert command.stdout == TEST + "\n"


def test_readme_lists_every_notebook_in_order(root, readme):
    listed = re.findall(r"\]\(notebooks/(.*?)\)", readme)
    assert listed == sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))


def test_every_file_that_the_texts_link_to_is_there(root):
    for text in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (root / text).read_text(encoding="utf-8")):
            assert (root / link).is_file(), f"{text} links to {link}"


def test_the_repository_is_named_in_one_place(committed, root, readme):
    (name,) = re.findall(r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/", readme)
    times = {path.relative_to(root).as_posix(): path.read_bytes().count(name.encode()) for path in committed}
    assert {path: count for path, count in times.items() if count} == {"README.md": 1}
    owner, _, repository = name.partition("/")
    (page,) = re.findall(r"^\[live\]: (\S+)$", readme, re.MULTILINE)
    assert page == f"https://{owner}.github.io/{repository}/live/lab/index.html?path=00_start_here.ipynb"


def test_the_python_example_of_readme_runs(readme):
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})


def test_versions_agree(root, project, readme):
    assert project["version"] == lstm_edu.__version__
    assert re.search(r"^## (\S+)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == lstm_edu.__version__
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "Python 3.11, 3.12 or 3.13" in readme
    assert (root / "runtime.txt").read_text().strip() in ("python-3.11", "python-3.12", "python-3.13")


def requirements_of(project, *extras: str) -> list[str]:
    """What has to be installed for these extras, those that they name included."""
    wanted = list(project["dependencies"])
    for requirement in [r for extra in extras for r in project["optional-dependencies"][extra]]:
        inner = re.fullmatch(r"lstm-edu\[([\w,-]+)\]", requirement)
        wanted += requirements_of(project, *inner[1].split(",")) if inner else [requirement]
    return wanted


def test_the_extras_bring_what_the_package_says_they_do(project):
    for extra, names in NEEDS.items():
        assert {re.match(r"[\w-]+", r)[0] for r in project["optional-dependencies"][extra]} == set(names)
    course = {re.match(r"[\w-]+", r)[0] for r in requirements_of(project, "course")}
    assert course >= {*NEEDED, "keras", "tensorflow-cpu"} - {"ipykernel"}  # which JupyterLab brings


def test_every_dependency_has_an_exact_version(root, project):
    pins = (root / "constraints.txt").read_text().splitlines()
    pinned = {pin.partition("==")[0] for pin in pins if "==" in pin}
    wanted = requirements_of(project, "test")
    assert {re.match(r"[\w-]+", requirement)[0] for requirement in wanted} <= pinned
    assert [pin for pin in pins if not pin.startswith("#") and "==" not in pin] == []


def test_an_older_python_meets_no_requirement_but_the_one_on_python(project):
    wanted = requirements_of(project, *project["optional-dependencies"])
    assert [requirement for requirement in wanted if "; python_version >= '3.11'" not in requirement] == []


@pytest.fixture(scope="session")
def wheel(root, tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    hatch = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(hatch, cwd=root, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(*folder.glob("*.whl")) as archive:
        yield archive


def test_a_wheel_holds_every_file_of_the_package_and_nothing_else(wheel, committed, root):
    package = {str(path.relative_to(root).as_posix()) for path in committed if root / "lstm_edu" in path.parents}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert package <= packed
    assert {name.partition("/")[0] for name in packed} == {"lstm_edu"}
    suffixes = {name.rpartition(".")[2] for name in packed}
    assert {"py", "js", "css", "npz", "json"} <= suffixes


def test_from_a_wheel_lab_says_where_the_notebooks_are(wheel, tmp_path):
    wheel.extractall(tmp_path)
    lab = subprocess.run(
        [sys.executable, "-m", "lstm_edu", "lab"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert lab.returncode == 1
    assert lab.stdout == ""
    assert lab.stderr.startswith("There is no ")
    assert lab.stderr.count("\n") == 1
