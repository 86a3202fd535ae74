"""Stored definition of an objective, and the objective that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpsearch.data import SOURCES
from hpsearch.errors import UsageError, quoted
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES, Objective
from hpsearch.objectives.supervised import SupervisedObjective


@dataclass(frozen=True)
class Definition:
    """Attributes of a run that its objective can be rebuilt from.

    Attributes
    ----------
    family
        Key of `FAMILIES`; another name for functions.
    content
        Tables ``data``, ``model`` and ``space`` with all that trials share.
    seed
        Seed of the study.
    folder
        Folder that a relative path in ``data`` starts from; None if there is none.
    """

    family: str
    content: Mapping[str, Any]
    seed: int
    folder: str | None

    @property
    def data(self) -> dict[str, Any]:
        """The table ``[data]``, without what was measured."""
        computed = FAMILIES[self.family].computed_keys if self.has_family else ()
        return {key: value for key, value in self.content.get("data", {}).items() if key not in computed}

    @property
    def model(self) -> dict[str, Any]:
        """The table ``[model]``: the fixed settings."""
        return dict(self.content.get("model", {}))

    @property
    def has_family(self) -> bool:
        """Whether it is an objective of one of `FAMILIES`, rather than a function."""
        return self.family in FAMILIES and "data" in self.content

    @property
    def runs_code(self) -> bool:
        """Whether the model is code that is imported and run, which has to be allowed."""
        return self.has_family and FAMILIES[self.family].runs_code_of(self.model)

    @property
    def has_stored_data(self) -> bool:
        """Whether the data can be loaded again: it was not given in Python."""
        is_supervised = self.has_family and issubclass(FAMILIES[self.family], SupervisedObjective)
        return not is_supervised or self.data.get("source") in SOURCES

    @property
    def separate_seeds(self) -> bool:
        """Whether weights, order and dropout have seeds of their own."""
        return self.content.get("seeds") == "separate"

    def objective(self, repeat: int, data_dir: Path | None = None, folder: Path | None = None) -> Objective:
        """Return the objective of a repeat; `folder` replaces the stored one.

        Raises
        ------
        UsageError
            If it was a function, or the data is not there, or not as it was.
        """
        if not self.has_family:
            raise UsageError("the study tuned a function of Python, which its storage does not hold")
        if not self.has_stored_data:
            source = self.data.get("source")
            raise UsageError(f"the data of the study was given in Python, as {quoted(source)}: it is not stored")
        place = folder or (None if self.folder is None else Path(self.folder))
        return FAMILIES[self.family].from_content(
            self.content,
            seed=self.seed,
            repeat=repeat,
            data_dir=data_dir,
            folder=place,
            separate_seeds=self.separate_seeds,
        )


def definition_of(attributes: Mapping[str, Any]) -> Definition:
    """Return the definition in the attributes of a run; earlier versions had tables and networks only."""
    content = attributes["content"]
    data = content.get("data", {})
    published = isinstance(data, Mapping) and data.get("source") == "table"
    family = str(attributes.get("family", "table" if published else DEFAULT_FAMILY))
    return Definition(family, content, int(attributes.get("seed", 0)), attributes.get("folder"))
