"""Print the results of a study that is one search: what it found, how good that is, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpsearch.cli.messages import DEFAULT_STORAGE
from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    from rich.console import Console

    from hpsearch.results.results import Results

_LONGEST = 300  # letters of a line


def print_search(console: Console, results: Results, storage: str) -> None:
    """Print the first page of the report, and the commands that follow."""
    from hpsearch.report.first_page import REASON
    from hpsearch.report.model_command import fit_command
    from hpsearch.report.section import worded
    from hpsearch.report.sections.answer import answer_section
    from hpsearch.storage import shown

    def say(text: str) -> None:
        console.print(shorten(plain(text), _LONGEST), soft_wrap=True)

    answer = worded(answer_section(results), results)
    sentence, *notes = answer.paragraphs(str)
    console.print(shorten(plain(sentence), _LONGEST), style="bold", soft_wrap=True)
    for table in answer.tables:
        console.print()
        say(f"{table.caption}:")
        rows = table.rows()
        width = max((len(plain(row[0])) for row in rows), default=0)
        for first, *rest in rows:
            console.print(f"  {plain(first):{width}}  {plain('  '.join(rest))}".rstrip(), soft_wrap=True)
    console.print()
    for note in notes[:1] if answer.tables else ():  # which trial it is
        say(note)
    for card in answer.cards:
        say(f"{card.word}: {card.title}. {card.words(str)}")
    at = "" if storage == DEFAULT_STORAGE else f" --storage {shown(storage)}"
    console.print()
    say(str(answer.facts[REASON]))
    if answer.code:
        console.print(f"  {answer.code}{at}", soft_wrap=True)
    if command := fit_command(results):
        say("Train these hyperparameters for use:")
        console.print(f"  {command}{at}", soft_wrap=True)
