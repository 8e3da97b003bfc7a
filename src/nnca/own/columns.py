"""A text file in columns as a table of numbers: whatever separates them, and whatever stands above them."""

import re
from typing import NamedTuple

import numpy as np

from nnca.schema import DataError

COMMENT = re.compile(r"^\s*[#!%*&@;]")
XDI_COLUMN = re.compile(r"^\s*#\s*Column\.(\d+)\s*:\s*(.+)", re.IGNORECASE)
FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]?\d)")  # 1.5D-03
LARGEST = 50_000_000  # bytes of a text file
SHOWN = 40  # characters of a line that messages show


class Table(NamedTuple):
    """Numbers of a file (rows, columns), the line that each row stands on, and the columns' names if it has any."""

    values: np.ndarray
    lines: np.ndarray
    names: list | None
    head: str  # all that stands above the numbers


def read_columns(path):
    """The table in a text file.  -> Table

    Columns are separated by blanks, tabs, semicolons or commas; decimal commas are read where commas separate nothing.
    Lines above the first row are header, lines that begin with # ! % * & @ or ; are comments.  Raises DataError for
    what is no table, naming the line.
    """
    lines = _text(path).splitlines()
    rows = [(number, _numbers(line)) for number, line in enumerate(lines, start=1) if _is_data(line)]
    if not rows or rows[-1][1] is None:
        where = f", line {rows[-1][0]}: {_shown(lines[rows[-1][0] - 1])} is not numbers" if rows else ""
        raise DataError(f"{path}{where}: a table of numbers in columns is expected, the energies first")
    width = len(rows[-1][1])
    first = next(i for i, (_, row) in enumerate(rows) if row is not None and len(row) == width)
    for number, row in rows[first:]:
        if row is None:
            raise DataError(f"{path}, line {number}: {_shown(lines[number - 1])} is not numbers")
        if len(row) != width:
            raise DataError(f"{path}, line {number}: has {len(row)} columns; the last line has {width}")
    values, where = np.array([row for _, row in rows[first:]]), np.array([number for number, _ in rows[first:]])
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        what = values[row, column]
        raise DataError(f"{path}, line {where[row]}: column {column + 1} is {what}; a finite number is expected")
    return Table(values, where, _names(lines[: where[0] - 1], width), "\n".join(lines[: where[0] - 1]))


def _text(path):
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{path}: has {path.stat().st_size / 1e6:.0f} MB; a text file of columns is expected")
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror})") from error
    if b"\0" in raw:
        raise DataError(f"{path}: is no text file; columns of numbers are expected")
    return raw.decode("utf-8-sig", errors="replace")


def _is_data(line):
    return line.strip() and not COMMENT.match(line)


def _numbers(line):
    """The numbers of a line, or None.  str -> list of float"""
    try:
        return [float(FORTRAN.sub("e", part)) for part in split(line)]
    except ValueError:
        return None


def split(line):
    """The parts of a line, decimal commas as points.  str -> list of str"""
    line = line.strip()
    for separator in (";", "\t"):
        if separator in line:
            return [part.strip().replace(",", ".") for part in line.rstrip(separator).split(separator)]
    words = line.split()
    if "," in line and (len(words) == 1 or any(word.endswith(",") or word.startswith(",") for word in words)):
        return [part.strip() for part in line.rstrip(",").split(",")]
    return [word.replace(",", ".") for word in words]


def _names(above, width):
    """Names of the columns: XDI's, else the last line above the numbers that has one for each."""
    xdi = {int(m[1]): m[2].strip() for line in above if (m := XDI_COLUMN.match(line))}
    if set(range(1, width + 1)) <= set(xdi):
        return [xdi[number] for number in range(1, width + 1)]
    for line in reversed(above):
        bare = line.strip().lstrip("#!%*&@; ").removesuffix("@#").strip()
        names = split(bare) if bare else []
        if len(names) == width and _numbers(bare) is None:
            return names
    return None


def _shown(line):
    line = line.strip()
    return repr(line if len(line) <= SHOWN else line[: SHOWN - 1] + "…")
