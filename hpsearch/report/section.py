"""Sections of a report, independent of the document format."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure

from hpsearch.analysis.incumbents import tasks
from hpsearch.report.text import Escape, Fact, Facts, aligned, fill, listing, measured, number, plural
from hpsearch.results.results import Results
from hpsearch.text import plain

Row = Mapping[str, Any]
MOST = 12  # maximum number of panels in a figure of several tasks, and of lines in a panel
_LEADING = 5  # parts of a long ranking that a sentence names
MOST_ROWS = 200  # maximum number of table rows in a document; summary.json has all rows


@dataclass(frozen=True)
class Column:
    """A table column: its heading, and a function that formats a row of the frame.

    Attributes
    ----------
    numeric
        Whether to align the column to the right.
    """

    heading: str
    write: Callable[[Row], str]
    numeric: bool = True


def numbers(frame: pd.DataFrame, name: str, heading: str, digits: int = 2) -> Column:
    """Return a column for numbers in `frame[name]` without a known uncertainty, with aligned decimals."""
    write = aligned(frame[name].astype(float), digits)
    return Column(heading, lambda row: write(row[name]))


def measures(name: str, heading: str, uncertainty: Callable[[Row], float]) -> Column:
    """Return a column for measured numbers in a frame's column `name`, with the digits that each row's bears."""
    return Column(heading, lambda row: measured(float(row[name]), uncertainty(row)))


def counts(name: str, heading: str) -> Column:
    """Return a column for the whole numbers in a frame's column `name`; NaN is missing."""
    return Column(heading, lambda row: number(row[name]) if math.isnan(row[name]) else f"{row[name]:.0f}")


def words(name: str, heading: str) -> Column:
    """Return a column for the text in a frame's column `name`."""
    return Column(heading, lambda row: plain(str(row[name])), numeric=False)


@dataclass(frozen=True)
class Table:
    """A data frame, and the columns that documents show of it."""

    caption: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]

    def rows(self, most: int | None = None) -> list[list[str]]:
        """Return the cells of the first `most` rows as text; all rows for None."""
        records = self.frame.head(len(self.frame) if most is None else most).to_dict("records")
        return [
            [column.write({str(key): cell for key, cell in row.items()}) for column in self.columns] for row in records
        ]


@dataclass(frozen=True)
class Drawing:
    """A figure, and sentences with ``{names}`` of facts that say what it shows.

    They stand above the figure, and are its alternative text. `note` says how to read the figure where it stands
    without its section's prose.
    """

    figure: Figure
    alt: str
    note: str = ""


Level = Literal["pass", "warn", "fail", "unknown"]

# A word and a sign for each level of a card, since colour alone is not accessible.
LEVELS: Mapping[Level, tuple[str, str]] = {
    "fail": ("fail", "✗"),
    "warn": ("warning", "!"),
    "unknown": ("unknown", "?"),
    "pass": ("pass", "✓"),
}


@dataclass(frozen=True)
class Card:
    """A finding with its evidence, separate from the prose.

    Attributes
    ----------
    level
        A key of `LEVELS`.
    title
        The finding, plain text without ``{names}``.
    text
        Evidence and advice; ``{names}`` are replaced by `facts`.
    facts
        Every number and name that `text` mentions.
    said
        Word for the level on this card; empty: that of `LEVELS`.
    """

    level: Level
    title: str
    text: str
    facts: Facts = field(default_factory=dict)
    said: str = ""

    @property
    def word(self) -> str:
        """Level as a word."""
        return self.said or LEVELS[self.level][0]

    @property
    def sign(self) -> str:
        """Level as a sign."""
        return LEVELS[self.level][1]

    def words(self, escape: Escape) -> str:
        """Return the text with its facts filled in and escaped."""
        return fill(self.text, self.facts, escape)


@dataclass(frozen=True)
class Section:
    """One question and its answer.

    With a drawing, the prose is its caption.

    Attributes
    ----------
    key
        Identifier of the section in URLs and file names.
    prose
        Paragraphs; ``{names}`` are replaced by `facts`. A section that does not apply gives the reason in one
        paragraph.
    cards
        Findings with their levels, placed between prose and figure.
    code
        Python code to copy, or an empty string.
    data
        Frames with the numbers of this section's tables and figure, by file name, without numbers that are in a
        shared file.
    shared
        Data files that the section uses in common with other sections: keys of `report.data.SHARED`.
    facts
        Every number and name in prose and `drawing.alt`; cards have their own facts.
    """

    key: str
    title: str
    prose: tuple[str, ...]
    cards: tuple[Card, ...] = ()
    tables: tuple[Table, ...] = ()
    drawing: Drawing | None = None
    code: str = ""
    data: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the data files, relative to the report's folder."""
        return tuple(f"data/{name}.csv" for name in (*self.data, *self.shared))

    def paragraphs(self, escape: Escape, mark: Escape = str) -> list[str]:
        """Return the prose with its facts filled in and escaped; `mark` changes the words around the facts."""
        return [fill(mark(paragraph), self.facts, escape) for paragraph in self.prose]

    def alt(self, escape: Escape) -> str:
        """Return the alternative text of the drawing, empty without one."""
        return fill(self.drawing.alt, self.facts, escape) if self.drawing else ""

    def note(self, escape: Escape, mark: Escape = str) -> str:
        """Return the note on the drawing, empty without one; for `mark` see `paragraphs`."""
        return fill(mark(self.drawing.note), self.facts, escape) if self.drawing else ""


