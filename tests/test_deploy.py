"""The recipes in deploy/ agree with each other and with the package. They are started for real in deploy/tests."""

import json
import re
from pathlib import Path

import pytest

from lstm_edu._lab import SETTINGS


@pytest.fixture(scope="module")
def deploy(root) -> dict[str, str]:
    folder = root / "deploy"
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    }


def test_every_recipe_is_for_one_version_of_jupyterhub(deploy):
    said = {
        name: re.findall(r"(?<!to )jupyterhub(?:==| )(\d+\.\d+\.\d+)", text, re.IGNORECASE)
        for name, text in deploy.items()
    }
    assert {version for versions in said.values() for version in versions} == {"5.5.0"}
    assert all(said[name] for name in ("Dockerfile", "values.yaml", "requirements-hub.txt", "README.md"))


def test_memory_is_limited_alike_everywhere(deploy):
    limit = re.search(r'^MEMORY = "(\w+)"', deploy["lstm_edu_hub.py"], re.MULTILINE)[1]
    assert f"limits.memory {limit} " in deploy["config.sh"] and f"limit: {limit} " in deploy["values.yaml"]
    timeouts = re.findall(r"timeout:? (\d+) ", deploy["config.sh"]) + re.findall(
        r"^  timeout: (\d+)", deploy["values.yaml"], re.M
    )
    assert set(timeouts) == {"5400"}


def test_every_recipe_installs_the_whole_course(deploy):
    """The package alone needs NumPy only: without the extra there is no Keras on the server."""
    assert re.findall(r'pip install .*[ "]/course(\S*)$', deploy["Dockerfile"], re.MULTILINE) == ['[course]"']
    assert re.findall(r"pip install -c constraints.txt (\S+) nbgrader", deploy["README.md"]) == ["'.[course]'"]


def test_formgrader_is_the_teachers(root):
    """On the hub everybody's settings come first and a teacher's own on top of them."""
    setting = "jupyter_server_config.d/nbgrader.server_extensions.formgrader.json"
    said = {who: json.loads((root / "deploy/nbgrader" / who / setting).read_text()) for who in ("everybody", "teacher")}
    on = {who: config["ServerApp"]["jpserver_extensions"] for who, config in said.items()}
    name = "nbgrader.server_extensions.formgrader"
    assert on == {"everybody": {name: False}, "teacher": {name: True}}


@pytest.mark.parametrize("named", [None, "course-2", "elsewhere/course"])
def test_the_teachers_nbgrader_finds_the_course(named, root, tmp_path, monkeypatch):
    """In the teacher's home, or where LSTM_EDU_COURSE says; with the settings that the course folder has."""
    from traitlets.config import PyFileConfigLoader

    home = tmp_path / "home"
    course = tmp_path / named if named == "elsewhere/course" else home / (named or "assignments")
    course.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.GradeExercises.fence = 'docker'\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("LSTM_EDU_COURSE", raising=False)
    if named:
        monkeypatch.setenv("LSTM_EDU_COURSE", str(course) if "/" in named else named)
    config = PyFileConfigLoader(str(root / "deploy/nbgrader/teacher/nbgrader_config.py")).load_config()
    assert config.CourseDirectory.root == str(course) and config.GradeExercises.fence == "docker"


def test_the_image_has_the_settings_and_the_kernels_of_lab(deploy):
    (path,) = re.findall(r"JUPYTER_CONFIG_PATH=\S*/site-packages/(\S+)", deploy["Dockerfile"])
    assert SETTINGS.is_dir() and SETTINGS == Path(*SETTINGS.parts[: -len(Path(path).parts)], path)
    for name in ("Dockerfile", "lstm_edu_hub.py"):
        assert re.search(r'LSTM_EDU_FORK"?[=:] ?"?wait', deploy[name]), name


def test_what_a_table_says_of_a_class():
    pytest.importorskip("psutil")
    from argparse import Namespace

    from benchmarks import classroom
    from benchmarks.hub import Hub, Student

    there, lost = (Student(Hub("http://127.0.0.1:9", "token", None), name) for name in ("ada", "bob"))
    there.server, there.explorer, there.end, lost.server, lost.trouble = 31, 42, 77, 55, "the server is lost"
    options = Namespace(notebook="06_lstm_one_step", students=2, row=1, every=20.0, pause=1.0)
    said = classroom.text([there, lost], {"all": 1120, "hub": 120, "seconds": 26}, options, 0.0)
    assert "| until the server was there" in said and "2 of 2 |    31 |     43 |   55 |" in said
    assert "1 of 2 |    77 |     77 |   77 |" in said and "1 servers lost" in said and "500 MB and 13.0" in said
    assert len(classroom.cells("06_lstm_one_step")) > 20
