"""The scoreboard: what the paper says beside what this build found, with verdicts that follow from the numbers.

Chapters keep their results as notes in the executed notebooks; nothing here is typed by hand but the paper's statements
and, for every verdict that a claim can get, the sentence that explains it.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from nnca.book.claims import CLAIMS, HOLDS, NOT, PARTLY, UNKNOWN
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.figures import TARGETS

MARKS = {HOLDS: "✔", PARTLY: "◐", NOT: "✘", UNKNOWN: "?"}
NEAR = 0.05  # agreement is to the paper's two digits; this is near it


class ScoreboardError(ValueError):
    """A verdict for which no sentence is written, or notebooks without the numbers that a claim needs."""


@dataclass(frozen=True)
class Line:
    """One line of the scoreboard, all text: what the paper says, what was found, verdict, reason, where it is shown."""

    claim: str
    paper: str
    ours: str
    verdict: str
    reason: str
    where: str


def read_notes(notebooks):
    """All notes of executed notebooks.  paths -> {name: value}"""
    prefix, notes = "application/papermill.record/", {}
    for path in notebooks:
        for cell in json.loads(Path(path).read_text())["cells"]:
            for output in cell.get("outputs", []):
                name = output.get("metadata", {}).get("scrapbook", {}).get("name")
                text = output.get("data", {}).get(f"{prefix}text/plain")
                if name and text and not name.startswith(("fig_", "table_")):
                    notes[name] = _value("".join(text))
    return notes


def _value(text):
    """A number or a string from how Python shows it, which for infinity and NaN is no literal."""
    try:
        return ast.literal_eval(text)
    except ValueError:
        return float(text)


def lines(notes):
    """Every claim and every number of Tables I and II, judged.  {name: value} -> claims, numbers (lists of Line)"""
    return [_judged(claim, notes) for claim in CLAIMS], [
        _number(target, k, method, value, notes)
        for (target, k), row in (TABLE_I | TABLE_II).items()
        for method, value in row.items()
    ]


def _judged(claim, notes):
    """Raises ScoreboardError when a number is missing or the verdict has no sentence."""
    try:
        verdict, ours = claim.judge(notes), claim.ours.format(**notes)
    except KeyError as missing:
        raise ScoreboardError(f"claim {claim.text!r} needs the note {missing}, which no chapter keeps") from None
    if verdict not in claim.reasons:
        raise ScoreboardError(f"claim {claim.text!r} is judged {verdict!r}; there is no sentence for that")
    return Line(claim.text, claim.paper, ours, verdict, claim.reasons[verdict].format(**notes), claim.where)


def _number(target, k, method, value, notes):
    """One entry of Table I or II beside ours."""
    name = f"{method}_{target}{k}"
    ours, low, high = (notes[f"{name}{end}"] for end in ("", "_low", "_high"))
    off = ours - value
    verdict = HOLDS if round(ours, 2) == value else PARTLY if abs(off) <= NEAR else NOT
    reason = _why(target, notes) if verdict != HOLDS else "The same to the paper's two digits."
    where = "{numref}`fig-table2`" if target == "moments" else "{numref}`fig-table1-all`"
    text = f"{ours:.3f} [{low:.3f}, {high:.3f}]"
    return Line(f"{TARGETS[target]}, {method}, k = {k}", f"{value:.2f}", text, verdict, reason, where)


def _why(target, notes):
    """What is different, where a number is not the paper's."""
    if target == "moments":
        ceiling = f"our emulator, without a bottleneck, covers {notes['glass_emulator']:.2f}"
        return f"Other glasses, spectra, windows and numbers of sites (Deviations 6 to 9); {ceiling}."
    return "Other structures, spectra and networks (Deviations 1 to 4, 11, 12)."


def write(notebooks, path, preset):
    """The scoreboard of executed notebooks as MyST text, with how many claims got which verdict.  paths, path, str"""
    notes = read_notes(notebooks)
    claims, numbers = lines(notes)
    count = [sum(line.verdict == verdict for line in claims) for verdict in MARKS]
    head = "This build, preset `{}`, {:,} GeO₂ sites: of {} claims {} hold, {} hold partly, {} do not hold here and {} "
    head = head.format(preset, notes["glass_sites"], len(claims), *count) + "cannot be judged.\n\n"
    Path(path).write_text(head + _table(claims, "Claims") + "\n" + _table(numbers, "Numbers of Tables I and II"))


def _table(rows, title):
    """Lines as a MyST list-table."""
    parts = [f"```{{list-table}} {title}", ":header-rows: 1", ":widths: 24 14 22 12 28", ""]
    parts += ["* - Claim", "  - Paper", "  - Here", "  - Verdict", "  - Why"]
    for line in rows:
        cells = (line.claim, line.paper, line.ours, f"{MARKS[line.verdict]} {line.verdict}")
        parts += [f"* - {cells[0]}", *(f"  - {cell}" for cell in cells[1:]), f"  - {line.reason} {line.where}"]
    return "\n".join([*parts, "```", ""])
