"""Writing a report's files, each replaced atomically."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.errors import UsageError
from hpsearch.report.command import NEXT
from hpsearch.report.data import data_files
from hpsearch.report.figures import Picture, picture
from hpsearch.report.html import html
from hpsearch.report.markdown import markdown
from hpsearch.report.part import closing_line, left_out
from hpsearch.report.sections import SECTIONS
from hpsearch.report.summary import summary
from hpsearch.results.results import Results

SUMMARY = "summary.json"  # lists the report's files, so it is written last


def write_report(results: Results, out: Path) -> Path:
    """Write the report of the results into the folder `out`, and return the path of its ``report.html``.

    The files are ``report.html``, ``report.md``, ``summary.json``, ``figures/``, ``data/`` and, if a next study is
    recommended, ``next.toml``. They are created in a temporary folder, then each replaces the earlier report's file
    atomically. Obsolete files of the earlier report are removed, and no others. Equal results give equal bytes.

    Raises
    ------
    UsageError
        The folder can't be written. If the disk is full, an earlier report remains unchanged.
    """
    files = report_files(replace(results, report_folder=out.as_posix()))
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace(files, out)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"the report can't be written to {out}: {reason or error}") from error
    return out / "report.html"


def report_files(results: Results) -> dict[str, bytes]:
    """Return the content of every file of the report, by path relative to the report's folder."""
    reasons = left_out(SECTIONS, results)
    sections = [part(results) for key, part in SECTIONS.items() if key not in reasons]
    chapters = {key: part.chapter for key, part in SECTIONS.items()}
    closing = closing_line(SECTIONS, reasons)
    pictures = {each.key: picture(each.drawing.figure) for each in sections if each.drawing is not None}
    files = _pictures(pictures) | data_files(results, sections)
    files |= _next(results)
    files["report.html"] = _bytes(html(results, sections, pictures, closing, chapters))
    files["report.md"] = _bytes(markdown(results, sections, closing, chapters))
    files[SUMMARY] = _bytes(summary(results, sections, sorted([*files, SUMMARY]), reasons))
    return files


def _pictures(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    svgs = {f"figures/{key}.svg": _bytes(image.svg) for key, image in pictures.items()}
    return svgs | {f"figures/{key}.png": image.png for key, image in pictures.items()}


def _next(results: Results) -> dict[str, bytes]:
    """Return the next study's file if changes are recommended and the study has a file, else nothing."""
    following = next_study(results)
    return {NEXT: _bytes(toml_text(following))} if following.content else {}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")


def _replace(files: Mapping[str, bytes], out: Path) -> None:
    """Write all files to a temporary folder, then move each; remove stale files before moving the summary."""
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
    """Return the figures, data and next study's file that the earlier report's summary lists."""
    try:
        files = json.loads((out / SUMMARY).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    names = files if isinstance(files, list) else []
    return {name for name in names if isinstance(name, str) and _is_ours(PurePosixPath(name))}


def _is_ours(path: PurePosixPath) -> bool:
    places = {("figures", ".svg"), ("figures", ".png"), ("data", ".csv")}
    in_place = len(path.parts) == 2 and (path.parts[0], path.suffix) in places
    return in_place or path == PurePosixPath(NEXT)
