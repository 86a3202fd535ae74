"""The dry run of a study: what would be trained, and how long it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpsearch.cli.answer import Answer

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen
    from hpsearch.execution.planned_work import PlannedWork
    from hpsearch.study.runs import Plan


def dry_run_answer(plan: Plan, storage: str, jobs: int, console: Screen) -> Answer:
    """Count what would be trained and time a few trials; nothing is written."""
    from hpsearch.execution.planned_work import planned_work

    with console.status("timing a few trials"):
        work = planned_work(plan, storage, jobs)
    return Answer(lambda console: _print(console, work), lambda: {"study": plan.name, "dry_run": True, **work.table()})


def _print(console: Screen, work: PlannedWork) -> None:
    from hpsearch.cli.printing import about, trials_from_to
    from hpsearch.report.text import listing, plural, value

    tasks = f"{work.tasks} tasks × " if work.tasks > 1 else ""
    trials = work.trials // max(work.runs, 1)
    each = f" × {trials:,} {plural(trials, 'trial')}" if trials * work.runs == work.trials else ""
    sizes = (
        f"{tasks}{work.variants} {plural(work.variants, 'variant')} × {work.repeats} "
        f"{plural(work.repeats, 'repeat')}{each}"
    )
    console.print("Would train (nothing is trained or stored now):", soft_wrap=True)
    held = f", of which {work.stored:,} are stored already" if work.stored else ""
    epochs = f", {work.epochs:,} epochs in all" if work.epochs else ""
    console.print(f"  {work.trials:,} {plural(work.trials, 'trial')}: {sizes}{epochs}{held}", soft_wrap=True)
    if work.goes_on_from is not None:
        taken = trials_from_to(work.taken_over)
        console.print(f"  each run goes on from {taken} of {work.goes_on_from}, not counted here", soft_wrap=True)
    if work.likely:
        likely = listing(f"{name} = {listing(map(value, values), 'or')}" for name, values in work.likely.items())
        console.print(f"  some of the first trials of each run are drawn near {likely}", soft_wrap=True)
    if work.retrainings:
        console.print(f"  {work.retrainings:,} retrainings of the winners, for the test", soft_wrap=True)
    if work.baselines:
        console.print(f"  {work.baselines:,} simple models, for comparison", soft_wrap=True)
    ending = "" if work.limit is None else f"; no trial begins after {about(work.limit).removeprefix('about ')}"
    if work.stored >= work.trials:
        console.print("All trials are stored already.", soft_wrap=True)
        return
    console.print(
        f"That takes {about(work.seconds)} with {work.processes} process{'es' if work.processes > 1 else ''} on "
        f"this machine, by a few timed trials{ending}.",
        soft_wrap=True,
    )
