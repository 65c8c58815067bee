"""Pages of the site that are made when it is built: reference from the code, gallery, and files that pages name.

``mkdocs build --strict`` calls this as a hook (mkdocs.yml). Nothing is fetched, nothing
is written into the checkout.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import Any, Final

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.testing import CliRunner

import shiftcast
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.listed import COMMANDS, load

ROOT: Final = Path(__file__).resolve().parents[1]
TEXTS: Final = {  # pages whose text lies elsewhere in the checkout
    "README.md": "readme.md",
    "CHANGELOG.md": "reference/changes.md",
    "CONTRIBUTING.md": "reference/contributing.md",
    "SECURITY.md": "reference/security.md",
    "pipelines/records/README.md": "reference/records.md",
    "pipelines/records/migration_learned.md": "reference/migration_learned.md",
    "pipelines/mcp/skill.md": "reference/mcp_skill.md",
    "notebooks/data/README.md": "gallery/data.md",
}
DOORS: Final = {  # the public names by what people do with them
    "Ask a forecast": ("open_forecaster", "Forecaster"),
    "Ask about your own fleet": ("open_fleet",),
    "Make a forecast": ("run", "RunRequest", "Settings"),
    "Your own data": ("ingest", "IngestRequest", "Store", "open_sql"),
    "Your own series": ("forecast_volumes", "VolumeQuestion", "panels", "draw_shares", "fit_shares", "share_panels"),
    "Draw an answer": ("draw",),
    "Errors": ("InputError",),
}
LINK: Final = re.compile(r"(?P<open>!?\[[^\]]*\]\()(?P<to>[^)#\s]+)(?P<rest>#[^)\s]*)?\)")
WRITTEN: Final = re.compile(r"<!-- (benchmarks/\w+\.py)[^:\n]*: begin -->")
WIDE: Final = 96  # letters of a line of a block
LAID: Final = tempfile.TemporaryDirectory(prefix="site-")  # gone when the build ends
FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lay the folders out as they are imported, where the reader of docstrings looks for them."""
    laid = Path(LAID.name) / "shiftcast"
    shutil.rmtree(laid, ignore_errors=True)
    laid.mkdir()
    for source in [*(ROOT / "shiftcast").iterdir(), *(ROOT / name for name in ("features", "forecast", "pipelines"))]:
        (laid / source.name).symlink_to(source)
    config.plugins["mkdocstrings"].config["handlers"]["python"]["paths"] = [str(laid.parent)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, and the files of the checkout that pages name."""
    for name, text in made().items():
        files.append(File.generated(config, name, content=text))
    for name in sorted(named(files)):
        files.append(File.generated(config, f"files/{name}", abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Let links that leave the docs lead to where the site holds what they name."""
    return relinked(markdown, page.file.src_uri)


@cache
def made() -> Mapping[str, str | bytes]:
    """Return the pages and pictures that are made, by their path in the site's source."""
    pages: dict[str, str | bytes] = {
        target: (ROOT / source).read_text(encoding="utf-8") for source, target in TEXTS.items()
    }
    pages.update(command_pages())
    pages["reference/python.md"] = python_page()
    pages["reference/rest.md"] = rest_page()
    pages["how_good.md"] = good_page()
    pages.update(gallery())
    return pages


def command_pages() -> Iterator[tuple[str, str]]:
    """Yield a page for each panel of the help, with the help of its commands, and one that lists them."""
    panels: dict[str, list[str]] = {}
    for name, listed in COMMANDS.items():
        panels.setdefault(listed.panel, []).append(name)
    index = ["# Commands", "", "From `shiftcast --help`. [How all of them behave](../command_line.md).", ""]
    for panel, names in panels.items():
        page = "commands_" + panel.lower().replace(", ", "_").replace(" ", "_") + ".md"
        index += [f"## {panel}", "", "| command | what it does |", "|---|---|"]
        index += [f"| [`shiftcast {name}`]({page}#shiftcast-{name}) | {COMMANDS[name].says} |" for name in names]
        index += [""]
        yield f"reference/{page}", "\n".join([f"# {panel}", "", *(_helped(name) for name in names)])
    yield "reference/commands.md", "\n".join(index)


def _helped(name: str) -> str:
    parts = [f"## shiftcast {name}", "", "```text", help_of(name), "```", ""]
    if name != "fleet":  # its questions come after the name of a fleet
        for inner in getattr(load(name), "commands", {}):
            parts += [f"### shiftcast {name} {inner}", "", "```text", help_of(name, inner), "```", ""]
    return "\n".join(parts)


def help_of(*words: str) -> str:
    """Return what ``--help`` prints at 96 columns without colours."""
    width = {"COLUMNS": "96", "TERMINAL_WIDTH": "96", "NO_COLOR": "1"}
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="shiftcast", env=width)
    if done.exit_code:
        raise click.ClickException(f"`shiftcast {' '.join(words)} --help` ended with {done.exit_code}: {done.output}")
    return "\n".join(line.rstrip() for line in done.output.strip("\n").splitlines()).strip("\n")


