"""The explorers' JavaScript as its own tools see it: ESLint, tsc and Prettier, where `npm install` was run."""

import json
import os
import shutil
import subprocess

import pytest

from lstm_edu import widgets
from lstm_edu.widgets import linking

EXPLORERS = {kind._MODULE for kind in vars(widgets).values() if hasattr(kind, "_MODULE")}


@pytest.fixture(scope="module")
def tools(root):
    """The folder of the programs that package.json names."""
    found = root / "node_modules" / ".bin"
    if not (found / "eslint").exists():
        if os.environ.get("JAVASCRIPT_TOOLS") == "installed":
            pytest.fail("npm was to install the tools that package.json names")
        pytest.skip("ESLint, tsc and Prettier are not installed: `npm install`, where Node 20.19 or later is")
    return found


def run(command, root, **options):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, **options)


@pytest.mark.parametrize("script", ["lint", "types", "format"])
def test_the_modules_are_clean(script, tools, root):
    check = ["--", "--check"] if script == "format" else []
    found = run(["npm", "run", "--silent", script, *check], root)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
def test_package_json_leaves_programs_in_venv_as_they_are(root, tmp_path):
    """JupyterLab in README's .venv runs its yarn.js, no ES module; Node asks the nearest package.json above it."""
    shutil.copy(root / "package.json", tmp_path)
    program = tmp_path / ".venv" / "yarn.js"
    program.parent.mkdir()
    program.write_text('require("fs"); console.log("ran")', encoding="utf-8")
    found = run(["node", str(program)], tmp_path)
    assert (found.returncode, found.stdout) == (0, "ran\n"), found.stderr


def test_a_mistake_is_found(tools, root, tmp_path):
    """So that a tool that looks at nothing is not taken for one that finds nothing."""
    source = (
        f'import {{ at }} from "{linking.STATIC}/shared/arrays.js";\nexport const f = (a) => at(a, "x") + missing;\n'
    )
    stdin = ["--stdin", "--stdin-filename", "lstm_edu/widgets/static/planted.js"]
    lint = run([str(tools / "eslint"), *stdin], root, input=source)
    assert "'missing' is not defined" in lint.stdout
    (tmp_path / "planted.js").write_text(source, encoding="utf-8")
    project = {"extends": str(root / "jsconfig.json"), "include": [str(tmp_path / "planted.js")]}
    (tmp_path / "jsconfig.json").write_text(json.dumps(project), encoding="utf-8")
    types = run([str(tools / "tsc"), "--project", str(tmp_path / "jsconfig.json")], root)
    assert "'string' is not assignable to parameter of type 'number'" in types.stdout


def test_a_linked_module_has_every_name_that_it_uses_once(tools, root, tmp_path):
    """no-undef and the parser itself, which refuses a name that is declared twice; nothing unused is left."""
    for entry in EXPLORERS:
        (tmp_path / entry.replace("/", "_")).write_text(linking.module(entry), encoding="utf-8")
    unused = {"args": "none", "varsIgnorePattern": "^_"}
    rules = {"no-undef": "error", "no-redeclare": "error", "no-unused-vars": ["error", unused]}
    (tmp_path / "eslint.config.mjs").write_text(
        f"""import configs from "{root}/eslint.config.mjs";
const {{ languageOptions }} = configs.find(({{ files }}) => files);
export default [{{ files: ["*_explorer.js"], languageOptions, rules: {json.dumps(rules)} }}];
""",
        encoding="utf-8",
    )
    found = run([str(tools / "eslint"), "--format", "json", "."], tmp_path)
    assert found.stdout, found.stderr
    looked_at = [one for one in json.loads(found.stdout) if one["filePath"].endswith("_explorer.js")]
    assert len(looked_at) == len(EXPLORERS) >= 11
    assert [(one["filePath"], m["message"]) for one in looked_at for m in one["messages"]] == []
