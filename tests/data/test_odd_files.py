"""Odd and malformed files end in one clear line or in a sound data set, never in a traceback."""

import numpy as np
import pandas as pd
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.data.table import read_table
from hpsearch.errors import DataError, UsageError
from tests.combinations import some
from tests.data.odd_files import PACKED, odd_file

LONGEST = 6_000  # characters of a message, with ten problems
PARTS = 20


def outcome(function, *arguments, **options):
    """Return what it returns, or the message of its refusal."""
    try:
        return function(*arguments, **options)
    except (DataError, UsageError) as error:
        message = str(error)
        assert len(message) < LONGEST
        assert message.isprintable(), message
        return message


def check_table(table):
    assert len(table.frame) > 0
    assert all(isinstance(name, str) and name for name in table.frame)
    assert table.frame.columns.is_unique
    assert list(table.frame.index) == list(range(len(table.frame)))
    assert table.lines is None or np.all(np.diff(table.lines) > 0)
    for _, column in table.frame.items():
        assert column.dtype.kind in "biufM" or (column.dtype == object and is_text(column))


def is_text(column):
    return all(value is None or (isinstance(value, str) and value == value.strip()) for value in column)


@pytest.mark.parametrize("part", some(range(PARTS), 0))
def test_odd_files(tmp_path, part):
    path = tmp_path / "odd.csv"
    for seed in range(part * 25, part * 25 + 25):
        content, words = odd_file(seed)
        path.write_bytes(content)
        try:
            table = outcome(read_table, path)
            if not isinstance(table, str):
                check_table(table)
            for target in ("kind", None, pd.NA):
                if target is not pd.NA:
                    outcome(load, DataSettings(source="csv", path=str(path), target=target))
        except Exception as error:
            error.add_note(f"seed {seed}: {words}: {content[:300]!r}")
            raise


def written(rng, folder):
    """Write a table in a random way; return its path and the frame that must come back."""
    rows = int(rng.integers(1, 40))
    frame = pd.DataFrame(
        {
            "größe": rng.normal(size=rows).round(3) * 1000 + 0.0625,
            "count": rng.integers(-9, 10**6, rows),
            "colour": rng.choice(
                ["rot, hell", "grün; dunkel", 'bl"au', "l'or", "tab\tein", "a|b", "zwei\nzeilen"], rows
            ),
            "missing": np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows).round(2) + 0.0001),
            "open": rng.random(rows) < 0.5,
            "when": pd.Timestamp("2024-01-20") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D"),
        }
    )
    separator, decimal = str(rng.choice([",", ";", "\t", "|"])), str(rng.choice([".", ","]))
    text = frame.to_csv(
        index=False,
        sep=separator,
        decimal=decimal,
        quoting=int(rng.choice([0, 2])),  # where needed, and around all that is no number
        date_format=str(rng.choice(["%Y-%m-%d", "%d.%m.%Y"])),
        lineterminator=str(rng.choice(["\n", "\r\n"])),
    )
    path = folder / "own.csv"
    content = text.encode(str(rng.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])))
    path.write_bytes(PACKED[rng.integers(len(PACKED))](content))
    return path, frame


@pytest.mark.parametrize("part", some(range(10), 0))
def test_a_table_comes_back_however_it_was_written(tmp_path, part):
    for seed in range(part * 20, part * 20 + 20):
        path, frame = written(np.random.default_rng(seed), tmp_path)
        table = read_table(path)
        for name in frame:
            pd.testing.assert_series_equal(
                table.frame[name],
                frame[name],
                check_dtype=name not in ("colour", "when", "missing"),
                obj=f"{seed} {name}",
            )