def python_page() -> str:
    """Return the page of the public names, each with its docstring."""
    lines = ["# Python", "", "What `import shiftcast` offers; nothing else is promised to stay.", ""]
    told = {name for names in DOORS.values() for name in names}
    rest = tuple(name for name in shiftcast.__all__ if name not in told and not name.startswith("_"))
    for title, names in {**DOORS, "More": rest}.items():
        lines += [f"## {title}", ""] if names else []
        for name in names:
            place = getattr(shiftcast, name)
            lines += [f"::: {place.__module__}.{place.__qualname__}", ""]
    return "\n".join(lines)


def rest_page() -> str:
    """Return the page of the HTTP interface, from its OpenAPI document."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    lines = ["# REST", "", document["info"]["description"], ""]
    lines += ["`shiftcast serve` answers it ([serving](../serving.md)); the whole document is "]
    lines[-1] += "[openapi.json](../openapi.json), of fleets [openapi_fleet.json](../openapi_fleet.json)."
    lines += ["", "| path | method | what it does | codes |", "|---|---|---|---|"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            lines.append(f"| `{path}` | {method.upper()} | {told['summary']} | {', '.join(told['responses'])} |")
    lines += ["", "Questions and their fields: [the schema](../serving.md#questions)."]
    return "\n".join(lines) + "\n"


def good_page() -> str:
    """Return the page of how good forecasts were: the README's, and where each benchmark writes what it finds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme.split("## How good it is\n")[1].split("\n## ")[0]
    lines = ["# How good it is", "", relinked(told, "readme.md"), "", "## What each benchmark writes", ""]
    lines += ["Run in the checkout, each rewrites its tables and nothing else.", "", "| script | page |", "|---|---|"]
    for path in sorted((ROOT / "docs").glob("**/*.md")):
        name = path.relative_to(ROOT / "docs").as_posix()
        title = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        scripts = dict.fromkeys(WRITTEN.findall(path.read_text(encoding="utf-8")))
        lines += [f"| `python {script}` | [{title}]({name}) |" for script in scripts]
    return "\n".join(lines) + "\n"


def gallery() -> Iterator[tuple[str, str | bytes]]:
    """Yield the page of every notebook as it was executed, its pictures, and a page that lists them."""
    index = ["# Gallery", "", "Notebooks as they were executed; `pip install -e '.[notebook]'` opens them.", ""]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title, _, lead = "".join(cells[0]["source"]).partition("\n")
        index += [f"- [{title.lstrip('# ')}]({path.name}): {lead.strip().splitlines()[0]}"]
        parts: list[str] = []
        for number, cell in enumerate(cells):
            source = "".join(cell["source"]).rstrip()
            parts += [source, ""] if cell["cell_type"] == "markdown" else ["```python", source, "```", ""]
            for at, output in enumerate(cell.get("outputs", [])):
                picture = f"{path.stem}_files/{number}_{at}"
                shown, content, ending = shown_output(output, picture)
                parts += [shown, ""]
                if content is not None:
                    yield f"gallery/{picture}.{ending}", content
        yield f"gallery/{path.stem}.md", "\n".join(parts)
    yield "gallery/index.md", "\n".join(index) + "\n"


