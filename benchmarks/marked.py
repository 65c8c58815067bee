"""Put text between two marks of a page, such as the table of a benchmark between two comments of its own.

Scripts of this folder and of ``docs`` write into pages with these alone. A mark that is missing or stands twice ends
them before any page is written, as it would let a table disappear or stand in two places.
"""

from __future__ import annotations

from pathlib import Path


def replaced(page: str, text: str, begin: str, end: str) -> str:
    r"""Return a page with a text on lines of its own between two marks, and the rest as it was.

    Parameters
    ----------
    page
        Text of the whole page.
    text
        What has to stand between the marks, without a line's end at its own end.
    begin, end
        The marks, each as it stands in the page.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        If a mark does not stand in the page just once, or the second stands before the first.

    Examples
    --------
    >>> replaced("a\n<!-- x -->\nold\n<!-- end -->\nb\n", "new", "<!-- x -->", "<!-- end -->")
    'a\n<!-- x -->\nnew\n<!-- end -->\nb\n'
    """
    for mark in (begin, end):
        if (many := page.count(mark)) != 1:
            raise ValueError(f"the mark {mark!r} stands {many} times; it has to stand in the page once")
    before, _, rest = page.partition(begin)
    if end not in rest:
        raise ValueError(f"the mark {end!r} stands before {begin!r}; turn them round")
    return f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"


def rewrite(text: str, begin: str, end: str, *paths: Path) -> None:
    """Write pages anew, with a text between two marks of each.

    Parameters
    ----------
    text
        What has to stand between the marks.
    begin, end
        The marks.
    *paths
        The pages; all are read before any is written.

    Raises
    ------
    ValueError
        If a mark does not stand in each page just once; the message names the page, and no page is written.
    """
    pages = {}
    for path in paths:
        try:
            pages[path] = replaced(path.read_text(encoding="utf-8"), text, begin, end)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
