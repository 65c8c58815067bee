"""Pages in real Chromium: every request stays on this machine, nothing is said on the console, screenshots are kept."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HERE = {"127.0.0.1", "localhost", ""}  # hosts of a server of ours; none in file:, data: and about:
WIDTHS = (390, 768, 1280)
_TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth
  const scrolls = (each) => each && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement))
  return [...document.body.querySelectorAll("*")].filter((each) =>
    each.getBoundingClientRect().right > wide + 1 && each.getClientRects().length && !scrolls(each.parentElement)
    && !each.closest("svg svg, .visually-hidden")
  ).map((each) => `${each.tagName}.${each.getAttribute("class")} to ${Math.round(each.getBoundingClientRect().right)}`)
}"""
_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.map((each) =>
  `${each.id}: ${each.help} (${each.nodes.slice(0, 3).map((one) => one.target.join(" ")).join("; ")})`))"""


@dataclass
class Look:
    """A browser that opens pages and remembers what went wrong in them.

    Attributes
    ----------
    browser
        Playwright's.
    shots
        Folder that screenshots are kept in.
    wrong
        Requests that would have left the machine, errors of scripts and lines on the console.
    """

    browser: object
    shots: Path
    wrong: list[str] = field(default_factory=list)
    _open: list[object] = field(default_factory=list)

    def open(self, address: str | Path, *, width=1280, height=900, dark=False, scripts=True, media=None):
        """Return a page once it has loaded; an address is a URL or a file."""
        scheme = "dark" if dark else "light"
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts
        )
        self._open.append(context)
        context.route("**/*", self._stay)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("console", self._heard)
        if media is not None:
            page.emulate_media(media=media)
        page.goto(address.as_uri() if isinstance(address, Path) else address, wait_until="load")
        return page

    def faults(self, page) -> list[str]:
        """Return what axe-core finds at fault; the page must have been opened with scripts."""
        page.evaluate(_axe_source())  # by the debugger, which no policy of the page hinders
        return page.evaluate(_AXE)

    def too_wide(self, page) -> list[str]:
        """Return what reaches beyond the right edge of the window, but for what scrolls in a box of its own."""
        return page.evaluate(_TOO_WIDE)

    def shot(self, page, name: str) -> Path:
        """Keep a screenshot of the whole page."""
        file = self.shots / f"{name}.png"
        page.screenshot(path=file, full_page=True)
        return file

    def _stay(self, route) -> None:
        if urlsplit(route.request.url).hostname in HERE or urlsplit(route.request.url).hostname is None:
            route.continue_()
        else:
            self.wrong.append(f"request: {route.request.url}")
            route.abort()

    def _heard(self, line) -> None:
        if line.type in {"error", "warning"}:
            self.wrong.append(f"console: {line.text}")

    def close(self) -> None:
        """Close every page."""
        for context in self._open:
            context.close()


def _axe_source() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(
    scope="module"
)  # a running one keeps an event loop in this thread, in which no other test could run one
def chromium() -> Iterator[object]:
    """Return Debian's Chromium, started once a module."""
    for name in ("playwright", "axe_playwright_python"):
        pytest.importorskip(name, reason="the extra `browser` is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (an extra)

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])  # CI runs as root
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory) -> Path:
    """Return the folder of screenshots: that of SCREENSHOTS, or one of this run."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def look(chromium, shots) -> Iterator[Look]:
    """Return a browser for one test; at its end nothing may have left the machine nor been said on the console."""
    with_pages = Look(chromium, shots)
    yield with_pages
    with_pages.close()
    assert with_pages.wrong == []
