"""`python -m lstm_edu check`: with a real kernel, a full disk, a memory limit, an old JupyterLab, silent hubs."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import pytest
from limits import HANGS

from lstm_edu.__main__ import main
from lstm_edu.readiness import hub, machine, software

GROUPS = Path("/sys/fs/cgroup/memory")  # version 1, as in CI


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    for name in ("JUPYTERHUB_API_URL", "BINDER_LAUNCH_HOST", "BINDER_SERVICE_HOST", "MEM_LIMIT", "CPU_LIMIT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def checked():
    """What the command prints, as a line and for a program."""
    ran = [run_check(*options) for options in ((), ("--json",))]
    assert [process.returncode for process in ran] == [0, 0], ran
    return ran[0].stdout, json.loads(ran[1].stdout)


def run_check(*options: str, also: dict[str, str] | None = None, before: tuple[str, ...] = ()):
    command = [*before, sys.executable, "-m", "lstm_edu", "check", *options]
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"} | (also or {})
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=HANGS)


def test_a_student_reads_out_one_line(checked):
    said, _ = checked
    assert said.startswith("✓ Ready: lstm-edu ")
    first = said.splitlines()[0]
    for name in ("jupyterlab", "keras", "anywidget"):
        assert metadata.version(name) in first
    assert "processors" in first and "of memory free" in first and "kernel " in first and "explorer " in first


def test_a_teacher_gets_everything(checked):
    _, said = checked
    assert said["ready"] and said["problems"] == []
    assert said["versions"]["numpy"] == metadata.version("numpy") and said["where"] == "computer"
    assert set(said["kernel"]["seconds"]) == {"start", "explorer", "keras"}
    assert min(said["kernel"]["seconds"].values()) > 0
    assert said["widget"] and said["keras"] == {"backend": "tensorflow", "agrees": True, "said": said["keras"]["said"]}
    assert said["disk_free"] == pytest.approx(shutil.disk_usage(Path(__file__).parent).free, rel=0.2)
    assert 0 < said["memory"]["free"] <= said["memory"]["total"]


def problems(process: subprocess.CompletedProcess) -> list[str]:
    """Each a line of its own, below the one to be read out."""
    first, *others = process.stdout.splitlines()
    assert process.returncode == 1 and first.startswith(f"✗ Not ready, {len(others)} to fix: "), process
    assert all(line.startswith("✗ ") for line in others)
    return others


def test_a_port_that_is_in_use_and_a_hub_that_is_not_there():
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
        said = problems(run_check("--port", str(port), "--hub", "http://127.0.0.1:9/hub/home"))
    assert said[0] == (
        f"✗ Port {port} cannot be used: it is in use, perhaps by another JupyterLab. "
        "Choose another --port, or stop what uses this one"
    )
    assert said[1].startswith(
        "✗ The hub at http://127.0.0.1:9 cannot be reached: Connection refused. Check the address"
    )


@pytest.mark.parametrize("options", [["--no-such"], ["--hub", "hub.example.org"]])
def test_an_option_that_is_wrong_is_named_in_one_line(options, capsys):
    assert main(["check", *options]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and options[-1] in said.err


# --- versions ---------------------------------------------------------------------------------------------------------


def installed_first(folder: Path, name: str, version: str) -> dict[str, str]:
    """The environment of a Python that finds this version of a package first."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}


def test_an_old_jupyterlab_is_named_with_what_is_needed(tmp_path):
    said = problems(run_check(also=installed_first(tmp_path, "jupyterlab", "3.6.8")))
    assert said[0].startswith("✗ JupyterLab 3.6.8 does not fit: >=4.4 is needed. In the folder of README.md, run: ")
    assert said[0].endswith("-m pip install -r requirements.txt")


def test_what_is_installed_here_fits():
    assert software.trouble() == [] and software.missing_extensions() == []


