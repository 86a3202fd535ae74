"""Completion of names in a shell: studies that ship, study files, and what a storage holds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import typer

from hpsearch.cli.messages import DEFAULT_STORAGE, STORAGE_VARIABLE


def complete_study(incomplete: str) -> list[str]:
    """Return the names of studies that ship and the study files that begin so."""
    from hpsearch.study.shipped import shipped

    return [*_matching(shipped(), incomplete), *_files(incomplete)]


def complete_stored(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of studies in the storage of the command line, and the study files, that begin so."""
    return [*_matching(_stored(ctx), incomplete), *_files(incomplete)]


def _stored(ctx: typer.Context) -> list[str]:
    """Return the names of the studies that hpsearch made; nothing where the storage can't be read."""
    from os import environ

    from hpsearch.results.stored_studies import study_of
    from hpsearch.run import is_run
    from hpsearch.storage import all_studies, opened

    params = ctx.params
    url = params.get("storage") or params.get("url") or environ.get(STORAGE_VARIABLE) or DEFAULT_STORAGE
    with suppress(Exception), opened(url, existing=True) as storage:  # whatever is wrong, a shell can't show it
        return list(dict.fromkeys(study_of(each) for each in all_studies(storage) if is_run(each.user_attrs)))
    return []


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _files(incomplete: str) -> list[str]:
    """Return the study files and folders that a path may go on with."""
    folder, _, name = incomplete.rpartition("/")
    place = Path(f"{folder}/" if "/" in incomplete else ".")
    prefix = f"{folder}/" if "/" in incomplete else ""
    with suppress(OSError):
        entries = sorted(place.iterdir())
        files = [f"{prefix}{each.name}" for each in entries if each.name.startswith(name) and each.suffix == ".toml"]
        folders = [
            f"{prefix}{each.name}/"
            for each in entries
            if each.name.startswith(name) and each.is_dir() and (name or not each.name.startswith("."))
        ]
        return files + folders
    return []
