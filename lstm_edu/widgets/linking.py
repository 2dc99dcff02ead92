"""From the ES modules of static/ to what an explorer carries: one module and one style sheet, linked here, in Python.

anywidget takes one string of JavaScript per widget, and there is no build step. So `module` follows the import lines
from an explorer's file, leaves out comments, spaces and every declaration that nothing reaches, gives the rest short
names, and puts it together in one text. `style` does the same with the style sheets next to the modules.

To be linked a module keeps to a few rules, and one that breaks them is refused with an error that names the file:

* imports are named, `import { at } from "../shared/arrays.js";`, and not circular;
* the top level has only imports and declarations of functions and constants, and perhaps one `export default`;
* there are no classes, and no `switch`: what comes before braces shows whether they are an object;
* a name of another file is imported before it is used (ESLint sees to that).

Each file has its own names: two files may give one name to different things. A function has a line of its own in the
text, so that an error in a browser's console can be found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, product
from pathlib import Path
from posixpath import dirname, join, normpath
from string import ascii_letters, ascii_uppercase
from typing import NamedTuple

STATIC = Path(__file__).parent / "static"


@cache
def module(entry: str) -> str:
    """The module that begins in this file of static/, "lstm/explorer.js", with all that it needs of the others.

    Raises:
        ValueError: a file that does not keep to the rules, or imports what is not there.
    """
    modules = _in_order(entry)
    default = modules[entry].default
    if default is None:
        raise ValueError(f"{entry} is not an explorer: it has no `export default`")
    names = _unique_names(modules)
    needed = _reached(modules, entry, default)
    statements = [
        (statement, names[path])
        for path, one in modules.items()
        for statement in one.statements
        if (path, statement.names[0]) in needed
    ]
    statements.append((default, names[entry]))
    named = zip(statements, _short_names(statements), strict=True)
    return _put_together([_text(statement, names) for (statement, _), names in named])


@cache
def style(entry: str) -> str:
    """The style sheets of an explorer: those next to the modules that it is linked from, x.css next to x.js.

    What they have inside of one selector comes together, where the first of them has it.
    """
    sheets = [(STATIC / path).with_suffix(".css") for path in _in_order(entry)]
    rules: dict[str, str] = {}
    for sheet in sheets:
        if sheet.exists():
            for selector, inside in _rules(_without_spaces(sheet.read_text(encoding="utf-8"))):
                before = rules.get(selector, "")
                rules[selector] = before + (";" if before[-1:] not in ("", "}") else "") + inside
    return "".join(f"{selector}{{{inside}}}" for selector, inside in rules.items())


# --- which files, which declarations --------------------------------------------------------------------------------


def _in_order(entry: str) -> dict[str, _Module]:
    """The modules that this one needs, by path, each after those that it imports; itself last."""
    found: dict[str, _Module] = {}

    def visit(path: str, way: tuple[str, ...]) -> None:
        if path in way:
            raise ValueError(f"modules import each other in a circle: {' -> '.join((*way, path))}")
        if path in found:
            return
        one = _read(path)
        for other in dict.fromkeys(one.imports.values()):
            visit(other, (*way, path))
        for name, other in one.imports.items():
            if name not in found[other].exported:
                raise ValueError(f"{path} imports {name} from {other}, which does not export it")
        found[path] = one

    visit(entry, ())
    return found


def _unique_names(modules: dict[str, _Module]) -> dict[str, dict[str, str]]:
    """The names that are changed because another file has them too: path -> {old: new}."""
    taken = {word for one in modules.values() for word in one.words}
    owners: dict[str, str] = {}
    changed: dict[str, dict[str, str]] = {path: {} for path in modules}
    for path, one in modules.items():
        changed[path] |= {name: changed[other][name] for name, other in one.imports.items() if name in changed[other]}
        for name in (name for statement in one.statements for name in statement.names):
            if owners.setdefault(name, path) == path:
                continue
            new = next(new for n in range(2, len(modules) + 2) if (new := f"{name}{n}") not in taken)
            taken.add(new)
            changed[path][name] = new
    return changed


_OF_ALL = ascii_uppercase[-12:]  # what is used most at the top level; the other letters are for what is inside


def _short_names(statements: list[tuple[_Statement, dict[str, str]]]) -> list[dict[str, str]]:
    """What each declaration calls the names in it: {old: new}.

    What is declared at the top level is called the same everywhere. A variable inside of one declaration is known
    nowhere else, so each declaration begins with `a` again. In each of them different names stay different and a name
    becomes the same other one wherever it is a variable: whatever it is bound to where, it stays bound to.
    """
    uses = [_uses(statement, changed) for statement, changed in statements]
    top = {changed.get(name, name) for statement, changed in statements for name in statement.names}
    shared, inside = Counter[_Use](), set[str]()
    for counted in uses:
        shared.update({use: times for use, times in counted.items() if use.name in top})
        inside |= {use.name for use in counted} - top
    of_all = _shorter(shared, top | inside, _OF_ALL)
    taken = top | set(of_all.values())
    found = []
    for counted in uses:
        own = Counter({use: times for use, times in counted.items() if use.name not in top})
        new = of_all | _shorter(own, taken | {use.name for use in own}, ascii_letters)
        names = {use.old: new.get(use.name, use.name) for use in counted}
        found.append({old: name for old, name in names.items() if name != old})
    return found


class _Use(NamedTuple):
    old: str  # as it is written in its file
    name: str  # where another file has it too, the name that it has been given
    shorthand: bool  # {a}, which has to become {a:b}


def _uses(statement: _Statement, changed: dict[str, str]) -> Counter[_Use]:
    """How often each variable is used in a declaration, the names of the browser left out."""
    return Counter(
        _Use(token.text, changed.get(token.text, token.text), role == "shorthand")
        for token, role in zip(statement.tokens, statement.roles, strict=True)
        if role in ("variable", "shorthand") and token.text not in _OF_THE_BROWSER
    )


def _shorter(uses: Counter[_Use], taken: set[str], letters: str) -> dict[str, str]:
    """Names that are not taken, these letters or two of any, where they save something; the commonest first."""
    times, shorthands = Counter[str](), Counter[str]()
    for use, n in uses.items():
        times[use.name] += n
        shorthands[use.name] += n * use.shorthand
    names = chain(letters, map("".join, product(ascii_letters, repeat=2)))
    free = (name for name in names if name not in taken | _KEYWORDS | _OF_THE_BROWSER)
    found: dict[str, str] = {}
    new = next(free)
    for name, n in times.most_common():
        if n * (len(name) - len(new)) > shorthands[name] * (len(name) + 1):
            found[name], new = new, next(free)
    return found


def _reached(modules: dict[str, _Module], entry: str, default: _Statement) -> set[tuple[str, str]]:
    """(path, first name) of each declaration that the entry's default needs, directly or not."""
    found: set[tuple[str, str]] = set()
    open_ = [(entry, default)]
    while open_:
        path, statement = open_.pop()
        for word in statement.uses:
            home = modules[path].imports.get(word, path)
            other = modules[home].declared.get(word)
            if other is not None and (home, other.names[0]) not in found:
                found.add((home, other.names[0]))
                open_.append((home, other))
    return found


