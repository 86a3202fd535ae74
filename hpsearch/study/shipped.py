"""Find the study files that ship."""

from __future__ import annotations

from pathlib import Path

from hpsearch.checks import unreadable
from hpsearch.errors import UsageError, choose_from

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "studies", _PACKAGE.parent / "studies")  # installed, and in a checkout


def by_folder() -> dict[Path, dict[str, Path]]:
    """Return the study files of the package by folder, the main one first, then its subfolders: name → path."""
    main = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])
    folders = [main, *sorted(path for path in main.glob("*") if path.is_dir())]
    files = {folder: {path.stem: path for path in sorted(folder.glob("*.toml"))} for folder in folders}
    return {folder: studies for folder, studies in files.items() if studies}


def shipped() -> dict[str, Path]:
    """Return the study files of the package: name → path. No two folders have a study of the same name."""
    return {name: path for studies in by_folder().values() for name, path in studies.items()}


def find(study: str) -> Path:
    """Return the file for STUDY: a path, or the name of a shipped study.

    Raises
    ------
    UsageError
        If it is neither.
    """
    path = Path(study)
    reason = unreadable(path)
    if reason is None:
        return path
    if path.suffix == ".toml":
        raise UsageError(f"there is no study file {study}: {reason}")
    studies = shipped()
    if study not in studies:
        raise UsageError(f"{choose_from('study', study, studies)}, or give the path of a .toml file")
    return studies[study]
