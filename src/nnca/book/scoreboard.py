"""The scoreboard: the paper's claims and numbers beside ours, collected from the executed chapters.

A chapter judges a claim where it shows it (`say.claim`) and keeps its scores with the table that prints them; nothing
is judged here but whether a number is the paper's.
"""

import json
import re
from pathlib import Path

from nnca.book.paper import TABLE_I, TABLE_II
from nnca.book.say import BEYOND
from nnca.book.tables import PAPERS_CHOICE
from nnca.book.verdicts import HOLDS, NOT, PARTLY, UNKNOWN
from nnca.figures import TARGETS

MARKS = {HOLDS: "✔", PARTLY: "◐", NOT: "✘", UNKNOWN: "?"}
COUNTED = {HOLDS: "hold", PARTLY: "hold partly", NOT: "do not hold here", UNKNOWN: "cannot be judged"}
NEAR = 0.05
RULE = f"A number holds if it is the paper's to two digits, and holds partly if it is within {NEAR:g} of it."


class ScoreboardError(ValueError):
    """A claim or a number that no chapter kept, or that two chapters kept differently."""


def collect(notebooks):
    """Claims and results that executed notebooks keep.  paths -> {name: claim}, list of dict

    Raises ScoreboardError for a claim that its notebook makes in a cell without showing it, and for one that is judged
    twice and differently.
    """
    claims, results = {}, []
    for path in notebooks:
        cells = json.loads(Path(path).read_text())["cells"]
        marks = [
            o["metadata"]["book"] for cell in cells for o in cell.get("outputs", []) if "book" in o.get("metadata", {})
        ]
        for mark in marks:
            if mark["kind"] == "claim" and claims.setdefault(mark["name"], mark) != mark:
                raise ScoreboardError(f"{mark['name']} is judged twice, and differently; last in {path}")
            if mark["kind"] == "table":
                results += mark["data"] or []
        made = {name for cell in cells for name in re.findall(r"\bclaim\(\s*\"([\w-]+)\"", "".join(cell["source"]))}
        if missing := {f"claim-{name}" for name in made} - claims.keys():
            raise ScoreboardError(f"{path} makes {', '.join(sorted(missing))} but does not show it")
    return claims, results


def scores_of(results):
    """Scores as the paper has them, ECA's vectors from the test set.  list of dict -> {(target, method, k): dict}"""
    ours = [one for one in results if one["what"] == "score" and one["vectors_from"] in PAPERS_CHOICE]
    return {(one["target"], one["method"], one["k"]): one for one in ours}


def numbers(results):
    """Every number of Tables I and II beside ours.  list of dict -> list of rows"""
    rows, scores = [], scores_of(results)
    for (target, k), entries in (TABLE_I | TABLE_II).items():
        for method, known in entries.items():
            if (target, method, k) not in scores:
                raise ScoreboardError(f"no chapter keeps a score of {method}, k = {k}, for {target}")
            one = scores[target, method, k]
            off = abs(one["score"] - known)
            verdict = HOLDS if round(one["score"], 2) == known else PARTLY if off <= NEAR else NOT
            ours = f"{one['score']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
            table = "{numref}`tab-table-2`" if target == "moments" else "{numref}`tab-table-1`"
            rows.append((f"{TARGETS[target]}, {method}, k = {k}, {table}", verdict, f"{known:.2f}", ours))
    return rows


def write(notebooks, path, preset):
    """The scoreboard of executed notebooks as MyST text.  paths, path, str"""
    claims, results = collect(notebooks)
    rows = numbers(results)
    head = f"This build, preset `{preset}`. "
    papers, further = ([one for one in claims.items() if (one[1]["paper"] == BEYOND) is sign] for sign in (False, True))
    head += f"Of {len(papers)} claims {_counted([mark['verdict'] for _, mark in papers])}. "
    head += f"Of the {len(rows)} numbers of Tables I and II {_counted([row[1] for row in rows])}. {RULE} "
    head += f"Of {len(further)} claims beyond the paper {_counted([mark['verdict'] for _, mark in further])}.\n\n"
    titles = ("Claim", "Verdict", "Paper", "Here", "Why, and by which rule")
    text = _table("Claims", titles, _judged(papers), "24 12 14 22 28")
    own = [(row[0], row[1], *row[3:]) for row in _judged(further)]
    text += "\n" + _table("Claims beyond the paper", (*titles[:2], *titles[3:]), own, "26 12 30 32") if own else ""
    text += "\n" + _table("Numbers of Tables I and II", titles[:-1], rows, "40 20 12 28")
    Path(path).write_text(head + text)


def _judged(claims):
    """Rows of a table of claims.  [(name, mark)] -> list of tuples"""
    return [
        (
            f"{mark['text']} ({{ref}}`where it is shown <{name}>`)",
            mark["verdict"],
            mark["paper"],
            mark["ours"],
            f"{mark['reason']} *Rule: {mark['rule']}.*",
        )
        for name, mark in claims
    ]


def _counted(verdicts):
    return ", ".join(f"{verdicts.count(verdict)} {words}" for verdict, words in COUNTED.items())


def _table(title, columns, rows, widths):
    """Rows of text as a MyST list-table; the verdict, the second column, gets its mark."""
    lines = [f"```{{list-table}} {title}", ":header-rows: 1", f":widths: {widths}", ""]
    for row in (columns, *((row[0], f"{MARKS[row[1]]} {row[1]}", *row[2:]) for row in rows)):
        lines += [f"{'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(row)]
    return "\n".join([*lines, "```", ""])
