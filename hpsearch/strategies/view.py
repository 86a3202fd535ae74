"""A study as a strategy may see it: without the trials that it must not learn from."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, cast

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.base import CONFIRMS


def search_alone(study: optuna.Study, *, but: FrozenTrial | None = None) -> optuna.Study:
    """The `study` without the trials that confirm others, and without the trial `but`; itself where there are none.

    `but` is the trial that is drawn for: one that is resumed has left traces, which some samplers take for another's.
    """
    trials = study._get_trials(deepcopy=False, use_cache=True)
    hidden = {trial.number for trial in trials if CONFIRMS in trial.user_attrs}
    if but is not None and (but.params or but.system_attrs):
        hidden.add(but.number)
    return cast("optuna.Study", _View(study, hidden)) if hidden else study


class _View:
    """Everything that the study is, but for the `hidden` trials.

    No subclass of ``Study``: the studies that pruners hand to samplers have not all of its attributes.
    """

    def __init__(self, study: optuna.Study, hidden: Container[int]) -> None:
        self._viewed = study
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        return getattr(self._viewed, name)

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.get_trials()

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        return self._shown(self._viewed.get_trials(deepcopy=deepcopy, states=states))

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return self._shown(self._viewed._get_trials(deepcopy, states, use_cache))

    def _shown(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        return [trial for trial in trials if trial.number not in self._hidden]
