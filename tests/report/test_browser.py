"""The report in a real browser: no requests, no console errors, all figures visible."""

import json
import re
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.chromium import BROWSER, FLAGS
from tests.combinations import more
from tests.report.built import report_of

# The report has no script, so an outer page shows it in a frame and measures it.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<iframe src="report/report.html" style="width: WIDTHpx; height: 800px; border: 0"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument;
  const answer = page.getElementById("answer")?.getBoundingClientRect().bottom ?? 0;
  const needed = [".answer", ".tables", ".cards:not(.answer + .cards) li", ".run"].map(
    part => page.querySelector(`#answer ${part}`)?.getBoundingClientRect().bottom ?? 0);
  page.querySelectorAll("details").forEach(part => { part.open = true; });
  const figures = [...page.querySelectorAll("figure svg, figure img")].map(figure => {
    const box = figure.getBoundingClientRect(), room = figure.parentElement.getBoundingClientRect();
    return {width: box.width, height: box.height, left: room.left, right: room.right,
            scrolls: getComputedStyle(figure.parentElement).overflowX,
            marks: figure.querySelectorAll("path, image").length};
  });
  const style = frame.contentWindow.getComputedStyle(page.body);
  const width = page.documentElement.scrollWidth;
  const seen = {answer, needed, figures, width, ink: style.color, paper: style.backgroundColor};
  const pre = document.createElement("pre");
  pre.id = "seen";
  pre.textContent = JSON.stringify(seen);
  document.body.append(pre);
};
</script>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")


class Handler(SimpleHTTPRequestHandler):
    requests: list[str]

    def log_message(self, *_args):
        """Suppress the log."""

    def do_GET(self):
        self.requests.append(self.path)
        super().do_GET()


@pytest.fixture(scope="module", params=["usual", more("names of markup")])
def served(request, tmp_path_factory):
    """Serve the report of an example; yield the address, the requested paths and the folder."""
    folder = tmp_path_factory.mktemp("served")
    for name, content in report_of(request.param).items():
        path = folder / "report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for width in (390, 1280):
        (folder / f"{width}.html").write_text(PROBE.replace("WIDTH", str(width)), encoding="utf-8")
    requests: list[str] = []
    handler = type("Recording", (Handler,), {"requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requests, folder
        server.shutdown()
        thread.join()


def look(served, width, dark, profile):
    address, requests, _ = served
    requests.clear()
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    window = ["--window-size=1400,900", f"--user-data-dir={profile}", "--dump-dom", f"{address}/{width}.html"]
    done = subprocess.run(
        [str(BROWSER), *FLAGS, *scheme, *window], capture_output=True, text=True, errors="replace", timeout=120
    )
    assert done.returncode == 0, done.stderr
    console = re.findall(r":CONSOLE[^\]]*\] (.*)", done.stderr)
    match = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stderr
    return json.loads(match[1]), console, list(requests)


def brightness(color):
    return sum(map(int, re.findall(r"\d+", color)[:3]))


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_is_fetched_nothing_complains_and_every_figure_is_seen(served, tmp_path, width, dark):
    seen, console, requests = look(served, width, dark, tmp_path)
    assert console == []
    assert requests == [f"/{width}.html", "/report/report.html"]
    expected = (served[2] / "report" / "report.html").read_text().count("<figure")
    assert len(seen["figures"]) == expected >= 5
    for figure in seen["figures"]:
        assert figure["width"] >= min(width - 60, 500)
        assert figure["width"] <= figure["right"] - figure["left"] + 1  # not cut
        assert figure["height"] > 60
        assert figure["marks"] > 5
        assert figure["left"] >= 0
        assert figure["right"] <= width  # wide content scrolls inside its container
        assert figure["scrolls"] == "auto"
    assert seen["width"] <= width  # no horizontal scrolling of the page
    if width == 1280:
        assert 0 < seen["answer"] <= 900  # the first page is one screen
    else:
        assert 0 < max(seen["needed"]) <= 844  # sentence, scores, first warning and command, on a phone's screen
    assert (brightness(seen["paper"]) < brightness(seen["ink"])) == dark


def test_a_link_unfolds_its_part_and_print_shows_all(served, tmp_path):
    page = f"{served[0]}/report/report.html"
    window = [str(BROWSER), *FLAGS, f"--user-data-dir={tmp_path}"]
    shown = subprocess.run([*window, "--dump-dom", f"{page}#costs"], capture_output=True, text=True, timeout=120).stdout
    unfolded = re.findall(r'<details open[^>]*>\s*<summary>.*?</summary>\s*<div class="part" id="(\w+)"', shown)
    assert unfolded == ["costs"]
    subprocess.run([*window, f"--print-to-pdf={tmp_path / 'page.pdf'}", page], capture_output=True, timeout=120)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes())
    assert len(pages) >= 6  # the first page and the contents alone fill two


def test_a_complaint_or_a_request_would_be_heard(served, tmp_path):
    _, _, folder = served
    page = PROBE.replace("WIDTH", "500").replace("report/report.html", "bad.html")
    (folder / "500.html").write_text(page, encoding="utf-8")
    bad = '<!DOCTYPE html><body><script>console.error("heard")</script><img src="fetched.png"><figure></figure>'
    (folder / "bad.html").write_text(bad, encoding="utf-8")
    _, console, requests = look(served, 500, False, tmp_path)
    assert any("heard" in line for line in console)
    assert "/fetched.png" in requests
