"""Traits that a family of objectives declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Traits:
    """What a run, a plan or a report may ask of a class of objectives; the defaults promise nothing."""

    family: ClassVar[str] = ""
    """Name of the family in study files."""

    accepts_changes: ClassVar[bool] = False
    """Whether a study file may set model and space."""

    looked_up: ClassVar[bool] = False
    """Whether values are looked up in a published table instead of measured."""

    exact_outcomes: ClassVar[bool] = False
    """Whether an outcome is exact, the same for all retrainings, and costs no training."""

    deterministic: ClassVar[bool] = False
    """Whether a training depends on its parameters alone: the same in every repeat, whatever the seeds.

    What a search draws still differs from repeat to repeat; without a search, one repeat is exact.
    """

    draws_rows: ClassVar[bool] = True
    """Whether the study's seed and the repeat decide which rows judge a trial, so that others are not comparable."""

    tests: ClassVar[bool] = False
    """Whether trainings can be judged on test rows."""

    predicts: ClassVar[bool] = False
    """Whether `final_model` returns a model for use."""

    shares_state: ClassVar[bool] = False
    """Whether a call may change objects of the caller, so that with one process it stays in it."""

    records: ClassVar[bool] = False
    """Whether a study file may have a table ``[record]``."""

    measure_names: ClassVar[Mapping[str, str] | None] = None
    """Measures that trainings may record, with the key of ``[record]`` that asks for each, or "". None: unknown."""

    kind_keys: ClassVar[tuple[str, ...]] = ()
    """Keys of ``[model]`` whose values decide which other settings there are; a level with another value brings its own
    model and space."""

    own_sources: ClassVar[tuple[str, ...]] = ()
    """Sources in ``[data]`` that only this family reads."""

    computed_keys: ClassVar[tuple[str, ...]] = ()
    """Keys of ``content["data"]`` that are computed; study files do not have them."""

    default_space: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Space of a study file without ``[space]``."""
