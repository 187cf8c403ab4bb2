"""Open every page of a built site in Chromium, as a phone and as a desk show it.

Called with the directory of the site, and one for screenshots:
``python docs/_site/browser.py docs/_build docs/_screenshots``. Exit status 1 if a page has an error
in its console, misses a file or scrolls sideways, or if the search does not find what it should;
also where there is no browser.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (390, 1280)
SEARCHED = {
    "InvalidTransition": "reference/errors.html",
    "quota refresh": "quota.html",
    "REANA_DB_HOST": "configuration.html",
}
"""What a reader looks for, and a page that must be among the results."""
SHOWN = (
    "index",
    "tutorial",
    "statuses",
    "performance",
    "reference/schema/entities",
    "reference/functions/lifecycle",
)
"""The pages of which screenshots are made, in light and in dark."""
TOO_WIDE = """() => [...document.querySelectorAll("article *")].filter(
    (item) => item.getBoundingClientRect().right > innerWidth + 1
        && !item.parentElement.closest("pre, table, .table-wrapper, .highlight")
).slice(0, 3).map((item) => item.tagName + "." + item.className)"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a directory to this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of this machine."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit(f"no browser: install one of {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


def watched(browser: Browser, found: list[str]) -> Page:
    """Return a tab that notes errors and files that are missing."""
    page = browser.new_page()
    page.on(
        "console",
        lambda said: found.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
    page.on(
        "response",
        lambda given: found.append(f"{given.url}: {given.status}") if given.status >= 400 else None,
    )
    return page


def sideways(page: Page, address: str) -> Iterator[str]:
    """Yield the widths at which a page scrolls sideways, and what is too wide."""
    page.goto(address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield f"{address} scrolls sideways at {width}: {page.evaluate(TOO_WIDE)}"


def not_found(page: Page, root: str) -> Iterator[str]:
    """Yield what the search does not find."""
    for words, expected in SEARCHED.items():
        page.goto(f"{root}/search.html?q={words}")
        page.wait_for_selector("#search-results .search-summary:has-text('found')", timeout=20_000)
        links = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
        if not any(link.partition("#")[0].partition("?")[0].endswith(expected) for link in links):
            yield f"the search for {words} does not find {expected}, but {links}"


def screenshots(browser: Browser, root: str, directory: Path) -> None:
    """Save what the pages look like: a phone and a desk, in light and in dark."""
    directory.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 1000})
            for name in SHOWN:
                page.goto(f"{root}/{name}.html")
                file = f"{name.replace('/', '-')}-{width}-{scheme}.png"
                page.screenshot(path=directory / file)
            page.close()


def main() -> None:
    """Print what is wrong; exit status 1 if anything is."""
    site, directory = map(Path, sys.argv[1:])
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    found: list[str] = []
    with served(site) as root, chromium() as browser:
        page = watched(browser, found)
        for name in names:
            found += sideways(page, f"{root}/{name}")
        found += not_found(page, root)
        screenshots(browser, root, directory)
    print("\n".join(found) or f"{len(names)} pages are as they should be")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
