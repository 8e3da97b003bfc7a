"""Cold-compressed boxes brought to the forces of density functional theory, as a pretrained potential knows them.

At fixed cell: a pair potential gets the density, the network and its coordination right, not the forces on O.
"""

from functools import lru_cache
from pathlib import Path

import chgnet
import numpy as np
import torch
from ase import units
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import Stationary, thermalize_momenta
from ase.optimize import LBFGS
from chgnet.model import CHGNet, CHGNetCalculator

SETTINGS = {
    "refined_by": "CHGNet 0.3.0",
    "relax_to_eV_per_angstrom": 0.1,
    "relax_steps": 30,
    "largest_step_angstrom": 0.15,
    "refine_time_step_fs": 2.0,
    "refine_md_steps": 30,
    "refine_K": 300.0,
    "start_K": 600.0,  # the relaxed box takes half of it
    "friction_per_fs": 0.01,
}


def refined(box, seed, settings=SETTINGS):
    """The box relaxed at fixed cell, then shaken at room temperature, so that thermal disorder is back.  `ase.Atoms`"""
    rng = np.random.default_rng(seed)
    atoms = box.copy()
    atoms.calc = _potential()
    relaxation = LBFGS(atoms, maxstep=settings["largest_step_angstrom"], logfile=None)
    relaxation.run(fmax=settings["relax_to_eV_per_angstrom"], steps=settings["relax_steps"])
    thermalize_momenta(atoms, temperature_K=settings["start_K"], rng=rng)
    Stationary(atoms)
    dynamics = Langevin(
        atoms,
        settings["refine_time_step_fs"] * units.fs,
        temperature_K=settings["refine_K"],
        friction=settings["friction_per_fs"] / units.fs,
        rng=rng,
    )
    dynamics.run(settings["refine_md_steps"])
    after = box.copy()
    after.positions = atoms.positions
    after.wrap()
    return after


class _Forces(CHGNetCalculator):
    """Energy and forces alone; stress and magnetic moments would take as long again."""

    def calculate(self, atoms=None, properties=None, system_changes=None):
        super().calculate(atoms, properties, system_changes, task="ef")


@lru_cache(maxsize=1)
def _potential():
    """CHGNet 0.3.0 from the weights in its wheel, read as weights only: its own loader would unpickle anything."""
    file = Path(chgnet.__file__).parent / "pretrained" / "0.3.0" / "chgnet_0.3.0_e29f68s314m37.pth.tar"
    state = torch.load(file, map_location="cpu", weights_only=True)
    model = CHGNet.from_dict(state["model"], mlp_out_bias=False, version="0.3.0")
    return _Forces(model=model, use_device="cpu")
