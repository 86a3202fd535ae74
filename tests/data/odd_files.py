"""Files that people have by accident: a small table, written in some way and then spoilt in some ways."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np

TEXTS = [
    "red",
    "grün",
    "日本",
    "😀",
    "=1+1",
    "a\u202eb",
    "x\u200by",
    "O'Neil",
    "#1",
    "n/a?",
    "1e5x",
    "--",
    "0x1F",
    "v1.2.3",
]
TRUTHS = [
    ("True", "False"),
    ("TRUE", "false"),
    ("yes", "no"),
    ("1", "0"),
    ("T", "F"),
    ("wahr", "falsch"),
    ("on", "off"),
]
DATES = [
    "{0:%Y-%m-%d}",
    "{0:%d.%m.%Y}",
    "{0:%m/%d/%Y}",
    "{0:%Y-%m-%dT%H:%M:%S}",
    "{0:%d %b %Y}",
    "{0:%y%m%d}",
    "{0:%Y-W%W}",
]


def column(rng, rows, decimal):
    """Return texts of one column."""
    kind = rng.integers(9)
    if kind == 0:
        return [f"{value:.{rng.integers(1, 8)}f}".replace(".", decimal) for value in rng.normal(size=rows) * 1000]
    if kind == 1:
        return [str(value) for value in rng.integers(-5, 10 ** rng.integers(1, 17), rows)]
    if kind == 2:
        return list(rng.choice(TEXTS, rows))
    if kind == 3:
        return list(rng.choice(TRUTHS[rng.integers(len(TRUTHS))], rows))
    if kind == 4:
        form = DATES[rng.integers(len(DATES))]
        days = np.datetime64("2023-12-28T13:05:01") + rng.integers(0, 400, rows) * np.timedelta64(1, "D")
        return [form.format(day.item()) for day in days]
    if kind == 5:
        return [f"{value:,.2f}" if decimal == "." else f"{value:_.2f}".replace(".", ",").replace("_", ".")
                for value in rng.integers(1, 10**7, rows)]  # fmt: skip
    if kind == 6:
        return [
            str(rng.choice(["inf", "-inf", "Infinity", "nan", "NaN", "NULL", "1.5", "-", "?"])) for _ in range(rows)
        ]
    if kind == 7:
        return [str(value) + "0" * int(rng.integers(0, 30)) for value in rng.integers(1, 9, rows)]
    return [str(rng.choice(["1", "2.5", "three", "True", "2024-01-01", ""])) for _ in range(rows)]


def table(rng):
    """Return a table as text, its separator, and the name of a column that may be the target."""
    rows = int(rng.choice([0, 1, 2, 5, 30]))
    separator = str(rng.choice([",", ";", "\t", "|"]))
    decimal = str(rng.choice([".", ","]))
    columns = [column(rng, rows, decimal) for _ in range(rng.integers(1, 7))]
    names = [
        str(rng.choice(["a", "größe", "😀", "x y", "=n", "n\u202e", "1", "id"])) + str(n) for n in range(len(columns))
    ]
    columns.append([str(label) for label in rng.choice(["cat", "dog"], rows)])
    always = rng.random() < 0.3
    lines = [[*names, "kind"], *zip(*columns, strict=True)]
    written = [separator.join(_quoted(value, separator, always) for value in line) for line in lines]
    return str(rng.choice(["\n", "\r\n", "\r"])).join([*written, ""]), separator


def _quoted(value, separator, always):
    return '"' + value.replace('"', '""') + '"' if always or separator in value or '"' in value else value


def _place(rng, text):
    return int(rng.integers(0, len(text) + 1))


def _insert(rng, text, part):
    place = _place(rng, text)
    return text[:place] + part + text[place:]


def _line(rng, text, change):
    lines = text.split("\n")
    number = int(rng.integers(len(lines)))
    lines[number] = change(lines[number])
    return "\n".join(lines)


SPOILT = {
    "as it is": lambda rng, text, sep: text,
    "a quote": lambda rng, text, sep: _insert(rng, text, '"'),
    "quotes": lambda rng, text, sep: _insert(rng, text, '"' * int(rng.integers(2, 60))),
    "another separator": lambda rng, text, sep: text.replace(sep, str(rng.choice([",", ";", "\t", "|", " ", "::"])), 5),
    "a long line": lambda rng, text, sep: _line(rng, text, lambda line: line + sep + "1"),
    "a short line": lambda rng, text, sep: _line(rng, text, lambda line: line.rpartition(sep)[0]),
    "trailing separators": lambda rng, text, sep: text.replace("\n", sep + "\n"),
    "a blank line": lambda rng, text, sep: _insert(rng, text, "\n\n  \n"),
    "a comment": lambda rng, text, sep: "# made by hand\n" + text,
    "a title": lambda rng, text, sep: f"Report{sep * 3}\n\n" + text,
    "the separator named": lambda rng, text, sep: f"sep={sep}\n" + text,
    "names twice": lambda rng, text, sep: f"a{sep}a" + text,
    "no names": lambda rng, text, sep: text.partition("\n")[2],
    "only names": lambda rng, text, sep: text.partition("\n")[0],
    "nothing": lambda rng, text, sep: "",
    "a mark within": lambda rng, text, sep: _insert(rng, text, "\ufeff"),
    "a NUL": lambda rng, text, sep: _insert(rng, text, "\0"),
    "a control": lambda rng, text, sep: _insert(
        rng, text, str(rng.choice(["\x1a", "\x1b[31m", "\x0c", "\x85", "\u2028"]))
    ),
    "missing words": lambda rng, text, sep: text.replace("cat", str(rng.choice(["NA", "", "null", "?", "NaN"])), 3),
    "a very long name": lambda rng, text, sep: "n" * int(rng.integers(500, 5000)) + text,
    "a long text": lambda rng, text, sep: _insert(rng, text, "long " * int(rng.integers(1, 20_000))),
    "lines twice": lambda rng, text, sep: text + text,
    "no last line end": lambda rng, text, sep: text.rstrip("\r\n"),
    "line ends mixed": lambda rng, text, sep: text.replace("\n", "\r\n", 2),
    "a huge number": lambda rng, text, sep: _line(rng, text, lambda line: line.replace("1", "9" * 400, 1)),
    "many columns": lambda rng, text, sep: _line(rng, text, lambda line: line + sep * 11_000),
    "apostrophes": lambda rng, text, sep: text.replace('"', "'"),
    "spaces": lambda rng, text, sep: text.replace(sep, f" {sep}  "),
    "cut off": lambda rng, text, sep: text[: _place(rng, text)],
}
"""Way to spoil a text → function of a random generator, the text and its separator."""

ENCODINGS = [
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "cp1252",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "mac-roman",
    "cp437",
    "shift-jis",
]


def _zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", content)
    return file.getvalue()


PACKED = [bytes, bytes, bytes, bytes, gzip.compress, bz2.compress, lzma.compress, _zipped]


def _flipped(rng, content):
    changed = bytearray(content)
    for place in rng.integers(0, max(1, len(content)), 3):
        changed[place : place + 1] = bytes([rng.integers(256)])
    return bytes(changed)


DAMAGES = [lambda rng, content: content] * 6 + [
    lambda rng, content: content[: _place(rng, content)],
    _flipped,
    lambda rng, content: content + b"rest",
]


def odd_file(seed):
    """Return the content of a file, and words for what it is."""
    rng = np.random.default_rng(seed)
    text, separator = table(rng)
    ways = list(rng.choice(list(SPOILT), rng.integers(1, 3)))
    for way in ways:
        text = SPOILT[way](rng, text, separator)
    encoding = str(rng.choice(ENCODINGS))
    content = text.encode(encoding, errors="replace")
    packed = PACKED[rng.integers(len(PACKED))](content)
    damaged = DAMAGES[rng.integers(len(DAMAGES))](rng, packed)
    return damaged, f"{', '.join(ways)} in {encoding}"
