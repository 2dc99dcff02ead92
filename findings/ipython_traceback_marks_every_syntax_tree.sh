#!/usr/bin/env bash
# executing 2.3.0, as IPython 9.18.1 uses it for its tracebacks; Python 3.11
#
# One would guess: ast.parse gives a tree of one's own. What a checker of a course copies with copy.deepcopy is that tree.
# What happens: for a traceback, executing writes an attribute `parent` on each node of the file's tree. ast.Load() is one object, which
#   all trees of the process share, so from the first traceback in a notebook on, every name in every tree that is parsed afterwards leads
#   through `.ctx.parent` into that other tree. copy.deepcopy follows it, and so does whoever walks vars(node) instead of node._fields,
#   into a circle (here an exercise's check ended in a RecursionError, but only after some earlier cell had failed).
# Seen: a fresh ast.parse("fresh") has 2 nodes; its deep copy holds 2 nodes before the first traceback, and some 30 after it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ipython==9.18.1 executing==2.3.0 stack-data==0.6.3 asttokens==3.0.2
cat > "$folder/run.py" <<'PYTHON'
import ast
import copy
import sys
from importlib.metadata import version

from IPython.core.interactiveshell import InteractiveShell


def held(node):
    """How many syntax nodes can be reached from this one."""
    found, waiting = {}, [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, ast.AST) and id(one) not in found:
            found[id(one)] = one
            waiting += vars(one).values()
    return len(found)


def copied():
    return held(copy.deepcopy(ast.parse("fresh", mode="eval").body))


print("IPython", version("ipython"), "executing", version("executing"), "Python", sys.version.split()[0])
before = copied()
InteractiveShell.instance().run_cell("def f(x):\n    return [x][1] + sum(k * x for k in range(3))\nf(2)")
nodes = sum(1 for _ in ast.walk(ast.parse("fresh", mode="eval").body))
print(f"a fresh name has {nodes} nodes; its deep copy holds {before} before a traceback, {copied()} after it")
sys.exit(not (before == nodes == 2 and copied() > 10))
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
