"""Pages to give away, without a browser: what is in the file, and what is refused. tests/browser opens them."""

import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from html import escape
from pathlib import Path

import anywidget
import ipywidgets
import nbformat
import numpy as np
import pytest
import traitlets
from limits import HANGS, tries
from PIL import Image

import lstm_edu as le
from lstm_edu.__main__ import main
from lstm_edu.export import cells, executing, images
from lstm_edu.export.course import Course
from lstm_edu.export.formulas import mathml
from lstm_edu.export.site import whole_site
from lstm_edu.export.states import STATE, VIEW, Widgets

RNG = np.random.default_rng(5)


def explorer(name="lstm", steps=7):
    layer = le.LSTM(4, return_sequences=True, name=name)
    layer.build((None, None, 3))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return le.explore(layer.trace(RNG.normal(size=(2, steps, 3))))


def notebook(*cells: str, text: str = "# A title") -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


@pytest.fixture
def written(tmp_path):
    """A function that writes a notebook and returns its path."""

    def write(made: nbformat.NotebookNode, name="some_notebook.ipynb") -> Path:
        nbformat.write(made, tmp_path / name)
        return tmp_path / name

    return write


def page_of(path: Path, **options) -> str:
    return le.save_html(path, path.with_suffix(".html"), **options).read_text(encoding="utf-8")


def saved(text: str) -> dict:
    """The states that a page carries."""
    (found,) = re.findall(r'<script type="application/json" id="widgets">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


# --- pictures -------------------------------------------------------------------------------------------------------


def test_a_picture_becomes_smaller_and_keeps_every_pixel():
    """Flat like a figure, partly transparent, colours under the transparent part too."""
    pixels = np.zeros((90, 120, 4), np.uint8)
    pixels[10:40, 20:90] = [0, 114, 178, 255]
    pixels[30:60] += np.arange(120, dtype=np.uint8)[:, None] // 8 * np.array([3, 1, 2, 5], np.uint8)
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    written = base64.b64encode(png.getvalue()).decode()
    page = images.smaller(
        f'<img src="data:image/png;base64,{written}"> twice <img src="data:image/png;base64,{written}">'
    )
    first, second = re.findall(r'"data:image/webp;base64,(.*?)"', page)
    assert first == second and len(first) < len(written)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(first)))), pixels)


def test_what_is_no_picture_or_would_grow_stays_as_it_is():
    noise = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 2**16, (4, 4), np.uint16)).save(noise, "PNG")
    for png in (b"\x89PNG\r\n\x1a\n", b"", noise.getvalue()):
        page = f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        assert images.smaller(page) == page


# --- a widget -------------------------------------------------------------------------------------------------------


def test_a_widgets_page_holds_its_state_its_numbers_and_its_module_once(tmp_path):
    widget = explorer()
    widget.goto(t=3, unit=2)
    path = le.save_html(widget, tmp_path / "page.html")
    assert path == tmp_path / "page.html"
    page = saved(path.read_text(encoding="utf-8"))
    (module,), (model,) = page["modules"].values(), page["models"].values()
    assert module == widget._esm
    assert (model["state"]["t"], model["state"]["unit"]) == (3, 2)
    (data,) = (buffer for buffer in model["buffers"] if buffer["path"] == ["_data"])
    assert base64.b64decode(data["data"]) == widget._data
    assert os.listdir(tmp_path) == ["page.html"]


def test_no_text_can_end_a_script_or_become_markup(tmp_path):
    bad = "</script><script>bad()</script><!--<script>"
    text = le.save_html(explorer(name=bad), str(tmp_path / "page.html")).read_text(encoding="utf-8")
    assert saved(text)["models"]
    assert "bad()</script" not in text
    assert "<!--" not in text
    assert text.count("</script>") == 3  # the theme's, the states', the runtime's


