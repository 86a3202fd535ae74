"""Baselines of a run: simple models trained once, on the same rows as its trials, and stored with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from hpsearch.objectives.base import Baseline, Objective
from hpsearch.run.description import Run
from hpsearch.run.trainer import Trainer

BASELINES = "baselines"
"""Attribute of a run: ``validation``, ``test`` and ``train_rows`` of each baseline; the ``error`` of a failed one."""


def missing_baselines(run: Run, study: optuna.Study, objective: Objective) -> list[str]:
    """Return the names of the baselines that the run is to train and has not stored.

    They are judged on the test rows, so a run without a test has none.
    """
    if not (run.trains_baselines and objective.tests and (run.retrain or run.untuned)):
        return []
    stored = study.user_attrs.get(BASELINES, {})
    return [name for name in objective.baselines if name not in stored]


def train_baselines(run: Run, study: optuna.Study, trainer: Trainer) -> None:
    """Train the missing baselines and store each as it ends. Call it after the search."""
    for name in missing_baselines(run, study, trainer.objective):
        stored = study.user_attrs.get(BASELINES, {})
        study.set_user_attr(BASELINES, {**stored, name: _as_stored(trainer.baseline(name))})


def _as_stored(baseline: Baseline | str) -> Mapping[str, Any]:
    return {"error": baseline} if isinstance(baseline, str) else baseline._asdict()
