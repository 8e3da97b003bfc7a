"""The water simulator against PySCF used plainly, without any of its shortcuts."""

import numpy as np
import pytest
from pyscf import dft, gto, scf
from pyscf.data.nist import HARTREE2EV
from threadpoolctl import threadpool_limits

from nnca.data import load_h2o
from nnca.simulate import h2o
from nnca.simulate.__main__ import main
from nnca.simulate.water_sampling import SETTINGS, SnapshotFailed, positions, sample_geometries
from nnca.simulate.water_sticks import ALIGNMENT, XAS_STATES


@pytest.fixture(autouse=True)
def _one_thread():
    """As the runner has it; sums over threads would come in any order."""
    with threadpool_limits(1):
        yield


GEOMETRIES = [(0.9572, 0.9572, 104.52), (0.92, 1.05, 95.0), (1.02, 0.96, 120.0)]


@pytest.fixture(scope="module", params=GEOMETRIES, ids=str)
def case(request):
    """One geometry: our sticks, and an ordinary ground-state calculation of the molecule turned in space."""
    atoms = list(zip("OHH", positions(*request.param), strict=True))
    mol = gto.M(atom=atoms, basis="def2-tzvpd", verbose=0)
    ground = plain(dft.RKS(mol))
    return request.param, h2o.sticks(*request.param), mol, ground


def plain(method):
    method.xc, method.grids.level, method.conv_tol = "b3lyp", 1, 1e-9
    method.kernel()
    assert method.converged
    return method


def test_positions_have_the_lengths_and_the_angle():
    xyz = positions(0.9, 1.1, 100.0)
    lengths = np.linalg.norm(xyz[1:], axis=1)
    np.testing.assert_allclose(lengths, [0.9, 1.1])
    np.testing.assert_allclose(np.degrees(np.arccos(xyz[1] @ xyz[2] / lengths.prod())), 100.0)


def test_ground_state_energy(case):
    _, sticks, _, ground = case
    assert sticks["total_energy"] == pytest.approx(ground.e_tot * HARTREE2EV, abs=1e-3)


def test_ionisation_energy_is_a_difference_of_self_consistent_energies(case):
    _, sticks, mol, ground = case
    cation = mol.copy()
    cation.charge, cation.spin = 1, 1
    hole = dft.UKS(cation)
    occupation = np.zeros((2, mol.nao))
    occupation[0, :5] = occupation[1, 1:5] = 1
    orbitals = np.array([ground.mo_coeff] * 2)
    scf.addons.mom_occ(hole, orbitals, occupation)
    hole.xc, hole.grids.level = "b3lyp", 1
    hole.kernel(dm0=hole.make_rdm1(orbitals, occupation))
    expected = (hole.e_tot - ground.e_tot) * HARTREE2EV + ALIGNMENT["xps"]
    assert sticks["xps_energy"] == pytest.approx(expected, abs=2e-3)


def test_emission_lines(case):
    _, sticks, mol, ground = case
    levels = ground.mo_energy[:5] * HARTREE2EV
    np.testing.assert_allclose(sticks["xes_energy_ks"], levels[1:] - levels[0] + ALIGNMENT["xes_ks"], atol=2e-3)
    shift = sticks["xps_energy"] - ALIGNMENT["xps"] + ALIGNMENT["xes_ip"]
    np.testing.assert_allclose(sticks["xes_energy"], levels[1:] + shift, atol=2e-3)
    dipole = ground.mo_coeff[:, :1].T @ mol.intor("int1e_r") @ ground.mo_coeff[:, 1:5]
    expected = (dipole**2).sum(axis=(0, 1)) * (sticks["xes_energy"] / HARTREE2EV) ** 3
    np.testing.assert_allclose(sticks["xes_strength"], expected, rtol=5e-3)


