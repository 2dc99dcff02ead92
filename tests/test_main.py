"""`python -m lstm_edu`: what it starts, and what it says where it cannot."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from limits import HANGS, tries

from lstm_edu import _lab
from lstm_edu.__main__ import main


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """The argument lists with which JupyterLab was started: it is replaced by something that only notes them."""
    calls: list[list[str]] = []
    labapp = types.SimpleNamespace(LabApp=types.SimpleNamespace(launch_instance=calls.append))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", labapp)
    for variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.setenv(variable, "mine")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    return calls


@pytest.fixture
def busy_port():
    with socket.create_server(("localhost", 0)) as server:
        yield server.getsockname()[1]


def is_one_line(text: str) -> bool:
    return bool(text) and len(text.splitlines()) == 1


def test_lab_opens_the_first_notebook_in_the_folder_of_the_notebooks(started, root):
    assert main(["lab"]) is None
    assert started == [
        [f"--ServerApp.root_dir={root / 'notebooks'}", "--LabApp.default_url=/lab/tree/00_start_here.ipynb"]
    ]


def test_lab_passes_other_options_on_in_their_order(started):
    main(["lab", "--no-browser", "--IdentityProvider.token", "abc", "--ip", "0.0.0.0", "--debug"])
    assert started[0][2:] == ["--ServerApp.ip=0.0.0.0", "--no-browser", "--IdentityProvider.token", "abc", "--debug"]


@pytest.mark.parametrize("option", [str(Path(__file__)), "--notebook-dir=elsewhere", "--ServerApp.root_dir=elsewhere"])
def test_lab_opens_what_the_user_names_instead(option, started):
    main(["lab", option])
    assert started == [[option]]


def test_lab_puts_the_kernel_and_the_settings_of_the_course_first(started):
    main(["lab"])
    assert os.environ["JUPYTER_PATH"].split(os.pathsep) == [str(Path(sys.prefix, "share", "jupyter")), "mine"]
    assert os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(_lab.SETTINGS), "mine"]


def test_lab_starts_as_root_and_says_what_that_means(started, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    main(["lab"])
    assert "--allow-root" in started[0]
    said = capsys.readouterr().err
    assert is_one_line(said)
    assert "root" in said


def test_lab_says_nothing_about_root_to_one_who_knows(started, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    main(["lab", "--allow-root"])
    assert started[0].count("--allow-root") == 1
    assert capsys.readouterr().err == ""


def test_lab_takes_a_free_port_and_no_other(started, busy_port):
    main(["lab", "--port=0"])
    assert started[0][2:] == ["--ServerApp.port=0", "--ServerApp.port_retries=0"]


@pytest.mark.parametrize("ip", ["localhost", "127.0.0.1"])
def test_lab_names_a_busy_port_in_one_line(ip, started, busy_port):
    said = main(["lab", "--port", str(busy_port), "--ip", ip])
    assert is_one_line(said)
    assert said.startswith(f"Port {busy_port} cannot be used: it is in use, perhaps by another JupyterLab.")
    assert "--port" in said
    assert not started


def test_lab_names_an_impossible_port_in_one_line(started):
    assert "65535" in main(["lab", "--port=70000"])
    assert not started


def test_lab_names_a_missing_package_in_one_line(started, monkeypatch):
    monkeypatch.setattr(_lab, "NEEDED", ("json", "no_such_package_a", "no_such_package_b"))
    said = main(["lab"])
    assert is_one_line(said)
    assert "lacks no_such_package_a, no_such_package_b" in said
    assert f"{sys.executable} -m pip install -r requirements.txt" in said
    assert not started


def test_lab_says_in_one_line_that_the_notebooks_come_with_the_repository(started, monkeypatch, tmp_path):
    monkeypatch.setattr(_lab, "NOTEBOOKS", tmp_path / "notebooks")
    said = main(["lab"])
    assert is_one_line(said)
    assert "repository" in said
    assert not started


def test_an_unknown_command_is_answered_with_those_that_exist(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["lap"])
    assert stopped.value.code == 2
    assert "lab" in capsys.readouterr().err


# --- verify -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    """A .keras file of an LSTM, something that is passed through, and a Dense layer."""
    from helpers import keras, keras_noise_allowed, randomise, rng_of

    layers = keras().layers
    parts = [keras().Input((6, 5)), layers.LSTM(4, name="steps"), layers.LayerNormalization(), layers.Dense(2)]
    path = tmp_path_factory.mktemp("verify") / "model.keras"
    with keras_noise_allowed():
        randomise(keras().Sequential(parts), rng_of(1)).save(path)
    return path


def test_verify_prints_a_table_that_fits_and_exits_with_0(saved_model, capsys, monkeypatch):
    for columns, width in [("100", 100), ("30", 80), ("500", 120)]:
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["verify", str(saved_model)]) == 0
        said = capsys.readouterr()
        lines = said.out.splitlines()
        assert max(map(len, lines)) == width and said.err == ""
        assert lines[0].startswith("✓ ") and any(line.startswith("steps (LSTM)") for line in lines)
        assert "LayerNormalization" in said.out and "seed 0" in said.out
        assert "160 parameters = 4 (5·4 + 4·4 + 4)" in " ".join(said.out.split())


def test_verify_takes_an_input_and_writes_a_page(saved_model, tmp_path, capsys):
    numpy = pytest.importorskip("numpy")
    x = numpy.random.default_rng(2).standard_normal((2, 6, 5))
    numpy.save(tmp_path / "x.npy", x)
    numpy.savez(tmp_path / "wrong.npz", no_such_input=x)
    page = tmp_path / "report.html"
    assert main(["verify", str(saved_model), "--input", str(tmp_path / "x.npy"), "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert "seed 0" not in said and str(page) in said
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>") and "python -m lstm_edu verify" in html
    assert "agrees with Keras" in html and "Step by step" in html
    assert 'src="http' not in html and 'href="http' not in html
    assert main(["verify", str(saved_model), "--input", str(tmp_path / "wrong.npz")]) == 2
    assert "but x has no_such_input" in capsys.readouterr().err


def test_verify_exits_with_1_where_a_number_differs(saved_model, capsys, monkeypatch):
    from lstm_edu.keras_bridge import verifying

    real = verifying.convert

    def mistaken(*arguments):
        layer = real(*arguments)
        layer.set_weights([1.1 * w for w in layer.get_weights()])
        return layer

    monkeypatch.setattr(verifying, "convert", mistaken)
    assert main(["verify", str(saved_model)]) == 1
    assert capsys.readouterr().out.startswith("✗ steps: z is the first to differ from Keras's")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.keras"], "there is no file 'none.keras'"),
        (["bad.keras"], "could not load 'bad.keras'"),
        (["MODEL", "--input", "none.npy"], "there is no file 'none.npy'"),
        (["MODEL", "--input", "bad.npy"], "cannot be read as .npy or .npz"),
        (["MODEL", "--input", "objects.npy"], "Python objects, which are never loaded"),
        (["MODEL", "--input", "shape.npy"], "takes shape (None, 6, 5), got (5, 6)"),
        (["MODEL", "--html", "no/such/folder/page.html"], "there is no folder"),
        (["MODEL", "--no-such-option"], "no option --no-such-option"),
    ],
)
def test_verify_says_in_one_line_what_it_cannot_do_and_exits_with_2(
    arguments, said, saved_model, tmp_path, capsys, monkeypatch
):
    numpy = pytest.importorskip("numpy")
    monkeypatch.chdir(tmp_path)
    Path("bad.keras").write_bytes(b"no model")
    Path("bad.npy").write_bytes(b"no array")
    numpy.save("objects.npy", numpy.array([{"a": 1}], dtype=object), allow_pickle=True)
    numpy.save("shape.npy", numpy.zeros((5, 6)))
    assert main(["verify", *(str(saved_model) if a == "MODEL" else a for a in arguments)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert is_one_line(shown.err) and said in shown.err


OWN_MODEL = """
import keras


