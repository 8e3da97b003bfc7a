"""What a chapter says about its results: plain Markdown and pictures for any Jupyter, marked for the book's pages.

Each function displays once.  JupyterLab, Colab and a papermill output show it as it is; `nnca.book.page` numbers it.
"""

import re
from base64 import b64encode
from html import escape
from io import BytesIO

import matplotlib.pyplot as plt
from IPython.display import Markdown, display

from nnca.book.parameters import settle
from nnca.book.verdicts import HOLDS, VERDICTS
from nnca.figures import use_style

UNSAYABLE = re.compile(r"(?<![\w-])(nan|inf|None(?! (of|on|in|is|are)\b))(?!\w)")  # none of them is a word
SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z*\[])")
BEYOND = "–"  # in the place of the paper's number: the paper does not ask
DOTS_PER_INCH = 180
ONE_LINE = 30  # characters


def begin(namespace):
    """Begin a chapter: the book's look for its figures, and its parameters.  globals() -> SimpleNamespace"""
    use_style()
    return settle(namespace)


def say(text):
    """A paragraph with numbers in it, as an f-string.  A sentence whose number does not exist is not said."""
    if text := sayable(text):
        _display(text, {"kind": "text"})


def show(figure, name, caption, alt):
    """A matplotlib figure that the text can refer to as [Figure name](#fig-name); `alt` says what is drawn."""
    mark = {"kind": "figure", "name": f"fig-{name}", "caption": sayable(caption), "alt": alt}
    png, svg = BytesIO(), BytesIO()
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH)
    figure.savefig(svg, format="svg", metadata={"Date": None})  # no date: the same figure is the same file
    plt.close(figure)
    drawing = svg.getvalue().decode().replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    pictures = {"image/svg+xml": drawing, "image/png": b64encode(png.getvalue()).decode(), "text/plain": alt}
    size = {"width": round(96 * figure.get_figwidth()), "alt": alt}
    display(pictures, raw=True, metadata={"book": mark, "image/png": size})
    _caption(mark)


def explore(widget, name, caption):
    """A figure of `nnca.explorer`, which a reader moves: live in Jupyter, by `explorer.js` on a page."""
    mark = {"kind": "figure", "name": f"fig-{name}", "caption": sayable(caption), "alt": widget.alt}
    data, metadata = widget._repr_mimebundle_()
    display(data | {"text/html": widget.html(name)}, raw=True, metadata=metadata | {"book": mark})
    _caption(mark)


def table(frame, name, caption, data=None):
    """A DataFrame of texts that the text can refer to as [Table name](#tab-name).

    `data` is kept with it, as JSON, for pages that collect results.  A cell without a value shows a dash.
    """
    cells = [[_cell(value) for value in row] for row in frame.reset_index().itertuples(index=False)]
    head = [_cell(text) for text in (frame.index.name or "", *frame.columns)]
    rule = ["---:" if _numeric(column) else "---" for column in zip(*cells, strict=True)]
    lines = [head, ["---", *rule[1:]], *cells]
    grid = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    mark = {"kind": "table", "name": f"tab-{name}", "caption": sayable(caption), "grid": grid, "data": data}
    _display(f'<a id="tab-{name}"></a>**Table {name}.** {mark["caption"]}\n\n{grid}', mark)


def claim(name, text, paper, ours, verdict, because):
    """A statement of the paper, its number and ours, what they allow to say and why; the scoreboard collects it.

    `verdict` comes from a rule of `nnca.book.verdicts`; `because` explains it: a sentence for each verdict, or one for
    a claim that holds.  A claim beyond the paper has BEYOND in the place of the paper's number.  Raises KeyError for a
    verdict without a sentence.
    """
    because = dict.fromkeys(VERDICTS, "") | {HOLDS: because} if isinstance(because, str) else because
    reason = because[verdict.word]
    mark = {"kind": "claim", "name": f"claim-{name}", "text": text, "paper": paper, "ours": sayable(ours) or "–"}
    mark |= {"verdict": verdict.word, "rule": verdict.rule, "reason": sayable(reason)}
    _display(f'<a id="claim-{name}"></a>\n' + "\n".join(f"> {line}" for line in claim_lines(mark)), mark)


def claim_lines(mark):
    """A claim as lines of Markdown: statement, numbers, verdict with its rule.  dict -> list of str"""
    verdict = mark["verdict"][0].upper() + mark["verdict"][1:]
    return [
        f"**Claim: {mark['text']}.**",
        side_by_side(mark),
        " ".join(f"*{verdict}.* {mark['reason']} (Rule: {mark['rule']}.)".split()),
    ]


def side_by_side(mark):
    """The paper's number and ours, in words; a claim beyond the paper says that it is one.  dict -> str"""
    paper = "Beyond the paper" if mark["paper"] == BEYOND else f"Paper: {mark['paper']}"
    return f"{paper}. Here: {mark['ours']}."


def sayable(text):
    """The text without the sentences that hold nan, inf or None; its lines stay lines.  str -> str"""
    lines = [[one for one in SENTENCE.split(line) if not UNSAYABLE.search(one)] for line in text.split("\n")]
    kept = [" ".join(line) for line, old in zip(lines, text.split("\n"), strict=True) if line or not old]
    return "\n".join(kept).strip("\n")


def _caption(mark):
    """The caption of a figure for Jupyter; a page sets its own."""
    name = mark["name"]
    text = f'<a id="{name}"></a>**Figure {name.removeprefix("fig-")}.** {mark["caption"]}'
    _display(text, {"kind": "caption"})


def _display(text, mark):
    display(Markdown(text), metadata={"book": mark})


def _cell(value):
    """A value as the text of a cell; short texts with numbers stay on one line."""
    text = "" if value is None else str(value)
    if UNSAYABLE.search(text):
        return "–"
    if len(text) <= ONE_LINE and re.search(r"\d", text) and not re.search(r"[$`\[]\S*\]?\(|[$`]", text):
        text = text.replace(" ", "\N{NO-BREAK SPACE}")
    return text.replace("|", r"\|")


def _numeric(column):
    """Whether a column of texts is numbers, which stand to the right."""
    return all(re.fullmatch(r"[+−-]?[\d,.\s]+%?|–|", text) for text in column)
