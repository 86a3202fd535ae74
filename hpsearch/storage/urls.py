"""URLs of storages: checked, taken apart, and what is said of one that can't be opened."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hpsearch.errors import StorageError, UsageError
from hpsearch.redaction import passwords, redacted, repeats_password, shown

JOURNAL = "journal:///"
GRPC = "grpc://"
_FORMS = "sqlite:///FILE.db, journal:///FILE.log, postgresql://USER@HOST/DATABASE, grpc://HOST:13000"


def check_url(url: object) -> str:
    """Return `url` if it may be one, for callers who may be handed anything.

    Raises
    ------
    UsageError
        If it is not; the message shows no password.
    """
    if not isinstance(url, str) or "://" not in url:
        value = repr(shown(url)) if isinstance(url, str) else shown(repr(url))
        raise UsageError(f"a storage is given by its URL ({_FORMS}), got {value}")
    return url


def file_of(url: str) -> Path | None:
    """Return the file that a URL of SQLite or of a journal names; None for a server or a database in memory.

    Raises
    ------
    ArgumentError, ValueError
        SQLAlchemy can't read the URL.
    """
    if url.startswith(JOURNAL):
        return Path(url.removeprefix(JOURNAL))
    if url.startswith(GRPC):
        return None
    parsed = make_url(url)
    name = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or name in ("", ":memory:"):
        return None
    if not name.startswith("file:"):
        return Path(name)
    is_in_memory = parsed.query.get("mode") == "memory" or name == "file::memory:"
    return None if is_in_memory else Path(urlsplit(name).path)


def in_folder(url: str, folder: Path) -> str:
    """Return the URL with an absolute path: a relative one is resolved in `folder`."""
    file = file_of(url)
    if file is None or file.is_absolute():
        return url
    if url.startswith(JOURNAL):
        return f"{JOURNAL}{folder / file}"
    parsed = make_url(url)
    if (parsed.database or "").startswith("file:"):
        return url
    return parsed.set(database=str(folder / file)).render_as_string(hide_password=False)


def check_file(path: Path) -> None:
    """Refuse a path at which there can be no file.

    Raises
    ------
    StorageError
        Its folder is missing, or it is a folder or a device.
    """
    if path.is_dir():
        raise StorageError(f"{path} is a folder, not a file")
    if path.exists() and not path.is_file():
        raise StorageError(f"{path} is not a regular file")
    if not path.parent.is_dir():
        raise StorageError(f"there is no folder {path.parent}")


def cannot_open(url: str, error: Exception) -> StorageError:
    """Return the error for a storage that can't be opened; its message shows no password."""
    return StorageError(f"cannot open the storage {shown(url)}: {_reason(error, url)}")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without passwords; the driver's, where SQLAlchemy wraps it."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return redacted(lines[0]) if lines else type(error).__name__


def _reason(error: Exception, url: str) -> str:
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return f"no such form of address; choose from {_FORMS}"
    if isinstance(error, ImportError) or isinstance(error.__cause__, ImportError):
        driver = ("gRPC", "grpc") if url.startswith(GRPC) else ("PostgreSQL", "postgres")
        return f"its driver is not installed; for {driver[0]}: pip install 'hpsearch[{driver[1]}]'"
    if _is_misread(url) and repeats_password(str(getattr(error, "orig", None) or error), url):
        return "its password can't be told from the rest; in it, write @ as %40, : as %3A and / as %2F"
    return first_line(error)


def _is_misread(url: str) -> bool:
    """Whether a driver takes a part of a password for something else, and may repeat it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return True
    read = {str(parsed.password), *(str(value) for value in parsed.query.values())}
    return not {unquote(password) for password in passwords(url)} <= read
