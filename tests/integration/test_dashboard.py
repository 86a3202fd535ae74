"""optuna-dashboard shows what hpsearch stores, in a real browser."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hpsearch.execution import execute
from hpsearch.study.plan import plan
from tests.chromium import BROWSER, FLAGS

pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed")

SERVER = shutil.which("optuna-dashboard", path=Path(sys.executable).parent) or shutil.which("optuna-dashboard")
RUNS = ["digits/narrowing/00", "digits/tpe/00", "diverging/narrowing/00"]
EPOCHS, TRIALS = 3, 6

pytestmark = pytest.mark.skipif(SERVER is None, reason="the program optuna-dashboard is not installed")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")


class Page(HTMLParser):
    """The text of a page, and how many marks each of its plots shows."""

    _CHILDLESS = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"})

    def __init__(self, dom: str, console: list[str]) -> None:
        super().__init__()
        self.console = console
        self.texts: list[str] = []
        self.marks: Counter[tuple[str, str]] = Counter()
        self._open: list[str] = []  # the plot that each open element stands in
        self.feed(dom)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count the elements of each class within each plot."""
        attributes = {name: value or "" for name, value in attrs}
        inherited = self._open[-1] if self._open else ""
        own = attributes.get("id", "")
        plot = own if own.startswith(("graph-", "plot-")) else inherited
        if plot:
            self.marks.update((plot, name) for name in attributes.get("class", "").split())
        if tag not in self._CHILDLESS:
            self._open.append(plot)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def stored(
    tmp_path_factory: pytest.TempPathFactory, call_hpsearch: Any, write_study: Callable[..., Path]
) -> tuple[Path, str]:
    """A folder with two finished studies in one SQLite file, and the command that hpsearch says shows them.

    One study is of trainings that mostly diverge: their values are -inf, which JSON does not know.
    """
    folder = tmp_path_factory.mktemp("dashboard")
    url = f"sqlite:///{folder / 'trials.db'}"
    done = call_hpsearch("study", write_study(folder), "--storage", url, "--jobs", 1, "--out", folder)
    assert done.returncode == 0, done.stderr
    diverging = write_study(folder, "diverging", data="diabetes", rates=(1.0, 1e20))
    execute(plan(str(diverging), {"strategies": ["narrowing"]}), url)
    return folder, _told(done.stdout)


def _told(output: str) -> str:
    found = re.search(r"^Every trial: (optuna-dashboard .*)$", output, re.MULTILINE)
    assert found is not None, output
    return found[1]


@pytest.fixture(scope="module")
def show(serving: Any, free_port: Callable[[], int], fetch: Callable[[int, str], bytes]) -> Any:
    """Run the command that hpsearch told the user; the context is the port of the server."""

    @contextmanager
    def run(folder: Path, told: str) -> Iterator[int]:
        port = free_port()
        command = [str(SERVER), *shlex.split(told)[1:], "--port", str(port)]
        with serving(command, lambda: fetch(port, "/api/meta"), folder / "dashboard.log", cwd=folder):
            yield port

    return run


@pytest.fixture(scope="module")
def port(stored: tuple[Path, str], show: Any) -> Iterator[int]:
    """The port of a dashboard that shows the stored studies."""
    with show(*stored) as number:
        yield number


@pytest.fixture(scope="module")
def numbers(port: int, fetch: Callable[[int, str], bytes]) -> dict[str, int]:
    """The dashboard's number of each run."""
    listed = json.loads(fetch(port, "/api/studies"))["study_summaries"]
    return {study["study_name"]: study["study_id"] for study in listed}


@pytest.fixture(scope="module")
def look(port: int, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Page]:
    """Open a page of the dashboard in the browser and read it when it has been drawn."""
    profile = tmp_path_factory.mktemp("browser")

    def open_page(path: str) -> Page:
        url = f"http://127.0.0.1:{port}/dashboard{path}"
        command = [str(BROWSER), *FLAGS, "--window-size=1400,2600", f"--user-data-dir={profile}", "--dump-dom", url]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120)
        assert done.returncode == 0, done.stderr
        return Page(done.stdout, re.findall(r":CONSOLE[^\]]*\] (.*)", done.stderr))

    return open_page


def test_lists_every_run(numbers: dict[str, int]) -> None:
    assert sorted(numbers) == RUNS


def test_shows_a_journal_by_the_command_that_the_user_is_told(
    tmp_path: Path, call_hpsearch: Any, write_study: Callable[..., Path], show: Any, fetch: Callable[[int, str], bytes]
) -> None:
    place = ("--storage", f"journal:///{tmp_path}/trials.log", "--out", tmp_path)
    done = call_hpsearch("study", write_study(tmp_path), *place, "--jobs", 1, "--trials", 1)
    assert done.returncode == 0, done.stderr
    with show(tmp_path, _told(done.stdout)) as port:
        listed = json.loads(fetch(port, "/api/studies"))["study_summaries"]
    assert sorted(study["study_name"] for study in listed) == RUNS[:2]


@needs_browser
def test_complaints_of_a_page_are_heard(look: Callable[[str], Page]) -> None:
    # The tests below rest on it: an empty console must mean that nothing was wrong.
    assert any("study_id=999 is not found" in line for line in look("/studies/999").console)


@needs_browser
def test_list_in_the_browser(look: Callable[[str], Page], numbers: dict[str, int]) -> None:
    page = look("")
    for name in RUNS:
        assert f"{numbers[name]}. {name}" in page.texts
    assert page.console == []


@needs_browser
def test_history_importance_and_learning_curves(look: Callable[[str], Page], numbers: dict[str, int]) -> None:
    page = look(f"/studies/{numbers['digits/tpe/00']}")
    assert {"accuracy", "Intermediate values", "learning_rate", "weight_decay"} <= set(page.texts)
    assert page.marks["plot-history", "point"] >= TRIALS
    assert page.marks["graph-hyperparameter-importances", "point"] == 2
    assert page.marks["graph-timeline", "point"] == TRIALS
    assert page.marks["graph-intermediate-values", "trace"] == TRIALS
    assert page.marks["graph-intermediate-values", "point"] == TRIALS * EPOCHS
    assert page.console == []


@needs_browser
def test_parameter_plots(look: Callable[[str], Page], numbers: dict[str, int]) -> None:
    page = look(f"/studies/{numbers['digits/tpe/00']}/analytics")
    assert page.marks["plot-slice", "point"] == TRIALS
    assert page.marks["graph-contour", "contour"] >= 1
    assert page.marks["graph-rank", "point"] == TRIALS
    assert page.marks["plot-edf-0", "js-line"] == 1
    assert page.console == []


@needs_browser
@pytest.mark.parametrize("view", ["", "/analytics"])
def test_diverged_trials_do_not_break_a_page(
    look: Callable[[str], Page],
    numbers: dict[str, int],
    port: int,
    fetch: Callable[[int, str], bytes],
    view: str,
) -> None:
    number = numbers["diverging/narrowing/00"]
    detail = json.loads(fetch(port, f"/api/studies/{number}?after=0"), parse_constant=_refuse)
    assert "-inf" in [trial["values"][0] for trial in detail["trials"]], "no training diverged: nothing is tested"
    page = look(f"/studies/{number}{view}")
    assert f"diverging/narrowing/00 (id={number})" in page.texts
    assert page.console == []


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON, and no browser reads it")
