"""Columns of a table as a model was trained with them, and the numbers that they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.reading.dates import is_form
from hpsearch.data.reading.frames import column_name
from hpsearch.data.reading.kinds import UnusableColumnError, usable
from hpsearch.data.reading.missing import without
from hpsearch.data.values import (
    DATE_PARTS,
    TIME_PARTS,
    Converted,
    code_texts,
    date_parts,
    in_form,
    of_codes,
    of_dates,
    of_numbers,
    of_texts,
    of_truths,
    some,
    texts,
)
from hpsearch.errors import DataError, quoted

if TYPE_CHECKING:
    import pandas as pd

NUMBER, TRUTH, TEXT, CODE, DATE = "number", "truth", "text", "code", "date"


class Kind(NamedTuple):
    """Kind of column.

    Attributes
    ----------
    convert
        Returns the numbers of its values, given the details of the column.
    details
        Returns what is fixed by the values of training: the categories of texts, the parts of dates.
    has_categories
        Whether the details are categories.
    """

    convert: Callable[[Any, Sequence[str]], Converted]
    details: Callable[[Any], tuple[str, ...]]
    has_categories: bool = False


def _nothing(_values: Any) -> tuple[str, ...]:
    return ()


KINDS: Mapping[str, Kind] = {
    NUMBER: Kind(lambda values, _: of_numbers(values), _nothing),
    TRUTH: Kind(lambda values, _: of_truths(values), _nothing),
    TEXT: Kind(of_texts, lambda values: tuple(sorted(texts(values).unique())), has_categories=True),
    CODE: Kind(of_codes, lambda values: tuple(sorted(code_texts(values).unique())), has_categories=True),
    DATE: Kind(of_dates, date_parts),
}
"""Kinds of columns: true or false becomes 1 or 0; a code is a number that is a name, such as a postal code."""


@dataclass(frozen=True)
class Column:
    """Column of a table.

    Attributes
    ----------
    kind
        Key of `KINDS`.
    details
        Of text and codes: the sorted categories. Of dates: their parts. Empty for other kinds.
    form
        Form of dates as text, such as "%d.%m.%Y"; that of ISO 8601 is understood as well. It is not part of the data.
    """

    name: str
    kind: str = NUMBER
    details: tuple[str, ...] = ()
    form: str = field(default="", repr=False)

    @classmethod
    def of(cls, name: str, kind: str, values: pd.Series[Any], form: str = "") -> Self:
        """Return the column of a kind with such values."""
        return cls(name, kind, KINDS[kind].details(values), form if kind == DATE else "")

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories of text and codes; empty for other kinds."""
        return self.details if KINDS[self.kind].has_categories else ()

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Names of its numbers: its own, or ``name.part`` for each part of a date."""
        return (self.name,) if self.categories or not self.details else tuple(f"{self.name}.{p}" for p in self.details)

    def convert(self, values: pd.Series[Any]) -> Converted:
        """Return the values as numbers."""
        return KINDS[self.kind].convert(in_form(values, self.form) if self.form else values, self.details)


class Raw(NamedTuple):
    """Numbers of new rows.

    Attributes
    ----------
    x
        Float32 of shape (rows, raw columns): NaN where a value is missing, the place of a category, -1 for an unseen
        one.
    notes
        What training did not have, a sentence for each column.
    """

    x: NDArray[np.float32]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """Input columns of a table; as numbers, the columns with categories come last.

    Attributes
    ----------
    inputs
        In the order of the table.
    target
        Name of the target's column, which a table of new rows may have or not; empty if it has none.
    additional
        Names of other columns that a table of new rows may have or not, such as those to ignore.
    missing
        Texts, and numbers as text, that stand for missing values.
    """

    inputs: tuple[Column, ...]
    target: str = ""
    additional: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @classmethod
    def of_numbers(cls, names: Sequence[str]) -> Self:
        """Return columns of numbers."""
        return cls(tuple(Column(name) for name in names))

    @property
    def numbers(self) -> tuple[Column, ...]:
        """Columns without categories."""
        return tuple(column for column in self.inputs if not column.categories)

    @property
    def categorical(self) -> tuple[Column, ...]:
        """Columns with categories."""
        return tuple(column for column in self.inputs if column.categories)

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Names of the columns as numbers, in their order."""
        return tuple(name for column in (*self.numbers, *self.categorical) for name in column.raw_names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names with a column for each category, and without what is learned from rows."""
        numbers = tuple(name for column in self.numbers for name in column.raw_names)
        return numbers + tuple(f"{column.name}={each}" for column in self.categorical for each in column.categories)

    def encode(
        self,
        frame: pd.DataFrame,
        source: str,
        *,
        ignores_additional: bool = False,
        ignores_unknown: bool = True,
        fills: bool = True,
    ) -> Raw:
        """Return new rows as numbers; their columns can have any order.

        Parameters
        ----------
        source
            Where the table is from, for messages.
        ignores_additional
            Whether other columns are left out, rather than refused.
        ignores_unknown
            Whether a category that training did not have is accepted.
        fills
            Whether missing values are accepted.

        Raises
        ------
        DataError
            If a column is missing, additional or holds what can't be used. One message names all of them.
        """
        names = [column_name(name) for name in frame.columns]
        problems = [*self._wrong_names(names, ignores_additional=ignores_additional)]
        notes, parts = [], []
        places = {name: place for place, name in enumerate(names)}
        repeated = {name for name, times in Counter(names).items() if times > 1}
        for column in (*self.numbers, *self.categorical):
            if column.name not in places or column.name in repeated:
                continue
            try:
                values = usable(frame.iloc[:, places[column.name]])
            except UnusableColumnError as error:
                problems.append(f"column {quoted(column.name)} {error}")
                continue
            if self.missing:
                values = without(values, self.missing)
            converted = column.convert(values)
            parts.append(_to_float32(converted.numbers))
            problems += _wrong_values(column, values, converted, fills=fills)
            notes += _unseen(column, converted)
        problems += [] if ignores_unknown else notes
        if problems:
            raise DataError(f"{source}: does not fit the model: {'; '.join(problems)}")
        return Raw(np.concatenate(parts, axis=1), tuple(notes))

    def _wrong_names(self, names: Sequence[str], *, ignores_additional: bool) -> Iterator[str]:
        expected, times = {column.name: None for column in self.inputs}, Counter(names)
        missing = [name for name in expected if name not in times]
        if missing:
            yield f"{_named('column', missing)} {'is' if len(missing) == 1 else 'are'} missing"
        twice = [name for name, number in times.items() if number > 1 and name in expected]
        if twice:
            yield f"{_named('column', twice)} {'is' if len(twice) == 1 else 'are'} there more than once"
        accepted = {*expected, self.target, *self.additional}
        additional = [name for name in times if name not in accepted]
        if additional and not ignores_additional:
            yield f"{_named('additional column', additional)}, which training did not have"

    def table(self) -> dict[str, Any]:
        """Return the columns in JSON types."""
        inputs = [[column.name, column.kind, list(column.details)] for column in self.inputs]
        additional = {"additional": list(self.additional)} if self.additional else {}
        forms = {column.name: column.form for column in self.inputs if column.form}
        missing = {"missing": list(self.missing)} if self.missing else {}
        return {"inputs": inputs, "target": self.target, **additional, **missing} | (
            {"date_forms": forms} if forms else {}
        )

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the columns that `table` describes.

        Raises
        ------
        ValueError
            If it describes none.
        """
        forms = table.get("date_forms", {})
        inputs = tuple(
            Column(name, kind, tuple(details), forms.get(name, "")) for name, kind, details in table["inputs"]
        )
        for column in inputs:
            if column.kind not in KINDS or not all(isinstance(each, str) for each in (column.name, *column.details)):
                raise ValueError(f"{quoted(column)} is no column")
            if (KINDS[column.kind].details is not _nothing) != bool(column.details):
                raise ValueError(f"column {quoted(column.name)} must have categories if it is text, else none")
            if column.kind == DATE and not set(column.details) <= {*DATE_PARTS, *TIME_PARTS}:
                raise ValueError(f"column {quoted(column.name)} has no such parts of a date")
            if column.form and (column.kind != DATE or not is_form(column.form)):
                raise ValueError(f"column {quoted(column.name)} has no such form of dates")
        if not inputs or len({column.name for column in inputs}) < len(inputs):
            raise ValueError("there must be columns, with different names")
        additional, missing = tuple(table.get("additional", ())), tuple(table.get("missing", ()))
        if not all(isinstance(name, str) for name in additional):
            raise ValueError("additional columns must have names that are text")
        if not all(isinstance(text, str) for text in missing):
            raise ValueError("what stands for missing values must be text")
        return cls(inputs, str(table["target"]), additional, missing)


def _wrong_values(column: Column, values: pd.Series[Any], converted: Converted, *, fills: bool) -> Iterator[str]:
    missing = values.isna().to_numpy()
    if converted.wrong_row is not None:
        yield f"column {quoted(column.name)}, row {converted.wrong_row + 1}: {converted.problem}"
    elif missing.any() and not fills:
        yield f"column {quoted(column.name)}, row {int(missing.argmax()) + 1}: the value is missing"


def _unseen(column: Column, converted: Converted) -> list[str]:
    if not converted.unseen:
        return []
    return [f"column {quoted(column.name)} holds {some(converted.unseen)}, and training had only"
            f" {some(column.categories)}"]  # fmt: skip


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'' if len(names) == 1 else 's'} {some(names)}"


def _to_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
