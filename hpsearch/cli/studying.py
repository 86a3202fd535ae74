"""Execution of the command ``study``, after its options are parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpsearch.cli.answer import Answer
from hpsearch.cli.files import check_folder
from hpsearch.cli.report import report_answer
from hpsearch.cli.stopping import stoppable
from hpsearch.errors import UsageError, quoted

if TYPE_CHECKING:
    from hpsearch.analysis.comparison.verdicts import Verdict
    from hpsearch.cli.screen import Screen
    from hpsearch.execution import Start
    from hpsearch.execution.until_resolved import Answers
    from hpsearch.study.runs import Plan


@dataclass(frozen=True, kw_only=True)
class StudyCommand:
    """The command ``study`` with its options, as they are written.

    Attributes
    ----------
    search
        Key of ``[search]`` → value that replaces the study file's; None: the file's.
    limits
        The same for keys that are durations: key → option and text.
    """

    study: str
    search: Mapping[str, Any]
    limits: Mapping[str, tuple[str, str | None]]
    only: Sequence[str]
    until_resolved: bool
    null: bool
    quick: bool
    data: str | None
    from_storage: str | None
    jobs: int
    dask: str | None
    prepare: bool
    dry_run: bool
    lease: str
    storage: str
    out: Path
    data_dir: Path | None

    def answer(self, console: Screen) -> Answer:
        """Execute the study and write its report; or only create its runs, or only count and time them."""
        from hpsearch.checks import check_jobs, duration
        from hpsearch.cli.dry_run import dry_run_answer
        from hpsearch.cli.printing import print_plan

        durations = {
            key: None if text is None else duration(option, text) for key, (option, text) in self.limits.items()
        }
        check_jobs(self.jobs, "--jobs")
        check_folder(self.out)
        self._check_together()
        lease = duration("--lease", self.lease)
        with console.status("reading the study file and the data"):
            plan = self._plan(durations)
        print_plan(console, plan, self.storage)
        if self.dry_run:
            return dry_run_answer(plan, self.storage, self.jobs, console)
        if self.prepare:
            return _prepared(plan, self.storage)
        complete = self._execute(plan, lease, console)
        if not complete:
            console.print(
                "The time is over: the report is about what there is. The same command goes on from there.",
                soft_wrap=True,
            )
        report = report_answer(plan.name, [], self.storage, self.out, console)
        return Answer(report.print, lambda: report.document() | {"complete": complete})

    def _check_together(self) -> None:
        """Refuse options that exclude each other."""
        _refuse_both(
            {"--until-resolved": self.until_resolved, "--null": self.null},
            {"--prepare": self.prepare, "--only": bool(self.only)},
        )
        _refuse_both({"--dry-run": self.dry_run}, {"--prepare": self.prepare, "--dask": self.dask is not None})

    def _plan(self, durations: Mapping[str, float | None]) -> Plan:
        from hpsearch.study.null import null_plan
        from hpsearch.study.plan import plan
        from hpsearch.study.runs import starts_in

        search = {**self.search, **durations}
        ready = plan(self.study, search, self.data_dir, _levels(self.only), quick=self.quick, data=self.data)
        ready = replace(null_plan(ready) if self.null else ready, until_resolved=self.until_resolved)
        if self.from_storage is None:
            return ready
        return replace(ready, starts_from=starts_in(ready.starts_from, self.from_storage))

    def _execute(self, plan: Plan, lease: float, console: Screen) -> bool:
        """Train, and return whether everything is complete: not if the time was over before."""
        from hpsearch.cli.printing import print_expected_time, print_resolution, print_start, progress_bar
        from hpsearch.execution import execute, execute_until_resolved

        def started(start: Start) -> None:
            print_start(console, start)
            if self.dask is None:
                print_expected_time(console, start, plan, self.jobs)

        with stoppable(self.storage), progress_bar(console, plan.metric) as advance:
            options: dict[str, Any] = {"jobs": self.jobs, "dask": self.dask, "lease": lease, "progress": advance}
            if not self.until_resolved:
                return execute(plan, self.storage, started=started, **options)
            looks = _Looks(console)
            complete = execute_until_resolved(plan, self.storage, looked=looks, **options)
            print_resolution(console, looks.verdicts)
            return complete


class _Looks:
    """Prints what each look resolves, and keeps the last verdicts."""

    def __init__(self, console: Screen) -> None:
        self._console = console
        self.verdicts: Sequence[Verdict] = ()

    def __call__(self, repeats: int, answers: Answers) -> None:
        from hpsearch.analysis.claims import Decision
        from hpsearch.analysis.comparison.verdict import Verdict
        from hpsearch.cli.claims import print_claims_left
        from hpsearch.cli.printing import print_look

        if claims := [each for each in answers if isinstance(each, Decision)]:
            print_claims_left(self._console, repeats, claims)
        else:
            self.verdicts = [each for each in answers if isinstance(each, Verdict)]
            print_look(self._console, repeats, self.verdicts)


def _refuse_both(options: Mapping[str, bool], others: Mapping[str, bool]) -> None:
    """Refuse an option that is set together with one of the others."""
    for name, is_set in options.items():
        for other, other_is_set in others.items():
            if is_set and other_is_set:
                raise UsageError(f"{name} can't be used with {other}")


def _prepared(plan: Plan, storage: str) -> Answer:
    """Only create the runs in the storage."""
    from hpsearch.execution import prepare
    from hpsearch.storage import shown

    runs, left = prepare(plan, storage)
    command = f"hpsearch worker {shown(storage)} {plan.name}"

    def written(console: Screen) -> None:
        console.print(f"Prepared: {left} of {runs} runs are to be done. On each machine that reaches the storage:")
        console.print(f"  {command}", soft_wrap=True)

    return Answer(written, lambda: {"study": plan.name, "runs": runs, "runs_left": left, "command": command})


def _levels(only: Sequence[str]) -> dict[str, list[str]]:
    """Return factor → levels of the options ``--only FACTOR=LEVEL``."""
    levels: dict[str, list[str]] = {}
    for each in only:
        factor, is_written, level = each.partition("=")
        if not is_written:
            raise UsageError(f"--only must be FACTOR=LEVEL, such as optimizer=SGD, got {quoted(each)}")
        levels.setdefault(factor.strip(), []).append(level.strip())
    return levels
