"""Take a picture of a page's first screen, 1280 × 900 pixels, with the browser of the tests.

python -m tests.page_picture PAGE.html PICTURE.png
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.chromium import BROWSER, FLAGS

COLOURS = 256  # enough for a page of text and one figure


def main(page, picture):
    if BROWSER is None:
        sys.exit("no picture of the page: no Chromium is installed")
    with tempfile.TemporaryDirectory() as profile:
        size = ("--window-size=1280,900", "--hide-scrollbars")
        command = [BROWSER, *FLAGS, *size, f"--user-data-dir={profile}", f"--screenshot={Path(picture).resolve()}"]
        subprocess.run([*command, Path(page).resolve().as_uri()], check=True, capture_output=True)
    Image.open(picture).convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