# --- one file -------------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str  # "word", "number", "string", "template", "regex", "mark"
    text: str
    gap: str  # what is before it: "", " ", or "\n" where a line ends there


class _Statement(NamedTuple):
    names: tuple[str, ...]
    tokens: list[_Token]
    roles: list[str]  # of each token, see _roles

    @property
    def uses(self) -> set[str]:
        """The variables in it, its own among them."""
        named = zip(self.tokens, self.roles, strict=True)
        return {token.text for token, role in named if role in ("variable", "shorthand")}


class _Module(NamedTuple):
    imports: dict[str, str]  # name -> path of the file that has it
    exported: set[str]
    statements: list[_Statement]
    default: _Statement | None
    words: set[str]

    @property
    def declared(self) -> dict[str, _Statement]:
        return {name: statement for statement in self.statements for name in statement.names}


@cache
def _read(path: str) -> _Module:
    try:
        source = (STATIC / path).read_text(encoding="utf-8")
    except OSError:
        raise ValueError(f"there is no module {path} in {STATIC}") from None
    tokens = list(_tokens(source, path))
    one = _Module({}, set(), [], None, {token.text for token in tokens if token.kind == "word"})
    for statement in _statements(tokens, path):
        words = [token.text for token in statement]
        roles = _roles(statement)
        if refused := {word for word, role in zip(words, roles, strict=True) if not role} & {"class", "switch", "var"}:
            raise ValueError(f"{path} has `{min(refused)}`, which linking.py does not know: write it differently")
        if words[0] == "import":
            _add_imports(one, words, path)
        elif words[:2] == ["export", "default"]:
            one = one._replace(default=_Statement((), statement, roles))
        else:
            exported = words[0] == "export"
            names = _declared_names(words[exported:], path)
            one.statements.append(_Statement(names, statement[exported:], roles[exported:]))
            one.exported.update(names if exported else ())
    return one


