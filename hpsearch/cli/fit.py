"""The command ``fit``: a model for use, with the best hyperparameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DEFAULT_STORAGE,
    DataOption,
    DebugOption,
    JsonOption,
    QuietOption,
    StorageOption,
    StoredArgument,
    TaskOption,
    VariantOption,
)
from hpsearch.errors import UsageError

if TYPE_CHECKING:
    from hpsearch.analysis.best import Best
    from hpsearch.cli.screen import Screen
    from hpsearch.estimators.tabular import TabularModel
    from hpsearch.results.results import Results

SUFFIX = ".model"


def fit(
    study: StoredArgument = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The model's file; by default STUDY.model in this folder.")
    ] = None,
    all_rows: Annotated[
        bool,
        typer.Option(
            "--all-rows/--keep-test",
            help="Train on all rows, or leave the test rows out, so that they can judge this very model.",
        ),
    ] = True,
    variant: VariantOption = None,
    task: TaskOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    data_dir: DataOption = None,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder that the study file's relative paths start from, if it has moved."),
    ] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Train the best hyperparameters on all rows, and write a model for "hpsearch predict".

    The file holds scaling, columns and labels, too, and no pickle. The hyperparameters are chosen by validation alone,
    and the score to expect is that of models which were trained without the test rows.
    """
    guarded(
        lambda console: _fit(study, out, all_rows, variant, task, storage, data_dir, folder, console),
        quiet=quiet,
        debug=debug,
        json=json,
    )


def _fit(
    study: str | None,
    out: Path | None,
    all_rows: bool,
    variant: str | None,
    task: str | None,
    storage: str,
    data_dir: Path | None,
    folder: Path | None,
    console: Screen,
) -> Answer:
    from dataclasses import replace

    from hpsearch.cli.chosen import best_trial, stored_results, test_score
    from hpsearch.report.python_code import seed_of
    from hpsearch.results.choose import folder as file_name
    from hpsearch.space import decode

    with console.status("reading the storage"):
        results = stored_results(study, storage)
        chosen = best_trial(results, variant, task)
    definition = results.definitions[chosen.task, chosen.variant]
    if definition.runs_code:
        raise UsageError(
            "a model file can't hold a class of your own, since nobody could load it safely: hpsearch best prints code "
            "that trains it"
        )
    with console.status("training"):
        objective = definition.objective(chosen.repeat, data_dir, folder)
        model = objective.final_model(chosen.params, all_rows=all_rows)
    about = {"study": results.name, "run": chosen.run, "trial": chosen.number, "metric": results.metric}
    model = replace(model, about={**model.about, **about, "test": test_score(results, chosen)})
    path = Path(file_name(results.name) + SUFFIX) if out is None else out
    model.save(path)
    return Answer(
        lambda console: _print(console, results, chosen, model, path, all_rows=all_rows),
        lambda: {
            "model": path,
            **model.about,
            "params": {name: decode(each) for name, each in chosen.params.items()},
            **seed_of(results, chosen),
        },
    )


def _print(console: Screen, results: Results, chosen: Best, model: TabularModel, path: Path, *, all_rows: bool) -> None:
    from hpsearch.cli.chosen import score_sentence
    from hpsearch.text import plain

    rows = f"{model.about['rows']:,} rows"
    fitted = (
        f"Fitted to all {rows}, those for validation and test too."
        if all_rows
        else f"Fitted to {rows}: those for training and validation together, without the test rows."
    )
    console.print(
        f"Trial {chosen.number} of {plain(chosen.run)} has the best validation {plain(results.metric)}.", soft_wrap=True
    )
    console.print(fitted, soft_wrap=True)
    settings = model.estimator.get_params(deep=False)
    stops_early = getattr(model.estimator, "do_early_stopping_", settings.get("early_stopping"))
    if stops_early and (share := settings["validation_fraction"]):
        rows = f"{share:.0%}" if isinstance(share, float) else f"{share:,}"
        console.print(f"Early stopping holds {rows} of these rows out.", soft_wrap=True)
    if model.class_names and not model.gives_probabilities:
        console.print("Its predictions are classes without probabilities: this estimator gives none.", soft_wrap=True)
    console.print(score_sentence(results, chosen), soft_wrap=True)
    console.print(f"Model: {path}", soft_wrap=True)
