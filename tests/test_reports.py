"""What is committed of generated reports: what their pages show, and no more."""

import json
import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
MOST = 8_000_000  # bytes
KINDS = re.compile(
    r"reports/(README\.md|[\w-]+/(README\.md|report\.md|summary\.json|figures/\w+\.png)|digits/report\.html|digits/page\.png)"
)
LINK = re.compile(r"(?<!\\)\]\(([^)#]+)\)")


def git(*arguments, **options):
    command = ["git", "-C", str(ROOT), "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def tracked():
    """The paths of the committed files in reports/."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    top = git("rev-parse", "--show-toplevel")
    if top.returncode or Path(top.stdout.strip()).resolve() != ROOT.resolve():
        pytest.skip("the tests do not run in a checkout of the repository")
    paths = git("ls-files", "-z", "reports", check=True).stdout.split("\0")
    return {path for path in paths if path and (ROOT / path).exists()}


def test_reports_are_small(tracked):
    assert sum((ROOT / path).stat().st_size for path in tracked) <= MOST


def test_only_what_pages_show_is_committed(tracked):
    assert {path for path in tracked if not KINDS.fullmatch(path)} == set()
    shown = set()
    for page in ["README.md", *(path for path in tracked if path.endswith(".md"))]:
        for link in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
            if not link.startswith("http"):
                shown.add((ROOT / page).parent.joinpath(link).resolve().relative_to(ROOT.resolve()).as_posix())
    assert {path for path in tracked if path.endswith(".png")} == {path for path in shown if path.endswith(".png")}
    assert {path for path in shown if path.startswith("reports/")} <= tracked


def test_pages_of_html_need_no_file_that_is_not_committed(tracked):
    for page in (path for path in tracked if path.endswith(".html")):
        links = re.findall(r'(?:href|src)="([^"#:]+)"', (ROOT / page).read_text(encoding="utf-8"))
        assert {str(PurePosixPath(page).parent / link) for link in links} <= tracked


def test_what_a_report_writes_besides_is_ignored(tracked):
    folders = [PurePosixPath(path).parent for path in tracked if path.endswith("summary.json")]
    assert folders
    for folder in folders:
        written = {str(folder / name) for name in json.loads((ROOT / folder / "summary.json").read_text())["files"]}
        listed = git("check-ignore", "--no-index", "--stdin", input="\n".join(written)).stdout.split()
        assert set(listed) == {path for path in written if not KINDS.fullmatch(path)}
        assert written - set(listed) <= tracked
