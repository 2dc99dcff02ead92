"""Pages to give away, without a browser: what is in the file, and what is refused. tests/browser opens them."""

import base64
import io
import json
import os
import re
from html import escape
from pathlib import Path

import anywidget
import ipywidgets
import nbformat
import numpy as np
import pytest
import traitlets
from PIL import Image

import lstm_edu as le
from lstm_edu.__main__ import main
from lstm_edu.export import images
from lstm_edu.export.formulas import mathml
from lstm_edu.export.states import VIEW

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
    with pytest.raises(ValueError, match="IntSlider cannot live in a page"):
        le.save_html(ipywidgets.IntSlider(), tmp_path / "page.html")
    with pytest.raises(ValueError, match="'value' holds .* NaN"):
        le.save_html(Odd(value=float("nan")), tmp_path / "page.html")
    with pytest.raises(ValueError, match="there is no notebook .*missing.ipynb"):
        le.save_html(tmp_path / "missing.ipynb", tmp_path / "page.html")
    (tmp_path / "text.ipynb").write_text("not JSON")
    with pytest.raises(ValueError, match="text.ipynb is no notebook"):
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
    links = re.findall(r'href="([^"]*)"', text)
    assert links == ["#content", "https://example.org/a", "#Part", "https://example.org/a.png"]
    assert "<img" not in text
    assert text.count("<mtr>") == 2 and "$$" not in text and "\\begin" not in re.sub(r'data-latex="[^"]*"', "", text)
    inside = text[text.index("<details>") : text.index("</details>")]
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


def test_a_folder_becomes_a_site(tmp_path, capsys):
    folder, site = tmp_path / "notebooks", tmp_path / "made" / "site"
    folder.mkdir()
    for n, other in ((1, 2), (2, 1), (3, 9)):
        text = f"# Lesson <{n}>\nWhat lesson {n} says in a sentence that is long enough. [o](0{other}_x.ipynb#Part)"
        nbformat.write(notebook(f"print('out {n}')", text=text), folder / f"0{n}_x.ipynb")
    assert main(["export", str(folder), "-o", str(site)]) is None
    assert capsys.readouterr().out.strip() == str(site / "index.html")
    assert sorted(os.listdir(site)) == ["01_x.html", "02_x.html", "03_x.html", "index.html"]
    index = (site / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<li><a href="(.*?)">(.*?)</a><p>(.*?)</p>', index) == [
        (
            f"0{n}_x.html",
            f"Lesson &lt;{n}&gt;",
            f"What lesson {n} says in a sentence that is long enough. o",
        )
        for n in (1, 2, 3)
    ]
    second = (site / "02_x.html").read_text(encoding="utf-8")
    assert re.findall(r'<a rel="(\w+)" href="(.*?)"', second) == [("prev", "01_x.html"), ("next", "03_x.html")]
    assert '<a href="01_x.html#Part">o</a>' in second and "out 2" in second
    assert "09_x" not in (site / "03_x.html").read_text(encoding="utf-8")


def test_a_site_with_a_cell_that_fails_is_not_begun(tmp_path, capsys):
    nbformat.write(notebook("1"), tmp_path / "1.ipynb")
    nbformat.write(notebook("1 / 0"), tmp_path / "2.ipynb")
    assert "2.ipynb, code cell 1 of 1 (1 / 0): ZeroDivisionError" in main(
        ["export", str(tmp_path), "-o", str(tmp_path / "s")]
    )
    assert sorted(os.listdir(tmp_path)) == ["1.ipynb", "2.ipynb"]
    (tmp_path / "empty").mkdir()
    assert "there are no notebooks" in main(["export", str(tmp_path / "empty")])
    assert "is a file" in main(["export", str(tmp_path), "--no-execute", "-o", str(tmp_path / "1.ipynb")])


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
