"""Print what the commands report."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hpsearch.errors import and_more
from hpsearch.storage import shown
from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from hpsearch.analysis.best import Best
    from hpsearch.analysis.comparison.verdicts import Verdict
    from hpsearch.execution import Start, State
    from hpsearch.results.results import Results
    from hpsearch.study.runs import Plan

_TASKS_IN_FULL = 3  # with more, what is printed would not fit on a screen
_LEVELS_IN_FULL = 8
_LONGEST = 100  # letters of a name


def print_plan(console: Console, plan: Plan, storage: str) -> None:
    """Print the plan."""
    console.print(plan.content["title"] or plan.name, style="bold")
    if plan.content["question"]:
        console.print(plan.content["question"], soft_wrap=True)
    sizes = [len(plan.variants), plan.repeats]
    if plan.has_several_tasks:
        console.print(f"{len(plan.objectives)} tasks: {', '.join(map(_name, plan.objectives))}", soft_wrap=True)
        sizes.insert(0, len(plan.objectives))
    for factor, levels in plan.factors.items() if plan.has_factors else ():
        if len(levels) > 1:
            console.print(f"{_name(factor)}: {_some(levels)}", soft_wrap=True)
    if _is_search(plan):
        strategy = _name(next(iter(plan.strategies), ""))
        console.print(
            f"A search with {strategy} of {_budget(plan)}, seed {plan.seed}; kept in {shown(storage)}", soft_wrap=True
        )
        return
    named = "variants" if plan.has_factors else ", ".join(plan.strategies)
    console.print(
        f"{named}: {math.prod(sizes)} runs ({' × '.join(map(str, sizes))}) of {_budget(plan)}, "
        f"seed {plan.seed}; kept in {shown(storage)}",
        soft_wrap=True,
    )


def _is_search(plan: Plan) -> bool:
    """Return whether the plan is one search, which compares nothing."""
    return not plan.has_factors and not plan.null and len(plan.runs()) == 1


def _some(names: Sequence[str]) -> str:
    """Return the first names of a long list, and how many follow."""
    return ", ".join(map(_name, names[:_LEVELS_IN_FULL])) + and_more(len(names) - _LEVELS_IN_FULL)


def _budget(plan: Plan) -> str:
    """Return the budget of each run in words."""
    runs = plan.runs()
    if all(run.untuned for run in runs):
        return "one training"
    run = next(run for run in runs if not run.untuned)
    if run.epochs is None:
        return f"{plan.trials} trials"
    return f"{plan.trials * run.epochs} epochs ({plan.trials} trials of {run.epochs})"


def print_start(console: Console, start: Start) -> None:
    """Print the batch, if there is one, and how much the storage holds already, if anything."""
    from hpsearch.report.text import listing

    if start.batch:
        last = "one" if start.batch == 1 else f"{start.batch}"
        console.print(
            f"batch {start.batch}: each trial sees the results of all before it but the last {last}, "
            "which may still run",
            soft_wrap=True,
        )
    if any(start.taken_over):
        console.print(f"each run goes on from {trials_from_to(start.taken_over)} of {start.earlier}", soft_wrap=True)
        if start.not_learning:
            does = "does" if len(start.not_learning) == 1 else "do"
            console.print(
                f"{listing(start.not_learning)} {does} not learn from them; only the best of them is trained first",
                soft_wrap=True,
            )
    if start.stored == 0 and start.interrupted == 0:
        return
    if start.stored >= start.planned:
        console.print("The storage holds all of them: nothing is left to train.")
        return
    unfinished = f"; {start.interrupted} were interrupted and are finished first" if start.interrupted else ""
    console.print(f"The storage holds {start.stored} of them already: going on from there{unfinished}.")


def trials_from_to(counts: Sequence[int]) -> str:
    """Return the smallest and the largest number of trials, or the one that all have; 0 without any.

    >>> trials_from_to([3, 5, 4]), trials_from_to([1, 1])
    ('3 to 5 trials', '1 trial')
    """
    from hpsearch.report.text import plural

    least, most = min(counts, default=0), max(counts, default=0)
    return f"{'' if least == most else f'{least:,} to '}{most:,} {plural(most, 'trial')}"


def print_expected_time(console: Console, start: Start, plan: Plan, jobs: int) -> None:
    """Print how long the trainings that are left will take, from the first steps of some."""
    if console.quiet or start.stored >= start.planned:
        return
    from hpsearch.execution.expected_time import expected_seconds

    seconds = expected_seconds(replace(plan, batch=start.batch), jobs) * (1 - start.stored / start.planned)
    console.print(f"Its trainings take {about(seconds)} on this machine, by the first steps of some.", soft_wrap=True)


def about(seconds: float) -> str:
    """Return a time as a rough one.

    >>> about(3), about(42), about(170)
    ('a few seconds', 'about 42 s', 'about 3 min')
    """
    from hpsearch.execution.bar import time_text

    return "a few seconds" if seconds < 5 else f"about {time_text(seconds)}"


def print_look(console: Console, repeats: int, verdicts: Sequence[Verdict]) -> None:
    """Print how many comparisons are resolved after a number of repeats, and which are not."""
    left = [verdict for verdict in verdicts if verdict.verdict == "not resolved"]
    state = f"after {repeats} repeats {len(verdicts) - len(left)} of {len(verdicts)} comparisons are resolved"
    names = [f"{each.level} against {each.against}" for each in left]
    console.print(f"{state}; not yet: {_some(names)}" if left else state, soft_wrap=True)


def print_resolution(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print the verdict of each comparison and, where it is not resolved, how many repeats would probably do."""
    for each in verdicts[:_LEVELS_IN_FULL]:
        console.print(
            f"{_name(each.level)} against {_name(each.against)}: {each.verdict}{_repeats_needed(each)}", soft_wrap=True
        )
    if len(verdicts) > _LEVELS_IN_FULL:
        console.print(f"The report has {len(verdicts) - _LEVELS_IN_FULL} more comparisons.", soft_wrap=True)


