"""The command ``show``: what a storage holds of one study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DEFAULT_STORAGE, DebugOption, JsonOption, StorageOption, StoredArgument

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen
    from hpsearch.results.results import Results


def show(
    study: StoredArgument = None,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show a study: its question, data, space and trials, and the tables of its report."""
    guarded(lambda console: _show(study, storage, json, console), debug=debug)


def _show(study: str | None, storage: str, json: bool, console: Screen) -> None:
    from json import dumps

    from hpsearch.cli.chosen import stored_results

    results = stored_results(study, storage)
    if json:
        console.write_lines(dumps(_content(results), indent=2))
        return
    from hpsearch.cli.printing import print_results
    from hpsearch.text import plain, shorten

    content = _content(results)
    console.print(shorten(plain(results.title or results.name), _LONGEST), style="bold", soft_wrap=True)
    if results.question:
        console.print(shorten(plain(results.question), _LONGEST), soft_wrap=True)
    states = ", ".join(f"{count:,} {state.lower()}" for state, count in content["trials"].items())
    console.print(
        f"{content['runs_complete']} of {content['runs']} runs are complete; trials: {states or 'none'}", soft_wrap=True
    )
    for name, spec in content["space"].items():
        console.print(f"  {shorten(plain(f'{name}: {spec}'), _LONGEST)}", soft_wrap=True)
    print_results(console, results)


_LONGEST = 200  # letters of a line


def _content(results: Results) -> dict[str, Any]:
    """Return what is shown, in JSON types."""
    from hpsearch.analysis.best import best
    from hpsearch.analysis.incumbents import tasks
    from hpsearch.cli.chosen import as_json
    from hpsearch.space import decode, describe

    runs, states = results.runs, results.trials["state"].value_counts()
    return {
        "study": results.name,
        "title": results.title,
        "question": results.question,
        "tasks": tasks(results),
        "variants": list(results.variants),
        "metric": results.metric,
        "direction": results.direction,
        "budget": results.budget,
        "runs": len(runs),
        "runs_complete": int(runs["complete"].astype(bool).sum()),
        "trials": {str(state): int(count) for state, count in states.items()},
        "space": {name: describe(distribution) for name, distribution in results.space.items()},
        "best": [
            {
                "task": each.task,
                "variant": each.variant,
                "run": each.run,
                "trial": each.number,
                "params": {name: decode(value) for name, value in each.params.items()},
                "validation": as_json(each.value),
                "tests": [as_json(value) for value in each.test_values],
            }
            for each in best(results)
        ],
    }
