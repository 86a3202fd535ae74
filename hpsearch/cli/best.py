"""The command ``best``: the best hyperparameters, as code, JSON or TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DEFAULT_STORAGE,
    DebugOption,
    JsonOption,
    StorageOption,
    StoredArgument,
    TaskOption,
    VariantOption,
)
from hpsearch.errors import UsageError

if TYPE_CHECKING:
    from hpsearch.analysis.best import Best
    from hpsearch.cli.screen import Screen
    from hpsearch.results.results import Results


def best(
    study: StoredArgument = None,
    variant: VariantOption = None,
    task: TaskOption = None,
    json: JsonOption = False,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the table [model] of a study file, fixed settings included.")
    ] = False,
    estimator: Annotated[
        bool, typer.Option("--estimator", help="Print only what makes the estimator, for data of your own.")
    ] = False,
    storage: StorageOption = DEFAULT_STORAGE,
    debug: DebugOption = False,
) -> None:
    """Print the best hyperparameters, as a Python program that loads the data, trains and prints the test score.

    They are those of the trial with the best validation value. Test rows are not used in the choice.
    """
    guarded(lambda console: _best(study, variant, task, json, toml, estimator, storage, console), debug=debug)


def _best(
    study: str | None,
    variant: str | None,
    task: str | None,
    json: bool,
    toml: bool,
    estimator: bool,
    storage: str,
    console: Screen,
) -> None:
    from hpsearch.cli.chosen import best_trial, stored_results
    from hpsearch.report.python_code import estimator_program, program

    forms = [name for name, is_set in (("--json", json), ("--toml", toml), ("--estimator", estimator)) if is_set]
    if len(forms) > 1:
        raise UsageError(f"{forms[0]} can't be used with {forms[1]}")
    results = stored_results(study, storage)
    chosen = best_trial(results, variant, task)
    if json:
        console.write_lines(_json(results, chosen))
    elif toml:
        console.write_lines(_toml(results, chosen))
    elif estimator:
        console.write_lines(estimator_program(results, chosen))
    else:
        console.write_lines(program(results, chosen, absolute=True))


def _json(results: Results, chosen: Best) -> str:
    from json import dumps

    from hpsearch.cli.chosen import as_json, test_score
    from hpsearch.report.python_code import settings_of
    from hpsearch.space import decode

    content: dict[str, Any] = {
        "study": results.name,
        "task": chosen.task,
        "variant": chosen.variant,
        "run": chosen.run,
        "repeat": chosen.repeat,
        "trial": chosen.number,
        "params": {name: decode(value) for name, value in chosen.params.items()},
        "model": settings_of(results, chosen),
        "metric": results.metric,
        "direction": results.direction,
        "validation": as_json(chosen.value),
        "test": test_score(results, chosen),
    }
    return dumps(content, indent=2)


def _toml(results: Results, chosen: Best) -> str:
    import tomli_w

    from hpsearch.report.python_code import settings_of

    settings = {name: value for name, value in settings_of(results, chosen).items() if value is not None}
    return tomli_w.dumps({"model": settings}).rstrip("\n")
