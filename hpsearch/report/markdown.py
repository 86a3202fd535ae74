"""The report as GitHub-flavoured Markdown, with all markup characters in names escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hpsearch.report.first_page import FirstPage, by_chapter, first_page
from hpsearch.report.glossary import Linker
from hpsearch.report.section import MOST_ROWS, Card, Section, Table
from hpsearch.results.results import Results
from hpsearch.text import plain

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$:@!]|(?<=www)\.)")

# Data files are not linked: a report may be stored without them, as in this project's repository.
_FOOT = (
    "---\n\nEvery number in this text is in [summary.json](summary.json). The files named as data hold what the "
    "figures show; a `run` in them is a row of `data/runs.csv`, which gives its task, variant and repeat."
)
_GLOSSARY = "Glossary"


def escape(text: str) -> str:
    """Put a backslash before each character that Markdown or GitHub treats as markup."""
    return _MARKS.sub(r"\\\1", text)


def markdown(
    results: Results, sections: Iterable[Section], closing: str = "", chapters: Mapping[str, str] | None = None
) -> str:
    """Render the whole document, in the order of the page; images refer to files in ``figures/`` beside it.

    Parameters
    ----------
    closing
        Last line.
    chapters
        Heading that each section stands under, by section key.
    """
    by_key = {section.key: section for section in sections}
    terms = Linker(lambda word, _: f"[{word}](#{_anchor(_GLOSSARY)})")
    front = first_page(by_key)
    parts = by_chapter(by_key, chapters)
    blocks = [f"# {escape(plain(results.title or results.name))}"]
    if results.question:
        blocks.append(_paragraph(escape(plain(results.question))))
    if front:
        blocks += _front(front, terms)
    if chapters:
        blocks.append(_contents(parts))
    for chapter, of_chapter in parts.items():
        blocks += [f"## {escape(chapter)}"] if chapters else []
        for section in of_chapter:
            blocks += _section(section, terms, "###" if chapters else "##", front)
    if entries := terms.entries():
        blocks.append(f"## {_GLOSSARY}")
        blocks += [f"**{escape(term)}.** {escape(meaning)}" for term, meaning in entries.items()]
    blocks += [_paragraph(escape(plain(closing)))] if closing else []
    blocks.append(_FOOT)
    return "\n\n".join(blocks) + "\n"


def _front(front: FirstPage, terms: Linker) -> Iterator[str]:
    yield f"**{_paragraph(front.sentence(escape))}**"
    if front.claims:
        yield _cards(front.claims)
    if front.lender:
        yield from _figure(front.lender)
    terms.begin()
    if front.lender and (note := front.lender.note(escape, terms.mark)):
        yield _paragraph(note)
    for table in front.section.tables:
        yield from _table(table)
    yield from (_paragraph(text) for text in front.notes(escape, terms.mark))
    if front.section.cards:
        yield _cards(front.section)
    if front.more:
        yield f"{front.more} more {'warning is' if front.more == 1 else 'warnings are'} below, under diagnostics."
    if front.reason:
        yield _paragraph(escape(front.reason))
    if front.section.code:
        yield _code(front.section.code, "console")


def _contents(parts: Mapping[str, list[Section]]) -> str:
    lines = []
    for chapter, sections in parts.items():
        links = ", ".join(f"[{escape(section.title)}](#{_anchor(section.title)})" for section in sections)
        lines.append(f"- {escape(chapter)}\\: {links}")
    return "\n".join(lines)


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _section(section: Section, terms: Linker, level: str, front: FirstPage | None) -> Iterator[str]:
    terms.begin()
    yield f"{level} {escape(section.title)}"
    if front and section is front.lender:
        yield "The figure at the top of the page shows this."
    elif section.drawing:
        yield from _figure(section)
    yield from (_paragraph(text) for text in section.paragraphs(escape, terms.mark))
    if front and section is front.claims:
        yield "The claims are at the top of the page."
    elif section.cards:
        yield _cards(section)
    for table in section.tables:
        yield from _table(table)
    if section.code:
        yield _code(section.code, "python")
    if section.files:
        yield "Data: " + ", ".join(f"`{path}`" for path in section.files)


def _figure(section: Section) -> Iterator[str]:
    """Yield what the figure shows, and the image; the sentence is not repeated as the image's text."""
    yield f"**{_paragraph(section.alt(escape))}**"
    yield f"![{escape(section.title)}](figures/{section.key}.png)"


def _code(code: str, language: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"


def _cards(section: Section) -> str:
    return "\n".join(map(_card, section.cards))


def _card(card: Card) -> str:
    """Render a card as a list item: sign, level, title and evidence."""
    return f"- {escape(card.sign)} **{card.word}: {escape(plain(card.title))}** {card.words(escape)}".rstrip()


def _paragraph(text: str) -> str:
    """Escape a leading mark that would turn the paragraph into a list or a rule."""
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)


def _table(table: Table) -> Iterator[str]:
    head = [escape(plain(column.heading)) for column in table.columns]
    rule = ["---:" if column.numeric else ":---" for column in table.columns]
    rows = [[escape(cell) for cell in row] for row in table.rows(MOST_ROWS)]
    yield f"**{escape(table.caption)}**"
    yield "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])
    if len(table.frame) > MOST_ROWS:
        yield f"{len(table.frame) - MOST_ROWS} more rows are in [summary.json](summary.json)."
