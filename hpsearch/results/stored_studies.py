"""What a storage holds: one summary for each study, without its trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from optuna.storages import BaseStorage

from hpsearch.run import is_run
from hpsearch.run.taken_over import TAKEN
from hpsearch.storage import all_studies
from hpsearch.storage.optuna_private import FrozenStudy, study_id
from hpsearch.storage.reading import finished_trials


@dataclass(frozen=True)
class StoredSummary:
    """Summary of a study.

    Attributes
    ----------
    name
        Name of the study; of an Optuna study that hpsearch did not make, its own.
    is_ours
        Whether hpsearch made it.
    runs
        Number of its runs; 1 for others' studies.
    trials
        Number of finished trials.
    metric
        Name of the metric; empty for others' studies.
    best
        Best value of a complete trial; None if there is none, or there are several objectives.
    goes_on_from
        Study whose trials it has taken over, which `trials` does not count; None if it began from nothing.
    """

    name: str
    is_ours: bool
    runs: int
    trials: int
    metric: str
    best: float | None
    goes_on_from: str | None
    members: tuple[str, ...] = field(repr=False)
    """Names of its Optuna studies."""

    def table(self) -> dict[str, Any]:
        """Return it in JSON types, without the members."""
        return {key: value for key, value in asdict(self).items() if key != "members"}


def stored_studies(storage: BaseStorage) -> list[StoredSummary]:
    """Return a summary of each study of hpsearch, and of each other Optuna study, in order of creation."""
    members: dict[tuple[bool, str], list[FrozenStudy]] = {}
    for study in all_studies(storage):
        members.setdefault((is_run(study.user_attrs), study_of(study)), []).append(study)
    return [_summary(storage, name, studies, is_ours=is_ours) for (is_ours, name), studies in members.items()]


def study_of(run: FrozenStudy) -> str:
    """Return the study of a run, by its name where the attribute is missing; the name of another's Optuna study."""
    if not is_run(run.user_attrs):
        return run.study_name
    return str(run.user_attrs.get("study", run.study_name.split("/")[0]))


def _summary(storage: BaseStorage, name: str, studies: list[FrozenStudy], *, is_ours: bool) -> StoredSummary:
    direction = studies[0].directions[0].name.lower()
    counted = [_finished(storage, study, direction) for study in studies]
    values = [value for _, value in counted if value is not None]
    single = all(len(study.directions) == 1 for study in studies)
    best = (max if direction == "maximize" else min)(values) if values and single else None
    return StoredSummary(
        name=name,
        is_ours=is_ours,
        runs=len(studies),
        trials=sum(count for count, _ in counted),
        metric=str(studies[0].user_attrs.get("metric", "")) if is_ours else "",
        best=best,
        goes_on_from=next(filter(None, map(_earlier, studies)), None) if is_ours else None,
        members=tuple(study.study_name for study in studies),
    )


def _earlier(study: FrozenStudy) -> str | None:
    """Return the study whose trials a run has taken over."""
    taken = study.user_attrs.get(TAKEN)
    return str(taken["study"]) if isinstance(taken, dict) and taken.get("trials") and "study" in taken else None


def _finished(storage: BaseStorage, study: FrozenStudy, direction: str) -> tuple[int, float | None]:
    """Return the number of finished trials and the best value."""
    counted = finished_trials(storage, study_id(study), direction)
    if counted is not None:
        return counted
    finished = [trial for trial in storage.get_all_trials(study_id(study), deepcopy=False) if trial.state.is_finished()]
    values = [trial.values[0] for trial in finished if trial.values]
    return len(finished), (max if direction == "maximize" else min)(values) if values else None
