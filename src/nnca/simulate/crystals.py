"""Crystals of GeO2, whose structure is known: the potential and the spectra can be held against them."""

import numpy as np
from ase.build import make_supercell
from ase.spacegroup import crystal

from nnca.glass import density
from nnca.simulate import glass


def quartz():
    """Quartz-type GeO2, Smith and Isaacs, Acta Cryst. 17, 842 (1964), in an orthogonal cell of 72 atoms."""
    places = [(0.4513, 0, 1 / 3), (0.3969, 0.3021, 1 / 3 - 0.0909)]
    cell = crystal(["Ge", "O"], places, spacegroup=152, cellpar=[4.987, 4.987, 5.652, 90, 90, 120])
    box = make_supercell(cell, [[1, 0, 0], [1, 2, 0], [0, 0, 1]])
    box.set_cell(box.cell.lengths())
    return box.repeat((2, 1, 2))


def rutile():
    """Rutile-type GeO2, Bolzan et al., Acta Cryst. B 53, 373 (1997), in a cell of 72 atoms."""
    cell = [4.4066, 4.4066, 2.8619, 90, 90, 90]
    return crystal(["Ge", "O"], [(0, 0, 0), (0.3060, 0.3060, 0)], spacegroup=136, cellpar=cell).repeat((2, 2, 3))


def relaxed(box):
    """The crystal at rest in the glasses' pair potential, its edges free.  `ase.Atoms` -> `ase.Atoms`"""
    return glass.run(box, ["fix edges all box/relax aniso 0", "minimize 0 1e-4 2000 20000"])


def bonds(box, coordination):
    """Mean Ge-O bond and closest Ge-Ge (angstrom), and density (g/cm3) of a crystal."""
    symbols = np.array(box.get_chemical_symbols())
    distance, germanium = box.get_all_distances(mic=True), symbols == "Ge"
    bonded = np.sort(distance[np.ix_(germanium, ~germanium)], axis=1)[:, :coordination]
    return {
        "ge_o": bonded.mean(),
        "ge_ge": np.sort(distance[np.ix_(germanium, germanium)], axis=1)[:, 1].min(),
        "density": density(symbols, box.get_volume()),
    }
