"""No password on the screen, wherever a URL stands on the command line and however it is mistyped."""

import contextlib
import sys

import pytest

from hpsearch.cli import main

URLS = [
    "postgresql://me:s3cr3t@127.0.0.1:1/db",
    "postgresql://me:s3:cr3t@127.0.0.1:1/db",
    "postgresql://me:s3/cr3t@127.0.0.1:1/db",
    "postgresql://me:s3@cr3t@127.0.0.1:1/db",
    "postgresql://me:s3%40cr3t@127.0.0.1:1/db",
    "postgresql://me:s3 cr3t@127.0.0.1:1/db",
    "postgresql://me:s3{cr3t@127.0.0.1:1/db",
    "postgresql://me: s3cr3t@127.0.0.1:1/db",
    "postgresql://me:s3cr3t127.0.0.1/db",
    "postgresql://127.0.0.1:1/db?user=me&password=s3cr3t",
    "postgresql://127.0.0.1:1/db?user=me&sslpassword=s3cr3t",
    "postgresql:/me:s3cr3t@127.0.0.1:1/db",
    "postgresql:me:s3cr3t@127.0.0.1:1/db",
    "postgresql//me:s3cr3t@127.0.0.1:1/db",
    "postgres://me:s3cr3t@127.0.0.1:1/db",
    "me:s3cr3t@127.0.0.1:1/db",
    "host=127.0.0.1 password=s3cr3t",
    "sqlite+pysqlcipher://:s3cr3t@/file",
    "sqlite+pysqlcipher://:s3cr3t@/file?cipher=aes-256-cfb",
    "postgresql%3A%2F%2Fme%3As3cr3t%40127.0.0.1%2Fdb",
    "mysql://me:s3cr3t@127.0.0.1:1/db",
]
PLACES = {
    "storage of a study": ["study", "--trials", "1", "--storage", "URL"],
    "storage of a report": ["report", "--storage=URL"],
    "study": ["study", "URL"],
    "study of a report": ["report", "URL", "--storage", "sqlite:///there.db"],
    "Optuna study": ["report", "--study-name", "URL", "--storage", "sqlite:///there.db"],
    "number": ["study", "--trials", "URL"],
    "strategies": ["study", "--strategies", "URL"],
    "command": ["URL"],
    "one too many": ["study", "digits", "URL"],
    "data folder": ["study", "--storage", "nothing", "--data-dir", "URL"],
    "output folder": ["study", "--out", "file/URL"],
    "option": ["report", "--URL"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a storage and a file."""
    from hpsearch.storage import open_storage

    folder = tmp_path_factory.mktemp("passwords")
    storage = open_storage(f"sqlite:///{folder / 'there.db'}")
    storage.engine.dispose()
    (folder / "file").touch()
    return folder


@pytest.mark.parametrize(
    ("url", "place"),
    [(url, "storage of a report") for url in URLS]
    + [(URLS[n % len(URLS)], place) for n, place in enumerate(2 * [*PLACES])],
)
def test_a_password_is_not_shown(folder, url, place, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["hpsearch", *(part.replace("URL", url) for part in PLACES[place])])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    assert end.value.code in (1, 2)
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("hpsearch: ")
    for part in ("s3", "cr3t"):
        assert part not in printed.out + printed.err


def test_the_traceback_of_an_error_shows_no_password(folder, monkeypatch, capsys):
    url = "postgresql://me:s3cr3t127.0.0.1/db"  # int() repeats what it takes for a port
    monkeypatch.setattr(sys, "argv", ["hpsearch", "report", "--debug", "--storage", url])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr().err
    assert end.value.code == 1
    assert "Traceback" in printed
    assert "cr3t" not in printed


def test_an_error_line_has_bounded_length(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hpsearch", "study", "--strategies", "a" * 100_000])
    with pytest.raises(SystemExit):
        main()
    line = capsys.readouterr().err
    assert line.startswith("hpsearch: --strategies: unknown strategy 'aaa")
    assert "…" in line
    assert line.rstrip().endswith("tpe-univariate")
    assert len(line) <= 1_100


def test_the_storage_may_be_an_environment_variable(tmp_path, monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["hpsearch", *arguments])
        with contextlib.suppress(SystemExit):
            main()
        return capsys.readouterr()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HPSEARCH_STORAGE", "sqlite:///mine.db")
    done = call("study", "--trials", "1", "--repeats", "1", "--jobs", "1", "--strategies", "random")
    assert done.err == ""
    assert "kept in sqlite:///mine.db" in done.out
    assert "optuna-dashboard sqlite:///mine.db" in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.db", "reports"]
    assert "holds no run of the study 'wine' (it holds digits)" in call("report", "wine").err
    assert "there is no storage sqlite:///other.db" in call("report", "--storage", "sqlite:///other.db").err
    monkeypatch.setenv("HPSEARCH_STORAGE", "postgresql://me:s3cr3t@127.0.0.1:1/db")
    refused = call("report").err
    assert "postgresql://me:***@127.0.0.1:1/db" in refused
    assert "s3cr3t" not in refused
    assert "HPSEARCH_STORAGE" in call("study", "--help").out
