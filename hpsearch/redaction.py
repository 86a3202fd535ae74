"""Hides passwords in what is shown: in URLs, also mistyped ones, and in settings such as ``password=…``.

Where a mistyped URL can be read in two ways, the reading with a password counts: hiding too much does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

_HIDDEN = "***"
_FILE_SCHEMES = {"sqlite", "sqlite+pysqlite", "journal", "file"}  # what follows the slashes is a path
_SCHEME_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"
_START = re.compile(  # of what follows the scheme; a server's scheme may lack its colon or its slashes
    r"(?:(?P<scheme>(?:postgres(?:ql)?|mysql|mariadb|oracle|mssql|sqlite\+pysqlcipher)(?:\+\w{1,20})?)"
    r"(?::|%3A|[/\\]{2})|:[/\\]|%3A%2F)(?:[/\\]|%2F)*",
    re.IGNORECASE,
)
_COLON = re.compile(":|%3A", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_USER = re.compile(r"[\w.~+-]*")
_HOST = re.compile(r"(\[[^\]]*\]|[^\[:/?#\\%][^:/?#\\%]*|)(?::|%3A)(.*)", re.IGNORECASE | re.DOTALL)
_PUNCTUATION = "'\"),;:.]"  # may end a URL in a sentence
_PORT = re.compile(r"(\d{1,5})(?:[/?#]|$)")
_SETTING = re.compile(
    r"((?:pass(?!file)|pwd|secret|token|credential)[\w-]{0,40}\s{0,3}(?:=|%3D)\s{0,3}|(?<=[?&_])(?<!ssl_)key=)"
    r"('[^']*'|\"[^\"]*\"|[^\s&]*(?:&[^\s&=]*(?=[\s&]|$))*)",  # a part without "=" belongs to the value before it
    re.IGNORECASE,
)
_MOST_WORDS = 20  # of a password with blanks
_LEAST_SIGNS = 4  # of a password that is replaced wherever it occurs: shorter ones occur in other words


def shown(url: str) -> str:
    """Return `url` without its passwords.

    >>> shown("postgresql://me:s3cr3t@host/db?sslpassword=other")
    'postgresql://me:***@host/db?sslpassword=***'
    """
    return _split(url, alone=True)[0]


def passwords(url: str) -> list[str]:
    """Return what `shown` hides of `url`, as it stands there."""
    return _split(url, alone=True)[1]


def redacted(text: str, sources: Iterable[str] = ()) -> str:
    """Return `text` without the passwords of URLs in it, and without those of the `sources` that it may repeat."""
    for source in sorted(sources, key=len, reverse=True):
        text = _without(text, source)
    return _sentence(_settings(text, [], alone=False))


def repeats_password(text: str, url: str) -> bool:
    """Return whether a part of what `shown` hides of `url` occurs in `text`."""
    words = set(re.findall(r"\w+", text))
    return any(part in words or (len(part) >= _LEAST_SIGNS and part in text) for part in _parts(passwords(url)))


def _split(text: str, *, alone: bool) -> tuple[str, list[str]]:
    """An address without its passwords, and these; `alone` says that the text is nothing but an address."""
    hidden: list[str] = []
    safe = _address(_settings(text, hidden, alone=alone), hidden, alone=alone)
    return safe, list(dict.fromkeys(hidden))


def _without(text: str, source: str) -> str:
    """The text without the passwords of one source, whether it repeats the source as it is, escaped or in part."""
    safe, hidden = _split(source, alone=False)
    if not hidden:
        return text
    for old, new in ((source, safe), (repr(source)[1:-1], repr(safe)[1:-1])):
        text = text.replace(old, new)
    whole = {form for secret in hidden for form in (secret, repr(secret)[1:-1], unquote(secret))}
    parts = {part for part in whole | _parts(hidden) if part not in safe}  # what the source shows gives nothing away
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _LEAST_SIGNS:
            text = text.replace(part, _HIDDEN)
    return re.sub(r"\w+", lambda word: _HIDDEN if word[0] in parts and len(word[0]) > 1 else word[0], text)


def _parts(hidden: Iterable[str]) -> set[str]:
    """The words of passwords: a driver that takes one for a port or a host repeats a part of it."""
    return {part for secret in hidden for form in (secret, unquote(secret)) for part in re.findall(r"\w+", form)}


def _settings(text: str, hidden: list[str], *, alone: bool) -> str:
    """The text without the values of settings that hold a password."""

    def hide(match: re.Match[str]) -> str:
        secret, end = (match[2], "") if alone else _without_punctuation(match[2])
        _note(secret.strip("'\""), hidden)
        return f"{match[1]}{_HIDDEN}{end}"

    return _SETTING.sub(hide, text)


def _sentence(text: str) -> str:
    """The text without the passwords of the addresses in it. A password may hold blanks."""
    parts = re.split(r"(\s+)", text)  # words, and the blanks between them
    result = []
    start = 0
    while start < len(parts):
        end = start + 1
        part = _address(parts[start], [], alone=False)
        if part != parts[start] and "@" not in part:
            end = _end_of_password(parts, start)
            part = _address("".join(parts[start:end]), [], alone=False)
        result.append(part)
        start = end
    return "".join(result)


def _end_of_password(parts: list[str], start: int) -> int:
    """Where the address ends that begins at `start` and has no @ in its first word."""
    for place in range(start + 2, min(start + 2 * _MOST_WORDS, len(parts)), 2):
        if _START.search(parts[place]):
            break
        if "@" in parts[place]:
            return place + 1
    return start + 1


def _address(text: str, hidden: list[str], *, alone: bool) -> str:
    """An address without its password, which is added to `hidden`."""
    matched = _START.search(text)
    start = matched.end() if matched else 0
    scheme = _scheme(text, matched)
    is_file = scheme in _FILE_SCHEMES or len(scheme) == 1  # a letter is a drive
    head, rest = text[:start], text[start:]
    end = rest.rfind("@")
    end = end if end >= 0 else rest.lower().rfind("%40")
    if end >= 0:
        user, secret = _user_and_password(rest[:end], strict=is_file or not matched)
        kept = rest[end:]
    elif is_file or not (matched or alone):
        return text
    else:
        user, secret, kept = _host_and_password(rest, alone)
    if secret in ("", _HIDDEN):
        return text
    _note(secret, hidden)
    return f"{head}{user}:{_HIDDEN}{kept}"


def _scheme(text: str, start: re.Match[str] | None) -> str:
    if start is not None and start["scheme"]:
        return start["scheme"].lower()
    before = text[: start.start()] if start else text.partition(":")[0]
    return before[len(before.rstrip(_SCHEME_SIGNS)) :].lower()


def _user_and_password(text: str, *, strict: bool) -> tuple[str, str]:
    """What stands before the @, in two; if `strict`, only a colon separates them, else anything."""
    if strict:
        colon = _COLON.search(text, 2 if _DRIVE.match(text) else 0)
        return (text[: colon.start()], text[colon.end() :]) if colon else (text, "")
    matched = _USER.match(text)
    user = matched[0] if matched else ""
    colon = _COLON.match(text, len(user))
    return user, text[colon.end() if colon else len(user) + 1 :]


def _host_and_password(text: str, alone: bool) -> tuple[str, str, str]:
    """An address without @: what stands before a colon that no port follows, what follows it, and what ends it."""
    matched = _HOST.match(text)
    if matched is None:
        return text, "", ""
    secret, end = (matched[2], "") if alone else _without_punctuation(matched[2])
    port = _PORT.match(secret)
    if port and int(port[1]) < 2**16:
        return text, "", ""
    return matched[1], secret, end


def _without_punctuation(text: str) -> tuple[str, str]:
    kept = len(text.rstrip(_PUNCTUATION))
    return text[:kept], text[kept:]


def _note(secret: str, hidden: list[str]) -> None:
    if secret and secret != _HIDDEN:
        hidden.append(secret)
