"""The browser of the tests that open a page: its program, and how it is started."""

import shutil

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",  # it has no use for pages of our own, and does not work in most containers
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing but our own server is reached
    "--enable-logging=stderr",  # the page's console goes there
    "--virtual-time-budget=10000",  # ms of the page's own clock, which stands still while a request is under way
)
