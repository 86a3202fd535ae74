"""What each command does, after its options are parsed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpsearch.cli.answer import Answer
from hpsearch.errors import HpsearchError, UsageError, quoted

if TYPE_CHECKING:
    from hpsearch.analysis.comparison.verdicts import Verdict
    from hpsearch.cli.screen import Screen
    from hpsearch.execution import Start
    from hpsearch.execution.until_resolved import Answers


class StoppedError(HpsearchError):
    """The user stopped a study; what it finished is stored."""


def study(
    study: str,
    overrides: dict[str, Any],
    only: Sequence[str],
    jobs: int,
    dask: str | None,
    only_prepare: bool,
    lease: str,
    storage: str,
    out: Path,
    data_dir: Path | None,
    until_resolved: bool,
    null: bool,
    console: Screen,
    *,
    quick: bool,
    data: str | None,
    dry_run: bool,
    from_storage: str | None = None,
) -> Answer:
    """Execute a study, or only create its runs, and write its report; a dry run only counts and times."""
    from hpsearch.analysis.claims import Decision
    from hpsearch.analysis.comparison.verdict import Verdict
    from hpsearch.checks import check_jobs, duration
    from hpsearch.cli.claims import print_claims_left
    from hpsearch.cli.dry_run import dry_run_answer
    from hpsearch.cli.printing import (
        print_expected_time,
        print_look,
        print_plan,
        print_resolution,
        print_start,
        progress_bar,
    )
    from hpsearch.execution import execute, execute_until_resolved, prepare
    from hpsearch.study.null import null_plan
    from hpsearch.study.plan import plan
    from hpsearch.study.runs import starts_in

    check_jobs(jobs, "--jobs")
    _check_folder(out)
    _check_together(
        {"--until-resolved": until_resolved, "--null": null}, {"--prepare": only_prepare, "--only": bool(only)}
    )
    _check_together({"--dry-run": dry_run}, {"--prepare": only_prepare, "--dask": dask is not None})
    seconds = duration("--lease", lease)
    with console.status("reading the study file and the data"):
        ready = plan(study, overrides, data_dir, _levels(only), quick=quick, data=data)
        ready = replace(null_plan(ready) if null else ready, until_resolved=until_resolved)
        if from_storage is not None:
            ready = replace(ready, starts_from=starts_in(ready.starts_from, from_storage))
    print_plan(console, ready, storage)
    if dry_run:
        return dry_run_answer(ready, storage, jobs, console)
    if only_prepare:
        runs, left = prepare(ready, storage)
        return _prepared(ready.name, storage, runs, left)

    def started(start: Start) -> None:
        print_start(console, start)
        if dask is None:
            print_expected_time(console, start, ready, jobs)

    with _stoppable(storage), progress_bar(console, ready.metric) as advance:
        options: dict[str, Any] = {"jobs": jobs, "dask": dask, "lease": seconds, "progress": advance}
        if until_resolved:
            last: Sequence[Verdict] = ()

            def looked(repeats: int, answers: Answers) -> None:
                nonlocal last
                if claims := [each for each in answers if isinstance(each, Decision)]:
                    print_claims_left(console, repeats, claims)
                else:
                    last = [each for each in answers if isinstance(each, Verdict)]
                    print_look(console, repeats, last)

            complete = execute_until_resolved(ready, storage, looked=looked, **options)
            print_resolution(console, last)
        else:
            complete = execute(ready, storage, started=started, **options)
    if not complete:
        console.print(
            "The time is over: the report is about what there is. The same command goes on from there.", soft_wrap=True
        )
    answer = report(ready.name, [], storage, out, console)
    return Answer(answer.print, lambda: answer.document() | {"complete": complete})


def _check_together(options: Mapping[str, bool], others: Mapping[str, bool]) -> None:
    """Refuse an option that is set together with one of the others."""
    for name, is_set in options.items():
        for other, other_is_set in others.items():
            if is_set and other_is_set:
                raise UsageError(f"{name} can't be used with {other}")


def _prepared(study: str, storage: str, runs: int, left: int) -> Answer:
    from hpsearch.storage import shown

    command = f"hpsearch worker {shown(storage)} {study}"

    def written(console: Screen) -> None:
        console.print(f"Prepared: {left} of {runs} runs are to be done. On each machine that reaches the storage:")
        console.print(f"  {command}", soft_wrap=True)

    return Answer(written, lambda: {"study": study, "runs": runs, "runs_left": left, "command": command})


def worker(
    url: str, study: str, jobs: int, lease: str, data_dir: Path | None, folder: Path | None, console: Screen
) -> Answer:
    """Execute free runs of a prepared study until all are complete."""
    from hpsearch.checks import check_jobs, duration
    from hpsearch.cli.printing import print_start, progress_bar
    from hpsearch.execution import execute
    from hpsearch.storage import all_studies, opened, shown
    from hpsearch.study.prepared import prepared_plan

    check_jobs(jobs, "--jobs")
    seconds = duration("--lease", lease)
    with console.status("reading the storage and the data"):
        with opened(url, existing=True) as storage:
            stored = {each.study_name: each.user_attrs for each in all_studies(storage)}
        ready = prepared_plan(stored, study, data_dir, folder)
    with _stoppable(url), progress_bar(console, ready.metric) as advance:
        complete = execute(
            ready,
            url,
            jobs=jobs,
            joins=True,
            lease=seconds,
            started=lambda start: print_start(console, start),
            progress=advance,
        )
    command = f"hpsearch report {study} --storage {shown(url)}"
    late = "The time is over: other workers, or the same command, go on from there."
    return Answer(
        lambda console: console.print(f"All runs are done. Report: {command}" if complete else late, soft_wrap=True),
        lambda: {"study": study, "complete": complete, "command": command},
    )


@contextmanager
def _stoppable(storage: str) -> Iterator[None]:
    """Say on Ctrl-C where the finished trials are."""
    from hpsearch.storage import shown

    try:
        yield
    except KeyboardInterrupt:
        kept = f"the finished trials are in {shown(storage)}"
        raise StoppedError(f"stopped: {kept}, and the same command goes on from them") from None


def report(study: str | None, names: Sequence[str], storage: str, out: Path, console: Screen) -> Answer:
    """Write the report of a study; its tables are the answer."""
    from hpsearch.cli.chosen import stored_results
    from hpsearch.results.choose import folder
    from hpsearch.storage import shown

    _check_folder(out)
    with console.status("writing the report"):
        results = stored_results(study, storage, names)
        # Loaded here, since it takes more than a second, which an error above need not wait for.
        from hpsearch.analysis.claims import decided
        from hpsearch.analysis.views import is_search
        from hpsearch.cli.claims import print_claims
        from hpsearch.cli.document import study_document
        from hpsearch.cli.printing import print_results
        from hpsearch.cli.search_printing import print_search
        from hpsearch.report import write_report

        results = replace(results, report_folder=str(out / folder(results.name)))
        path = write_report(results, Path(results.report_folder))

    def written(console: Screen) -> None:
        print_claims(console, decided(results))
        if is_search(results):
            print_search(console, results, storage)
        else:
            print_results(console, results)
        console.print()
        console.print(f"Report: {path}", soft_wrap=True)
        console.print(f"Every trial: optuna-dashboard {shown(storage).removeprefix('journal:///')}", soft_wrap=True)

    return Answer(written, lambda: study_document(results) | {"report": path, "storage": shown(storage)})


def gallery(folder: Path) -> Answer:
    """Write the gallery of the reports in a folder."""
    from hpsearch.report.gallery import write_gallery

    path = write_gallery(folder)
    return Answer(lambda console: console.print(f"Gallery: {path}", soft_wrap=True), lambda: {"gallery": path})


def _levels(only: Sequence[str]) -> dict[str, list[str]]:
    """Return factor → levels of the options ``--only FACTOR=LEVEL``."""
    levels: dict[str, list[str]] = {}
    for each in only:
        factor, is_written, level = each.partition("=")
        if not is_written:
            raise UsageError(f"--only must be FACTOR=LEVEL, such as optimizer=SGD, got {quoted(each)}")
        levels.setdefault(factor.strip(), []).append(level.strip())
    return levels


def _check_folder(out: Path) -> None:
    """Refuse a folder that can't be written to now, rather than when the search is over."""
    try:
        there = out.absolute()
        while not there.exists():
            there = there.parent
    except (OSError, ValueError) as error:  # too long, a NUL
        raise UsageError(f"--out: {out}: {getattr(error, 'strerror', None) or error}") from error
    if not there.is_dir():
        raise UsageError(f"--out: {there} is a file, not a folder")
    if not os.access(there, os.W_OK):
        raise UsageError(f"--out: {there} can't be written to")


def list_() -> Answer:
    """Return the names that a study file may use."""
    from hpsearch.cli.choices import choices, print_choices

    return Answer(print_choices, choices)
