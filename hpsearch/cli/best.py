"""The command ``best``: the best hyperparameters, as code, JSON or TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.answer import Answer
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
    from hpsearch.results.results import Results


def best(
    study: StoredArgument = None,
    variant: VariantOption = None,
    task: TaskOption = None,
    json: JsonOption = False,
    toml: Annotated[
        bool,
        typer.Option(
            "--toml", help="Print [model] of a study file, fixed settings included, and what was searched of [data]."
        ),
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
    guarded(lambda _console: _best(study, variant, task, json, toml, estimator, storage), debug=debug, json=json)


def _best(
    study: str | None, variant: str | None, task: str | None, json: bool, toml: bool, estimator: bool, storage: str
) -> Answer:
    from hpsearch.cli.chosen import best_trial, stored_results
    from hpsearch.report.python_code import estimator_program, program

    forms = [name for name, is_set in (("--json", json), ("--toml", toml), ("--estimator", estimator)) if is_set]
    if len(forms) > 1:
        raise UsageError(f"{forms[0]} can't be used with {forms[1]}")
    results = stored_results(study, storage)
    chosen = best_trial(results, variant, task)

    def written() -> str:
        if toml:
            return _toml(results, chosen)
        return estimator_program(results, chosen) if estimator else program(results, chosen, absolute=True)

    return Answer(lambda console: console.write_lines(written()), lambda: document(results, chosen))


def document(results: Results, chosen: Best) -> dict[str, Any]:
    """Return the best hyperparameters, their origin and their scores."""
    from hpsearch.cli.chosen import test_score
    from hpsearch.report.python_code import preparation_of, seed_of, settings_of
    from hpsearch.space import decode

    chosen_data = preparation_of(results, chosen)
    return {
        "study": results.name,
        "task": chosen.task,
        "variant": chosen.variant,
        "run": chosen.run,
        "repeat": chosen.repeat,
        "trial": chosen.number,
        "params": {name: decode(value) for name, value in chosen.params.items()},
        "model": settings_of(results, chosen),
        **({"data": chosen_data} if chosen_data else {}),
        **seed_of(results, chosen),
        "metric": results.metric,
        "direction": results.direction,
        "validation": chosen.value,
        "test": test_score(results, chosen),
    }


def _toml(results: Results, chosen: Best) -> str:
    import tomli_w

    from hpsearch.report.python_code import preparation_of, settings_of

    settings = {name: value for name, value in settings_of(results, chosen).items() if value is not None}
    data = preparation_of(results, chosen)
    return tomli_w.dumps({**({"data": data} if data else {}), "model": settings}).rstrip("\n")