class Reader(keras.Model):
    def __init__(self):
        super().__init__()
        self.steps, self.judge = keras.layers.GRU(4), keras.layers.Dense(2)

    def call(self, x):
        return self.judge(self.steps(x))


def make():
    model = Reader()
    model(keras.ops.zeros((1, 6, 5)))
    model.set_weights([w + 0.1 for w in model.get_weights()])
    return model
"""


@pytest.fixture
def own_model(tmp_path, monkeypatch):
    """The name of a model whose class is the user's, in a module in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("own_model_of_a_test.py").write_text(OWN_MODEL, encoding="utf-8")
    yield "own_model_of_a_test:make"
    sys.modules.pop("own_model_of_a_test", None)


def test_verify_takes_a_model_of_a_module(own_model, capsys):
    numpy = pytest.importorskip("numpy")
    numpy.save("x.npy", numpy.random.default_rng(0).standard_normal((2, 6, 5)))
    assert main(["verify", own_model, "--input", "x.npy"]) == 0
    assert "2 of 2 layers compared" in " ".join(capsys.readouterr().out.split())
    for name, said in [("own_model_of_a_test:none", "has no 'none'"), ("no_such_module:make", "no module"),
                       ("own_model_of_a_test:keras", "name a Keras model")]:  # fmt: skip
        assert main(["verify", name, "--input", "x.npy"]) == 2
        assert said in capsys.readouterr().err


