"""Forked kernels behave as usual ones. Real kernels; each of the two is started once for the comparisons."""

import asyncio
import html
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from forking import warmed
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from limits import HANGS, tries

from lstm_edu.kernels import NAME, OFF, use, why_not
from lstm_edu.kernels.killed import SAID
from lstm_edu.kernels.link import ForkedKernel, Forker, the_forker
from lstm_edu.readiness import machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(scope="module", autouse=True)
def forking():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DEFAULT_PROVISIONER_NAME", OFF, "MPLBACKEND", "PYTEST_CURRENT_TEST"):
            patch.delenv(name, raising=False)
        the_forker().start(at_once=True)
        assert use() is None
        patch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "local-provisioner")  # each test asks for what it wants
        yield
    the_forker().stop()


@pytest.fixture(scope="module")
def warm(forking):
    return warmed(the_forker())


SIGNALS = (signal.SIGKILL, signal.SIGABRT)


class Kernel:
    """A kernel, and what its cells print, return or raise, in one text each."""

    def __init__(self, provisioner: str, **options):
        self.manager = KernelManager()
        self.manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": provisioner}
        env = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        self.manager.start_kernel(**{"env": env | options.pop("also", {}), **options})
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=HANGS)

    @property
    def process(self):
        return self.manager.provisioner.process

    def run(self, code: str) -> str:
        said = []
        self.client.execute_interactive(
            code, output_hook=lambda message: said.append(message["content"]), timeout=HANGS, allow_stdin=False
        )
        return "".join(_text(content) for content in said)

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def _text(content: dict) -> str:
    if "evalue" in content:
        return f"{content['ename']}: {content['evalue']}"
    data = content.get("data", {})
    return content.get("text", "") + data.get("text/plain", "") + ("(png)" if "image/png" in data else "")


@pytest.fixture
def start():
    started = []

    def new(provisioner: str = NAME, **options) -> Kernel:
        started.append(Kernel(provisioner, **options))
        return started[-1]

    yield new
    for kernel in started:
        kernel.end()


@pytest.fixture(scope="module")
def both(warm):
    kernels = [Kernel(NAME), Kernel("local-provisioner")]
    yield kernels
    for kernel in kernels:
        kernel.end()


FIT = """
import keras, numpy as np
keras.utils.set_random_seed(7)
model = keras.Sequential([keras.layers.Input((6, 3)), keras.layers.LSTM(5), keras.layers.Dense(2)])
model.compile("adam", "mse")
x, y = np.random.rand(96, 6, 3).astype("float32"), np.random.rand(96, 2).astype("float32")
model.fit(x, y, epochs=3, verbose=0)
model.predict(x, verbose=0).tolist()
"""
LAB = """
import lstm_edu as le, numpy as np, keras
layer = keras.layers.LSTM(4, return_sequences=True)
x = np.linspace(-1, 1, 30).reshape(2, 5, 3).astype("float32")
y = layer(x)
le.compare(np.asarray(y), le.from_keras(layer)(x)).verdict
"""
AS_USUAL = {
    "a fit, from a seed": FIT,
    "Keras next to ours": LAB,
    "the environment": "import keras, os; sorted(set(os.environ) - {'JPY_SESSION_NAME'})",
    "where it is": "import os; os.getcwd()",
    "the search path": "import sys; sys.path",
    "its arguments": "import sys; len(sys.argv), sys.argv[1]",
    "main": "import sys; __name__, vars(sys.modules['__main__']) is globals()",
    "a variable of the shell": "%env SEEN_BY_A_CHILD=3\n!echo $SEEN_BY_A_CHILD",
    # What a child prints goes through a pipe of its own, and comes before or after the cell's result as it happens.
    "a child's output": "import subprocess, time; subprocess.run(['echo', 'out'], check=True); time.sleep(2); 'done'",
    "a figure": "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()",
    "the backend of figures": "import matplotlib; matplotlib.get_backend()",
    "a slider": "import ipywidgets; ipywidgets.IntSlider(4)",
    "what is debugged": "[m for m in get_ipython().kernel._kernel_modules if 'numpy/' in m or 'lstm_' in m]",
    "what debugs": "import sys; 'debugpy' in sys.modules, get_ipython().kernel.debugger is not None",
    "comms": "get_ipython().kernel.comm_manager.targets.keys() >= {'jupyter.widget', 'jupyter.widget.control'}",
    "signals": "import signal; [signal.getsignal(n) for n in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE)]",
    "devices": "import tensorflow as tf; tf.config.list_physical_devices()",
    "threads of TensorFlow": "tf.config.threading.set_inter_op_parallelism_threads(3)",
    "temporary files": "import tempfile; tempfile.gettempdir()",
    "an error": "1 / 0",
    "standard input": "import sys; sys.__stdin__.read()",
    "input": "input()",
    "a class in a pickle": "class A: pass\nimport pickle; pickle.loads(pickle.dumps(A())).__class__.__name__",
    "a large product": "import numpy as np; a = np.arange(1e6).reshape(1000, 1000) % 7; float((a @ a).sum())",
    "a child process": "import os\npid = os.fork()\nif not pid: os._exit(5)\nos.waitpid(pid, 0)[1]",
    "a pool": "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))",
}