def shown_output(output: Mapping[str, Any], picture: str) -> tuple[str, str | bytes | None, str]:
    """Return how a page shows an output of a cell, and the content and ending of a picture's file.

    Parameters
    ----------
    output
        The output, as a notebook keeps it.
    picture
        Path of the picture beside the page, without ending.

    Returns
    -------
    tuple of str, str or bytes or None, str
        Markdown, content of the picture, and its ending; none and nothing where it is no picture.
    """
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items() if isinstance(text, str | list)}
    told = data.get("text/plain", "").strip()
    if "image/svg+xml" in data:
        return f"![{alt_of(data['image/svg+xml'], told)}]({picture}.svg)", data["image/svg+xml"], "svg"
    if "image/png" in data:
        return f"![{told}]({picture}.png)", b64decode(data["image/png"]), "png"
    if "text/html" in data:
        return re.sub(r"<style scoped>.*?</style>\s*", "", data["text/html"], flags=re.DOTALL), None, ""
    text = "\n".join(_wrapped(line) for line in "".join(output.get("text", told)).rstrip().splitlines())
    return f"```text\n{text}\n```", None, ""


def _wrapped(line: str) -> str:
    """Return a line of words in lines that a page shows whole; one of a table stays."""
    return line if any(mark in line for mark in "│┃━") else textwrap.fill(line, WIDE) or line


def alt_of(svg: str, otherwise: str) -> str:
    """Return what a picture says of itself."""
    found = re.search(r'aria-label="([^"]+)"', svg)
    return found[1] if found else otherwise


def named(files: Files) -> set[str]:
    """Return the files of the checkout outside the docs that pages link to."""
    found = set()
    for file in files.documentation_pages():
        for to in LINK.finditer(FENCE.sub("", file.content_string)):
            place = place_of(to["to"], source_of(file.src_uri))
            if place and placed(place).startswith("files/"):
                found.add(place)
    return found & tracked()


@cache
def tracked() -> frozenset[str]:
    """Return the files that the checkout keeps."""
    ask = ("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard")
    return frozenset(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.splitlines())  # noqa: S603


def source_of(page: str) -> str:
    """Return where a page's text lies in the checkout."""
    for source, target in TEXTS.items():
        if page == target:
            return source
    return f"notebooks/{Path(page).stem}.ipynb" if page.startswith("gallery/") else f"docs/{page}"


def place_of(link: str, source: str) -> str | None:
    """Return the file of the checkout outside the docs that a link names, or none."""
    if "://" in link or link.startswith(("mailto:", "/")):
        return None
    place = normpath(f"{dirname(source) or '.'}/{link}")
    return None if place.startswith("..") else place


def relinked(text: str, page: str) -> str:
    """Return a page's text with its links led to where the site holds what they name."""
    source = source_of(page)
    if source.startswith("docs/") and not (ROOT / source).exists():
        return text  # made from the code: its links are those of the site

    def led(found: re.Match[str]) -> str:
        place = place_of(found["to"], source)
        if place is None:
            return found[0]
        if place == "notebooks":
            return f"{found['open']}{relpath('gallery/index.md', dirname(page) or '.')})"
        if (place, found["rest"]) == ("README.md", "#how-good-it-is"):
            return f"{found['open']}{relpath('how_good.md', dirname(page) or '.')})"
        if (ROOT / place).is_dir():
            return found["open"].lstrip("!").removeprefix("[").removesuffix("](")
        target = placed(place)
        return f"{found['open']}{relpath(target, dirname(page) or '.')}{found['rest'] or ''})"

    pieces, at = [], 0
    for fence in FENCE.finditer(text):
        pieces += [LINK.sub(led, text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*pieces, LINK.sub(led, text[at:])])


def placed(place: str) -> str:
    """Return where the site's source holds a file of the checkout."""
    if place in TEXTS:
        return TEXTS[place]
    if place.endswith(".ipynb"):
        return f"gallery/{Path(place).stem}.md"
    if "_files/" in place:  # a picture of a notebook
        return f"gallery/{place.removeprefix('notebooks/')}"
    return place.removeprefix("docs/") if place.startswith("docs/") else f"files/{place}"


if __name__ == "__main__":
    sys.exit("mkdocs calls this; run `mkdocs build --strict`")
