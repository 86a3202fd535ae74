"""The report as GitHub-flavoured Markdown, with all markup characters in names escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hpsearch.report.section import MOST_ROWS, Card, Section, Table
from hpsearch.results.results import Results
from hpsearch.text import plain

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$:@!]|(?<=www)\.)")

# Data files are not linked: a report may be stored without them, as in this project's repository.
_FOOT = (
    "---\n\nEvery number in this text is in [summary.json](summary.json). What the figures show is in the files that "
    "are named as data, each number once; a `run` in them is a row of `data/runs.csv`, which names its task, variant "
    "and repeat."
)


def escape(text: str) -> str:
    """Put a backslash before each character that Markdown or GitHub treats as markup."""
    return _MARKS.sub(r"\\\1", text)


def markdown(results: Results, sections: Iterable[Section], closing: str = "") -> str:
    """Render the whole document, with `closing` as last line; images refer to files in ``figures/`` beside it."""
    blocks = [f"# {escape(plain(results.title or results.name))}"]
    if results.question:
        blocks.append(_paragraph(escape(plain(results.question))))
    for section in sections:
        blocks += _section(section)
    blocks += [_paragraph(escape(plain(closing)))] if closing else []
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
    """Render a card as a list item: sign, level, title and evidence."""
    return f"- {escape(card.sign)} **{card.word}: {escape(plain(card.title))}** {card.words(escape)}".rstrip()


def _paragraph(text: str) -> str:
    """Escape a leading mark that would turn the paragraph into a list or a rule."""
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)


def _table(table: Table) -> str:
    head = [escape(plain(column.heading)) for column in table.columns]
    rule = ["---:" if column.numeric else ":---" for column in table.columns]
    rows = [[escape(cell) for cell in row] for row in table.rows(MOST_ROWS)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
