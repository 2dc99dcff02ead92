"""A check in a real kernel: whatever the answer does, the notebook goes on with everything that it had."""

import sys
import time
from pathlib import Path
from textwrap import dedent, indent

import forking
import pytest
from limits import HANGS

jupyter_client = pytest.importorskip("jupyter_client")
pytest.importorskip("ipykernel")
pytestmark = pytest.mark.notebooks


class Kernel:
    """A kernel with this Python. Called with a cell's source, it returns what the cell printed and showed."""

    def __init__(self, folder: Path):
        from jupyter_client.kernelspec import KernelSpecManager

        self.manager = jupyter_client.KernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        self.manager.kernel_spec.argv[0] = sys.executable
        self.manager.start_kernel(cwd=str(folder), env=forking.prepare(self.manager))
        assert forking.is_forked(self.manager) == forking.FORKS
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=HANGS)

    def __call__(self, source: str) -> str:
        said: list[str] = []

        def hook(message):
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] in ("execute_result", "display_data"):
                said.append(content["data"].get("text/plain", ""))

        reply = self.client.execute_interactive(dedent(source), timeout=HANGS, output_hook=hook, allow_stdin=False)
        content = reply["content"]
        assert content["status"] == "ok", "\n".join(content.get("traceback", [str(content)]))
        assert not content.get("payload"), content["payload"]  # such as: end this kernel
        return "".join(said)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    one = Kernel(tmp_path_factory.mktemp("notebook"))
    one("import numpy as np\nimport lstm_edu as le\nimport sys, os, random, warnings, threading, time, signal")
    yield one
    one.close()