def test_the_page_forbids_itself_the_network(tmp_path):
    text = le.save_html(explorer(), tmp_path / "page.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', text)
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy and "*" not in policy
    outside = text.replace("http://www.w3.org/", "")  # names of languages: SVG, MathML
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", outside)


def test_what_cannot_be_a_page_is_refused(tmp_path):
    class Odd(anywidget.AnyWidget):
        _esm = "export default { render() {} }"
        value = traitlets.Float(0.0).tag(sync=True)

    with pytest.raises(TypeError, match="writes a widget .* or the path of a notebook, got ndarray"):
        le.save_html(np.zeros(3), tmp_path / "page.html")
    with pytest.raises(TypeError, match="must be a path, got int"):
        le.save_html(explorer(), 3)
    with pytest.raises(ValueError, match="is a folder"):
        le.save_html(explorer(), tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        le.save_html(explorer(), tmp_path / "missing" / "page.html")
    with pytest.raises(ValueError, match="IntSlider cannot work in a page"):
        le.save_html(ipywidgets.IntSlider(), tmp_path / "page.html")
    with pytest.raises(ValueError, match="'value' holds .* NaN"):
        le.save_html(Odd(value=float("nan")), tmp_path / "page.html")
    with pytest.raises(ValueError, match="there is no notebook .*missing.ipynb"):
        le.save_html(tmp_path / "missing.ipynb", tmp_path / "page.html")
    (tmp_path / "text.ipynb").write_text("not JSON")
    with pytest.raises(ValueError, match="text.ipynb is not a readable notebook"):
        le.save_html(tmp_path / "text.ipynb", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_boxes_keep_their_explorers_and_name_what_needs_python(tmp_path):
    first, second = explorer("first"), explorer("second")
    box = ipywidgets.VBox([first, ipywidgets.Button(description="press"), ipywidgets.HBox([second, first])])
    text = le.save_html(box, tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall(r'data-model="(\w+)"', text) == [w.model_id for w in (first, second, first)]
    assert len(saved(text)["models"]) == 2
    assert len(saved(text)["modules"]) == 1
    assert text.count("A control that needs Python") == 1
    assert f"<h1>{escape(first._spec['title'])}</h1>" in text  # not "VBox"
    text = le.save_html(le.packing(2, 3), tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h1>The weights of an LSTM of 2 units on 3 features</h1>" in text


# --- a notebook -----------------------------------------------------------------------------------------------------


def test_a_notebook_is_run_and_becomes_a_page(written):
    text = page_of(written(notebook("print(6 * 7)", "import pathlib; pathlib.Path('here').touch()", "1 < 2")))
    assert "<title>A title</title>" in text
    assert ">42\n</pre>" in text
    assert ">True</pre>" in text
    assert (Path(written(notebook())).parent / "here").exists()  # the notebook's folder is the kernel's


def test_outputs_that_were_saved_are_taken_as_they_are(written):
    made = notebook("1 / 0")
    data = {"text/plain": "<b>&", "image/png": "iVBORw0KGgo="}
    made.cells[1].outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="\x1b[31mred\x1b[0m <i>"),
        nbformat.v4.new_output("display_data", data, metadata={"image/png": {"alt": 'a "picture"'}}),
        nbformat.v4.new_output("display_data", {"text/html": "<p>kept <b>markup</b></p>"}),
    ]
    text = page_of(written(made), execute=False)
    assert "red</span> &lt;i&gt;" in text
    assert 'alt="a &quot;picture&quot;"' in text
    assert "<p>kept <b>markup</b></p>" in text


def test_a_cell_that_fails_is_named_and_nothing_is_written(written, capsys):
    path = written(notebook("a = 1", "import package_that_is_not_there as p\na + 1"))
    message = r"some_notebook.ipynb, code cell 2 of 2 \(import package_that_is_not_there as p\): ModuleNotFoundError"
    with pytest.raises(RuntimeError, match=message):
        page_of(path)
    assert os.listdir(path.parent) == [path.name]
    assert "--no-execute" in main(["export", str(path), "-o", str(path.with_suffix(".html"))])
    assert os.listdir(path.parent) == [path.name]


def test_headings_links_formulas_and_folds(written):
    source = """# The **title**
An introduction that is long enough to say what this is about, with a [notebook](06_other.ipynb).
# Another of the first level
## Part
## Part
[gone](06_other.ipynb) [file](../README.md) [outside](https://example.org/a) [inside](#Part) [bad](javascript:alert)
![remote](https://example.org/a.png)

$$\\begin{aligned} a &= b \\\\ c &= -d_{t-1} \\end{aligned}$$ and $x < 2$.

<details><summary>Answer</summary>

Some *Markdown*.

</details>
"""
    text = page_of(written(notebook(text=source)), execute=False)
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", text) == ["The <strong>title</strong>"]
    assert re.findall(r'<h2 id="(.*?)"', text) == ["Another-of-the-first-level", "Part", "Part-2"]
    outline, main = re.findall(r'(?:<nav class="outline".*?</nav>|<main.*?</main>)', text, re.DOTALL)
    links = re.findall(r'href="([^"]*)"', main)
    assert links == ["https://example.org/a", "#Part", "https://example.org/a.png"]
    assert re.findall(r'href="([^"]*)"', outline) == ["#Another-of-the-first-level", "#Part", "#Part-2"]
    assert "<img" not in text
    assert text.count("<mtr>") == 2 and "$$" not in text and "\\begin" not in re.sub(r'data-latex="[^"]*"', "", text)
    inside = main[main.index("<details>") : main.index("</details>")]
    assert "Some <em>Markdown</em>" in inside


def test_widgets_of_a_notebook_come_with_their_states(written):
    code = """import lstm_edu as le, ipywidgets
packing = le.packing(2, 3)
packing"""
    made = notebook(code, "packing.goto(units=5)", "packing", "ipywidgets.IntSlider(description='slide')")
    text = page_of(written(made))
    views = re.findall(r'data-model="(\w+)"', text)
    assert len(views) == 2 and len(set(views)) == 1
    (model,) = saved(text)["models"].values()
    assert model["state"]["units"] == 5
    assert "IntSlider(value=0" in text and "A control that needs Python" in text
    assert VIEW not in text


LESSON = """# Lesson <{n}>
What lesson {n} says in a sentence, with $x < {n}$ and [another](0{other}_x.ipynb#Part).

**What you need:** [Lesson](0{other}_x.ipynb), and about {n}0 minutes; 45 with the side trip.
## Part {n}
Below the heading, word{n}. <details><summary>Answer</summary>

secret{n}

</details>

### A smaller part
"""


@pytest.fixture
def lessons(tmp_path):
    """A folder of three notebooks that lead to each other (and the last one to one that is not there)."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for n, other in ((1, 2), (2, 1), (3, 9)):
        made = notebook(f"print('out {n}')  # code{n}", f"folded{n} = 1", text=LESSON.format(n=n, other=other))
        made.cells[1].outputs = [nbformat.v4.new_output("stream", text=f"out {n}\n")]
        made.cells[2].metadata["jupyter"] = {"source_hidden": True}
        nbformat.write(made, folder / f"0{n}_x.ipynb")
    return folder


def links_of(text: str) -> list[tuple[str, str]]:
    return re.findall(r'<a rel="(\w+)" href="(.*?)"', text)


def test_a_folder_becomes_a_site(lessons, tmp_path, capsys):
    to = tmp_path / "made" / "site"
    assert main(["export", str(lessons), "-o", str(to), "--no-execute"]) is None
    assert capsys.readouterr().out.strip() == str(to / "index.html")
    assert sorted(os.listdir(to)) == ["01_x.html", "02_x.html", "03_x.html", "index.html", "search.html"]
    index = (to / "index.html").read_text(encoding="utf-8")
    entry = r'<li><a href="(.*?)">(.*?)</a> <span class="small">(.*?)</span><p>(.*?)</p></li>'
    assert [(*found[:3], cells.text_of(found[3])) for found in re.findall(entry, index)] == [
        (f"0{n}_x.html", f"0{n} Lesson &lt;{n}&gt;", f"about {n}0 min, 45 with side trips",
         f"What lesson {n} says in a sentence, with x<{n} and another.")
        for n in (1, 2, 3)
    ]  # fmt: skip
    assert "About 1 hour in all, 2 with all side trips." in index
    second = (to / "02_x.html").read_text(encoding="utf-8")
    assert "<title>02 Lesson &lt;2&gt; - lstm-edu</title>" in second
    assert re.search(r"<h1[^>]*><span class=.number.>02</span> Lesson &lt;2&gt;</h1>", second)
    assert links_of(second) == 2 * [("prev", "01_x.html"), ("next", "03_x.html")]
    assert ">Previous: 01 Lesson &lt;1&gt;</a>" in second and ">Next: 03 Lesson &lt;3&gt;</a>" in second
    assert re.findall(r'<li class="(.*?)"><a href="#(.*?)">', second) == [
        ("level-2", "Part-2"),
        ("level-3", "A-smaller-part"),
    ]
    assert '<a href="01_x.html#Part">another</a>' in second and "out 2" in second
    assert "09_x" not in (to / "03_x.html").read_text(encoding="utf-8")


def test_the_search_knows_every_text_and_nothing_that_is_folded(lessons, tmp_path):
    whole_site(lessons, tmp_path / "site", execute=False, stream=None)
    text = (tmp_path / "site" / "search.html").read_text(encoding="utf-8")
    (found,) = re.findall(r'<script type="application/json" id="sections">(.*?)</script>', text, re.DOTALL)
    sections = json.loads(found)
    assert [(s["file"], s["page"], s["anchor"], s["heading"]) for s in sections[:3]] == [
        ("01_x.html", "01 Lesson <1>", "Lesson-<1>", ""),
        ("01_x.html", "01 Lesson <1>", "Part-1", "Part 1"),
        ("01_x.html", "01 Lesson <1>", "A-smaller-part", "A smaller part"),
    ]
    assert "Below the heading, word1." in sections[1]["text"] and "code1" in sections[2]["text"]
    assert not re.search(r"secret|folded|Answer", found)
    assert "Permission is hereby granted" in text  # MiniSearch's licence goes where it goes


def test_a_notebook_that_fails_does_not_take_the_others_with_it(lessons, tmp_path, capsys):
    broken = notebook("x = 1", "x / 0", text="# Broken")
    nbformat.write(broken, lessons / "02_x.ipynb")
    (lessons / "04_no.ipynb").write_text("no JSON")
    said = main(["export", str(lessons), "-o", str(tmp_path / "site")])
    assert said.splitlines()[0] == "2 of 4 notebooks have no page:"
    assert "04_no.ipynb is not a readable notebook" in said
    assert "02_x.ipynb, code cell 2 of 2 (x / 0): ZeroDivisionError: division by zero" in said
    site = tmp_path / "site"
    assert sorted(os.listdir(site)) == ["01_x.html", "03_x.html", "index.html", "search.html"]
    first = (site / "01_x.html").read_text(encoding="utf-8")
    assert links_of(first) == 2 * [("next", "03_x.html")] and "out 1" in first
    for name in os.listdir(site):
        assert not re.search("02_x.html|Broken", (site / name).read_text(encoding="utf-8")), name


def test_a_python_that_dies_does_not_take_the_others_with_it(lessons, tmp_path):
    nbformat.write(notebook("x = 1", "import os\nos.kill(os.getpid(), 9)", text="# Killed"), lessons / "02_x.ipynb")
    site = whole_site(lessons, tmp_path / "site", stream=None)
    assert list(site.notebooks) == ["01_x.ipynb", "03_x.ipynb"]
    assert site.failed == {
        "02_x.ipynb": "02_x.ipynb, code cell 2 of 2 (import os): Python ended, perhaps because memory ran out"
    }


def test_each_page_is_written_as_it_is_done_and_an_interrupted_site_is_whole(lessons, tmp_path):
    site = tmp_path / "site"

    class Stops(io.StringIO):
        """A terminal at which somebody presses Ctrl-C in the third notebook."""

        def isatty(self):
            return True

        def write(self, text):
            if "03_x" in text:
                assert sorted(os.listdir(site)) == ["01_x.html", "02_x.html"]
                raise KeyboardInterrupt
            return super().write(text)

    with pytest.raises(KeyboardInterrupt):
        whole_site(lessons, site, execute=False, stream=Stops())
    assert sorted(os.listdir(site)) == ["01_x.html", "02_x.html", "index.html", "search.html"]
    assert links_of((site / "02_x.html").read_text(encoding="utf-8")) == 2 * [("prev", "01_x.html")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_ctrl_c_ends_an_export_and_what_is_done_is_a_site(lessons, tmp_path, root):
    """A real one, while a cell runs: nbclient does not pass it on."""
    waits = notebook("import time; open('begun', 'w').close(); time.sleep(1000)", text="# Waits")
    nbformat.write(waits, lessons / "02_x.ipynb")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "lstm_edu", "export", str(lessons), "-o", str(site)]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) as process:
        for _ in tries(HANGS):
            if (lessons / "begun").exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=HANGS)[1]
    assert process.returncode != 0 and said.rstrip().endswith("KeyboardInterrupt")
    assert sorted(os.listdir(site)) == ["01_x.html", "index.html", "search.html"]


def test_it_is_said_how_far_a_site_is(lessons, tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        whole_site(lessons, tmp_path / "site", execute=False, stream=stream)
    first, second, third = plain.getvalue().splitlines()
    assert re.fullmatch(r"01_x.ipynb \(1 of 3\): written after \d+ s; about \d+ s left", first)
    assert re.fullmatch(r"03_x.ipynb \(3 of 3\): written after \d+ s", third)
    shown = terminal.getvalue().rstrip("\n").split("\n")
    assert len(shown) == 3 and shown[1].startswith("\r\x1b[K02_x.ipynb (2 of 3): starting Python\r\x1b[K02_x.ipynb")


def test_cells_are_counted_while_they_run(written):
    path = written(notebook("1", "", "2", "3"))
    made, done = executing.read(path), []
    executing.run(made, path, done.append)
    assert done == [0, 1, 2]


def test_an_explorer_is_kept_as_its_cell_has_shown_it(written):
    moved = "layer = le.LSTM(3)\nlayer.build((None, 4, 2))\nexplorer = le.explore(layer.trace(np.ones((1, 4, 2))), t=1)"
    path = written(
        notebook(
            "import numpy as np\nimport lstm_edu as le",
            f"{moved}\nexplorer.goto(unit=2)\nexplorer",
            "explorer.goto(t=3, unit=0)",
        )
    )
    made = executing.read(path)
    executing.run(made, path)
    (shown,) = (output.data[VIEW]["model_id"] for output in made.cells[2].outputs)
    kept = made.metadata.widgets[STATE]["state"][shown]
    assert (kept["state"]["t"], kept["state"]["unit"]) == (1, 2)
    assert kept["buffers"] and Widgets(made.metadata.widgets[STATE]["state"]).view(shown)


README = """# A course
[![badge](https://mybinder.org/badge_logo.svg)][binder]

What it is, in a sentence.

![A picture](p.png)

Another sentence.

```sh
python -m venv .venv && python -m lstm_edu lab
```

[One](notebooks/01_x.ipynb)

## Licence and data

Free, see [the text](LICENSE).

## More

[binder]: https://mybinder.org/v2/gh/some-one/some.course/HEAD?urlpath=lab/tree/notebooks/01_x.ipynb
"""


@pytest.mark.parametrize(
    ("live", "readme", "where"),
    [
        ("live", README, "live/lab/index.html?path=02_x.ipynb"),
        ("", README, "https://mybinder.org/v2/gh/some-one/some.course/HEAD?urlpath=lab/tree/notebooks/02_x.ipynb"),
        ("", README.partition("[binder]:")[0], "index.html#Run-the-notebooks"),
        ("", README.replace("01_x", "elsewhere"), None),
    ],
)
def test_a_page_leads_to_where_it_is_run(lessons, tmp_path, live, readme, where):
    (tmp_path / "README.md").write_text(readme)
    Image.new("RGB", (4, 3)).save(tmp_path / "p.png")
    whole_site(lessons, tmp_path / "site", execute=False, live=live, stream=None)
    page = (tmp_path / "site" / "02_x.html").read_text(encoding="utf-8")
    assert re.findall(r'<a class="run" href="(.*?)">Run this page</a>', page) == ([where] if where else [])


def test_the_index_says_what_the_readme_says(lessons, tmp_path):
    (tmp_path / "README.md").write_text(README)
    Image.new("RGB", (4, 3)).save(tmp_path / "p.png")
    whole_site(lessons, tmp_path / "site", execute=False, live="live", stream=None)
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "<title>A course</title>" in index and "What it is, in a sentence." in index
    assert re.search(r'<img src="data:image/[^"]*" alt="A picture"', index) and "Another sentence" not in index
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", index) == ["The notebooks", "Run the notebooks", "Licence and data"]
    for way in ("live/lab/index.html", "https://github.com/some-one/some.course", "python -m lstm_edu lab"):
        assert way in cells.text_of(index) or f'href="{way}"' in index
    assert "Free, see the text." in cells.text_of(index)
    page = (tmp_path / "site" / "01_x.html").read_text(encoding="utf-8")
    assert '<a href="index.html#Licence-and-data">Licence and data</a>' in page


def test_an_exercise_is_shown_with_its_hints_and_solution_folded(written):
    code = ["import lstm_edu as le\nle.exercises.ink.task", "def ink(image):\n    ...", "le.exercises.ink.check(ink)"]
    path = written(notebook(*code, "le.clinic.case(1).answer('?')", "le.clinic.case(1).answer('A')"))
    text = page_of(path)
    assert "not attempted" not in text and ".check(" not in text
    assert "Return the sum of each row." in text
    folded = re.findall(r'<details class="answer"><summary>(.*?)</summary>(.*?)</details>', text, re.DOTALL)
    assert [summary for summary, _ in folded] == [
        "Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "A solution of ink"
    ]  # fmt: skip
    solution = re.sub("<.*?>", "", folded[-1][1])
    assert "def ink(image):\n    return image.sum(axis=1)" in solution
    unfolded = re.sub("<.*?>", "", re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL))
    assert "image.sum" not in unfolded
    assert text.count("Nothing can be typed into this page") == 2  # the exercise, and the patient without a diagnosis


def test_an_answer_that_somebody_wrote_is_shown_as_it_was_judged(written):
    code = "import lstm_edu as le\ndef ink(image):\n    return image.sum(axis=0)"
    text = page_of(written(notebook(code, "le.exercises.ink.check(ink)")))
    assert "These are the sums of the columns" in text and "A solution of ink" not in text


@pytest.fixture(scope="module")
def whole_course(root):
    """Of each notebook of the course what is known before it is run."""
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    return {path: cells.Contents(executing.read(path), path, {}) for path in paths}


def test_every_notebook_of_the_course_has_what_the_site_lists(root, whole_course):
    course = Course(root / "notebooks", [path.name for path in whole_course], title="")
    assert course.title == "lstm-edu" and course.about.count("](docs/") == 1 and "Licence" in course.licence
    assert "github.com/" in course.ways and "lstm_edu lab" in course.ways and "mybinder.org" in course.ways
    for path, contents in whole_course.items():
        assert contents.title and contents.lead and path.name in course.run(path.name), path.name
        assert not re.search(r"What you (need|will be able)", contents.lead), path.name
        if contents.number:
            assert contents.minutes is not None and 10 <= contents.minutes[0] <= contents.minutes[1] <= 200, path.name
        assert len(re.findall("<li", contents.outline)) >= 3, path.name


def test_every_exercise_of_the_course_is_shown_with_its_solution(root, whole_course):
    for path, contents in whole_course.items():
        checks = re.findall(r'"le\.exercises\.(\w+)\.check\(', path.read_text(encoding="utf-8"))
        assert re.findall(r"<summary>A solution of (\w+)</summary>", contents.html) == checks, path.name


@pytest.mark.parametrize(
    "latex", [r"\frac{1}{1 + e^{-z}}", r"c_t = f \odot c_{t-1}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"]
)
def test_formulas_become_mathml(latex):
    assert mathml(latex, block=True).startswith("<math ")
    assert "\\" not in re.sub(r'data-latex="[^"]*"', "", mathml(latex, block=False))


def test_a_sign_stands_by_its_number_and_odd_latex_stays_text():
    assert mathml("(1, -2)", block=False).count('form="prefix"') == 1
    assert 'form="prefix"' not in mathml("(a) - 2", block=False)
    assert mathml(r"\text{hard\_sigmoid}", block=False).count("hard_sigmoid</mtext>") == 1
    assert mathml("a_b_<c", block=False) == '<code class="latex">a_b_&lt;c</code>'
    for hostile in (r"\text{<script>}", r"\href{javascript:a()}{x}", r"\mbox{&lt;script>}", r"x_{\text{<!--}}"):
        made = re.sub(r'data-latex="[^"]*"', "", mathml(hostile, block=False))
        assert "<script" not in made and "javascript" not in made and "<!--" not in made


def test_every_formula_of_the_course_is_understood(root):
    for path in (root / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for block, inline in re.findall(r"\$\$(.+?)\$\$|(?<!\$)\$([^$\n]+?)\$", cell.source, re.DOTALL):
                    made = mathml(block or inline, block=bool(block))
                    assert made.startswith("<math") and "\\" not in re.sub(r'data-latex="[^"]*"', "", made), made


def test_code_that_a_notebook_folds_is_folded_in_the_page(written):
    made = notebook("1 + 1", "le_predict(\n    'How many?',\n    2,\n)")
    made.cells[2].metadata["jupyter"] = {"source_hidden": True}
    text = page_of(written(made), execute=False)
    folded = re.findall(r"<details><summary><code>(.*?)</code></summary>(.*?)</details>", text, re.DOTALL)
    assert [summary for summary, _ in folded] == ["le_predict( …"]
    assert "How many?" in folded[0][1] and text.count("How many?") == 1


def test_code_is_marked_only_where_the_page_has_a_colour_for_it():
    """Three of four of Pygments' marks have none: they were a tenth of a page."""
    source = 'def f(x, y=1.5):\n    """Why."""\n    return x < y and "a" or not x  # c < d'
    html = cells._code(source)
    style = (Path(cells.__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    marks = re.findall(r'<span class="(\w+)">', html)
    assert {"k", "nf", "mf", "sd", "ow", "s2", "c1"} <= set(marks)
    assert all(re.search(rf"^\.{mark}[,\s]", style, re.MULTILINE) for mark in marks)
    assert cells.text_of(html) == " ".join(source.split())
