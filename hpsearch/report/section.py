"""What a section of a report is: the form between the analysis and the documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from matplotlib.figure import Figure

from hpsearch.analysis.incumbents import tasks
from hpsearch.report.text import Escape, Fact, Facts, aligned, fill, number, plural
from hpsearch.results.results import Results
from hpsearch.text import plain

Row = Mapping[str, Any]
MOST = 12  # panels of one figure that shows several tasks
MOST_ROWS = 200  # of a table that documents show; summary.json has all of them


@dataclass(frozen=True)
class Column:
    """A column as readers see it: its heading, and how it writes a row of the frame.

    Attributes
    ----------
    numeric
        Whether it is aligned to the right.
    """

    heading: str
    write: Callable[[Row], str]
    numeric: bool = True


def numbers(frame: pd.DataFrame, name: str, heading: str, digits: int = 4) -> Column:
    """A column that shows the frame's measured numbers of that name, their decimals aligned."""
    write = aligned(frame[name].astype(float), digits)
    return Column(heading, lambda row: write(row[name]))


def counts(name: str, heading: str) -> Column:
    """A column that shows the frame's whole numbers of that name, which may be missing."""
    return Column(heading, lambda row: number(row[name]) if math.isnan(row[name]) else f"{row[name]:.0f}")


def words(name: str, heading: str) -> Column:
    """A column that shows the frame's text of that name."""
    return Column(heading, lambda row: plain(str(row[name])), numeric=False)


@dataclass(frozen=True)
class Table:
    """A data frame with machine names, and the columns that readers see."""

    caption: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]

    def rows(self, most: int | None = None) -> list[list[str]]:
        """The cells as text, row by row; no more rows than told."""
        records = self.frame.head(len(self.frame) if most is None else most).to_dict("records")
        return [
            [column.write({str(key): cell for key, cell in row.items()}) for column in self.columns] for row in records
        ]


@dataclass(frozen=True)
class Drawing:
    """A figure, and the sentence about its facts that says what it shows to those who can't see it."""

    figure: Figure
    alt: str


Level = Literal["pass", "warn", "fail", "unknown"]

# A word and a sign for each level of a card, so that it reads without its colour.
LEVELS: Mapping[Level, tuple[str, str]] = {
    "fail": ("fail", "✗"),
    "warn": ("warning", "!"),
    "unknown": ("unknown", "?"),
    "pass": ("pass", "✓"),
}


@dataclass(frozen=True)
class Card:
    """A finding with its evidence, shown apart from the prose.

    Attributes
    ----------
    level
        A key of `LEVELS`.
    title
        What was found, plain text as it stands.
    text
        Its evidence and advice; ``{names}`` in it stand for `facts`.
    facts
        Every number and name that `text` mentions.
    """

    level: Level
    title: str
    text: str
    facts: Facts = field(default_factory=dict)

    @property
    def word(self) -> str:
        """The level as a word."""
        return LEVELS[self.level][0]

    @property
    def sign(self) -> str:
        """The level as a sign."""
        return LEVELS[self.level][1]

    def words(self, escape: Escape) -> str:
        """The text with its facts, escaped for a form of document."""
        return fill(self.text, self.facts, escape)


@dataclass(frozen=True)
class Section:
    """One question and its answer.

    Attributes
    ----------
    key
        Names the section in addresses and files.
    prose
        Paragraphs; ``{names}`` in them stand for `facts`. A section that can't apply says why in one line
        of it.
    cards
        Findings, each with its level; shown between prose and figure.
    code
        Python that a reader can copy; empty for none.
    data
        Frames of numbers that this section computes for its tables and its figure, by file name. A number that a
        shared file holds is not repeated in them.
    shared
        The files that its figure also draws from and that other sections may name too: keys of `report.data.SHARED`.
    facts
        Every number and name that prose and `drawing.alt` mention; a card has its own.
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
        """The paths of its data files within the report's folder."""
        return tuple(f"data/{name}.csv" for name in (*self.data, *self.shared))

    def paragraphs(self, escape: Escape) -> list[str]:
        """The prose with its facts, escaped for a form of document."""
        return [fill(paragraph, self.facts, escape) for paragraph in self.prose]

    def alt(self, escape: Escape) -> str:
        """What the drawing shows, in words."""
        return fill(self.drawing.alt, self.facts, escape) if self.drawing else ""


def by_task(results: Results) -> list[tuple[str, str]]:
    """Each task, and the suffix of the names of its facts: none where there is one task, else ``_1``,
    ``_2`` …
    """
    names = tasks(results)
    return [(name, f"_{index}" if len(names) > 1 else "") for index, name in enumerate(names, 1)]


def few(tasks: Sequence[str], each: int, facts: dict[str, Fact]) -> tuple[list[str], tuple[str, ...]]:
    """The tasks that a figure with `each` panels a task shows, and a sentence about those that it leaves out.

    They are the first in the study's order, as many as twelve panels have room for, and at least one: an order that
    looked at the results would choose the tasks that flatter some strategy.
    """
    shown = list(tasks)[: max(MOST // max(each, 1), 1)]
    left = len(tasks) - len(shown)
    facts |= {"tasks_drawn": len(shown), "tasks_left": left}
    if not left:
        return shown, ()
    first = "the first {tasks_drawn} tasks" if len(shown) > 1 else "the first task"
    told = f"Drawn: {first} of the study; the data hold the other {{tasks_left}} {plural(left, 'task')} too."
    return shown, (told,)
