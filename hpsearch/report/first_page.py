"""The first page of a report: the answer, and the figure that it borrows from the section which explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpsearch.report.section import Drawing, Section
from hpsearch.report.text import Escape

ANSWER, CLAIMS = "answer", "claims"
REASON, MORE = "why_command", "warnings_left"  # facts of the answer that documents place themselves
_FIGURES = ("figure", "paired", "best_so_far")  # sections that lend their figure, the first that has one


@dataclass(frozen=True)
class FirstPage:
    """The answer in its parts.

    Attributes
    ----------
    section
        Section with the answer.
    lender
        Section whose figure the page shows, which is the answer itself if it has one; None without a figure.
    claims
        Section whose cards stand before the figure; None in a study without claims.
    """

    section: Section
    lender: Section | None
    claims: Section | None = None

    def sentence(self, escape: Escape) -> str:
        """Return the one sentence that answers."""
        return self.section.paragraphs(escape)[0]

    def notes(self, escape: Escape, mark: Escape = str) -> list[str]:
        """Return where the hyperparameters and the expected score are from."""
        return self.section.paragraphs(escape, mark)[1:]

    @property
    def reason(self) -> str:
        """Why to run the command; why there is none, without one."""
        return str(self.section.facts.get(REASON, ""))

    @property
    def more(self) -> int:
        """Number of warnings besides those on the page."""
        return int(self.section.facts.get(MORE, 0))

    @property
    def drawing(self) -> Drawing | None:
        """The figure; None without one."""
        return self.lender.drawing if self.lender else None


def first_page(sections: Mapping[str, Section]) -> FirstPage | None:
    """Return the first page of a report with these sections by key; None without an answer among them."""
    if ANSWER not in sections:
        return None
    lenders = (sections[key] for key in (ANSWER, *_FIGURES) if key in sections)
    lender = next((each for each in lenders if each.drawing is not None), None)
    return FirstPage(sections[ANSWER], lender, sections.get(CLAIMS))


def by_chapter(sections: Mapping[str, Section], chapters: Mapping[str, str] | None = None) -> dict[str, list[Section]]:
    """Return the sections after the first page, by chapter; all under one heading without chapters."""
    parts: dict[str, list[Section]] = {}
    for key, section in sections.items():
        if key != ANSWER:
            parts.setdefault((chapters or {}).get(key, "Details"), []).append(section)
    return parts
