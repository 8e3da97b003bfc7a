"""Structures from any code, read by ASE, and the absorbing atoms in them."""

import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
from ase.data import chemical_symbols

from nnca.schema import DataError

ENDING = re.compile(r"(?<=.)\.[A-Za-z]\w*$")  # .xyz and .dat, not .0001 of site 1
NEAREST = 0.3  # angstrom; atoms that are closer are one atom twice, or the unit of length is wrong
ALONE = 5.0  # angstrom from the absorber, within which another atom is expected


@dataclass(frozen=True)
class Structures:
    """Structures with their names and absorbing atoms (lists of indices); `single` says that one file held them all."""

    names: list
    atoms: list
    absorbers: list
    single: bool
    source: str

    def __len__(self):
        return len(self.names)

    def entry(self, name):
        """What each structure's file says under `name` (a per-frame entry), as text.  -> (n,)"""
        missing = [one for one, atoms in zip(self.names, self.atoms, strict=True) if name not in atoms.info]
        if missing:
            has = ", ".join(sorted(map(str, self.atoms[self.names.index(missing[0])].info))) or "none"
            raise DataError(f"{self.source}: structure {missing[0]} has no entry {name!r}; its entries: {has}")
        return np.array([str(atoms.info[name]) for atoms in self.atoms])


def files(path, what):
    """The files that a path means: one file, those of a folder, or those of a pattern such as runs/*/xmu.dat."""
    text = str(Path(path).expanduser())
    if any(sign in text for sign in "*?["):
        root = Path(re.split(r"[*?[]", text)[0] + "x").parent  # up to the first part with a sign in it
        found = [one for one in root.glob(str(Path(text).relative_to(root))) if one.is_file()]
    elif Path(text).is_file():
        return [Path(text)], Path(text).parent
    elif Path(text).is_dir():
        root = Path(text)
        found = [one for one in root.iterdir() if one.is_file() and one.stem.lower() != "readme"]
    else:
        raise DataError(f"{path}: no such file or folder; {what} are expected there")
    found = sorted(one for one in found if not one.name.startswith("."))
    if not found:
        raise DataError(f"{path}: holds no files; {what} are expected there")
    return found, root


def stems(found, root):
    """What files are called: by their own names without ending, or by their folders where they have all one name."""
    by_folder = len(found) > 1 and len({one.name for one in found}) == 1
    return [
        str((one.parent if by_folder else one.with_name(ENDING.sub("", one.name))).relative_to(root)) for one in found
    ]


def read_structures(path, absorber=None):
    """Structures of a folder, a file of frames, or a pattern of files, with their absorbing atoms.  -> Structures

    ASE reads them.  `absorber` is an element (several atoms of it count as one mean absorber), an index from 0, or the
    name of a per-frame entry that holds either; None: the entry `absorber`.  A structure's name is that of its file; of
    a frame, its entry `name`, else its number.  Raises DataError naming the file.
    """
    found, root = files(path, "structures")
    names, frames = [], []
    for file, stem in zip(found, stems(found, root), strict=True):
        read = _read(file)
        frames += read
        names += [stem] if len(read) == 1 and len(found) > 1 else _frame_names(read, stem, len(found))
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{path}: two structures have the name {twice[0]!r}; each needs its own")
    absorbers = [
        _absorbers(atoms, absorber, f"{path}: structure {name}") for name, atoms in zip(names, frames, strict=True)
    ]
    return Structures(names, frames, absorbers, len(found) == 1, str(path))


def _read(file):
    """The frames of one file, checked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of format guesses and odd cells; what is wrong is checked below
            frames = ase.io.read(file, index=":", do_not_split_by_at_sign=True)
    except Exception as error:  # ASE's readers raise anything at all
        text = " ".join(str(error).split())[:120]
        raise DataError(f"{file}: ASE cannot read a structure from it ({type(error).__name__}: {text})") from None
    if not frames:
        raise DataError(f"{file}: holds no structure")
    for number, atoms in enumerate(frames):
        where = file if len(frames) == 1 else f"{file}, frame {number}"
        if not len(atoms):
            raise DataError(f"{where}: has no atoms")
        if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
            raise DataError(f"{where}: a position or the cell is NaN or infinite; finite numbers are expected")
        if (atoms.numbers < 1).any():
            raise DataError(f"{where}: atom {int((atoms.numbers < 1).argmax())} is no chemical element")
        if atoms.pbc.any() and abs(atoms.cell.volume) < 1e-3:
            raise DataError(f"{where}: is periodic without a cell that has a volume")
    return frames


def _frame_names(frames, stem, n_files):
    """What the frames of one file are called."""
    named = [str(atoms.info.get("name", number)) for number, atoms in enumerate(frames)]
    return named if n_files == 1 else [f"{stem}/{name}" for name in named]


def _absorbers(atoms, absorber, where):
    """Indices of the absorbing atoms of one structure."""
    if absorber is None or (isinstance(absorber, str) and absorber not in chemical_symbols):
        entry = absorber or "absorber"
        if entry not in atoms.info:
            raise DataError(
                f"{where} has no entry {entry!r}; the absorber must be an element, an index from 0 or a per-frame entry"
            )
        absorber = atoms.info[entry]
    if isinstance(absorber, str):
        indices = np.flatnonzero(np.array(atoms.get_chemical_symbols()) == absorber).tolist()
        if not indices:
            raise DataError(f"{where} holds no {absorber}; it is {atoms.get_chemical_formula()}")
    elif isinstance(absorber, (int, np.integer)) and not isinstance(absorber, bool):
        indices = [int(absorber)]
        if not 0 <= absorber < len(atoms):
            raise DataError(f"{where} has no atom {absorber}; its atoms are 0 to {len(atoms) - 1}")
    else:
        raise DataError(f"{where}: absorber is {absorber!r}; an element or an index from 0 is expected")
    _check_neighbours(atoms, indices[0], where)
    return indices


def _check_neighbours(atoms, index, where):
    """The nearest atom is where an atom can be: this finds lengths in bohr or nm, and atoms that are there twice."""
    if len(atoms) == 1:
        return
    others = [other for other in range(len(atoms)) if other != index]
    nearest = float(atoms.get_distances(index, others, mic=bool(atoms.pbc.any())).min())
    if not NEAREST <= nearest <= ALONE:
        raise DataError(
            f"{where}: the atom nearest to the absorber is {nearest:.3g} angstrom away; "
            f"{NEAREST:g} to {ALONE:g} are expected, lengths in angstrom"
        )