def by_count(results: Results, several: str, alone: str) -> str:
    """Return the words for a study of several variants, or those for a study of one, where nothing is compared."""
    return several if len(results.variants) > 1 else alone


def nouns(results: Results) -> str:
    """Return what the study's variants are, in plural."""
    return plural(2, results.noun)


def worded(section: Section, results: Results) -> Section:
    """Replace the words that depend on what the study compares in a section's text.

    ``{noun}``, ``{nouns}``, ``{Noun}``: what its variants are; ``{side}``: what the two sides of a comparison are;
    ``{subject}``, ``{subjects}``: what the column `task` holds.
    """
    words = {
        "{noun}": results.noun,
        "{nouns}": nouns(results),
        "{Noun}": results.noun.capitalize(),
        "{side}": "level" if results.objective_factors else results.noun,
        "{subject}": results.subject,
        "{subjects}": plural(2, results.subject),
    }

    def write(text: str) -> str:
        for mark, word in words.items():
            text = text.replace(mark, word)
        return text

    tables = [
        replace(
            table,
            caption=write(table.caption),
            columns=tuple(replace(column, heading=write(column.heading)) for column in table.columns),
        )
        for table in section.tables
    ]
    return replace(
        section,
        title=write(section.title),
        prose=tuple(map(write, section.prose)),
        tables=tuple(tables),
        drawing=section.drawing
        and replace(section.drawing, alt=write(section.drawing.alt), note=write(section.drawing.note)),
    )


def by_task(results: Results) -> list[tuple[str, str]]:
    """Pair each task with the suffix of its facts' names: empty for a single task, else ``_1``, ``_2`` …"""
    names = tasks(results)
    return [(name, f"_{index}" if len(names) > 1 else "") for index, name in enumerate(names, 1)]


def level_name(results: Results, factor: str, label: str) -> str:
    """Return a level's label; with the factor's name if the study file lists plain values of one key."""
    factors = results.settings.get("factors")
    table = factors.get(factor) if isinstance(factors, Mapping) else None
    return f"{factor} {label}" if isinstance(table, Mapping) and "key" in table else label


def comparison_name(results: Results, row: Row) -> str:
    """Name the two levels of a row with the columns factor, level and against."""
    level, against = (level_name(results, row["factor"], row[side]) for side in ("level", "against"))
    return plain(f"{level} against {against}")


def few_variants(results: Results, facts: dict[str, Fact]) -> tuple[Results, tuple[str, ...]]:
    """Choose the variants of a figure with a line per variant, and note the omitted ones in a sentence.

    Takes the first `MOST` in the study's order. Adds the counts to `facts`.
    """
    omitted = len(results.variants) - MOST
    if omitted <= 0:
        return results, ()
    facts |= {"variants_drawn": MOST, "variants_left": omitted}
    note = (
        "The figure shows the first {variants_drawn} {nouns} of the study; the data files also have the other "
        "{variants_left}."
    )
    return replace(results, variants=results.variants[:MOST]), (note,)


def leading(parts: Sequence[str], facts: dict[str, Fact]) -> str:
    """Join the parts of a ranking as in a sentence; of more than `MOST`, only the first ones."""
    if len(parts) <= MOST:
        return listing(parts)
    facts["others"] = len(parts) - _LEADING
    return f"{', '.join(map(plain, parts[:_LEADING]))} and {{others}} others"


def few(tasks: Sequence[str], each: int, facts: dict[str, Fact]) -> tuple[list[str], tuple[str, ...]]:
    """Choose the tasks of a figure with `each` panels per task, and note the omitted ones in a sentence.

    Takes the first tasks in the study's order that fit `MOST` panels, at least one. A choice by results would be
    biased towards some variant. Adds the counts to `facts`.
    """
    selected = list(tasks)[: max(MOST // max(each, 1), 1)]
    omitted = len(tasks) - len(selected)
    facts |= {"tasks_drawn": len(selected), "tasks_left": omitted}
    if not omitted:
        return selected, ()
    first = "the first {tasks_drawn} {subjects}" if len(selected) > 1 else "the first {subject}"
    others = "{subject}" if omitted == 1 else "{subjects}"
    note = f"The figure shows {first} of the study; the data files also have the other {{tasks_left}} {others}."
    return selected, (note,)
