"""The site's parts, as far as they need no JupyterLite; `test_pages.py` opens a whole one."""

import hashlib
import json
import re
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError

import nbformat
import nbformat.v4 as v4
import pytest

from lstm_edu.__main__ import main
from lstm_edu.live import building


def test_the_command_says_what_is_missing(monkeypatch, tmp_path):
    def version(name):
        if name == "jupyterlite-core":
            return "0.6.3"
        raise PackageNotFoundError(name)

    monkeypatch.setattr(building, "version", version)
    said = main(["site", "--live", "-o", str(tmp_path / "live")])
    assert "jupyterlite-core 0.6.4 (here: 0.6.3) and jupyterlite-pyodide-kernel 0.6.1 (here: none)" in said
    assert "pip install -e '.[live]'" in said and not (tmp_path / "live").exists()


def test_what_is_there_is_not_written_over(monkeypatch, tmp_path, root):
    monkeypatch.setattr(building, "version", building.NEEDED.get)
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "mine").write_text("kept")
    assert "name a new or an empty folder" in main(["site", "--live", "-o", str(tmp_path)])
    with pytest.raises(ValueError, match="no notebooks"):
        building.build(tmp_path, tmp_path / "other")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["live", "live/mine"]


def test_what_is_said_of_the_live_notebooks_needs_them(tmp_path):
    for option in (["--no-pages"], ["--wheels", str(tmp_path)], ["--pyodide", str(tmp_path)]):
        said = main(["site", *option, "-o", str(tmp_path / "site")])
        assert said == f"{option[0]} is only for the live notebooks: add --live"
    assert list(tmp_path.iterdir()) == []


def test_what_the_pages_have_run_is_recorded_and_not_run_again(root):
    """A notebook that the pages could not run is left out; its sentences stay."""
    differs = json.loads(building.DIFFERS.read_text())
    name = next(name for name, ids in differs.items() if not all(ids.values()))
    run = nbformat.read(root / "notebooks" / name, as_version=4)
    for cell in run.cells:
        if cell.id in differs[name]:
            cell.outputs = [v4.new_output("stream", text=f"shown by {cell.id}\n")]
    said = []
    recorded = building._recorded(root / "notebooks", True, {name: run}, said.append)
    shown = {text["data"]["text/plain"] for entry in recorded.values() for text in entry["outputs"]}
    assert shown == {f"shown by {cell_id}" for cell_id in differs[name]} and said == []
    others = [said for other, ids in differs.items() if other != name for said in ids.values() if said]
    told = [entry for entry in recorded.values() if not entry["outputs"]]
    assert [{"runs": entry["note"]} if "note" in entry else entry["why"] for entry in told] == others


def test_the_extra_has_the_same_versions_and_every_wheel_is_pinned(root):
    extra = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    pinned = dict(re.findall(r"([\w-]+)==([\d.]+)", " ".join(extra["live"])))
    assert pinned == building.NEEDED
    lines = [line for line in building.WHEELS.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 10 and all(re.fullmatch(r"[\w-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_a_wheel_becomes_an_entry_of_pyodides_list(tmp_path):
    wheel = tmp_path / "typing_things-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("things/__init__.py", "things/a/b.py", "alone.py", "typing_things-1.2.3.dist-info/METADATA"):
            archive.writestr(name, name)
    entry = building._entry(wheel)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert (entry["name"], entry["version"], entry["sha256"]) == ("typing-things", "1.2.3", sha256)
    assert entry["file_name"] == f"wheels/{sha256[:12]}/{wheel.name}"
    assert entry["imports"] == ["alone", "things"]


def test_what_is_recorded_can_be_shown_without_python():
    printed = v4.new_output("stream", text="loss 0.25\n")
    picture = v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})
    widget = v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}})
    shown = [building._shown(output) for output in (printed, picture, widget)]
    assert shown == [{"data": {"text/plain": "loss 0.25"}}, {"data": dict(picture.data)}, None]


def test_the_page_has_our_scripts_or_the_build_fails(tmp_path):
    page = tmp_path / "index.html"
    page.write_text("<html><head><title>é</title></head></html>", encoding="utf-8")
    building._add_to_page(page)
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'src="\.\./live/(\w+)\.js"></script>', text.partition("</head>")[0]) == ["progress", "narrow"]
    page.write_text("<html></html>", encoding="utf-8")
    with pytest.raises(RuntimeError, match="JupyterLite's page has changed"):
        building._add_to_page(page)


def test_each_build_is_kept_under_a_name_of_its_own_or_the_build_fails(tmp_path):
    theirs = """"use strict";self.addEventListener("fetch",onFetch);"""
    kept = []
    for text in ("one", "two", "one"):
        site = tmp_path / str(len(kept))
        (site / "live").mkdir(parents=True)
        (site / "live" / "course.json").write_text(json.dumps({"pyodide": "https://somewhere/", "text": text}))
        (site / "service-worker.js").write_text(theirs, encoding="utf-8")
        building._keep_for_later(site)
        worker = (site / "service-worker.js").read_text(encoding="utf-8")
        settings, _, rest = worker.partition(";\n")
        kept.append(json.loads(settings.removeprefix("self.lstmEdu = ")))
        assert rest.index("stopImmediatePropagation") < rest.index(theirs)
    assert kept[0] == kept[2] != kept[1] and {one["pyodide"] for one in kept} == {"https://somewhere/"}
    (tmp_path / "0" / "service-worker.js").write_text("", encoding="utf-8")
    with pytest.raises(RuntimeError, match="JupyterLite's service worker has changed"):
        building._keep_for_later(tmp_path / "0")
