"""Whatever names a storage or a file holds, the terminal gets nothing that it would obey or hide."""

import io
import logging
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import optuna
import pytest
from rich.table import Table

from hpsearch.cli.guard import guarded
from hpsearch.cli.messages import logged
from hpsearch.cli.printing import print_plan, print_results
from hpsearch.cli.screen import Screen
from hpsearch.storage import open_storage
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.study.plan import plan
from tests.example_results import make_results

EVIL = (
    "a\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x9b2J \u202ertl\u202c \u2066\u2069 \u200e\u200f\u061c "
    "\u200b\ufeff\u00ad \U000e0041 \u2028new\r\nline\tend"
)


def harmful(text: str) -> list[str]:
    """The signs that Python calls not printable, but for line ends."""
    return [hex(ord(sign)) for sign in text if not sign.isprintable() and sign != "\n"]


@pytest.fixture
def evil_storage(tmp_path):
    """A journal with two studies whose every name is harmful; lone surrogates too, which JSON can hold."""
    url = f"journal:///{tmp_path / 'evil.log'}"
    with quiet_optuna():
        for name in (f"one {EVIL}", f"two {EVIL}\ud800"):
            study = optuna.create_study(study_name=name, storage=open_storage(url))
            study.set_metric_names([f"loss {EVIL}"])
            for value in (1.0, 0.5, 2.0):
                trial = study.ask()
                trial.suggest_float(f"rate {EVIL}", 0.0, 1.0)
                trial.suggest_categorical(f"kind {EVIL}", [EVIL, "b"])
                study.tell(trial, value)
    return url


def test_a_report_shows_harmful_names_spelled_out(run, evil_storage):
    names = ("--study-name", f"one {EVIL}", "--study-name", f"two {EVIL}\ud800")
    code, out, err = run("report", "--storage", evil_storage, *names)
    assert (code, err) == (0, "")
    assert harmful(out) == []
    assert r"a\x1b[31mred\x1b[0m" in out
    assert r"\x1b]8;;http://x\x07link" in out
    assert not re.search(r"^(new|line|end)", out, re.MULTILINE), "no name begins a line"
    assert "┃" in out


@pytest.mark.parametrize("arguments", [[], ["--study-name", f"x{EVIL}"], [f"y{EVIL}"], ["--study-name", "z"]])
def test_errors_that_list_harmful_names_are_one_clean_line(run, evil_storage, arguments):
    code, out, err = run("report", "--storage", evil_storage, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("hpsearch: ")
    assert harmful(err) == []


def test_a_study_of_harmful_names_is_described_and_refused_cleanly(run, tmp_path):
    folder = tmp_path / "in \x1b[7m\u202e"
    folder.mkdir()
    rows = "".join(f"{i * 7 % 40},{'A' if i % 2 else EVIL.split()[0]}\n" for i in range(40))
    (folder / "a.csv").write_text(f"length {EVIL.split()[0]},kind\n{rows}", encoding="utf-8")
    study = r"""
        name = "s"
        title = "t \u001B[1m\u202E"
        question = "q\u009B2J\nReport: no"
        data = { source = "csv", path = "PATH", target = "kind" }
        model = { epochs = 1 }
        space = { learning_rate = { low = 1e-4, high = 1.0, log = true } }
    """.replace("PATH", str(folder / "a.csv").replace("\x1b", r"\u001B"))
    (tmp_path / "s.toml").write_text(study, encoding="utf-8")
    output = io.StringIO()
    ready = plan(str(tmp_path / "s.toml"))
    print_plan(Screen(file=output), ready, "sqlite:///a.db")
    shown = output.getvalue()
    assert harmful(shown) == []
    assert shown.startswith("t \\x1b[1m\\u202e\nq\\x9b2J Report: no\n")
    (tmp_path / "s.toml").write_text(study.replace('"kind"', '"kint"'), encoding="utf-8")
    code, out, err = run("study", "s.toml")
    assert (code, out, err.count("\n"), harmful(err)) == (2, "", 1, [])
    assert r"choose from kind, length a\x1b[31mred" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["study", f"x{EVIL}"],
        ["study", f"{EVIL}.toml"],
        ["study", "--strategies", f"random,{EVIL}"],
        ["study", "--pruner", EVIL],
        ["study", "--trials", EVIL],
        ["study", f"--{EVIL}"],
        ["study", "--storage", f"sqlite:////nowhere/{EVIL}.db"],
        ["study", "--storage", EVIL],
        [EVIL],
        ["report", "--storage", f"journal:///{EVIL}.log"],
        ["study", "\udcff\udc1b.toml"],
    ],
)
def test_arguments_come_back_clean(run, arguments):
    code, out, err = run(*arguments)
    assert (code, err.count("\n"), harmful(out + err)) == (2, 1, [])