def _add_imports(one: _Module, words: list[str], path: str) -> None:
    found = re.fullmatch(r'import \{ ((?:[\w$]+ , )*[\w$]+)(?: ,)? \} from "(\.[^"]*)" ;', " ".join(words))
    if not found:
        raise ValueError(f'{path}: an import must be like `import {{ at, format }} from "./numbers.js";`, got {words}')
    for name in found[1].split(" , "):
        one.imports[name] = normpath(join(dirname(path), found[2]))


def _declared_names(words: list[str], path: str) -> tuple[str, ...]:
    """What a statement at the top level declares: function f, const a = ..., const [a, b] = ..."""
    head = words[1:] if words[0] == "async" else words
    if head[0] == "function":
        return (next(word for word in head[1:] if word != "*"),)
    if head[0] not in ("const", "let"):
        raise ValueError(
            f"{path}: the top level of a module may have only declarations, got `{' '.join(words[:6])} ...`"
        )
    if head[1] not in "[{":
        return (head[1],)
    end = head.index("]" if head[1] == "[" else "}")
    return tuple(word for word in head[2:end] if word != ",")


def _statements(tokens: list[_Token], path: str) -> Iterator[list[_Token]]:
    """The statements at the top level: a function ends with its body, all others with a semicolon."""
    statement: list[_Token] = []
    depth = 0
    for token in tokens:
        statement.append(token)
        depth += _opens(token) - _closes(token)
        body = token.text == "}" and "function" in {t.text for t in statement[:4]}
        if depth == 0 and (token.text == ";" or body):
            yield statement
            statement = []
    if statement:
        raise ValueError(f"{path}: the last statement does not end: {''.join(t.text for t in statement[:12])} ...")


# --- tokens ---------------------------------------------------------------------------------------------------------