RIGHT = "return x @ kernel + bias"
# name: (cells before, body of the answer, what must be true afterwards, the status)
CASES = {
    "a global is rebound": ("y = 1.5", f"global y\ny = x @ kernel\n{RIGHT}", "y == 1.5", "correct"),
    "a global is made": ("", f"global made\nmade = 3\n{RIGHT}", "'made' not in globals()", "correct"),
    "a global is deleted": ("spare = [1]", f"global spare\ndel spare\n{RIGHT}", "spare == [1]", "wrong"),
    "all globals are deleted": ("spare = [1]", "globals().clear()", "spare == [1] and np.exp(0) == 1", "wrong"),
    "an array of the notebook is changed in place": (
        "W = np.arange(12.0).reshape(3, 4)",
        f"W[0] += 1\nW.sort()\n{RIGHT}",
        "np.array_equal(W, np.arange(12.0).reshape(3, 4))",
        "correct",
    ),
    "a view of an array is changed in place": (
        "whole = np.arange(6.0)\npart = whole[2:4]",
        f"part[:] = 0\n{RIGHT}",
        "np.array_equal(whole, np.arange(6.0)) and part.base is whole",
        "correct",
    ),
    "a list of the notebook grows": (
        "losses = [0.5]",
        f"losses.append(x)\n{RIGHT}",
        "losses == [0.5]",
        "correct",
    ),
    "arrays inside a dictionary of the notebook": (
        "weights = {'W': np.ones(3), 'all': [np.zeros(2)]}",
        f"weights['W'] *= 2\nweights['all'][0] += 1\nweights['b'] = bias\n{RIGHT}",
        "list(weights) == ['W', 'all'] and weights['W'].sum() == 3 and weights['all'][0].sum() == 0",
        "correct",
    ),
    "a helper of the notebook changes a list": (
        "log = []\ndef helper(a):\n    log.append(a)\n    return a",
        "return helper(x @ kernel) + bias",
        "log == []",
        "correct",
    ),
    "an object of a class of the notebook": (
        "class Counter:\n    calls = 0\n    def __init__(self):\n        self.seen = []\ncounter = Counter()",
        f"Counter.calls += 1\ncounter.seen.append(1)\ncounter.last = x\n{RIGHT}",
        "Counter.calls == 0 and counter.seen == [] and not hasattr(counter, 'last')",
        "correct",
    ),
    "a layer of the notebook": (
        "layer = le.Dense(3, seed=0)\nlayer.build((None, 4))\nbefore = [w.copy() for w in layer.get_weights()]",
        f"if layer.units == bias.size and kernel.shape[0] == 4:\n    layer.set_weights([kernel * 0, bias])\n{RIGHT}",
        "all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights()))",
        "correct",
    ),
    "NumPy's random state": (
        "np.random.seed(5)\nafter = np.random.RandomState(5).random()",
        f"np.random.seed(0)\nnp.random.random(1000)\n{RIGHT}",
        "np.random.random() == after",
        "correct",
    ),
    "a generator of the notebook": (
        "rng = np.random.default_rng(5)\nafter = np.random.default_rng(5).random()",
        f"rng.normal(size=x.shape)\n{RIGHT}",
        "rng.random() == after",
        "correct",
    ),
    "Python's random state": (
        "random.seed(5)\nafter = random.Random(5).random()",
        f"random.seed(0)\n{RIGHT}",
        "random.random() == after",
        "correct",
    ),
    "how NumPy treats overflow": (
        "before = np.geterr()",
        f"np.seterr(all='raise')\n{RIGHT}",
        "np.geterr() == before",
        "correct",
    ),
    "how NumPy prints": (
        "before = np.get_printoptions()",
        f"np.set_printoptions(precision=1, suppress=True)\n{RIGHT}",
        "np.get_printoptions() == before",
        "correct",
    ),
    "which warnings are shown": (
        "before = list(warnings.filters)",
        f"warnings.simplefilter('ignore')\n{RIGHT}",
        "warnings.filters == before",
        "correct",
    ),
    "where modules are looked for": (
        "before = list(sys.path)",
        f"sys.path.insert(0, 'elsewhere')\n{RIGHT}",
        "sys.path == before",
        "correct",
    ),
    "the folder": ("before = os.getcwd()", f"os.chdir('/')\n{RIGHT}", "os.getcwd() == before", "correct"),
    "the environment": (
        "os.environ['OURS'] = 'a'",
        f"os.environ['OURS'] = 'b'\nos.environ['THEIRS'] = 'c'\n{RIGHT}",
        "os.environ['OURS'] == 'a' and 'THEIRS' not in os.environ",
        "correct",
    ),
    "the depth of calls": (
        "before = sys.getrecursionlimit()",
        f"sys.setrecursionlimit(50_000)\n{RIGHT}",
        "sys.getrecursionlimit() == before",
        "correct",
    ),
    "logging": (
        "import logging\nbefore = logging.getLogger().level, list(logging.getLogger().handlers)",
        f"logging.basicConfig(level=logging.DEBUG, force=True)\nlogging.disable()\n{RIGHT}",
        "(logging.getLogger().level, logging.getLogger().handlers) == before and logging.root.manager.disable == 0",
        "correct",
    ),
    "garbage stays": ("import gc", f"gc.disable()\n{RIGHT}", "gc.isenabled()", "correct"),
    "a default that grows": (
        "kept = []\nthe_default = kept",
        f"inner = lambda a, box=kept: box.append(a)\ninner(x)\n{RIGHT}",
        "kept == [] and the_default is kept",
        "correct",
    ),
    "calls without an end": ("", "return dense(x, kernel, bias)", "True", "wrong"),
    "a stream that is closed": ("", f"sys.stdout.close()\nsys.stderr.close()\n{RIGHT}", "True", "correct"),
    "a stream that is replaced": (
        "before = sys.stdout, sys.stderr",
        f"sys.stdout = sys.stderr = open(os.devnull, 'w')\n{RIGHT}",
        "(sys.stdout, sys.stderr) == before",
        "correct",
    ),
    "much is printed": ("", f"for k in range(3000):\n    print('x' * 1000)\n{RIGHT}", "True", "correct"),
    "an alarm": ("", f"signal.alarm(1)\ntime.sleep(1.2)\n{RIGHT}", "True", "correct"),
    "Python is to end": ("", "sys.exit(1)", "True", "wrong"),
    "the kernel is to end": ("", "exit()", "True", "wrong"),
    "a key is pressed": ("", "raise KeyboardInterrupt", "True", "wrong"),
    "somebody is to type": ("", f"name = input('who? ')\n{RIGHT}", "True", "wrong"),
    "somebody is to debug": ("", f"breakpoint()\n{RIGHT}", "True", "correct"),
    "NumPy is replaced": (
        "before = np.exp, np.linalg.norm, np.random.normal",
        "np.exp = np.sin\nnp.linalg.norm = np.tanh\nnp.random.normal = print\nreturn x",
        "(np.exp, np.linalg.norm, np.random.normal) == before",
        "wrong",
    ),
    "a builtin is replaced": (
        "import builtins\nbefore = sum",
        f"builtins.sum = max\nbuiltins.extra = 1\n{RIGHT}",
        "sum is before and sum([1, 2]) == 3",
        "correct",
    ),
    "this package is replaced": (
        "before = le.LSTM, le.lstm_step",
        f"le.LSTM = le.lstm_step = None\nle.exercises.dense.check = None\n{RIGHT}",
        "(le.LSTM, le.lstm_step) == before",
        "wrong",
    ),
    "a thread is left behind": (
        "",
        f"threading.Thread(target=time.sleep, args=(2,)).start()\n{RIGHT}",
        "'still running' in str(result)",
        "correct",
    ),
    "its own process is forked by joblib's kind": (
        "",
        f"import subprocess\nsubprocess.run([sys.executable, '-c', 'print(1)'])\n{RIGHT}",
        "True",
        "correct",
    ),
    "a generator is returned": ("", "for row in x:\n    yield row @ kernel + bias", "True", "correct"),
    "modules are forgotten": ("", f"sys.modules.pop('json', None)\n{RIGHT}", "'json' in sys.modules", "correct"),
    "the notebook is reset": (
        "spare = 7",
        "get_ipython().run_line_magic('reset', '-f')\nreturn 1",
        "spare == 7 and np.exp(0) == 1",
        "wrong",
    ),
}


