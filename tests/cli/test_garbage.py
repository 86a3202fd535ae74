import gc

import pytest

from hpsearch import cli
from hpsearch.cli.garbage import OBJECTS
from tests.commands import call


def test_a_command_collects_garbage_rarely_and_its_end_restores_what_was_set(monkeypatch):
    thresholds, before = [], gc.get_threshold()
    monkeypatch.setattr(cli.choices, "print_choices", lambda _screen: thresholds.append(gc.get_threshold()))
    assert call("list").returncode == 0
    assert thresholds == [(OBJECTS, *before[1:])]
    assert gc.get_threshold() == before


def test_an_error_restores_it_too(monkeypatch):
    before = gc.get_threshold()
    monkeypatch.setattr(cli, "_main", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main()
    assert gc.get_threshold() == before
