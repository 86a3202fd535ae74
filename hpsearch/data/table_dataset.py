"""Data set of a table: its columns get roles, and their values become numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.columns import CODE, DATE, NUMBER, TEXT, TRUTH, Column, Columns
from hpsearch.data.dataset import Dataset
from hpsearch.data.labels import class_values, values_of_categories
from hpsearch.data.reading.missing import proposed_missing
from hpsearch.data.reading.problems import Problems
from hpsearch.data.roles import CATEGORY, IGNORED, describe_columns, is_truth, list_line, to_be_ignored
from hpsearch.data.roles import DATE as DATE_ROLE
from hpsearch.data.row_columns import KEYS, row_columns
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.data.sources.target import encode_target, to_float32
from hpsearch.data.values import INFINITE
from hpsearch.errors import DataError, and_more, choose_from, quoted, some_of

if TYPE_CHECKING:
    import pandas as pd

    from hpsearch.data.table import Table

_MOSTLY_TEXT = 0.5  # share of texts from which a column is not one of numbers with slips
_WHOLE = 2.0**63  # size of whole numbers that pandas leaves as text
_MOST_CHOICES = 100  # columns that a message names
_MOST_ROWS = 5  # that a message names


@dataclass(frozen=True)
class Roles:
    """Columns that a user has named in a role; the others have the role that `describe_columns` proposes.

    Attributes
    ----------
    ignore
        Not used.
    numbers
        Used as numbers, although they look like ids or have one value.
    categories
        Each value is a category; for numbers that are names, such as postal codes, and for texts.
    dates
        Become the parts of a date; for text in the form of ISO 8601.
    group, time, weight
        Columns that say how rows belong together, see `row_columns`. They are no inputs, but `time` can be in `dates`.
    """

    ignore: Collection[str] = ()
    numbers: Collection[str] = ()
    categories: Collection[str] = ()
    dates: Collection[str] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None

    def named(self) -> Mapping[str, Collection[str]]:
        """Return the names by key of ``[data]``."""
        return {key: getattr(self, key) for key in ("ignore", "numbers", "categories", "dates")}

    def of_rows(self) -> dict[str, str]:
        """Return the names of ``group``, ``time`` and ``weight``, without those that are not named."""
        return {key: name for key in KEYS if (name := getattr(self, key)) is not None}


NO_ROLES = Roles()


def dataset_of(table: Table, target: str | None, task: str | None = None, roles: Roles = NO_ROLES) -> Dataset:
    """Return the data set of a table; its `target` is the column of that name, see `encode_target`.

    Raises
    ------
    DataError
        If a column that carries no information has no role, or values can't be used. One message names all problems.
    """
    names = [str(name) for name in table.frame.columns]
    if target not in names:
        problem = choose_from("column", target, names) if target else f"choose from {some_of(names, _MOST_CHOICES)}"
        raise DataError(f"{table.name}: target must name a column: {problem}")
    rows = row_columns(table.frame, roles.of_rows(), table.place)
    problems = [*_wrong_roles(roles, names, target), *rows.problems]
    unused = (*roles.ignore, *(name for name in roles.of_rows().values() if name not in roles.dates))
    frame = table.frame.drop(columns=[name for name in unused if name != target], errors="ignore")
    proposals = describe_columns(replace(table, frame=frame), target)
    named = {name for key, columns in roles.named().items() if key != "ignore" for name in columns}
    slips = {
        each.name: slip
        for each in proposals
        if each.name not in (*named, target) and (slip := first_slip(frame[each.name])) is not None
    }
    problems += [f"column {quoted(name)}, {table.place(row)}: {problem}" for name, (row, problem) in slips.items()]
    refused = to_be_ignored(proposals, {*named, *slips})
    problems += [refused] if refused else []
    inputs = _Inputs(roles, {each.name: each.role for each in proposals}, table.place, table.date_formats).read(
        frame.drop(
            columns=[target, *(each.name for each in proposals if each.role == IGNORED and each.name not in named)]
        )
    )
    problems += [*inputs.problems, *_wrong_targets(frame[target], target, table.place)]
    if not inputs.columns and not problems:
        problems.append(f"no column is left beside the target {quoted(target)}")
    if problems:
        problems += _hints(table, target)
        collected = Problems(table.name)
        for problem in problems:
            collected.add(problem)
        collected.refuse()
    targets = _target_values(frame[target])
    y, task, class_names = encode_target(targets, task, f"{table.name}: column {target!r}")
    columns = Columns(tuple(inputs.columns), target, tuple(dict.fromkeys(unused)), table.missing)
    order = [column.name for column in (*columns.numbers, *columns.categorical)]
    return Dataset(
        name=table.name,
        x=np.concatenate([inputs.parts[name] for name in order], axis=1),
        y=y,
        task=task,
        feature_names=columns.raw_names,
        class_names=class_names,
        columns=columns,
        groups=rows.groups,
        order=rows.order,
        weights=rows.weights,
        class_values=_class_values(targets, class_names, table.categories.get(target)),
    )


@dataclass
class _Inputs:
    """Columns of inputs, their numbers by name, and what is wrong with them."""

    roles: Roles
    proposed: Mapping[str, str]
    place: Callable[[int], str]
    forms: Mapping[str, str]
    columns: list[Column] = field(default_factory=list)
    parts: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def read(self, frame: pd.DataFrame) -> _Inputs:
        """Convert the columns of a frame."""
        for label, values in frame.items():
            name = str(label)
            column = Column.of(name, self._kind(name, values), values, self.forms.get(name, ""))
            converted = column.convert(values)
            self.columns.append(column)
            self.parts[name] = to_float32(converted.numbers)
            if converted.wrong_row is not None:
                self.problems.append(f"column {quoted(name)}, {self.place(converted.wrong_row)}: {converted.problem}")
            elif column.kind == NUMBER and _is_blurred(values):
                self.problems.append(f"column {quoted(name)}: {BLURRED}")
        return self

    def _kind(self, name: str, values: pd.Series[Any]) -> str:
        import pandas as pd

        if is_truth(values):
            return TRUTH
        if name in self.roles.categories:
            return CODE if pd.api.types.is_numeric_dtype(values) else TEXT
        if name in self.roles.dates:
            return DATE
        if name in self.roles.numbers:
            return NUMBER
        return {DATE_ROLE: DATE, CATEGORY: TEXT}.get(self.proposed[name], NUMBER)


def _hints(table: Table, target: str) -> Iterator[str]:
    """Yield what to write about signs that probably stand for missing values."""
    signs = proposed_missing(table.frame, target) if table.lines is not None else {}
    texts = [sign for sign, columns in signs.items() if any(table.frame[name].dtype == object for name in columns)]
    if texts:
        line = list_line("missing", [*table.missing, *texts])
        yield f"if {', '.join(map(quoted, texts))} stands for missing values, write {line} in [data]"


def _wrong_roles(roles: Roles, names: list[str], target: str) -> Iterator[str]:
    role_of = {name: key for key, name in roles.of_rows().items() if name not in roles.ignore}
    for key, columns in roles.named().items():
        for name in columns:
            if key == "dates" and name == roles.time:
                continue
            if name not in names:
                yield f"{key}: {choose_from('column', name, names)}"
            elif name == target:
                yield f"{key} must not name the target {quoted(name)}"
            elif name in role_of:
                yield f"column {quoted(name)} is named in {role_of[name]} and in {key}: leave it in one of them"
            role_of[name] = key


def _is_blurred(values: pd.Series[Any]) -> bool:
    exact = values.dropna().to_numpy()[:, np.newaxis]
    return first_blurred(exact, to_float32(exact)) is not None


def _wrong_targets(values: pd.Series[Any], target: str, place: Callable[[int], str]) -> Iterator[str]:
    missing = values.isna().to_numpy()
    slip = first_slip(values)
    if slip is not None:
        yield f"column {quoted(target)}, {place(slip[0])}: {slip[1]}"
    if missing.any():
        yield f"column {quoted(target)}: the target is missing in {_places(missing, place)}: leave these rows out"
    elif values.dtype.kind == "f" and not np.isfinite(to_float32(values.to_numpy())).all():
        infinite = ~np.isfinite(to_float32(values.to_numpy()))
        yield f"column {quoted(target)}: {INFINITE} in {_places(infinite, place)}"


def first_slip(values: pd.Series[Any]) -> tuple[int, str] | None:
    """Return the row of the first text in a column of texts that mostly are numbers, and what is wrong with it."""
    import pandas as pd

    if values.dtype != object or is_truth(values):
        return None
    present = values.dropna()
    places, different = pd.factorize(present)
    numbers = pd.to_numeric(different.to_series(), errors="coerce").iloc[places]
    wrong = numbers.isna().to_numpy()
    if not len(present) or wrong.mean() >= _MOSTLY_TEXT:
        return None
    if not wrong.any():
        sizes = numbers.astype(float).abs()
        row = int(sizes.argmax())
        if sizes.iloc[row] < _WHOLE:  # numbers that a frame holds as text or as categories
            return None
        return int(present.index[row]), "a whole number must fit in 64 bits: write it as a decimal (1e30)"
    row = int(wrong.argmax())
    text = quoted(str(present.iloc[row]))
    return int(present.index[row]), f"{text} can't be used as a number, and most of the column can"


def _places(wrong: NDArray[np.bool_], place: Callable[[int], str]) -> str:
    rows = np.flatnonzero(wrong)
    return ", ".join(place(int(row)) for row in rows[:_MOST_ROWS]) + and_more(len(rows) - _MOST_ROWS)


def _class_values(
    targets: NDArray[Any], names: tuple[str, ...], categories: NDArray[Any] | None
) -> NDArray[Any] | None:
    if not names:
        return None
    return class_values(targets) if categories is None else values_of_categories(names, categories)


def _target_values(values: pd.Series[Any]) -> NDArray[Any]:
    if is_truth(values):
        return values.to_numpy(dtype=bool)
    return values.to_numpy()