def test_a_jupyterlab_without_its_part_of_the_widgets(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    assert software.missing_extensions() == ["anywidget", "ipywidgets"]
    (tmp_path / "anywidget").mkdir()
    assert software.missing_extensions() == ["ipywidgets"]


# --- the kernel -------------------------------------------------------------------------------------------------------


def test_a_keras_that_cannot_be_imported_is_named_with_its_reason(tmp_path):
    (tmp_path / "keras.py").write_text("raise ImportError('no backend today')")
    said = problems(run_check(also={"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}))
    assert said[0].startswith("✗ Keras fails in a kernel: ImportError: no backend today. ")


def test_a_kernel_that_ends_at_once_says_why(tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit('no kernel today')")
    said = problems(run_check(also={"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}))
    assert said[0].startswith("✗ The kernel ended while it was being started: no kernel today. ")


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def group():
    """A control group of this machine, to limit the memory of."""
    own = GROUPS / f"lstm-edu-test-{os.getpid()}"
    try:
        own.mkdir()
    except OSError:
        pytest.skip("no control groups of version 1 that this user may make")
    yield own
    own.rmdir()


def inside(group: Path) -> tuple[str, ...]:
    """What to put before a command so that it runs in the group."""
    return "sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"


def test_a_limit_of_memory_is_seen(group):
    (group / "memory.limit_in_bytes").write_text(str(3 << 30))
    said = json.loads(run_check("--json", before=inside(group)).stdout)
    assert said["memory"]["limit"] == 3 << 30 > said["memory"]["free"] > 2 << 30
    assert f"of {3 * 2**30 / 1e9:.1f} GB of memory free" in said["line"]


def test_a_kernel_that_the_limit_kills_is_told_from_one_that_fails(group):
    (group / "memory.limit_in_bytes").write_text(str(160 << 20))
    said = run_check(before=inside(group)).stdout.splitlines()
    assert [
        line
        for line in said
        if line.startswith("✗ The kernel was killed while it came to Keras, as happens where memory")
    ]
    assert [line for line in said if line.startswith("! Only 0.")]


@pytest.mark.parametrize(
    ("limit", "used", "quota"), [("max", 5 << 20, "max 100000"), (900 << 20, 400 << 20, "150000 100000")]
)
def test_limits_of_version_2(limit, used, quota, tmp_path, monkeypatch):
    for name, text in {"memory.max": limit, "memory.current": used, "cpu.max": quota,
                       "memory.stat": f"anon 7\ninactive_file {100 << 20}"}.items():  # fmt: skip
        (tmp_path / name).write_text(str(text))
    free = machine.memory().free
    monkeypatch.setattr(machine, "_groups", lambda controller: iter([tmp_path]))
    found = machine.memory()
    if limit == "max":
        assert found.limit is None and found.free == pytest.approx(free, rel=0.2)
        assert machine.processors() == len(os.sched_getaffinity(0))
    else:
        assert found.limit == 900 << 20 and found.free == 600 << 20 and machine.processors() == 1.5


def test_what_a_hub_says_of_its_limits_counts(monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", "800000000")
    monkeypatch.setenv("CPU_LIMIT", "0.5")
    assert machine.memory()[1:] == (800_000_000, 800_000_000) and machine.processors() == 0.5


# --- the disk ---------------------------------------------------------------------------------------------------------


def on_a_small_disk(code: str, folder: Path, size: str) -> str:
    """What a program prints whose `folder` is a disk of that size."""
    mount = f'mount -t tmpfs -o size={size} none {folder} && exec "$@"'
    try:
        subprocess.run(["unshare", "-Urm", "sh", "-c", mount, "sh", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount anything here")
    command = ["unshare", "-Urm", "sh", "-c", mount, "sh", sys.executable, "-c", code, str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANGS).stdout


LOOK = """
import sys
from pathlib import Path
from lstm_edu.readiness import look
found = look(Path(sys.argv[1]))
print(*found.problems, found.facts["kernel"]["seconds"], sep="\\n")
"""


def test_a_full_disk_is_named_and_no_kernel_is_tried(tmp_path):
    said = on_a_small_disk(LOOK, tmp_path, "64k").splitlines()
    assert said[0] == (
        f"No notebooks can be saved in {tmp_path}: the disk is full, or your share of it is (0 MB free). "
        "Delete files that you no longer need, and empty the bin"
    )
    assert said[1:] == ["{}"]


def test_a_folder_that_cannot_be_written_to_is_no_full_disk(tmp_path):
    assert machine.write_trouble(tmp_path) is None and list(tmp_path.iterdir()) == []
    assert "full" not in machine.write_trouble(tmp_path / "none")


# --- hubs -------------------------------------------------------------------------------------------------------------


@contextmanager
def answering(status: int, text: str):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if status:
                self.send_response(status if self.path == "/hub/api/" else 404)
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("suffix", ["", "/", "/hub", "/hub/home"])
def test_a_hub_answers_with_its_version(suffix):
    with answering(200, '{"version": "5.5.0"}') as address:
        assert hub.version(hub.address(address + suffix)) == "5.5.0"


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (503, "", "something answers there, but it is not a hub .status 503."),
        (200, "<html>", "something answers there, but it is not a JupyterHub"),
        (200, '["version"]', "something answers there, but it is not a JupyterHub"),
        (0, "", "closed connection|Connection reset"),
    ],
)
def test_what_answers_is_not_always_a_hub(status, text, said):
    with answering(status, text) as address, pytest.raises(OSError, match=said):
        hub.version(hub.address(address))


def test_what_answers_may_not_speak_http():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(OSError, match="something answers there, but it is not a JupyterHub"):
            hub.version(f"http://127.0.0.1:{server.getsockname()[1]}/hub/api")


@pytest.mark.parametrize("address", ["http://hub.example.org:80x", "http://our hub"])
def test_an_address_that_cannot_be_read_is_named(address):
    with pytest.raises(OSError, match="the address is wrong .*(80x|our hub|control characters)"):
        hub.version(hub.address(address))


def test_a_server_of_a_hub_asks_its_own_hub(monkeypatch):
    assert hub.where() == "computer" and hub.address(None) is None
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:9/hub/api")
    assert hub.where() == "hub" and hub.address(None) == "http://127.0.0.1:9/hub/api"
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    assert hub.where() == "Binder"