def test_the_traceback_that_debug_shows_is_clean(run):
    code, _, err = run("study", f"x{EVIL}", "--debug")
    assert code == 1
    assert "Traceback" in err
    assert harmful(err) == []


def test_a_path_that_is_not_utf_8_is_printed():
    screen = Screen(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), width=40)
    screen.print("Report: \udcff\udce9/report.html")
    screen.file.flush()
    assert screen.file.buffer.getvalue().decode() == "Report: \\udcff\\udce9/report.html\n"


def test_a_terminal_gets_the_styles_of_the_program_and_no_others():
    screen = Screen(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=60, legacy_windows=False)
    table = Table(title=f"title {EVIL}", title_style="bold")
    table.add_column(f"head {EVIL}", max_width=12)
    table.add_row(f"cell {EVIL}")
    screen.print(table)
    screen.print(f"line {EVIL}", style="bold", soft_wrap=True)
    shown = screen.file.getvalue()
    assert "\x1b[1m" in shown
    assert harmful(re.sub(r"\x1b\[(?:0|1|3)(?:;\d)*m", "", shown)) == []
    widths = {len(line) for line in re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines() if set("│┃┏└") & set(line)}
    assert len(widths) == 1, "the borders are in line"


def test_results_with_long_names_are_short_on_the_screen(capsys):
    results = make_results(
        strategies=("random", "s" * 100_000), repeats=1, trials=2, metric="m" * 100_000, curves=False
    )
    print_results(Screen(), results)
    assert len(capsys.readouterr().out) < 3_000


@pytest.mark.parametrize(("values", "words"), [(1, "(one value)"), (3, " (mean and sd of 3 retrainings)")])
def test_test_values_are_worded_by_their_number(capsys, values, words):
    results = make_results(strategies=("random",), repeats=1, trials=3, curves=False)
    results.runs["test_values"] = [[0.5, 0.6, 0.7][:values]]
    print_results(Screen(), results)
    out = " ".join(capsys.readouterr().out.split())
    assert words in out
    assert (" ± " in out) == (values > 1)


def test_logs_and_warnings_are_clean_lines(capsys):
    with logged(quiet=False):
        logging.getLogger("hpsearch").warning("MNIST: %s", EVIL)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"old {EVIL}", DeprecationWarning, stacklevel=1)
    err = capsys.readouterr().err
    assert err.splitlines()[0].startswith(r"hpsearch: MNIST: a\x1b[31mred")
    assert err.splitlines()[1].startswith(r"hpsearch: DeprecationWarning: old a\x1b[31mred")
    assert (err.count("\n"), harmful(err)) == (2, [])
    assert logging.getLogger("hpsearch").handlers == []


def test_a_quiet_command_tells_of_errors_alone(capsys):
    def speaks(_console):
        logging.getLogger("hpsearch").warning("MNIST")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        raise ValueError(EVIL)

    with pytest.raises(SystemExit):
        guarded(speaks, quiet=True)
    err = capsys.readouterr().err
    assert err.startswith("hpsearch: ValueError: a")
    assert (err.count("\n"), harmful(err)) == (1, [])


def test_an_encoding_that_lacks_signs_is_no_reason_to_stop(tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[2])}
    code = (
        "import sys; from hpsearch.cli import main, screen; sys.argv = ['hpsearch', 'study', '--help']; main();"
        "s = screen.Screen(); s.print('± × – − ∞ 中 🚀'); from rich.table import Table; t = Table('±'); t.add_row('×');"
        "s.print(t); sys.argv = ['hpsearch', 'study', '中']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr
    assert rb"\u4e2d \U0001f680" in done.stdout
    assert rb"\u4e2d" in done.stderr
    assert rb" \xd7" in done.stdout[: done.stdout.index(rb"\u4e2d")], "the help's own"