@pytest.mark.parametrize("code", AS_USUAL.values(), ids=AS_USUAL)
def test_a_forked_kernel_says_what_a_usual_one_says(code, both):
    forked, usual = (kernel.run(code) for kernel in both)
    assert forked == usual and usual


def test_keras_is_there_and_the_process_is_a_fork(both, warm):
    assert isinstance(both[0].process, ForkedKernel) and isinstance(both[1].process, subprocess.Popen)
    assert both[0].run("import os; os.getppid()") == str(warm.process.pid)


def test_keras_was_there_before_the_first_cell(start, warm):
    assert start().run("import sys; 'keras' in sys.modules, 'keras' in globals()") == "(True, False)"


def test_every_kernel_draws_its_own_numbers(start, warm):
    code = "import random, numpy, tempfile, uuid\nprint(random.random(), numpy.random.rand(), uuid.uuid4())\n"
    code += "print(tempfile.mktemp(), numpy.random.default_rng().random())"
    drawn = [start().run(code).split() for _ in range(2)]
    assert all(one != other for one, other in zip(*drawn, strict=True))


def test_threads_that_fork_at_the_same_time_get_each_its_own(warm, tmp_path):
    def one(number: int) -> tuple[str, int]:
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(folder / "kernel.json")]
        kernel = warm.fork(command, warm.env, str(folder))
        for _ in tries(HANGS):  # it goes there when it has been forked
            if (where := os.readlink(f"/proc/{kernel.pid}/cwd")) != os.getcwd():
                break
            time.sleep(0.01)
        kernel.send_signal(SIGNALS[number % 2])
        return Path(where).name, kernel.wait(timeout=HANGS)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(24)))
    assert found == [(str(number), -SIGNALS[number % 2]) for number in range(24)]


def test_an_interrupt_reaches_the_kernel_and_nobody_else(start, warm):
    kernel = start()
    identity = kernel.client.execute("import time\nprint('it runs')\ntime.sleep(1000)")
    while kernel.client.get_iopub_msg(timeout=HANGS)["content"].get("text") != "it runs\n":
        pass
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=HANGS)
    assert reply["parent_header"]["msg_id"] == identity and reply["content"]["ename"] == "KeyboardInterrupt"
    assert kernel.run("6 * 7") == "42" and warm.process.poll() is None


def test_a_restart_is_a_new_fork(start, warm):
    kernel = start()
    kernel.run("a = 1")
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=HANGS)
    assert kernel.run("a").startswith("NameError") and isinstance(kernel.process, ForkedKernel)


@pytest.mark.parametrize("code, status", [("import os; os.abort()", -signal.SIGABRT), ("import os; os._exit(3)", 3)])
def test_a_crash_is_seen_with_its_status_and_restarted(code, status, start, warm):
    kernel = start()
    kernel.client.execute(code)
    assert kernel.process.wait(timeout=HANGS) == status
    assert not kernel.manager.is_alive()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=HANGS)
    assert kernel.run("6 * 7") == "42"


GROUPS = Path("/sys/fs/cgroup/memory")  # version 1, as in CI
EATS = "b = bytearray(600 << 20)"


@pytest.fixture
def little_memory():
    """A control group with 150 MB."""
    group = GROUPS / f"lstm-edu-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(150 << 20))
    except OSError:
        pytest.skip("no control groups of version 1 that this user may make")
    yield group
    (group / "memory.force_empty").write_text("0")
    group.rmdir()


