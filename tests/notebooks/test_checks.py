"""The asserts that stay out of a reader's sight are run, behind the cells that they are about."""

import ast
import re
from pathlib import Path

import checking
import nbformat
import pytest
from running import NOTEBOOKS, number_of, run

ASSERTS_THAT_TEACH: set[tuple[str, str]] = set()  # (notebook's number, cell): where the assert is what is shown
CHECKS = sorted(checking.FOLDER.glob("*.py"))
CHECKED = [path for path in NOTEBOOKS if checking.checks_of(path) in CHECKS]


def nodes(code: str) -> list[ast.AST]:
    lines = [line for line in code.splitlines() if not line.startswith(("%", "!"))]
    return list(ast.walk(ast.parse("\n".join(lines))))


def checks_something(code: str) -> bool:
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "check")
        for node in nodes(code)
    )


def test_every_file_of_checks_belongs_to_a_notebook():
    assert [path.stem for path in CHECKS] == [path.stem for path in CHECKED]


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_every_section_checks_something_and_has_its_cell(path):
    checks = checking.checks_of(path)
    for section in checking.sections(checks.read_text(encoding="utf-8")):
        assert checks_something(section.source), f"{checks.name}, after cell {section.cell}: nothing is checked"
    checking.insert(nbformat.read(path, as_version=nbformat.NO_CONVERT), checks)


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_a_reader_of_a_notebook_with_checks_sees_no_assert(path):
    cells = nbformat.read(path, as_version=nbformat.NO_CONVERT).cells
    seen = [
        cell.id
        for cell in cells
        if cell.cell_type == "code" and any(isinstance(node, ast.Assert) for node in nodes(cell.source))
    ]
    assert [id for id in seen if (number_of(path), id) not in ASSERTS_THAT_TEACH] == []


# --- cards: what is below one does not answer it ---------------------------------------------------------------------

BELOW = 3  # cells: about what a reader sees under a card


def answer(code: str) -> object:
    """The answer of the card that a cell is; None for other cells, and for answers that are not a literal."""
    body = ast.parse(re.sub(r"^[%!].*$", "", code, flags=re.M)).body
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "le.predict":
        return None
    try:
        return ast.literal_eval(call.args[1])
    except ValueError:
        return None


def written(answer: object) -> list[str]:
    """How an answer that is not met by chance is written: a shape, a number of two digits, a choice of three words."""
    match answer:
        case tuple():
            return [str(answer)]
        case str():
            return [answer] if len(answer.split()) >= 3 else []
        case bool():
            return []
        case int() | float() if len(f"{answer:.3g}".strip("-0.")) >= 2 or abs(answer) >= 10:
            return [f"{answer:.6g}", f"{answer:,}".replace(",", " ")]
    return []


def given_away(cells: list[nbformat.NotebookNode]) -> list[str]:
    """For each card whose answer can be read in one of the next cells, which are not folded: both cells."""
    found = []
    for k, cell in enumerate(cells):
        forms = written(answer(cell.source)) if cell.cell_type == "code" else []
        for below in cells[k + 1 : k + 1 + BELOW] if forms else []:
            text = re.sub(r"<details>.*?</details>", "", below.source, flags=re.S)
            folded = below.metadata.get("jupyter", {}).get("source_hidden")
            if not folded and any(re.search(rf"(?<![\w.]){re.escape(form)}(?!\w|\.\d)", text) for form in forms):
                found.append(f"{below.id} answers {cell.id}")
    return found


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_what_is_below_a_card_does_not_answer_it(path):
    assert given_away(nbformat.read(path, as_version=nbformat.NO_CONVERT).cells) == []


@pytest.mark.parametrize(
    ("card", "below", "found"),
    [
        ("le.predict('How many?', 50240)", "15 and 50 240.", True),
        ("le.predict('How many?', 50240)", "<details>\n\n15 and 50240\n\n</details>", False),
        ("le.predict('Which shape?', (4, 2))", "The shape is (4, 2): one row per sample.", True),
        (
            "le.predict('And then?', 'it rises at once', choices=['it rises at once', 'no'])",
            "So it rises at once.",
            True,
        ),
        ("le.predict('How much?', 1.6, tolerance=0.01)", "$0.1 + 1 + 2 - 1.5 = 1.6$", True),
        ("le.predict('How much?', 1.6, tolerance=0.01)", "It was 1.65, or 21.6.", False),
        ("le.predict('When?', 4)", "explorer.goto(t=4)", False),  # too short to be told from others
    ],
)
def test_an_answer_below_its_card_is_found(card, below, found):
    cells = [nbformat.v4.new_code_cell(card, id="card"), nbformat.v4.new_markdown_cell(below, id="below")]
    assert given_away(cells) == (["below answers card"] if found else [])


# --- the way itself -------------------------------------------------------------------------------------------------


def notebook_and_checks(folder: Path, checks: str) -> tuple[nbformat.NotebookNode, Path]:
    cells = [nbformat.v4.new_code_cell(source, id=id) for id, source in {"two": "x = 2", "three": "y = x + 1"}.items()]
    path = folder / "planted.py"
    path.write_text(checks, encoding="utf-8")
    return nbformat.v4.new_notebook(cells=cells), path


@pytest.mark.notebooks
def test_a_false_assert_is_seen_with_its_cell_and_its_line(tmp_path):
    notebook, checks = notebook_and_checks(
        tmp_path, '"""Planted."""\n\n# after cell two:\nassert x == 2\n\n# after cell three:\nz = 4\nassert y == z\n'
    )
    checking.insert(notebook, checks)
    failure = run(notebook, tmp_path).failure
    assert failure.endswith("cell 3, check-after-three: AssertionError: ")
    assert "planted.py:8" in failure and "assert y == z" in failure


@pytest.mark.notebooks
def test_a_check_leaves_no_name_behind(tmp_path):
    notebook, checks = notebook_and_checks(tmp_path, "# after cell two:\nx, spare = 5, 6\nassert [x for _ in 'a']\n")
    checking.insert(notebook, checks)
    notebook.cells.append(nbformat.v4.new_code_cell("assert y == 3, y\nspare", id="later"))
    assert run(notebook, tmp_path).failure.endswith("cell 3, later: NameError: name 'spare' is not defined")


def test_a_check_of_an_unknown_cell_fails(tmp_path):
    notebook, checks = notebook_and_checks(tmp_path, "# after cell four:\nassert y == 3\n")
    with pytest.raises(ValueError, match="planted.py checks cells .* as code: .'four'."):
        checking.insert(notebook, checks)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# after cell two\nassert x == 2\n", "line 1, '# after cell two', should read"),
        ("# After cell two:\nassert x == 2\n", "line 1, '# After cell two:', should read"),
        ("# after cell two:\nassert x\n# after cell two:\nassert x\n", "line 3: cell 'two' has .* in line 1"),
    ],
)
def test_a_header_that_is_none_or_comes_twice_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        checking.sections(text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_folded_on_the_site_is_folded_in_jupyterlab_too(path):
    for cell in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells:
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert folded == ("hide-input" in cell.metadata.get("tags", [])), cell.id
