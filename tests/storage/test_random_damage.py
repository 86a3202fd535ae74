"""Random bytes in a storage end in results or in one line; a reader never changes the file."""

import random

import pytest

from hpsearch.errors import HpsearchError
from hpsearch.execution import execute
from hpsearch.objectives.plain import PlainObjective
from hpsearch.results.choose import load_chosen
from hpsearch.storage import opened
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher
from tests.combinations import more

FILES = {"sqlite": 25, "journal": 150}  # how many of each kind are tried; the default run tries a fifth


def bowl(trial):
    """The value, and something of each kind that a trial may hold."""
    value = (trial.suggest_float("x", -5, 5) - 1) ** 2
    trial.report(value, 1)
    trial.set_user_attr("history", {"train_loss": [value]})
    return value


class Bowl(PlainObjective):
    """An objective with a declared space."""

    content = {"space": {"x": {"low": -5, "high": 5}}}  # noqa: RUF012


def bowls(trials):
    strategies = {label: searcher(label, label, {}, 0) for label in ("random", "tpe")}
    common = {"repeats": 1, "seed": 0, "direction": "minimize", "metric": "value"}
    return Plan(name="bowl", objectives={"one": Bowl(bowl)}, strategies=strategies, trials=trials, **common)


def changed(content, numbers):
    """The content with one to thirty changes: a bit, a byte, zeros, noise, a part removed, the end cut off."""
    content = bytearray(content)
    for _ in range(numbers.choice([1, 1, 2, 5, 30])):
        place, length = numbers.randrange(len(content)), numbers.choice([1, 2, 16, 100, 1000])
        part = content[place : place + length]
        content[place : place + length] = numbers.choice(
            [
                bytes([part[0] ^ 1 << numbers.randrange(8)]) + part[1:],
                bytes([numbers.randrange(256)]) + part[1:],
                bytes(len(part)),
                numbers.randbytes(len(part)),
                b"" if numbers.random() < 0.3 else part,
            ]
        )
        if numbers.random() < 0.05 and len(content) > 1:
            del content[numbers.randrange(1, len(content)) :]
        content = content or bytearray(b"x")
    return bytes(content)


@pytest.mark.parametrize(("scheme", "share"), [(scheme, 5) for scheme in FILES] + [more(scheme, 1) for scheme in FILES])
def test_random_damage_is_one_line_or_none(tmp_path, scheme, share):
    path = tmp_path / "trials"
    url = f"{scheme}:///{path}"
    execute(bowls(4), url)
    whole, numbers = path.read_bytes(), random.Random(0)
    refused = 0
    tried = FILES[scheme] // share
    for _ in range(tried):
        for leftover in tmp_path.iterdir():
            leftover.unlink()
        content = changed(whole, numbers)
        path.write_bytes(content)
        said = [refusal(lambda: report(url))]
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]
        said.append(refusal(lambda: execute(bowls(6), url)))
        refused += said[0] is not None
        for line in filter(None, said):
            assert len(line.splitlines()) == 1
            assert "goes on" not in line
    assert 0 < refused < tried


def report(url):
    with opened(url, existing=True) as storage:
        load_chosen(storage, None, [])


def refusal(attempt):
    """What the attempt ends in, if it is an error that commands print in one line."""
    try:
        attempt()
    except HpsearchError as error:
        return str(error)
    return None