_PIECE = r"(?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)"  # of a template, up to its end or to the next ${
_TOKEN = re.compile(
    rf"""(?P<word>[A-Za-z_$][\w$]*)
    | (?P<number>0[xXbBoO]\w+ | (?:\d[\d_]*\.?\d* | \.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
    | (?P<template>`{_PIECE})
    | (?P<mark>\.\.\. | => | \?\.(?!\d) | \+\+ | -- | [-+*/%&|^!~<>=?:;,.(){{}}\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_GAP = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)  # spaces, lines and comments
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_TEMPLATE_GOES_ON = re.compile(r"\}" + _PIECE, re.DOTALL)
_BEFORE_AN_OPERAND = {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof", "await",
    "else", "do", "yield"}  # fmt: skip
_KEYWORDS = _BEFORE_AN_OPERAND | {"const", "let", "var", "function", "class", "if", "for", "while", "try", "catch",
    "finally", "break", "continue", "switch", "default", "import", "export", "extends", "super", "this", "null", "true",
    "false", "async", "static", "debugger"}  # fmt: skip

# What modules use and do not declare: eslint.config.mjs has the same names, and those of the language.
_OF_THE_BROWSER = frozenset(
    """AbortController Array Blob Boolean CSS DataView Error Float32Array Float64Array HTMLElement ImageData Infinity
    Int8Array IntersectionObserver JSON Map Math MutationObserver NaN Number Object Promise RegExp ResizeObserver Set
    String Symbol URL Uint32Array Uint8Array Uint8ClampedArray WeakMap atob cancelAnimationFrame clearInterval
    clearTimeout console document getComputedStyle globalThis isNaN localStorage matchMedia parseFloat parseInt
    queueMicrotask requestAnimationFrame setInterval setTimeout undefined window arguments""".split()
)


def _tokens(source: str, path: str) -> Iterator[_Token]:
    """The source in tokens. What is inside `${...}` comes as tokens too, between the pieces of its template."""
    place, before = 0, _Token("mark", ";", "")
    inside: list[str] = []  # the open braces: of a template, or others
    while True:
        start = _end(_GAP, source, place)
        gap = source[place:start]
        place = start
        if place == len(source):
            return
        kind, end = "", -1
        if source[place] == "/" and _may_begin_a_regex(before, source, place, path):
            kind, end = "regex", _end(_REGEX, source, place)
        elif source[place] == "}" and inside and inside[-1] == "${":
            kind, end = "template", _end(_TEMPLATE_GOES_ON, source, place)
        elif found := _TOKEN.match(source, place):
            kind, end = found.lastgroup or "", found.end()
        if end < 0:
            raise ValueError(f"{path}, line {_line(source, place)}: what is {source[place : place + 20]!r}?")
        token = _Token(kind, source[place:end], "\n" if "\n" in gap else " " if gap else "")
        if _closes(token) and token.text[0] == "}" and inside:
            inside.pop()
        if _opens(token) and token.text[-1] == "{":
            inside.append("${" if kind == "template" else "{")
        yield token
        place, before = end, token


def _end(pattern: re.Pattern[str], source: str, place: int) -> int:
    found = pattern.match(source, place)
    return found.end() if found else -1


def _line(source: str, place: int) -> int:
    return source.count("\n", 0, place) + 1


def _may_begin_a_regex(before: _Token, source: str, place: int, path: str) -> bool:
    """Whether a slash begins a regular expression: it does where an operand is due; else it divides."""
    if before.text == "}" and before.kind == "mark":
        line = _line(source, place)
        raise ValueError(f"{path}, line {line}: a slash after a brace may mean two things; write it differently")
    if before.kind == "mark":
        return before.text not in (")", "]", "++", "--")
    if before.kind == "template":
        return before.text.endswith("${")
    return before.kind == "word" and before.text in _BEFORE_AN_OPERAND


def _opens(token: _Token) -> int:
    return token.text in ("(", "[", "{") if token.kind == "mark" else token.kind == "template" and token.text[-1] == "{"


def _closes(token: _Token) -> int:
    return token.text in (")", "]", "}") if token.kind == "mark" else token.kind == "template" and token.text[0] == "}"


def _roles(tokens: list[_Token]) -> list[str]:
    """What each token is: "variable"; "property", of an object; "shorthand", {a}, both; "" for everything that is not a
    name."""
    roles: list[str] = []
    inside: list[str] = []  # the open brackets; "object" for the brace of an object or of a pattern
    before = _Token("mark", ";", "")
    role = ""
    for token, following in zip(tokens, [*tokens[1:], before], strict=True):
        after = following.text
        if token.kind != "word":
            role = ""
            if _closes(token) and inside:
                inside.pop()
            if _opens(token):
                inside.append("object" if token.text == "{" and _is_object(before) else token.text)
        elif before.text in (".", "?."):
            role = "property"
        elif inside and inside[-1] == "object" and (before.text in ("{", ",") or role == "modifier"):
            if token.text in ("get", "set", "async") and following.kind == "word":
                role = "modifier"
            elif after in (":", "("):
                role = "property"
            else:
                role = "shorthand" if after in (",", "}", "=") else "variable"
        else:
            role = "" if token.text in _KEYWORDS else "variable"
        roles.append(role)
        before = token
    return roles


def _is_object(before: _Token) -> bool:
    """Whether a brace after this token opens an object or a pattern, not a block."""
    if before.kind == "word":
        return before.text in ("return", "const", "let", "of", "in", "default", "await", "typeof", "import")
    return before.text not in (")", "=>", ";", "{", "}")


# --- text -----------------------------------------------------------------------------------------------------------

_NOTHING_NEEDED = set("(){}[],;:?=<>!&|*%^~.") | {"=>", "?.", "..."}  # no space next to these is needed
_SIGNS = {"+", "-", "/", "++", "--"}  # nor next to these, unless both are of them: a + +b
_GOES_ON_AFTER = _NOTHING_NEEDED - {")", "]", "}"} | {"+", "-", "/"}
_GOES_ON_BEFORE = {")", "]", "}", ",", ";", ".", "?.", ":", "?", "=", "&", "|", "=>"}


def _put_together(texts: list[str]) -> str:
    """The declarations of a module as one text: the constants, then the functions, and its default at the end."""
    *declared, default = texts
    functions = [text for text in declared if text.startswith(("function", "async"))]
    rows: list[str] = []
    for text in declared:
        if rows and rows[-1].startswith("const") and text.startswith("const"):
            rows[-1] = f"{rows[-1][:-1]},{text.removeprefix('const').lstrip()}"
        elif text not in functions:
            rows.append(text)
    return "\n".join([*rows, *functions, default]) + "\n"


def _text(statement: _Statement, names: dict[str, str]) -> str:
    """A statement as text, with other names, and no more spaces and lines than the language needs."""
    written: list[str] = []
    before = ""  # what a gap is between: marks, or "" for all else
    for (kind, text, gap), role in _one_const(_without_needless(statement)):
        if gap and written:
            written.append(_space_between(before, text if kind == "mark" else "/" if kind == "regex" else "", gap))
        before = text if kind == "mark" else ""
        if text in names and role in ("variable", "shorthand"):
            text = names[text] if role == "variable" else f"{text}:{names[text]}"
        written.append(text)
    return "".join(written)


_Named = tuple[_Token, str]  # a token and its role


def _without_needless(statement: _Statement) -> list[_Named]:
    """The tokens without a last comma or semicolon in brackets, and without brackets around the one name before =>."""
    named = list(zip(statement.tokens, statement.roles, strict=True))
    found: list[_Named] = []
    heads: list[bool] = []  # of the open brackets ( : whether they belong to a statement, as those of `for (...)`
    head = False  # whether the bracket that closed last did
    for n, (token, role) in enumerate(named):
        before = found[-1][0].text if found else ""
        after = named[n + 1][0] if n + 1 < len(named) else None
        if token.text == "(" and token.kind == "mark":
            heads.append(before in ("for", "while", "if"))
        elif token.text == ")" and token.kind == "mark":
            head = heads.pop()
        closes = after is not None and after.kind == "mark" and after.text in ")]}"
        if token.kind == "mark" and token.text == "," and closes and before not in ("[", ","):
            continue  # but [,] is a hole
        if token.kind == "mark" and token.text == ";" and closes and not (before == ")" and head):
            continue  # but for (...); has an empty body
        if token.text == "=>" and len(found) > 2 and [found[-3][0].text, before] == ["(", ")"]:
            name = found[-2]
            if name[1] == "variable" and (len(found) == 3 or found[-4][0].text != "async"):
                found[-3:] = [(name[0]._replace(gap=found[-3][0].gap), name[1])]
        found.append((token, role))
    return found


def _one_const(named: list[_Named]) -> list[_Named]:
    """The same with one `const` for those that follow each other, const a=1,b=2; and one `let`."""
    found: list[_Named] = []
    first: list[str] = [""]  # of each open bracket: with which word the statement began that we are in
    for token, role in named:
        before = found[-1][0] if found else _Token("mark", ";", "")
        if _closes(token):
            first.pop()
        if token.gap == "\n" and _space_between(before.text, token.text, "\n"):
            first[-1] = ""  # perhaps a statement ended there
        if token.text in ("const", "let") and first[-1] == f"{token.text};":
            found[-1] = (before._replace(text=","), "")
            first[-1] = token.text
            continue
        if token.text == ";" and token.kind == "mark":
            first[-1] = f"{first[-1]};"
        elif first[-1] == "" or first[-1].endswith(";"):
            first[-1] = token.text
        if _opens(token):
            first.append("")
        found.append((token, role))
    return found


def _space_between(before: str, after: str, gap: str) -> str:
    if gap == "\n":  # a line may end a statement, unless it cannot end or begin here
        return "" if before in _GOES_ON_AFTER or after in _GOES_ON_BEFORE else gap
    if before in _NOTHING_NEEDED or after in _NOTHING_NEEDED:
        return ""
    return "" if (before in _SIGNS) != (after in _SIGNS) else gap


_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*") | /\*.*?\*/""", re.VERBOSE | re.DOTALL)
_SPACE = re.compile(r"""("(?:\\.|[^"\\])*") | \s*([{};,>])\s* | (\s+)""", re.VERBOSE)


def _without_spaces(sheet: str) -> str:
    """A style sheet without comments and without the spaces that mean nothing."""
    without_comments = _COMMENT.sub(lambda m: m[1] or "", sheet)
    short = _SPACE.sub(lambda m: m[1] or m[2] or " ", without_comments)
    return short.replace(";}", "}").replace(": ", ":").strip()


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """The rules at the top level: (selector, what is in its braces)."""
    depth, start, selector = 0, 0, ""
    for brace in re.finditer(r'"(?:\\.|[^"\\])*"|[{}]', sheet):
        if brace[0] == "{":
            depth += 1
            if depth == 1:
                selector, start = sheet[start : brace.start()].strip(), brace.end()
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                yield selector, sheet[start : brace.start()].strip()
                start = brace.end()


def files() -> Iterable[str]:
    """The modules of static/, by path."""
    return sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
