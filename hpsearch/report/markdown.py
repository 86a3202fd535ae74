"""The report as Markdown that GitHub renders: names are shown as they are, whatever signs they are made
of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hpsearch.report.section import MOST_ROWS, Card, Section, Table
from hpsearch.results.results import Results
from hpsearch.text import plain

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$:@!]|(?<=www)\.)")

# Data files are named and not linked: a report may be kept without them, as those in this project's repository are.
_FOOT = (
    "---\n\nEvery number in this text is in [summary.json](summary.json). What the figures show is in the files that "
    "are named as data, each number once; a `run` in them is a row of `data/runs.csv`, which names its task, strategy "
    "and repeat."
)


def escape(text: str) -> str:
    """The text with a backslash before each sign that Markdown or GitHub would read as a mark."""
    return _MARKS.sub(r"\\\1", text)


def markdown(results: Results, sections: Iterable[Section]) -> str:
    """The whole document; figures are found beside it, in ``figures/``."""
    blocks = [f"# {escape(plain(results.title or results.name))}"]
    if results.question:
        blocks.append(_paragraph(escape(plain(results.question))))
    for section in sections:
        blocks += _section(section)
    blocks.append(_FOOT)
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"## {escape(section.title)}"
    yield from (_paragraph(text) for text in section.paragraphs(escape))
    if section.cards:
        yield "\n".join(_card(card) for card in section.cards)
    if section.drawing:
        yield f"![{section.alt(escape)}](figures/{section.key}.png)"
    for table in section.tables:
        yield f"**{escape(table.caption)}**"
        yield _table(table)
        if len(table.frame) > MOST_ROWS:
            yield f"{len(table.frame) - MOST_ROWS} more rows are in [summary.json](summary.json)."
    if section.code:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", section.code)), default=0))
        yield f"{fence}python\n{section.code}\n{fence}"
    if section.files:
        yield "Data: " + ", ".join(f"`{path}`" for path in section.files)


def _card(card: Card) -> str:
    """A list's item: sign and level, what was found, evidence."""
    return f"- {escape(card.sign)} **{card.word}: {escape(plain(card.title))}** {card.words(escape)}".rstrip()


def _paragraph(text: str) -> str:
    """The text, kept from beginning a list or a rule where somebody's words begin with such a mark."""
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)


def _table(table: Table) -> str:
    head = [escape(plain(column.heading)) for column in table.columns]
    rule = ["---:" if column.numeric else ":---" for column in table.columns]
    rows = [[escape(cell) for cell in row] for row in table.rows(MOST_ROWS)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