def _repeats_needed(verdict: Verdict) -> str:
    """Return in words how many repeats would probably resolve a comparison; empty if that is not known."""
    from hpsearch.analysis.statistics.needed import FEWEST, MOST

    if verdict.verdict != "not resolved" or not verdict.at_planned_budget:
        return ""
    if verdict.planned_may_resolve:
        return f"; the planned {verdict.repeats_planned} repeats would probably resolve it"
    if verdict.needed is not None:
        return f"; about {verdict.needed} repeats would probably resolve it"
    if verdict.repeats < FEWEST or verdict.low is None:
        return ""
    return f"; it would take more than {MOST} repeats, or there is no difference"


@contextmanager
def progress_bar(console: Console, metric: str) -> Iterator[Callable[[State], None] | None]:
    """Show progress bar, best value, time left and workers; without a terminal, print a line at each tenth."""
    from hpsearch.execution.bar import details

    if console.quiet:
        yield None
    elif not console.is_terminal:
        yield _Lines(console, metric)
    else:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[more]}"))
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("trials", total=None, more="")
            yield lambda state: progress.update(
                task, completed=state.done, total=state.planned, more=", ".join(details(state, metric))
            )


class _Lines:
    """Progress for log files: a line at each further tenth of the trials."""

    def __init__(self, console: Console, metric: str) -> None:
        self._console, self._metric, self._told = console, metric, -1

    def __call__(self, state: State) -> None:
        from hpsearch.execution.bar import details

        tenth = 10 * state.done // state.planned
        if tenth > self._told:
            self._told = tenth
            parts = [f"{state.done} of {state.planned} trials", *details(state, self._metric)]
            self._console.print(", ".join(parts), soft_wrap=True)


def print_results(console: Console, results: Results) -> None:
    """Print the tables of variants and the best hyperparameters; for many tasks, only a summary."""
    from hpsearch.analysis.best import best
    from hpsearch.analysis.comparison.variant_table import summary_over_tasks, variant_table

    frame = variant_table(results)
    tasks = list(dict.fromkeys(frame["task"]))
    if len(tasks) <= _TASKS_IN_FULL:
        for task in tasks:
            _print_table(console, results, frame[frame["task"] == task], f"{_name(task)}: " if len(tasks) > 1 else "")
    if len(tasks) > 1:
        _print_summary(console, results, frame, summary_over_tasks(results, frame))
    if len(tasks) <= _TASKS_IN_FULL:
        for found in best(results):
            _print_best(console, results, found, f" for {_name(found.task)}" if len(tasks) > 1 else "")
    else:
        console.print("The report has the table and the best hyperparameters of each task.", soft_wrap=True)


