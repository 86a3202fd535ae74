import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpsearch.analysis.next_study import next_study
from hpsearch.errors import UsageError
from hpsearch.report import write_report
from hpsearch.report.sections import SECTIONS
from hpsearch.study import config
from tests.analysis.diagnostics.planted import planted
from tests.example_results import case, make_results
from tests.report.built import tiled

ROOT = Path(__file__).parents[2]
SMALL = {"strategies": ("random", "tpe"), "repeats": 1, "trials": 4}


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "new" / "digits"
    assert write_report(make_results(**SMALL), out) == out / "report.html"
    return out


def test_the_files_are_all_there_and_the_summary_names_them(report):
    files = content(report)
    assert {"report.html", "report.md", "summary.json"} <= set(files)
    assert json.loads((report / "summary.json").read_text())["files"] == sorted(files)
    drawn = {key for key in SECTIONS if f"figures/{key}.png" in files}
    assert {"best_so_far", "plane", "learning_curves"} <= drawn
    assert drawn == {key for key in SECTIONS if f"figures/{key}.svg" in files}


@pytest.mark.long
def test_the_same_results_give_the_same_bytes_in_any_process(report, tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\nsvg.fonttype: none\n")
    code = (
        "from pathlib import Path; from tests.example_results import make_results\n"
        "from hpsearch.report import write_report\n"
        f"write_report(make_results(**{SMALL!r}), Path({str(tmp_path / 'again')!r}))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345", "MATPLOTLIBRC": str(tmp_path), "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment, capture_output=True)
    assert content(tmp_path / "again") == content(report)


def test_an_earlier_report_gives_way_and_nothing_else_does(report, tmp_path):
    shutil.copytree(report, tmp_path, dirs_exist_ok=True)
    (tmp_path / "figures" / "mine.png").write_bytes(b"mine")
    (tmp_path / "notes.txt").write_text("mine")
    write_report(case("nothing finished"), tmp_path)
    left = set(content(tmp_path))
    assert {"figures/mine.png", "notes.txt"} <= left
    assert left - {"figures/mine.png", "notes.txt"} == set(json.loads((tmp_path / "summary.json").read_text())["files"])
    assert "figures/plane.png" not in left


@pytest.mark.parametrize(
    "summary",
    [
        "not json",
        "[]",
        '{"files": 3}',
        '{"files": ["../figures/outside.png", "report/../../outside.csv", "figures/../notes.csv", 7, "notes.csv"]}',
    ],
)
def test_a_summary_that_is_not_ours_removes_nothing(tmp_path, summary):
    out = tmp_path / "out"
    others = [tmp_path / "figures" / "outside.png", tmp_path / "outside.csv", out / "notes.csv"]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
    (out / "summary.json").write_text(summary)
    write_report(case("nothing finished"), out)
    assert all(path.read_text() == "theirs" for path in others)


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_stop_while_writing_leaves_the_earlier_report(tmp_path, monkeypatch, stop):
    write_report(case("nothing finished"), tmp_path)
    before = content(tmp_path)
    write_bytes, calls = Path.write_bytes, []

    def fails_at_the_third(path, data):
        calls.append(path)
        if len(calls) == 3:
            raise stop
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", fails_at_the_third)
    expected = UsageError if isinstance(stop, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="No space left" if isinstance(stop, OSError) else None):
        write_report(make_results(finished=0, title="Another"), tmp_path)
    assert content(tmp_path) == before
    assert not list(tmp_path.glob(".report-*"))


def test_a_folder_that_can_not_be_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"the report can't be written to .*file"):
        write_report(case("nothing finished"), tmp_path / "file")


@pytest.mark.usefixtures("without_pixels")
def test_the_next_study_is_written_where_something_is_to_change_and_gives_way(tmp_path):
    results = planted("edge")
    write_report(results, tmp_path)
    assert config.read(str(tmp_path / "next.toml")).name == next_study(results).name
    assert "next.toml" in json.loads((tmp_path / "summary.json").read_text())["files"]
    write_report(case("nothing finished"), tmp_path)
    assert not (tmp_path / "next.toml").exists()


@pytest.mark.long
def test_ten_thousand_trials_take_seconds(tmp_path):
    results = tiled(make_results(strategies=("random", "tpe"), repeats=5, trials=50), 20)
    assert len(results.trials) == 10_000
    begin = time.process_time()
    page = write_report(results, tmp_path)
    assert time.process_time() - begin < 30  # about 10 s on an idle machine
    assert page.stat().st_size < 1_500_000


@pytest.mark.long
@pytest.mark.usefixtures("without_pixels")
def test_many_tasks_and_strategies_stay_one_light_page(tmp_path):
    tasks = [f"task {index}" for index in range(12)]
    strategies = [f"strategy {index}" for index in range(3)]
    results = make_results(tasks=tasks, strategies=strategies, repeats=1, trials=12, epochs=2)
    assert write_report(results, tmp_path).stat().st_size < 1_500_000
