import math

import pytest

from hpsearch.checks import duration, seconds, seconds_text
from hpsearch.errors import UsageError


@pytest.mark.parametrize(
    ("text", "length"),
    [("90", 90), ("60s", 60), ("20m", 1200), ("1.5h", 5400), (".5 s", 0.5), (" 2. ", 2), ("0.001", 0.001)],
)
def test_durations_are_seconds_or_have_a_unit(text, length):
    assert duration("--for", text) == length


@pytest.mark.parametrize("text", ["", "0", "-1", "1d", "1e3", "inf", "nan", "20 m 3", "m", "٣", "9" * 400])
def test_other_durations_are_refused(text):
    with pytest.raises(UsageError, match="--for must be a duration > 0 such as 90, 60s"):
        duration("--for", text)


@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, True, "60", 1e12])
def test_a_number_of_seconds_is_finite_and_positive(value):
    with pytest.raises(UsageError, match="trial_timeout must be a finite number of seconds > 0"):
        seconds("trial_timeout", value)
    assert seconds("trial_timeout", 60) == 60.0


def test_seconds_are_shown_short():
    assert [seconds_text(each) for each in (60, 0.25, 5400.0, 8.64e8)] == ["60 s", "0.25 s", "5400 s", "864000000 s"]