@pytest.mark.parametrize("forked", [True, False], ids=["forked", "usual"])
def test_a_kernel_that_ran_out_of_memory_tells_the_learner(forked, little_memory, start, warm, monkeypatch):
    if not forked:
        monkeypatch.setenv(OFF, "0")
    kernel = start()
    assert isinstance(kernel.process, ForkedKernel) == forked
    (little_memory / "cgroup.procs").write_text(str(kernel.process.pid))
    kernel.client.execute(EATS)
    assert kernel.process.wait(timeout=HANGS) == -signal.SIGKILL
    assert not kernel.manager.is_alive()
    assert SAID in told(restarted(kernel)) and SAID not in told(kernel)


@pytest.mark.parametrize("how", ["by itself", "by the learner"])
def test_a_kernel_that_was_ended_otherwise_says_nothing(how, start, warm):
    kernel = start()
    if how == "by itself":
        kernel.client.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert kernel.process.wait(timeout=HANGS) == -signal.SIGKILL and not kernel.manager.is_alive()
    assert SAID not in told(restarted(kernel))


def restarted(kernel: Kernel) -> Kernel:
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=HANGS)
    return kernel


def told(kernel: Kernel) -> str:
    """What a cell shows as HTML."""
    shown = []
    kernel.client.execute_interactive(
        "6 * 7", output_hook=lambda message: shown.append(message["content"]), timeout=HANGS, allow_stdin=False
    )
    assert any("42" in content.get("data", {}).get("text/plain", "") for content in shown)
    return html.unescape("".join(content.get("data", {}).get("text/html", "") for content in shown))


def test_kernels_are_ended_before_what_they_were_forked_from(start, warm):
    def score(pid):
        return int(Path(f"/proc/{pid}/oom_score_adj").read_text())

    assert score(start().process.pid) == min(1000, score(warm.process.pid) + 200)


def test_a_kernel_that_is_shut_down_is_gone(start, warm):
    kernel = start()
    pid = kernel.process.pid
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel()
    assert not running(pid)