def check(kernel, before, body, answer="dense(x, kernel, bias)", of="dense"):
    kernel(f"{before}\ndef {answer}:\n{indent(dedent(body), '    ')}")
    return kernel(f"result = le.exercises.{of}.check({answer.partition('(')[0]})\nresult")


@pytest.mark.parametrize("case", CASES)
def test_the_notebook_has_everything_that_it_had(kernel, case):
    before, body, after, status = CASES[case]
    shown = check(kernel, before, body)
    assert f"dense: {status}" in shown, shown
    assert len(shown) < 2_000
    assert kernel(f"assert {after}\nprint('still', 'here')") == "still here\n"
    again = check(kernel, "", RIGHT)
    assert "✓ dense: correct" in again, again


def test_what_was_put_right_is_said(kernel):
    shown = check(kernel, "losses, total = [], 0", f"global total\ntotal += 1\nlosses.append(total)\n{RIGHT}")
    assert "Your function changes total, losses, variables of your notebook." in shown


def test_an_interruption_by_the_user_puts_everything_back(kernel):
    """The kernel's stop button, while a function runs without an end."""
    kernel("""
        rounds = []
        def dense(x, kernel, bias):
            while True:
                rounds.append(1)
                del rounds[10:]
    """)
    asked = kernel.client.execute(f"le.exercises.dense.check(dense, time_limit={HANGS})", allow_stdin=False)
    while True:  # until the cell runs
        message = kernel.client.get_iopub_msg(timeout=HANGS)
        if message["parent_header"].get("msg_id") == asked and message["content"].get("execution_state") == "busy":
            break
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    while (reply := kernel.client.get_shell_msg(timeout=HANGS))["parent_header"].get("msg_id") != asked:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    kernel("assert rounds == [] and not [t for t in threading.enumerate() if t.name == 'exercise']")
    assert "✓ dense: correct" in check(kernel, "", RIGHT)


