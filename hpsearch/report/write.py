"""Writes a report's files, so that whoever looks finds the earlier report or this one, and no half of
either.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.errors import UsageError
from hpsearch.report.data import data_files
from hpsearch.report.figures import Picture, picture
from hpsearch.report.html import html
from hpsearch.report.markdown import markdown
from hpsearch.report.sections import SECTIONS
from hpsearch.report.summary import summary
from hpsearch.results.results import Results

NEXT = "next.toml"
SUMMARY = "summary.json"  # names the files of its report, so it is written last


def write_report(results: Results, out: Path) -> Path:
    """Write the report of the results into the folder `out`, and return the path of its ``report.html``.

    Written are ``report.html``, ``report.md``, ``summary.json``, ``figures/``, ``data/`` and, if the study is to be
    changed, ``next.toml``. The files are made in a temporary folder and then moved, each at once, over those of an
    earlier report; files of the earlier report that this one has no longer are removed, and no others. The same results
    give the same bytes.

    Raises
    ------
    UsageError
        The folder can't be written. An earlier report in it is as it was if the disk was full.
    """
    files = report_files(results)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace(files, out)
    except OSError as error:
        raise UsageError(f"the report can't be written to {out}: {error.strerror or error}") from error
    return out / "report.html"


def report_files(results: Results) -> dict[str, bytes]:
    """The content of every file of the report, by its path within the report's folder."""
    sections = [build(results) for build in SECTIONS.values()]
    pictures = {each.key: picture(each.drawing.figure) for each in sections if each.drawing is not None}
    files = _pictures(pictures) | data_files(results, sections)
    files |= _next(results)
    files["report.html"] = _bytes(html(results, sections, pictures))
    files["report.md"] = _bytes(markdown(results, sections))
    files[SUMMARY] = _bytes(summary(results, sections, sorted([*files, SUMMARY])))
    return files


def _pictures(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    svgs = {f"figures/{key}.svg": _bytes(drawn.svg) for key, drawn in pictures.items()}
    return svgs | {f"figures/{key}.png": drawn.png for key, drawn in pictures.items()}


def _next(results: Results) -> dict[str, bytes]:
    """The next study's file, where the study has a file to change and something is to be changed."""
    following = next_study(results)
    return {NEXT: _bytes(toml_text(following))} if following.content else {}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")


def _replace(files: Mapping[str, bytes], out: Path) -> None:
    """Write all files aside, then put each in its place; the summary goes last, after what is stale is
    gone.
    """
    earlier = _owned(out)
    aside = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    try:
        for name, content in files.items():
            (aside / name).parent.mkdir(exist_ok=True)
            (aside / name).write_bytes(content)
        for name in files:
            (out / name).parent.mkdir(exist_ok=True)
            if name != SUMMARY:
                (aside / name).replace(out / name)
        for name in sorted(earlier - set(files)):
            (out / name).unlink(missing_ok=True)
        (aside / SUMMARY).replace(out / SUMMARY)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _owned(out: Path) -> set[str]:
    """The figures, data and next study file of the earlier report in the folder, as its summary names them."""
    try:
        named = json.loads((out / SUMMARY).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    listed = named if isinstance(named, list) else []
    return {name for name in listed if isinstance(name, str) and _is_ours(PurePosixPath(name))}


def _is_ours(path: PurePosixPath) -> bool:
    places = {("figures", ".svg"), ("figures", ".png"), ("data", ".csv")}
    in_place = len(path.parts) == 2 and (path.parts[0], path.suffix) in places
    return in_place or path == PurePosixPath(NEXT)
