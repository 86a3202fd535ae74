"""The screen: everything that commands print to standard output passes here, and is cleaned."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from hpsearch.text import visible


class Screen(Console):
    """A console that spells out signs in text which a terminal would obey or hide; its own styles and borders stay.

    Names come from storages and data files, and may hold escape sequences. A text that is printed is one line: a line
    break within it becomes a space. rich turns every string into text here, those in the cells of tables included.
    """

    def __init__(self, *, quiet: bool = False, **options: Any) -> None:
        super().__init__(quiet=quiet, highlight=False, markup=False, emoji=False, **options)

    def write_lines(self, text: str) -> None:
        """Write text for other programs, such as JSON: cleaned, as it is laid out, also where it is very long."""
        if not self.quiet:
            self.file.write("".join(f"{visible(line)}\n" for line in text.split("\n")))

    def render_str(self, text: str, **options: Any) -> Text:
        """Return `text`, cleaned, as rich lays it out."""
        return super().render_str(visible(text), **options)
