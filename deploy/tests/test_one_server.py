"""The hub of one server, started for real on loopback: deploy/tljh/lstm_edu_hub.py with JupyterHub 5.5.

Not part of CI. In an environment with deploy/requirements-hub.txt and pytest, in the repository's folder:
    npm install --no-save configurable-http-proxy@5.3.0
    LSTM_EDU_PROXY=node_modules/.bin/configurable-http-proxy python -m pytest deploy/tests/test_one_server.py
"""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

pytest.importorskip("jupyterhub")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from limits import HANGS, tries  # noqa: E402

from benchmarks.hub import Student, hub  # noqa: E402

PREDICTION = "import lstm_edu as le; le.predict('?', 'a', choices=['a', 'b'])"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with hub(tmp_path_factory.mktemp("hub")) as started:
        yield started


@pytest.fixture(scope="module")
def student(running):
    """One who has logged in and runs two cells; the settings, and what the kernel was started by."""
    ada = Student(running, "ada")
    ada.begin()

    async def lesson():
        await ada.start()
        settings = await ada.ask("lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin", at=ada.at)
        for _ in tries(HANGS):  # while what kernels are forked from imports, they are started as usual
            await ada.play(["import os; print(os.getppid())", PREDICTION])
            parent = Path(f"/proc/{ada.said[0].strip()}/cmdline").read_text().split("\0")
            if "lstm_edu.kernels.forker" in parent:
                break
            await asyncio.sleep(2)
        return settings, parent

    return ada, *asyncio.run(lesson())


def test_the_course_has_its_settings(student):
    _, settings, _ = student
    assert settings["schema"]["properties"]["saveState"]["default"] is True


def test_kernels_are_forked_and_widgets_shown(student, running):
    ada, _, command = student
    assert "lstm_edu.kernels.forker" in command
    assert ada.explorer is not None and ada.trouble is None


def server_of(running):
    commands = {p: Path(f"/proc/{p.pid}/cmdline") for p in running.family()}
    (server,) = [p for p, command in commands.items() if command.exists() and "singleuser" in command.read_text()]
    return server


def test_the_server_has_the_limits_and_the_culling(student, running):
    server = server_of(running)
    assert "--MappingKernelManager.cull_idle_timeout=1800" in server.cmdline()
    assert server.environ()["MEM_LIMIT"] == str(1500 << 20)


def test_the_check_says_that_this_is_a_hub(student, running):
    server = server_of(running)
    command = [sys.executable, "-m", "lstm_edu", "check", "--json"]
    said = json.loads(subprocess.run(command, env=server.environ(), capture_output=True, text=True).stdout)
    assert said["ready"] and said["where"] == "hub" and said["hub"] == "5.5.0", said["problems"]
    assert said["memory"]["limit"] == 1500 << 20 and said["kernel"]["forks"]


def test_the_students_link_brings_the_notebooks_and_keeps_what_a_student_wrote(student, tmp_path):
    ada, teachers = student[0], tmp_path / "lstm-edu"
    shutil.copytree(ROOT / "notebooks", teachers / "notebooks")
    git = ["git", "-C", str(teachers), "-c", "user.name=T", "-c", "user.email=t@example.org"]

    def publish():
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "for the class"], check=True)

    async def click() -> str:
        return await ada.ask(f"git-pull/api?repo={quote(f'file://{teachers}', safe='')}&branch=main", at=ada.at)

    subprocess.run([*git, "init", "--quiet", "-b", "main"], check=True)
    publish()
    assert '"phase": "finished"' in asyncio.run(click())
    theirs = home(ada) / "lstm-edu" / "notebooks"
    assert sorted(p.name for p in theirs.iterdir()) == sorted(p.name for p in (teachers / "notebooks").iterdir())

    write_into(theirs / "00_start_here.ipynb", 1, "# ada's")
    write_into(theirs / "06_lstm_one_step.ipynb", 3, "# ada's")
    (theirs / "14_project.ipynb").unlink()
    for name, cell in {"00_start_here": 1, "06_lstm_one_step": 6, "01_dense": 2}.items():
        write_into(teachers / "notebooks" / f"{name}.ipynb", cell, "# the teacher's")
    publish()
    assert '"phase": "finished"' in asyncio.run(click())
    said = {p.stem: [w for w in ("ada's", "the teacher's") if w in p.read_text()] for p in theirs.glob("0[016]*.ipynb")}
    assert said == {
        "00_start_here": ["ada's"],  # both wrote into the same cell
        "01_dense": ["the teacher's"],
        "06_lstm_one_step": ["ada's", "the teacher's"],
    }
    assert (theirs / "14_project.ipynb").exists()


def home(student: Student) -> Path:
    """The folder of a student's server."""
    return Path(server_of(student.hub).environ()["HOME"])


def write_into(notebook: Path, cell: int, line: str) -> None:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][cell]["source"] = [*content["cells"][cell]["source"], f"\n{line}"]
    notebook.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_hub_that_lacks_the_course_says_so_in_one_line(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    with pytest.raises(RuntimeError, match="lstm-edu is not installed for .*bare/bin/python: deploy/README.md, step 2"):
        with hub(tmp_path, {"LSTM_EDU_PYTHON": str(bare / "bin" / "python")}):
            pass