def _print_table(console: Console, results: Results, frame: pd.DataFrame, task: str) -> None:
    """Print the table of variants on one task, shortened to 80 columns."""
    from rich.table import Table

    from hpsearch.analysis.metrics import metric
    from hpsearch.report.precision import half_width, interval_cell, uncertainty
    from hpsearch.report.text import NOTHING, measured

    title = f"{task}{_name(results.metric)}, {'more' if results.sign > 0 else 'less'} is better"
    table = Table(title=title, title_justify="left")
    table.add_column(results.noun, overflow="fold", max_width=24)
    for heading in ("runs", "test", "95 % interval", "validation", "diverged"):
        table.add_column(heading, justify="right", no_wrap=True)
    for record in frame.to_dict("records"):
        row = {str(name): cell for name, cell in record.items()}
        half = uncertainty(results, str(row["task"]), half_width(row["test_low"], row["test_high"]))
        table.add_row(
            _name(row["variant"]),
            f"{row['runs_complete']} of {row['runs']}",
            measured(row["test"], half),
            interval_cell(row, "test_low", "test_high", metric(results.metric).clipped, half),
            measured(row["validation"], half),
            NOTHING if math.isnan(row["diverged"]) else f"{row['diverged']:.0%}",
        )
    console.print(table)


def _print_summary(console: Console, results: Results, frame: pd.DataFrame, summary: pd.DataFrame) -> None:
    """Print one row per variant over all tasks."""
    from rich.table import Table

    from hpsearch.report.text import number

    runs = frame.groupby("variant")[["runs_complete", "runs"]].sum()
    tasks = int(summary["tasks"].max())
    table = Table(title=f"Over {tasks} tasks that every {results.noun} has finished runs on", title_justify="left")
    table.add_column(results.noun, overflow="fold", max_width=24)
    for heading in ("runs", "mean rank", "first", "regret"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary.to_dict("records"):
        label = row["variant"]
        complete, asked = runs.loc[label, "runs_complete"], runs.loc[label, "runs"]
        table.add_row(
            _name(label), f"{complete} of {asked}", number(row["rank"], 3), str(row["first"]), number(row["regret"], 3)
        )
    console.print(table)


def _print_best(console: Console, results: Results, found: Best, task: str) -> None:
    """Print the best hyperparameters, their origin and their scores."""
    from hpsearch.report.precision import uncertainty
    from hpsearch.report.text import measured, value

    half = uncertainty(results, found.task, found.test_sd)
    params = ", ".join(f"{_name(name)} = {_name(value(chosen, 4))}" for name, chosen in found.params.items())
    confirmed = f" (mean of {len(found.confirmed)} that confirm it)" if found.confirmed else ""
    console.print()
    by = "  by" if params else f"Best training{task}:"
    if params:
        console.print(f"Best hyperparameters found{task}: {params}", soft_wrap=True)
    console.print(
        f"{by} {_name(found.variant)}, repeat {found.repeat}, trial {found.number}: "
        f"validation {_name(results.metric)} {measured(found.value, half)}{confirmed}{_test(found, half)}",
        soft_wrap=True,
    )


def _test(found: Best, half: float) -> str:
    """Return the test score of the best hyperparameters; empty if they were not tested."""
    from hpsearch.report.text import measured

    times = len(found.test_values)
    if times == 0:
        return ""
    if times == 1:
        return f"; test {measured(found.test_mean, half)} (one value)"
    mean, sd = (measured(each, half) for each in (found.test_mean, found.test_sd))
    return f"; test {mean} ± {sd} (mean and sd of {times} retrainings)"


def _name(text: str) -> str:
    """Return a name or a value from a storage or a file, shortened to fit a line."""
    return shorten(plain(text), _LONGEST)
