"""The command ``show``: what a storage holds of one study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DEFAULT_STORAGE, DebugOption, JsonOption, StorageOption, StoredArgument

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen
    from hpsearch.report.text import Fact
    from hpsearch.results.results import Results


def show(
    study: StoredArgument = None,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show a study: its question, data, space and trials, and the tables of its report."""
    guarded(lambda _console: _show(study, storage), debug=debug, json=json)


def _show(study: str | None, storage: str) -> Answer:
    from hpsearch.cli.chosen import stored_results
    from hpsearch.cli.document import study_document

    results = stored_results(study, storage)
    return Answer(lambda console: _print(console, results), lambda: study_document(results))


def _print(console: Screen, results: Results) -> None:
    from hpsearch.cli.printing import print_results
    from hpsearch.report.continued import continued_sentence
    from hpsearch.space import in_words
    from hpsearch.text import plain, shorten

    console.print(shorten(plain(results.title or results.name), _LONGEST), style="bold", soft_wrap=True)
    if results.question:
        console.print(shorten(plain(results.question), _LONGEST), soft_wrap=True)
    states = ", ".join(
        f"{count:,} {str(state).lower()}" for state, count in results.trials["state"].value_counts().items()
    )
    complete = int(results.runs["complete"].astype(bool).sum())
    console.print(f"{complete} of {len(results.runs)} runs are complete; trials: {states or 'none'}", soft_wrap=True)
    facts: dict[str, Fact] = {}
    if sentence := continued_sentence(results, facts):
        console.print(shorten(plain(sentence.format(**facts)), _LONGEST_SENTENCE), soft_wrap=True)
    for name, distribution in results.space.items():
        likely = " or ".join(map(str, results.likely_values(name)))
        line = f"{name}: {in_words(distribution)}{f', likely {likely}' if likely else ''}"
        console.print(f"  {shorten(plain(line), _LONGEST)}", soft_wrap=True)
    print_results(console, results)


_LONGEST = 200  # letters of a line
_LONGEST_SENTENCE = 2_000
