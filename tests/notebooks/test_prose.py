"""What every notebook of the course has, that its links lead somewhere, and how easily it reads."""

import ast
import io
import re
import runpy
import subprocess
import sys
import tokenize
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from running import MAP, NOTEBOOKS, number_of

import lstm_edu as le

ROOT = Path(__file__).resolve().parents[2]
SLIDES = runpy.run_path(str(ROOT / "scripts" / "mark_slides.py"))
TIMES = runpy.run_path(str(ROOT / "scripts" / "mark_times.py"))
LESSONS = [path for path in NOTEBOOKS if not path.name.startswith("00")]
SHOWN = [*NOTEBOOKS, MAP]
PAGES = [*SHOWN, ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_LINES = 15  # of code in a cell: a dozen, and an import or two
HARDEST = 60  # Flesch's reading ease: "plain English" begins there


def cells(path: Path, kind: str | None = None) -> list[nbformat.NotebookNode]:
    found = nbformat.read(path, as_version=nbformat.NO_CONVERT).cells
    return [cell for cell in found if kind in (None, cell.cell_type)]


def markdown(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def anchors(path: Path) -> set[str]:
    """The ids that JupyterLab (spaces to hyphens) and GitHub (also in small letters) give to the headings."""
    titles = re.findall(r"^#+ +(.+?) *$", markdown(path), flags=re.M)
    plain = [re.sub(r"[`*$]", "", title) for title in titles]
    github = [re.sub(r"[^\w\- ]", "", title).lower() for title in plain]
    return {title.replace(" ", "-") for title in [*titles, *plain, *github]}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", markdown(path), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):  # of other places only the form can be seen here
            assert target.startswith(("https://", "mailto:")), target
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(there), f"{path.name} links to {target}, but there is no such heading"


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_headings_make_a_table_of_contents(path):
    levels = [
        len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", markdown(path), flags=re.S), flags=re.M)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), levels


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_every_picture_has_an_alternative_text(path):
    assert not re.findall(r"!\[\s*\]\(|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", markdown(path))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_all_its_parts(path):
    text = markdown(path)
    first = cells(path)[0].source
    assert re.match(r"# [A-Z]\w+ ", first), "the title begins with a verb"
    for part in (
        "What you will be able to do",
        "What you need",
        "minutes",
        "What people get wrong",
        "## Summary",
        "**Next:**",
    ):
        assert part in text, f"{path.name} has no {part!r}"
    code = "\n".join(cell.source for cell in cells(path, "code"))
    assert code.count("le.predict(") >= 2, "predictions are asked for"
    checked = re.findall(r"(?:le\.exercises\.\w+|exercise\w*)\.check\((\w+)|le\.clinic\.case\((\d+)", code)
    assert len(set(checked)) >= 2, "there are two exercises"
    assert "le.compare(" in code or "le.verify(" in code or "train_side_by_side(" in code, "it is compared with Keras"
    assert re.search(r"le\.(explore\w*|packing|predict|plots)", code), "something to look at"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_card_has_no_markdown_but_code(path):
    """Asterisks, formulas and links would be shown as they are written."""
    cards = "\n".join(cell.source for cell in cells(path, "code") if "le.predict(" in cell.source)
    assert not re.findall(r"\*\w[\w ]*\*|\$\w|\]\(", re.sub(r"`[^`]*`", "", cards))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_code_cell_is_short(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        assert len(lines) <= MOST_LINES, f"cell {cell.id} has {len(lines)} lines"


def functions(code: str) -> dict[str, set[int]]:
    """The functions that code defines, and with how many arguments."""
    found: dict[str, set[int]] = {}
    for node in ast.parse(re.sub(r"^[%!].*$", "", code, flags=re.M)).body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, set()).add(len(node.args.args))
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_solution_that_is_run_breaks_nothing_below_it(path):
    code = "\n".join(cell.source for cell in cells(path, "code"))
    there = functions(code)
    for name in re.findall(r"le\.exercises\.(\w+)\.check\(", code):
        for function, arguments in functions(le.exercises.get(name).solution().code).items():
            assert there.get(function, arguments) == arguments, f"{function} of the exercise {name} is another one here"


# For each notebook the exercise that asks for transfer, and a form of what its answer is about. (In 09 the sealed
# patients of `le.clinic` are it.)
TRANSFER = {
    "00": ("gated_memory", r"keep\[t\]\*c"),
    "01": ("merge_dense", r"@(kernel_2|W_?2)\b"),
    "02": ("undo_softmax", r"log_p|np\.log\(p\)"),
    "03": ("input_gradient", r"@(kernel|W)\.T"),
    "04": ("embedding_gradient", r"np\.add\.at|ids\]\+="),
    "05": ("backwards_rnn", r"outputs\[::-1\]|range\(x\.shape\[1\]\)\):|range\(T-1"),
    "06": ("coupled_step", r"\(1-i\)\*c"),
    "07": ("unit_columns", r"j::"),
    "07b": ("read_bias", r"z-x_t@kernel"),
    "08": ("generate", r"step\(h,h,c"),
    "08b": ("last_counting", r"flatnonzero\(row\)\[-1\]"),
    "10": ("coupled_backward", r"g-c_before"),
    "11": ("merge_gradients", r"size\*gradient|sizes\.sum"),
    "12": ("mgu_step", r"\(f\*h\)@"),
    "13": ("from_tf1", r"\bb_f\+1|\[-units:\]"),
    "14": ("confusion", r"\]\+=1|confusion_matrix"),
}


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if number_of(path) in TRANSFER], ids=lambda path: path.stem
)
def test_one_exercise_of_a_notebook_asks_for_transfer(path):
    """There is no model of its answer in the notebook, folded or not."""
    name, form = TRANSFER[number_of(path)]
    assert f"le.exercises.{name}.check({name})" in [cell.source for cell in cells(path, "code")]
    bare = [
        re.sub(r"\s", "", text)
        for text in (le.exercises.get(name).solution().code, *(cell.source for cell in cells(path)))
    ]
    assert re.search(form, bare[0])
    assert not [text for text in bare[1:] if re.search(form, text)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_keras_is_imported_after_the_first_thing_to_look_at(path):
    code = [cell.source for cell in cells(path, "code")]
    looks = next(
        (k for k, source in enumerate(code) if re.search(r"le\.(explore\w*|packing|predict|plots)\b", source)), None
    )
    imports = [
        k
        for k, source in enumerate(code)
        for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", source, flags=re.M)))
        if isinstance(node, ast.Import)
        and any(alias.name.split(".")[0] in ("keras", "tensorflow") for alias in node.names)
    ]
    assert looks is not None
    assert not imports or looks < imports[0]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_every_cell_knows_its_slide(path):
    assert not SLIDES["mark"](nbformat.read(path, as_version=nbformat.NO_CONVERT)), "run python scripts/mark_slides.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_and_its_sections_say_how_long_they_take(path):
    assert re.search(r"about \d+ minutes", cells(path)[0].source)
    assert not TIMES["mark"](nbformat.read(path, as_version=nbformat.NO_CONVERT)), "run python scripts/mark_times.py"


def test_the_map_says_how_long_every_notebook_takes():
    times = {path.name: TIMES["whole"](nbformat.read(path, as_version=nbformat.NO_CONVERT)) for path in NOTEBOOKS}
    assert not TIMES["mark_map"](nbformat.read(MAP, as_version=nbformat.NO_CONVERT), times)
    assert len(re.findall(r"^\|.*\.ipynb\) \|.*\| \d+(?: \(\d+\))? \|$", markdown(MAP), flags=re.M)) == len(NOTEBOOKS)


def lesson_with_trips() -> nbformat.NotebookNode:
    words = " ".join(["word"] * int(TIMES["WORDS_A_MINUTE"]))
    made = [
        nbformat.v4.new_markdown_cell("# See it\n\nYou need about 1 minutes."),
        nbformat.v4.new_markdown_cell("## A part\n\n*99 minutes*\n\n" + f"{words} " * 10),
        nbformat.v4.new_markdown_cell("### Side trip: further\n\n*1 minutes. Skip this.*\n\nGo."),
        nbformat.v4.new_code_cell("le.exercises.dense.check(dense)"),
        nbformat.v4.new_markdown_cell("### Back\n\n" + f"{words} " * 10),
        nbformat.v4.new_markdown_cell("## Summary\n\n" + f"{words} " * 30),
    ]
    return nbformat.v4.new_notebook(cells=made)


def test_times_are_written_anew_and_what_is_after_a_side_trip_is_on_the_path():
    made = lesson_with_trips()
    assert TIMES["mark"](made) and not TIMES["mark"](made)
    alone = TIMES["said"](TIMES["EXERCISE_ALONE"])
    assert made.cells[0].source.endswith(f"about 20 minutes; {20 + alone} with the side trip.")
    assert made.cells[1].source.startswith("## A part\n\n*20 minutes*\n\nword")
    assert made.cells[2].source == f"### Side trip: further\n\n*{alone} minutes. Skip this.*\n\nGo."
    assert "minutes" not in made.cells[4].source + made.cells[5].source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_side_trip_says_that_one_may_skip_it(path):
    for cell in cells(path, "markdown"):
        for trip in re.findall(r"^##+ Side trip.*\n\n(.*)", cell.source, flags=re.M):
            assert re.match(r"\*(\d+ minutes\. )?(You can skip|Skip) this", trip), cell.id


def test_the_first_notebook_leads_to_the_map():
    assert f"({MAP.name})" in markdown(NOTEBOOKS[0])


def test_the_course_is_one_chain():
    for this, following in pairwise(NOTEBOOKS):
        end = markdown(this).rpartition("**Next:**")[2]
        assert f"({following.name})" in end, f"{this.name} does not lead on to {following.name}"


@pytest.mark.parametrize("map_of_the_course", [ROOT / "README.md", MAP], ids=lambda path: path.name)
def test_the_map_names_every_notebook(map_of_the_course):
    text = markdown(map_of_the_course)
    assert [p.name for p in SHOWN if p != map_of_the_course and f"{p.name})" not in text] == []


NO_WORDS = "ines,kernal,bu,nam,ue,ot,hist,nd,ba,fo,te,olt,tahn,mis"  # pieces of code, and mistakes that tests make
NO_TEXTS = "*.npz,*.gz,*.gif,*.webp,*.svg,*.png,*.h5,*.keras,*.npy,*.onnx"
PLACES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "notebooks", "lstm_edu", "tests", "benchmarks"]


def test_spelling():
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", f"--ignore-words-list={NO_WORDS}", f"--skip={NO_TEXTS}", *PLACES],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert not done.stdout, done.stdout


# --- English ---------------------------------------------------------------------------------------------------------

_THINGS = (
    "answer|array|axis|bar|bias|call|cell|class|column|curve|entry|file|function|hint|index|layer|letter|line|list|map|mask|"
    "module|name|notebook|number|page|picture|process|question|report|row|sentence|step|story|string|sum|tab|test|thread|"
    "trace|tuple|unit|value|vector|weight|word"
)
HABITS = {  # that native readers stumble over: how they are found, and what to write
    rf"\bone ({_THINGS})s? an? \w+": "one row per feature",
    r"\bhow many ((?!do(es)? )[\w,]+ ){1,8}(has|have) (?!it\b)[`\w]+[^.?]{0,40}\?": "How many weights does ... have?",
    r"(?<![-\w])in place of\b": "instead of",
    r"\ball the same\b(?!,? size)": "anyway",
    r"\bshall\b": "should",
    r"\bput(s|ting)? out\b": "output, return",
    r"\bst(ands?|ood) (in(?! for)|at|on|below|above|beside|behind|under|next|close|here|there|how)\b": "is, is written",
    r"(?<!\{)\bbeside\b(?![=:`\"'(,]| \(\"| returns| must|[)}])": "next to, compared with, alongside",
    r"(?<!drawn )\banew\b": "again, afresh",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bwanted is\b": "is expected",
    r"\b(held|holds?|hold \w+) against\b": "compared with",
    r", for (both|it|they|this|there|these)\b": "because",
    r"(?<![-:_.\w`])exchang(ed|es|ing)\b(?![(:=\[])": "swapped",
    r"\bturn(s|ed|ing)? (it |them |a \w+ |the \w+ )?round\b": "reversed, transposed, inverted",
    r"\b(left|leaves? \w+) away\b": "omit",
    r"\bone's own\b": "your own, hand-written",
    r"\bbut for (the|what|an|its|one|masks|some|those)\b": "except for, apart from",
    r"\bbelongs? into\b": "belongs in",
    r"\bis (said|known|told) of\b": "about",
    r"(?<!there )\b(is|are) no (explorer|file|folder|gate|layer|list|LSTM|matrix|mistake of|model|notebook|number|path|"
    r"program|rounding|sandbox|text|Trace)\b": "is not a",
    r"\bknows? no\b": "does not know",
    r"\bfor want of\b": "because there is too little",
    r"\bhears\b": "receives, is told",
    r"\blooked at on\b": "checked on",
    r"\bof 0( to |…|\.\.\.)": "step 3 (0 to 5)",
}


def habits(text: str) -> list[str]:
    text = re.sub(r"\[[^\]]*\]\([^)]*\.ipynb[^)]*\)", "", text)  # titles of other notebooks
    return [f"{found[0]!r}: {say}" for form, say in HABITS.items() for found in re.finditer(form, text, flags=re.I)]


def comments_and_texts(path: Path) -> str:
    """What people read of a Python or JavaScript file; not its identifiers, ids and arguments."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        texts = re.findall(r"//.*|^ */?\*.*|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`", source, flags=re.M)
        return "\n".join(text for text in texts if " " in text)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    texts = [t.string for t in tokens if t.type == tokenize.COMMENT or tokenize.tok_name[t.type] in _STRINGS]
    return "\n".join(text for text in texts if " " in text)


_STRINGS = ("STRING", "FSTRING_MIDDLE")  # Python 3.12 has f-strings in pieces
READ = {  # what is read besides the notebooks, by its folder
    "documents": [*PAGES[len(SHOWN) :], *sorted((ROOT / "deploy").rglob("*.md"))],
    **{
        folder: sorted(p for p in (ROOT / folder).rglob("*.*") if p.suffix in (".py", ".js") and p != Path(__file__))
        for folder in ("lstm_edu", "benchmarks", "deploy", "docs", "scripts", "tests")
    },
}


@pytest.mark.parametrize("folder", READ)
def test_the_english_of_everything_else_has_none_of_these_habits(folder):
    found = []
    for path in READ[folder]:
        if habits(path.read_text(encoding="utf-8")):  # a first look, quick: most files have nothing like it
            text = markdown(path) if path.suffix == ".md" else comments_and_texts(path)
            found += [f"{path.relative_to(ROOT)}: {habit}" for habit in habits(text)]
    assert found == []


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_the_english_has_no_habits_that_readers_stumble_over(path):
    code = "\n\n".join(cell.source for cell in cells(path, "code"))
    assert habits(f"{markdown(path)}\n\n{code}") == []


@pytest.mark.parametrize(
    "seen",
    [
        "one row a feature",
        "How many weights has `LSTM(2)` on 4 features?",
        "how many weights have `LSTM(4)` on 5 features, and 2 units?",
        "1000 in place of one",
        "`keras_trace` gets them all the same.",
        "the loss shall be 0",
        "A layer puts out numbers",
        "$W_{kj}$ stands in row $k$",
        "Keras beside NumPy",
        "both, for both are offered the same ink",
        "one bias a unit, without a batch axis",
        "the kernels are exchanged",
        "the outputs are turned round",
        "write it as f(x), or leave mask away",
        "code of one's own",
        "as a Trace, but for the mask",
        "they belong into the table too",
        "what is said of a wrong answer",
        "something that is no number",
        "it knows no Keras",
        "the output gate hears unit 0",
        "our numbers are held against Keras's",
    ],
)
def test_a_habit_is_found(seen):
    assert len(habits(seen)) == 1


@pytest.mark.parametrize(
    "seen",
    [
        "How many weights does `LSTM(2)` have?",
        "How many units have a memory",
        "stand-in",
        "there is no file",
        "le.explore_gradients(lstm, x, beside=rnn)",
        "`kernels-exchanged`",
        "standing for the mean",
    ],
)
def test_good_english_is_no_habit(seen):
    assert habits(seen) == []


# --- how easily it reads --------------------------------------------------------------------------------------------


def plain_sentences(text: str) -> list[list[str]]:
    """The words of each sentence; tables, code, formulas, links' targets and headings left out."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|<[^>]+>", " ", text, flags=re.S)
    text = re.sub(r"^(\||#|>? *\*\*What).*$", " ", text, flags=re.M)
    text = re.sub(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)", " ", text)
    sentences = re.split(r"[.!?:;]\s|\n\s*\n|\n\s*[-*\d]", text)
    words = [re.findall(r"[A-Za-z][A-Za-z'’-]*", sentence) for sentence in sentences]
    return [sentence for sentence in words if len(sentence) >= 3]


def syllables(word: str) -> int:
    """Groups of vowels, except a silent e at the end: right for nine words in ten."""
    groups = re.findall(r"[aeiouy]+", re.sub(r"(?<![aeiouyl])e$", "", word.lower()))
    return max(1, len(groups))


def reading_ease(text: str) -> float:
    """Flesch's figure (1948): 206.835 - 1.015 words per sentence - 84.6 syllables per word."""
    sentences = plain_sentences(text)
    words = [word for sentence in sentences for word in sentence]
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * sum(map(syllables, words)) / len(words)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_reads_easily(path, record_property):
    ease = reading_ease(markdown(path))
    record_property("ease", (path.name, ease))
    assert ease >= HARDEST


def test_the_figure_tells_easy_from_hard():
    easy = "The gate is open. The old number stays. We add the new one. That is all."
    hard = "Multiplicative regularisation instantaneously facilitates heterogeneous parameterisation possibilities."
    assert reading_ease(easy) > 90
    assert reading_ease(hard) < 0
