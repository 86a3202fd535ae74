"""Progress is a bar where somebody sees it: in a terminal, in a notebook, and nowhere else."""

import io
import sys
from types import SimpleNamespace

import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

import hpsearch
from hpsearch.errors import UsageError
from hpsearch.execution import bar as module
from hpsearch.execution.progress import State


class Terminal(io.StringIO):
    def isatty(self):
        return True


def bowl(trial):
    return trial.suggest_float("x", -5, 5) ** 2


def test_a_terminal_has_a_bar_on_standard_error(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    hpsearch.search(bowl, trials=3, progress=True)
    assert "3/3" in terminal.getvalue()
    assert "best value" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_nobody_sees_a_file(capsys):
    hpsearch.search(bowl, trials=3, progress=True)
    hpsearch.compare(bowl, strategies=["random"], trials=2, repeats=1, progress=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


class Handle:
    def __init__(self, shown):
        self.shown = shown

    def update(self, html):
        self.shown.append(html)


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows."""
    cells = []

    def display(html, display_id):
        cells.append(html)
        return Handle(cells)

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    return cells


def test_a_notebook_has_one_bar_that_ends_full(shown):
    hpsearch.search(bowl, trials=4, progress=True)
    assert '<progress value="4" max="4"' in shown[-1]
    assert "4 of 4 trials, best value" in shown[-1]


def test_a_bar_is_not_drawn_more_often_than_it_is_seen(shown):
    with module.bar("<b>") as advance:
        for done in range(1, 1001):
            advance(State(done, 1000, 0.5, 3.0, 2))
    assert len(shown) < 500
    assert "best &lt;b&gt; 0.5" in shown[-1]


def test_a_search_by_cross_validation_has_a_bar(shown):
    x, y = load_iris(return_X_y=True)
    hpsearch.SearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3]}, trials=2, cv=2, progress=True).fit(x, y)
    assert "2 of 2 trials, best score 0.9" in shown[-1]


def test_a_wrong_progress_is_refused():
    with pytest.raises(UsageError, match="progress must be"):
        hpsearch.search(bowl, trials=1, progress="yes")
