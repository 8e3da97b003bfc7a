"""Folders of made structures and spectra, laid out as five codes leave them.

Every molecule is Fe with two O; the spectrum is one peak whose place follows the mean Fe-O length.  Headers, columns
and units are those of the codes' output files.
"""

import numpy as np
from ase import Atoms
from ase.io import write

EDGE = 7112.0
NAMES = [f"site_{number:03d}" for number in range(32)]


def molecules(random_state=0, count=32):
    """FeO2 molecules with two lengths and an angle, and the mean length of each.  -> list of Atoms, (count,)"""
    rng = np.random.default_rng(random_state)
    lengths, angle = rng.uniform(1.7, 2.1, (count, 2)), np.radians(rng.uniform(90, 130, count))
    made = [
        Atoms("FeO2", [[0, 0, 0], [a, 0, 0], [b * np.cos(t), b * np.sin(t), 0]])
        for (a, b), t in zip(lengths, angle, strict=True)
    ]
    return made, lengths.mean(axis=1)


def curve(energy, length):
    """A peak of width 2 eV at 10 eV for 1.9 angstrom, 20 eV per angstrom lower for longer bonds.  -> like energy"""
    return np.exp(-(((energy - 10 + 20 * (length - 1.9)) / 2) ** 2)) + 0.01


def structures(folder):
    """A folder of xyz files.  -> the mean lengths"""
    folder.mkdir(parents=True)
    made, lengths = molecules()
    for name, atoms in zip(NAMES, made, strict=True):
        write(folder / f"{name}.xyz", atoms)
    return lengths


def fdmnes(folder, lengths):
    """name_conv.txt: numbers with their meaning, names, energies relative to the edge; a log name_bav.txt beside it."""
    folder.mkdir(parents=True)
    energy = np.arange(-5.0, 30.0, 0.5)
    for name, length in zip(NAMES, lengths, strict=True):
        head = f"  {EDGE:.3f} 26  1  1  0.000  0.000 = E_edge, Z, n_edge, j_edge, Abs_before_edge, VO_interstitial\n"
        rows = "".join(f"  {e:9.3f}  {s:.7E}\n" for e, s in zip(energy, curve(energy, length), strict=True))
        (folder / f"{name}_conv.txt").write_text(head + "    Energy    <xanes>    \n" + rows)
        (folder / f"{name}_bav.txt").write_text(" a log, no table\n")
    return f"{folder}/*_conv.txt", {}


def orca(folder, lengths):
    """name.out.abs.stk of orca_mapspc: energy, total, x, y, z without a header; two of the sticks have one energy."""
    folder.mkdir(parents=True)
    for name, length in zip(NAMES, lengths, strict=True):
        peak = EDGE + 10 - 20 * (length - 1.9)
        lines = [(peak, 0.5), (peak, 0.5), (peak + 6.0, 0.3)]
        rows = [f"{e:14.4f} {s:14.8f} {s / 2:14.8f} {s / 4:14.8f} {s / 4:14.8f}\n" for e, s in lines]
        (folder / f"{name}.out.abs.stk").write_text("".join(rows))
    return folder, {"broadening": 3.0}


def ocean(folder, lengths):
    """A folder a run, in it absspct_Fe.0001_1s_01: a comment, then energy, Im and Re of epsilon; falling energies."""
    energy = np.arange(-5.0, 30.0, 0.4)[::-1]
    for name, length in zip(NAMES, lengths, strict=True):
        (folder / name).mkdir(parents=True)
        rows = [f"  {e:.8E}  {s:.8E}  {1 - s:.8E}\n" for e, s in zip(energy, curve(energy, length), strict=True)]
        head = "#   omega (eV)      epsilon_2       epsilon_1       n       kappa\n"
        (folder / name / "absspct_Fe.0001_1s_01").write_text(head + "".join(rows))
    return f"{folder}/*/absspct_Fe.0001_1s_01", {}


def feff(folder, lengths):
    """A folder a run, in it xmu.dat: # lines, names between # and @#, six columns, an uneven grid in eV."""
    step = np.concatenate([np.arange(-5, 0, 1.0), np.arange(0, 20, 0.25), np.arange(20, 40, 2.0)])
    for name, length in zip(NAMES, lengths, strict=True):
        (folder / name).mkdir(parents=True)
        head = "# Fe K edge  Feff9\n#  xsedge+100, used to normalize mu           2.5E-03\n"
        head += "# -----------------------------------\n#  omega    e    k    mu    mu0     chi     @#\n"
        rows = [
            f"  {EDGE + e:.3f} {e:10.3f} {0.1:8.3f} {s:.5E} {0.9:.5E} {s - 0.9:.5E}\n"
            for e, s in zip(step, curve(step, length), strict=True)
        ]
        (folder / name / "xmu.dat").write_text(head + "".join(rows))
    return f"{folder}/*/xmu.dat", {}


def beamline(folder, lengths):
    """name.xdi: XDI headers with column names, keV, the spectrum in the fourth column."""
    folder.mkdir(parents=True)
    energy = np.arange(-5.0, 30.0, 0.5)
    head = "# XDI/1.0 GSE/1.0\n# Column.1: energy keV\n# Column.2: i0\n# Column.3: itrans\n# Column.4: mutrans\n"
    head += (
        "# Element.edge: K\n# Element.symbol: Fe\n# ///\n# measured, and made\n# -----\n# energy i0 itrans mutrans\n"
    )
    for name, length in zip(NAMES, lengths, strict=True):
        s = curve(energy, length)
        rows = [
            f"  {(EDGE + e) / 1000:.7f}  139872.9  {139872.9 * np.exp(-a):.4f}  {a:.8f}\n"
            for e, a in zip(energy, s, strict=True)
        ]
        (folder / f"{name}.xdi").write_text(head + "".join(rows))
    return folder, {}


CODES = {one.__name__: one for one in (fdmnes, orca, ocean, feff, beamline)}