@pytest.mark.parametrize("provisioner", [NAME, "local-provisioner"])
def test_an_idle_kernel_is_culled_and_a_busy_one_goes_on(provisioner, warm, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    (tmp_path / "here").mkdir()
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "here",
        "metadata": {"kernel_provisioner": {"provisioner_name": provisioner}},
    }
    (tmp_path / "here" / "kernel.json").write_text(json.dumps(spec))

    async def lesson():
        kernels = AsyncMappingKernelManager(
            cull_idle_timeout=1000, cull_interval=1, kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(tmp_path)])
        )
        idle, busy = [await kernels.start_kernel(kernel_name="here") for _ in range(2)]
        processes = [kernels.get_kernel(one).provisioner.process for one in (idle, busy)]
        client = kernels.get_kernel(busy).client()
        client.start_channels()
        await client.wait_for_ready(timeout=HANGS)
        client.execute("import time; time.sleep(1000)")
        while kernels.get_kernel(busy).execution_state != "busy":
            await asyncio.sleep(0.1)
        kernels.cull_idle_timeout = 1
        for _ in tries(HANGS):
            if idle not in kernels:
                break
            await asyncio.sleep(0.1)
        left = [one in kernels for one in (idle, busy)], [process.poll() is None for process in processes]
        client.stop_channels()
        await kernels.shutdown_all(now=True)
        return left, [isinstance(process, ForkedKernel) for process in processes]

    left, forked = asyncio.run(lesson())
    assert left == ([False, True], [False, True]) and forked == 2 * [provisioner == NAME]
    assert warm.process.poll() is None


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    end = time.monotonic() + HANGS
    while running(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not running(pid)


SERVER = """
import os, sys, time
from lstm_edu.kernels import NAME, use
use()
from jupyter_client.manager import start_new_kernel
from lstm_edu.kernels.link import the_forker
forker = the_forker()
while "course" not in forker.imported:
    forker._listen(1)
manager, client = start_new_kernel()
print(forker.process.pid, manager.provisioner.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_kernels_end_with_their_server_and_not_with_another(how, start, warm):
    kernel = start()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"JUPYTER_DEFAULT_PROVISIONER_NAME": NAME},
    )
    forker, forked = map(int, server.stdout.readline().split())
    assert running(forker) and running(forked)
    server.send_signal(how)
    server.communicate()
    assert gone(forker) and gone(forked)
    assert kernel.run("6 * 7") == "42"


def test_a_kernel_lives_on_without_the_process_it_was_forked_from_and_the_next_is_started_as_usual(start, monkeypatch):
    forker = warmed_of_its_own(monkeypatch)
    kernel = start()
    assert isinstance(kernel.process, ForkedKernel)
    os.kill(forker.process.pid, signal.SIGKILL)
    assert gone(forker.process.pid)
    assert kernel.run("6 * 7") == "42"
    after = start()
    assert after.run("6 * 7") == "42" and isinstance(after.process, subprocess.Popen)
    kernel.client.execute("import os; os._exit(3)")
    assert kernel.process.wait(timeout=HANGS) == 1  # its status is no longer known
    forker.stop()


def warmed_of_its_own(monkeypatch) -> Forker:
    forker = Forker()
    monkeypatch.setattr("lstm_edu.kernels.provisioner.the_forker", lambda: forker)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST")
        forker.start(at_once=True)
    return warmed(forker)


UNUSUAL = {
    "another backend of Keras": {"also": {"KERAS_BACKEND": "numpy"}},
    "another number of threads": {"also": {"OMP_NUM_THREADS": "1"}},
    "options of ipykernel's own": {"extra_arguments": ["--Session.buffer_threshold=2048"]},
}


@pytest.mark.parametrize("options, forked", [(o, "also" not in o) for o in UNUSUAL.values()], ids=UNUSUAL)
def test_what_would_have_imported_otherwise_is_started_as_usual(options, forked, start, warm):
    kernel = start(**options)
    assert isinstance(kernel.process, ForkedKernel) == forked
    for name, value in options.get("also", {}).items():
        assert kernel.run(f"import os; os.environ[{name!r}]") == repr(value)


def test_another_python_is_started_as_usual(warm):
    env = dict(os.environ)
    assert warm.fork(["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "file"], env, None) is None
    assert warm.fork([sys.executable, "-X", "dev", "-m", "ipykernel_launcher", "-f", "file"], env, None) is None


def test_a_kernel_has_its_own_folder(start, warm, tmp_path):
    assert start(cwd=str(tmp_path)).run("import os; os.getcwd()") == repr(str(tmp_path))


def test_while_it_imports_kernels_are_started_as_usual(start, monkeypatch):
    forker = Forker()
    monkeypatch.setattr("lstm_edu.kernels.provisioner.the_forker", lambda: forker)
    assert isinstance(start().process, subprocess.Popen)  # the first one starts the process to fork from
    assert forker.process is not None
    forker.stop()


def test_keras_is_imported_when_the_machine_is_idle_and_not_before(monkeypatch):
    """While JupyterLab is being drawn, the processors are for the learner."""
    if machine.processors() < os.cpu_count():
        pytest.skip("it looks at all processors of the machine, and not all are ours to keep busy")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
    forker = Forker()
    try:
        forker.start()
        while "course" not in forker.imported:
            forker._listen(1)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            forker._listen(0.5)
        assert forker.imported == ["course"] and not forker.importing
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert warmed(forker).imported == ["course", "keras"]
    forker.stop()


def test_on_a_hub_the_first_kernel_waits_until_it_can_be_forked(start, monkeypatch):
    forker = Forker()
    monkeypatch.setattr("lstm_edu.kernels.provisioner.the_forker", lambda: forker)
    monkeypatch.setattr("lstm_edu.kernels.link.the_forker", lambda: forker)
    monkeypatch.setenv(OFF, "wait")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", NAME)
    assert use() is None and not forker.imported
    kernel = start()
    assert isinstance(kernel.process, ForkedKernel) and kernel.run("import sys; 'keras' in sys.modules") == "True"
    forker.stop()


def test_a_process_with_a_thread_of_its_own_is_not_forked_from(monkeypatch, tmp_path):
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()"
    (tmp_path / "sitecustomize.py").write_text(thread)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    forker = Forker()
    forker.start()
    end = time.monotonic() + HANGS
    while forker.process is not None and time.monotonic() < end:
        forker._listen(1)
    assert "threads after the imports" in forker.trouble and not forker.with_keras


def test_it_can_be_switched_off(monkeypatch, start):
    monkeypatch.setenv(OFF, "0")
    assert why_not() == "LSTM_EDU_FORK=0 is set"
    assert isinstance(start().process, subprocess.Popen)


def test_jupyter_finds_the_provisioner():
    (found,) = entry_points(group="jupyter_client.kernel_provisioners", name=NAME)
    assert found.load().__name__ == "ForkProvisioner"
