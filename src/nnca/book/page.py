"""Sphinx extension: a notebook written in plain Markdown becomes numbered, cross-referenced MyST as it is read.

`nnca.book.say` marks what cells display; authors write plain links, `\\tag{name}`, `> **Title.** text`, and
`### Exercise: title` with cells tagged `solution`.  A link to something that does not exist fails the build.
"""

import json
import os
import re
from urllib.parse import unquote

from docutils import nodes
from pybtex.database import parse_file
from sphinx.errors import ExtensionError

from nnca.book import provenance
from nnca.book.say import side_by_side
from nnca.book.verdicts import HOLDS, NOT, PARTLY, UNKNOWN

CLASSES = {HOLDS: "tip", PARTLY: "attention", NOT: "error", UNKNOWN: "note"}
CODE_OR_LINK = re.compile(r"(?P<code>`+[^`]+`+)|(?<!!)\[(?P<text>[^\]]+)\]\((?P<url>[^)\s]+)\)")
TAG = re.compile(r"\s*\\tag\{([\w-]+)\}\s*\$\$")
QUOTATION = re.compile(r"^> \*\*(.+?)\*\* ?(.*(?:\n>.*)*)", re.M)
GLOSSARY = "book/glossary"
NUMBERED = ("fig", "tab", "ex")


def markdown(text, keys):
    """Plain links, tags of equations and titled quotations -> MyST's roles, labels and admonitions."""
    text = TAG.sub(r"\n$$ (eq-\1)", text)
    text = CODE_OR_LINK.sub(lambda match: match["code"] or _link(match["text"], match["url"], keys), text)
    return QUOTATION.sub(_admonition, text)


def _link(text, url, keys):
    """A link to a paper, a figure, a table, an exercise, an equation or a term as the role that MyST has for it."""
    if url.startswith(("https://doi.org/", "https://arxiv.org/abs/")):
        key = keys.get(re.sub(r"^https://(doi\.org|arxiv\.org/abs)/", "", unquote(url)).lower())
        if key is None:
            raise ExtensionError(f"[{text}]({url}): references.bib has no entry with this DOI or arXiv number")
        return f"{{cite:{'t' if text.endswith(')') else 'p'}}}`{key}`"
    kind, _, name = url.partition("#")[2].partition("-")
    if kind in NUMBERED:
        return f"{{numref}}`{kind}-{name}`"
    if kind == "eq":
        return f"{{eq}}`eq-{name}`"
    if kind == "claim":
        return f"{{ref}}`{text} <claim-{name}>`"
    if kind == "term":
        return f"{{term}}`{text} <{name.replace('_', ' ')}>`"
    return f"[{text}]({url})"


def _admonition(match):
    kind = "warning" if match[1].startswith("Deviation") else "note"
    body = re.sub(r"^> ?", "", match[2], flags=re.M)
    return f":::{{admonition}} {match[1].rstrip('.')}\n:class: {kind}\n{body}\n:::"


def cells_of(notebook, keys):
    """The notebook's cells as the page has them."""
    exercise = solved = None  # the last exercise, and the one whose solution is open
    for cell in notebook["cells"]:
        solution = "solution" in cell["metadata"].get("tags", [])
        if solved and not solution:
            yield _written("```{solution-end}\n```")
            solved = None
        if solution and not solved:
            solved = exercise
            yield _written(f"```{{solution-start}} {solved}\n:class: dropdown\n```")
        if cell["cell_type"] == "code":
            yield from _outputs(cell, keys)
            continue
        text = "".join(cell["source"])
        if title := re.match(r"#+ Exercise: (.+)\n", text):
            exercise = "ex-" + re.sub(r"\W+", "-", title[1].lower()).strip("-")
            body = markdown(text[title.end() :].strip(), keys)
            yield _written(f"````{{exercise}} {title[1]}\n:label: {exercise}\n{body}\n````")
        else:
            text = re.sub(r"^#+ Solution\s*", "", text)
            yield cell | {"source": markdown(text, keys)}
    if solved:
        yield _written("```{solution-end}\n```")


def _outputs(cell, keys):
    """A code cell without its marked outputs, and each of those as text, table, figure or claim."""
    marked = [output for output in cell["outputs"] if "book" in output.get("metadata", {})]
    yield cell | {"outputs": [output for output in cell["outputs"] if output not in marked]}
    for output in marked:
        mark = output["metadata"]["book"]
        if mark["kind"] == "text":
            yield _written(markdown("".join(output["data"]["text/markdown"]), keys))
        elif mark["kind"] == "table":
            caption = markdown(mark["caption"], keys)
            yield _written(f"::::{{table}} {caption}\n:name: {mark['name']}\n\n{markdown(mark['grid'], keys)}\n::::")
        elif mark["kind"] == "figure":
            figure = {"name": mark["name"], "caption": markdown(mark["caption"], keys)}
            options = {"mystnb": {"figure": figure, "image": {"alt": mark["alt"]}}, "tags": ["remove-input"]}
            yield cell | {"source": "# MyST-NB skips an empty cell", "outputs": [output], "metadata": options}
        elif mark["kind"] == "claim":
            yield _written(_claim(mark, keys))


def _claim(mark, keys):
    """A claim as an admonition coloured by its verdict."""
    body = f"{side_by_side(mark)}\n\n{mark['reason']} *Rule: {mark['rule']}.*"
    title = f"{mark['verdict'][0].upper()}{mark['verdict'][1:]}: {mark['text']}"
    head = f"({mark['name']})=\n:::{{admonition}} {markdown(title, keys)}\n:class: {CLASSES[mark['verdict']]} claim\n"
    return f"{head}{markdown(body, keys)}\n:::"


def _written(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def read(app, docname, source):
    """Sphinx's event `source-read`."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        notebook = json.loads(source[0])
        cells = enumerate(cells_of(notebook, app.env.plain_keys))
        notebook["cells"] = [cell | {"id": f"cell-{number}"} for number, cell in cells]
        chapter = f"notebooks/{docname.split('/')[-1]}.ipynb"
        foot = provenance.foot(notebook["metadata"], chapter, os.environ.get("REPOSITORY", ""))
        notebook["cells"].append(_written(foot) | {"id": "provenance"})
        source[0] = json.dumps(notebook)


def know(app, env, docnames):
    """Keys of all references by DOI or arXiv number, so that chapters can link to papers plainly."""
    entries = parse_file(f"{app.srcdir}/{app.config.bibtex_bibfiles[0]}").entries
    env.plain_keys = {(e.fields.get("doi") or e.fields.get("eprint", "")).lower(): key for key, e in entries.items()}


def explain(app, doctree, docname):
    """Terms of the glossary tell their meaning where they are used, when a pointer rests on them."""
    meanings = {}
    for entry in app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        definition = " ".join(next(entry.findall(nodes.definition)).astext().split())
        meanings |= {name: definition for term in entry.findall(nodes.term) for name in term["ids"]}
    for link in doctree.findall(nodes.reference):
        if meaning := meanings.get(link.get("refuri", "").partition("#")[2]):
            link["reftitle"] = meaning


def setup(app):
    app.connect("env-before-read-docs", know)
    app.connect("source-read", read)
    app.connect("doctree-resolved", explain)
    return {"parallel_read_safe": True, "version": "1"}
