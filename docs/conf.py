"""The documentation site: Sphinx, with the reference generated at build time."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Any, get_origin

from sphinx.util.typing import stringify_annotation

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from _site import charts, end_of_run, links, pages, pictures, schema  # noqa: E402 - of this clone

import reana_db  # noqa: E402 - of this clone
from reana_db import records, values  # noqa: E402 - of this clone
from reana_db.registry import arguments  # noqa: E402 - of this clone

project = "reana-db"
author = "the REANA collaboration"
copyright = "the REANA collaboration"  # noqa: A001 - Sphinx's name
version = release = reana_db.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["_site", "_build", "_screenshots", "**/__pycache__"]
html_theme = "furo"
html_favicon = "_static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
html_title = f"reana-db {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path: list[str] = []
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
copybutton_prompt_text = "$ "

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
ALIASES = {
    name: alias
    for module in (records, arguments, values)
    for name, alias in vars(module).items()
    if get_origin(alias) is Annotated
}
"""The kinds of values, which are named and not spelled out."""
ABOUT_STANDBY = (arguments.RUNS_ON_STANDBY, arguments.WRITES)
autodoc_type_aliases = {"Conn": "Connection", **{name: name for name in ALIASES}}
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries = False
suppress_warnings = ["misc.highlighting_failure"]


def generate(app: Any) -> None:
    """Write the pages of the reference."""
    pages.write(Path(app.srcdir) / "reference")


def add_facts(app: Any, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """Link the errors that a docstring names; say which statements a function sends."""
    lines[:] = [links.to_errors(line) for line in lines]
    if what == "function" and (facts := pages.facts_of(name)):
        standby = next((line for line in lines if line in ABOUT_STANDBY), "")
        lines[:] = [line for line in lines if line not in ABOUT_STANDBY]
        lines += ["", f"{facts} {standby}", ""]


def plain_types(
    app: Any, what: str, name: str, item: Any, options: Any, signature: str, returns: str
) -> tuple[str, str] | None:
    """Name the aliases of types as the source names them."""
    if not signature:
        return None
    return _named(signature), _named(returns or "")


def _named(text: str) -> str:
    text = re.sub(r"TypeAliasForwardRef\('([^']+)'\)", r"\1", text)
    for name, alias in ALIASES.items():
        for mode in ("smart", "fully-qualified", "fully-qualified-except-typing"):
            text = text.replace(stringify_annotation(alias, mode), name)
    return text


def to_the_site(app: Any, document: str, source: list[str]) -> None:
    """Draw charts; turn links that leave this directory into links to pages of the site."""
    source[0] = (
        charts.add(end_of_run.add(source[0], schema.fresh()))
        .replace("](../CHANGELOG.md)", "](reference/changes.md)")
        .replace("](../CONTRIBUTING.md)", "](reference/contributing.md)")
        .replace("](../benchmarks/README.md)", "](performance.md)")
        .replace("[tests/data/README.md](../tests/data/README.md)", "`tests/data/README.md`")
        .replace("```mermaid", "```{mermaid}")
    )
    if not document.startswith("reference/"):
        source[0] = links.to_functions(source[0])


def setup(app: Any) -> None:
    """Connect all that is ours."""
    app.add_directive("mermaid", pictures.Mermaid)
    app.connect("builder-inited", generate)
    app.connect("autodoc-process-docstring", add_facts)
    app.connect("autodoc-process-signature", plain_types)
    app.connect("source-read", to_the_site)