def test_figures_are_the_functions_own(kernel):
    pytest.importorskip("matplotlib_inline")
    kernel("""
        import matplotlib.pyplot as plt
        from matplotlib_inline.config import InlineBackend
        InlineBackend.instance().close_figures = False  # as where figures live on, in ipympl
        figure, axes = plt.subplots(1, 2, squeeze=True)
        plt.sca(axes[0])
        before = dict(plt.rcParams)
    """)
    shown = check(kernel, "", f"plt.rcParams['lines.linewidth'] = 9\nplt.plot(bias)\nplt.figure()\nplt.show()\n{RIGHT}")
    assert "dense: correct" in shown and "Figure" not in shown
    kernel("""
        assert plt.get_fignums() == [figure.number] and plt.gca() is axes[0] and not axes[0].lines
        assert dict(plt.rcParams) == before
    """)


def test_what_is_displayed_is_not_shown_five_times(kernel):
    shown = check(kernel, "", f"from IPython.display import display, HTML\ndisplay(HTML('<b>hm</b>'))\n{RIGHT}")
    assert "correct" in shown and "HTML" not in shown
    assert "HTML" in kernel("from IPython.display import HTML\ndisplay(HTML('<b>hm</b>'))")


def test_an_import_is_never_broken_off(kernel, tmp_path):
    """A library that takes longer than a call may is imported to its end."""
    (tmp_path / "slow_library.py").write_text(
        "import time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end:\n    pass\nready = True\n"
    )
    kernel(f"sys.path.insert(0, {str(tmp_path)!r})")
    kernel(f"def dense(x, kernel, bias):\n    import slow_library\n    {RIGHT}")
    assert "dense: correct" in kernel("le.exercises.dense.check(dense, time_limit=0.5)")
    kernel("import slow_library\nassert slow_library.ready")


@pytest.mark.parametrize("right", [True, False])
def test_the_first_import_of_tensorflow_in_an_answer(tmp_path, right):
    """pybind11 adds to builtins, TensorFlow to the environment: nothing of that may get lost."""
    pytest.importorskip("tensorflow")
    fresh = Kernel(tmp_path)
    try:
        fresh("import numpy as np\nimport lstm_edu as le\nhere = 7")
        body = (
            f"import keras\nimport tensorflow as tf\ny = tf.matmul(x, kernel) + bias\nreturn {'y' if right else '-y'}"
        )
        shown = check(fresh, "", body)
        assert f"dense: {'correct' if right else 'wrong'}" in shown, shown
        assert "False" not in fresh("""
            import keras
            assert here == 7 and isinstance([], list)
            layer = keras.layers.LSTM(3)
            print(layer(np.ones((2, 4, 5), np.float32)).shape == (2, 3))
        """)
    finally:
        fresh.close()


def test_keras_settings_stay(kernel):
    pytest.importorskip("keras")
    kernel("""
        import keras
        keras.config.set_dtype_policy("float64")
        layer = keras.layers.Dense(2)
        layer.build((None, 3))
        before = [w.copy() for w in layer.get_weights()]
        name = layer.name
    """)
    body = f"""
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("mixed_float16")
        keras.utils.clear_session()
        layer.set_weights([w + 1 for w in layer.get_weights()])
        keras.layers.LSTM = None
        {RIGHT}
    """
    assert "dense: correct" in check(kernel, "", body)
    kernel("""
        assert keras.config.floatx() == "float32" and keras.config.dtype_policy().name == "float64"
        assert all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights()))
        assert keras.layers.LSTM is not None and keras.layers.Dense(2).name != name
        keras.config.set_dtype_policy("float32")
    """)
