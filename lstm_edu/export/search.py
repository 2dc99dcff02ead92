"""The page that searches a site, without a network: its texts, and a small library that is kept in this repository."""

from __future__ import annotations

import json
from collections.abc import Iterable

from lstm_edu.export import page
from lstm_edu.export.cells import Contents, Section
from lstm_edu.export.states import Widgets

FILE = "search.html"

FORM = f"""<form role="search" action="{FILE}">
<input type="search" name="q" aria-label="Words to search for" placeholder="Search"><button>Search</button></form>"""

_CONTENT = """<h1>Search</h1>
<noscript><p>The search needs JavaScript.</p></noscript>
<p role="status"></p>
<ol id="found" class="found"></ol>"""


def search_page(pages: Iterable[tuple[str, Contents]], *, title: str, before: str) -> str:
    """The page, for (file, contents). `before` holds FORM. MiniSearch is inside, with its licence."""
    sections = [_entry(file, contents, s) for file, contents in pages for s in contents.sections if s.level or s.text]
    data = json.dumps(sections, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    library = page.static("minisearch/minisearch.js").rpartition("//# sourceMappingURL")[0]
    scripts = f"""<script type="application/json" id="sections">{data}</script>
<script>
/* MiniSearch 7.2.0.
{page.static("minisearch/LICENSE.txt")} */
{library}
</script>
<script>
{page.static("search.js")}
</script>"""
    return page.whole(_CONTENT, Widgets({}), title=f"Search - {title}", before=before, scripts=scripts)


def _entry(file: str, contents: Contents, section: Section) -> dict[str, str]:
    heading = section.title if section.level > 1 else ""  # the first is the page's
    text = " ".join(section.text.split())
    return {"file": file, "page": contents.name, "anchor": section.anchor, "heading": heading, "text": text}
