"""The gallery: a page of all reports in a folder, with the claims of their studies first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hpsearch.analysis.claims import Decision
from hpsearch.errors import UsageError
from hpsearch.report.claim_sentence import effect_text
from hpsearch.report.gallery_titles import COLUMNS, GROUPS, WORDS, Titles
from hpsearch.report.markdown import escape
from hpsearch.text import plain

PAGE = "README.md"

_SUMMARY = "summary.json"
_THUMBNAIL_WIDTH = 240  # pixels
_FIGURES = ("figure", "answer", "paired", "best_so_far")  # sections whose figure a thumbnail shows, the first there is
_SIGNS = {"holds": "✓", "does not hold": "✗", "not resolved": "?"}
_VERBS = {
    "holds": ("holds", "hold"),
    "does not hold": ("does not hold", "do not hold"),
    "not resolved": ("is not resolved", "are not resolved"),
}  # of one claim, and of several
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_FOOT = """Each page is made by `hpsearch study NAME`, and this one by `hpsearch gallery`. The same machine \
gives the same numbers. Without MNIST, `hpsearch study NAME --data digits` runs a study on the digits of scikit-learn, \
under a name of its own. Only what the pages show is committed: `report.md`, `summary.json` and the figures as \
PNGs; git ignores the rest that the commands write."""


@dataclass(frozen=True)
class Page:
    """A report in the folder.

    Attributes
    ----------
    name
        Its folder.
    document
        The file to read.
    title
        Its title.
    decisions
        Decisions on the study's claims.
    thumbnail
        Path of the figure in its row; empty without one.
    repeats
        Number of repeats.
    """

    name: str
    document: str
    title: str
    decisions: Sequence[Decision] = ()
    thumbnail: str = ""
    repeats: int = 0


def write_gallery(folder: Path) -> Path:
    """Write the gallery of the reports in `folder` into its ``README.md``, and return the path.

    Raises
    ------
    UsageError
        If the folder has no report, or can't be written to.
    """
    pages = read_pages(folder)
    if not pages:
        raise UsageError(f"there is no report in {folder}: each report's folder has a {_SUMMARY}")
    try:
        (folder / PAGE).write_text(gallery(pages), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder / PAGE} can't be written: {error.strerror}") from error
    return folder / PAGE


def read_pages(folder: Path) -> dict[str, Page]:
    """Return the reports in `folder`, and folders that hold only a ``README.md``, by name.

    Raises
    ------
    UsageError
        If a summary can't be read.
    """
    pages = {}
    for path in sorted(folder.glob(f"*/{_SUMMARY}")):
        try:
            pages[path.parent.name] = _page(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is no summary of a report of this version: {error}") from error
    for path in sorted(folder.glob(f"*/{PAGE}")):
        heading = _HEADING.search(path.read_text(encoding="utf-8"))
        if path.parent.name not in pages and heading:
            pages[path.parent.name] = Page(path.parent.name, PAGE, heading[1])
    return pages


def _page(path: Path) -> Page:
    content = json.loads(path.read_text(encoding="utf-8"))
    study, name = content["study"], path.parent.name
    rows = content["sections"].get("claims", {}).get("tables", {}).get("Claims", [])
    figures = (f"figures/{key}.png" for key in _FIGURES if f"figures/{key}.png" in content["files"])
    return Page(
        name=name,
        document="report.md",
        title=study["title"] or study["name"],
        decisions=[_decision(row) for row in rows],
        thumbnail=next(figures, ""),
        repeats=study["repeats"],
    )


def _decision(row: Mapping[str, Any]) -> Decision:
    return Decision(**{field.name: row[field.name] for field in fields(Decision)})


def gallery(pages: Mapping[str, Page]) -> str:
    """Return the gallery as Markdown: a table of claims for each group, then the other reports."""
    blocks = ["# Reports of the studies that ship", *_opening(pages)]
    shown: set[str] = set()
    for title, titles in GROUPS.items():
        present = {page.name: titles[name] for name in titles for page in _pages_of(name, pages) if page.decisions}
        shown |= set(present)
        if present:
            blocks += [f"## {' · '.join(_distinct(title))}", _table(pages, present)]
    others = {name: page for name, page in pages.items() if name not in shown}
    if others:
        blocks += ["## Other reports" if shown else "## Reports", _others(others)]
    return "\n\n".join([*blocks, _FOOT]) + "\n"


def _pages_of(name: str, pages: Mapping[str, Page]) -> list[Page]:
    """Return the report of a study, and those of its variations: quick ones, and ones on other data."""
    names = [name, *(each for each in pages if each.startswith(f"{name}-"))]
    return [pages[each] for each in names if each in pages]


def _opening(pages: Mapping[str, Page]) -> Iterator[str]:
    """Yield how many claims hold, and what the words are called."""
    words: list[str] = [each.word for page in pages.values() for each in page.decisions]
    if not words:
        return
    counts = ", ".join(f"{count} {_VERBS[word][count > 1]}" for word in WORDS if (count := words.count(word)))
    yield f"{len(words)} claims of a chapter and of a lecture, each decided by repeats on one machine: {counts}."
    yield "\n".join(f"- {_SIGNS[word]} {' · '.join(_distinct(titles))}" for word, titles in WORDS.items())


def _table(pages: Mapping[str, Page], present: Mapping[str, Titles]) -> str:
    head = ["<br>".join(_distinct(titles)) for titles in COLUMNS.values()]
    rows = [row for name, titles in present.items() for row in _rows(pages[name], titles)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, [":---"] * len(head), *rows])


def _rows(page: Page, titles: Titles) -> Iterator[list[str]]:
    """Yield a row for each claim; the first one also names and shows the experiment."""
    for number, decision in enumerate(page.decisions):
        word = f"{_SIGNS[decision.word]} {decision.word}"
        yield [
            "" if number else _experiment(page, titles),
            escape(plain(decision.text)),
            escape(word),
            escape(effect_text(decision)),
        ]


def _experiment(page: Page, titles: Titles) -> str:
    """Return the cell of an experiment: its titles, and its figure, which leads to its page."""
    english, *others = _distinct(titles)
    link = f"{page.name}/{page.document}"
    image = f'<img src="{page.name}/{page.thumbnail}" width="{_THUMBNAIL_WIDTH}" alt="{english}">'
    parts = [f"[**{english}**]({link})", *others, f"`{page.name}`", *([f"[{image}]({link})"] if page.thumbnail else [])]
    return "<br>".join(parts)


def _distinct(titles: Titles) -> list[str]:
    """Return the titles without repetitions: the Chinese ones can be the same."""
    return list(dict.fromkeys(titles))


def _others(pages: Mapping[str, Page]) -> str:
    rows = [[f"[{name}]({name}/{page.document})", escape(plain(page.title))] for name, page in pages.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [["Report", "Of"], [":---"] * 2, *rows])