def test_absorption_lines_in_one_joint_basis(case):
    geometry, sticks, mol, _ = case
    atoms = list(zip("OHH", positions(*geometry), strict=True))
    diffuse = []
    for angular in (0, 1, 2):
        smallest = min(row[0] for shell in mol._basis["O"] if shell[0] == angular for row in shell[1:])
        diffuse += [[angular, [smallest / 2.5**k, 1.0]] for k in (1, 2, 3)]
    basis = {"O": gto.basis.load("def2-tzvpd", "O") + diffuse, "H": "def2-tzvpd"}
    big = gto.M(atom=atoms, basis=basis, verbose=0)
    half = dft.RKS(mol)
    half.get_occ = lambda *_: np.array([1.5, 2, 2, 2, 2] + [0] * (mol.nao - 5))
    plain(half)
    into = np.linalg.solve(big.intor("int1e_ovlp"), gto.intor_cross("int1e_ovlp", big, mol))
    method = dft.RKS(big)
    method.xc, method.grids = "b3lyp", half.grids
    fock = method.get_hcore() + method.get_veff(dm=into @ half.make_rdm1() @ into.T)
    levels, orbitals = method.eig(fock, big.intor("int1e_ovlp"))
    energy = (levels[5:] - levels[0]) * HARTREE2EV + ALIGNMENT["xas"]
    # the half core hole converges to 1e-6 hartree in energy, which leaves its 1s level some meV of freedom
    np.testing.assert_allclose(sticks["xas_energy"], energy[:XAS_STATES], atol=1e-2)
    amplitude = orbitals[:, :1].T @ big.intor("int1e_r") @ orbitals[:, 5:]
    strength = (amplitude**2).sum(axis=(0, 1)) * energy / HARTREE2EV
    first = slice(0, 3)  # higher states come in near-degenerate groups that share their strength at will
    np.testing.assert_allclose(sticks["xas_strength"][first], strength[first], rtol=1e-2)


def test_exchanging_the_hydrogens_changes_nothing():
    one, other = h2o.sticks(0.92, 1.05, 100.0), h2o.sticks(1.05, 0.92, 100.0)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_stored_snapshots_recompute():
    water = load_h2o()
    for index in np.random.default_rng(11).integers(0, water.sizes["snapshot"], 3):
        row = water.isel(snapshot=int(index))
        sticks = h2o.sticks(*row.oh_length.values, float(row.hoh_angle))
        for name in ("xps_energy", "xes_energy", "xes_energy_ks", "xas_energy", "total_energy"):
            np.testing.assert_allclose(row[name], sticks[name], atol=5e-3, err_msg=f"{name}, snapshot {index}")
        np.testing.assert_allclose(row.xes_strength, sticks["xes_strength"], rtol=1e-2)
        np.testing.assert_allclose(row.xas_strength[:3], sticks["xas_strength"][:3], rtol=1e-2)


def test_a_seed_gives_its_snapshots_whatever_came_before():
    first = h2o.trajectory(5, seed=3, snapshots=2)
    h2o.trajectory(6, seed=3, snapshots=1)
    assert first.identical(h2o.trajectory(5, seed=3, snapshots=2))
    assert not np.allclose(first.oh_length, h2o.trajectory(5, seed=4, snapshots=2).oh_length)


def test_failures_are_replaced_and_recorded(monkeypatch):
    true_sticks, calls = h2o.sticks, []

    def fails_once(*geometry):
        calls.append(geometry)
        if len(calls) == 2:
            raise SnapshotFailed("self-consistent field not converged")
        return true_sticks(*geometry)

    monkeypatch.setattr(h2o, "sticks", fails_once)
    ds = h2o.assemble([h2o.trajectory(0, seed=0, snapshots=3)], 3)
    assert ds.sizes["snapshot"] == 3 and ds.attrs["failed"] == 1
    assert "trajectory 0, after snapshot 1: self-consistent field not converged" in ds.attrs["failures"]
    np.testing.assert_allclose(ds.hoh_angle[1], calls[2][2])


def test_endless_failure_ends(monkeypatch):
    def never(*_):
        raise SnapshotFailed("never")

    monkeypatch.setattr(h2o, "sticks", never)
    with pytest.raises(RuntimeError, match=r"fails again and again; last: .*never"):
        h2o.trajectory(0, seed=0, snapshots=2)


def test_dissociation_restarts_the_trajectory(monkeypatch):
    monkeypatch.setitem(SETTINGS, "dissociation_length_angstrom", 1.0)
    outcomes = [geometry for geometry, _ in zip(sample_geometries(np.random.default_rng(0)), range(6), strict=False)]
    assert any(isinstance(outcome, SnapshotFailed) for outcome in outcomes)
    assert all(max(g[:2]) <= 1.0 for g in outcomes if not isinstance(g, SnapshotFailed))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["h2o", "--snapshots", "0"], "'0' is not a whole number of 1 or more"),
        (["h2o", "--jobs", "two"], "'two' is not"),
    ],
)
def test_impossible_arguments_stop_the_command_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