def test_verify_with_random_weights_says_so(saved_model, capsys):
    assert main(["verify", str(saved_model), "--randomize"]) == 0
    assert "drawn at random for this comparison" in " ".join(capsys.readouterr().out.split())


@pytest.fixture(scope="module")
def numbers_of(saved_model, tmp_path_factory):
    """Of the saved model: an input, its right output, and that of a program that leaves the LSTM's bias out."""
    import numpy
    from helpers import keras

    folder, x = tmp_path_factory.mktemp("numbers"), numpy.random.default_rng(4).standard_normal((6, 6, 5))
    model = keras().models.load_model(saved_model)
    numpy.save(folder / "x.npy", x)
    numpy.save(folder / "right.npy", numpy.asarray(model(x)))
    kernel, recurrent, bias, *others = model.get_weights()
    model.set_weights([kernel, recurrent, 0 * bias, *others])
    numpy.save(folder / "no_bias.npy", numpy.asarray(model(x)))
    return folder


def test_diagnose_names_the_mistake(saved_model, numbers_of, tmp_path, capsys):
    page, given = tmp_path / "why.html", ["diagnose", str(saved_model), "--input", str(numbers_of / "x.npy")]
    assert main([*given, "--theirs", str(numbers_of / "right.npy")]) == 0
    assert capsys.readouterr().out.startswith("✓ ")
    wrong = ["--theirs", str(numbers_of / "no_bias.npy"), "--no-pairs"]
    assert main([*given, *wrong, "--html", str(page)]) == 1
    said = capsys.readouterr().out
    assert "bias-missing" in said and "'steps'" in said
    html = page.read_text(encoding="utf-8")
    assert all(part in html for part in ("bias-missing", "SHA-256", "python -m lstm_edu diagnose", 'id="theme"'))
    assert main([*given, *wrong, "--html", str(tmp_path / "no" / "why.html")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def answer_of(address: str, process: subprocess.Popen) -> dict:
    """What a server answers, which may not listen yet."""
    for _ in tries(HANGS):
        assert process.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=HANGS) as answer:
                return json.load(answer)
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
    raise TimeoutError(address)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows sends Ctrl-C to a whole console, this test's own too")
def test_the_real_thing_answers_and_ends_at_ctrl_c(tmp_path, ctrl_c):
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "lstm_edu",
        "lab",
        "--no-browser",
        f"--port={port}",
        "--IdentityProvider.token=abc",
    ]
    address = f"http://localhost:{port}/api/contents/00_start_here.ipynb?content=0&token=abc"
    log = tmp_path / "log"
    with log.open("wb") as output:
        # In a folder far from the notebooks.
        process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            assert answer_of(address, process)["type"] == "notebook"
            process.send_signal(signal.SIGINT)
            process.wait(timeout=HANGS)
        finally:
            process.kill()
            process.wait()
    said = log.read_text()
    assert process.returncode == 0, said
    assert f"http://localhost:{port}/lab/tree/00_start_here.ipynb?token=" in said
    assert "Traceback" not in said
