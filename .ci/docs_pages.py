"""Check a built site: no page loads anything from outside, and every picture and style it names is there."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
LINKS_ONLY = {"canonical", "next", "prev", "alternate", "license"}  # named, not fetched


class Loaded(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that loads something."""
        named = dict(attrs)
        if tag == "link" and set((named.get("rel") or "").split()) <= LINKS_ONLY:
            return
        where = named.get(LOADS.get(tag, ""))
        if where:
            self.found.append(where)


def main() -> None:
    """Say what is loaded from outside, or is not there, and end with 1 if anything is."""
    site, wrong, count = Path(sys.argv[1]), [], 0
    for page in sorted(site.rglob("*.html")):
        loaded = Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        count += 1
        for where in loaded.found:
            parts = urlsplit(where)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                wrong.append(f"{page.relative_to(site)} loads {where} from outside")
            elif page.name != "404.html" and not (page.parent / unquote(parts.path)).exists():
                wrong.append(f"{page.relative_to(site)} loads {where}, which is not there")
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        if "url(http" in text or "url(//" in text or "@import" in text:
            wrong.append(f"{style.relative_to(site)} names an address outside")
    if wrong or not count:
        sys.exit("\n".join(wrong) or f"no page in {site}")
    sys.stdout.write(f"{count} pages, nothing is loaded from outside\n")


main()
