"""The ammonia simulator: its geometry, its symmetry, and what is stored of it."""

import numpy as np
import pytest
import xarray as xr
from ase.io import read
from pyscf import dft, gto
from pyscf.data.nist import HARTREE2EV
from threadpoolctl import threadpool_limits

from nnca.data import DATA
from nnca.own import own_data
from nnca.simulate import nh3
from nnca.simulate.water_sampling import sample_geometries
from nnca.simulate.water_sticks import sticks
from nnca.spectra import h2o_spectra


@pytest.fixture(autouse=True)
def _one_thread():
    """As the runner has it; sums over threads would come in any order."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def stored():
    return xr.load_dataset(DATA / "nh3.nc", engine="h5netcdf")


@pytest.mark.parametrize("geometry", [(0.9, 1.0, 1.1, 95.0, 105.0, 115.0), (1.0, 1.0, 1.0, 120.0, 120.0, 120.0)])
def test_positions_have_the_lengths_and_the_angles(geometry):
    bonds = nh3.positions(*geometry)[1:]
    lengths = np.linalg.norm(bonds, axis=1)
    np.testing.assert_allclose(lengths, geometry[:3])
    cosines = (bonds @ bonds.T / np.outer(lengths, lengths))[np.triu_indices(3, k=1)]
    np.testing.assert_allclose(np.degrees(np.arccos(cosines)), geometry[3:], atol=1e-5)


def test_sampled_geometries_can_be_built():
    geometries = sample_geometries(np.random.default_rng(1), nh3.AMMONIA)
    for geometry, _ in zip(geometries, range(3), strict=False):
        assert len(geometry) == 6
        bonds = nh3.positions(*geometry)[1:]
        cosine = bonds[1] @ bonds[2] / np.linalg.norm(bonds[1]) / np.linalg.norm(bonds[2])
        assert np.degrees(np.arccos(cosine)) == pytest.approx(geometry[5], abs=1e-4)


def test_exchanging_hydrogens_changes_nothing_and_lines_lie_where_they_were_aligned():
    one = sticks(0.95, 1.0, 1.08, 100.0, 104.0, 112.0, molecule=nh3.AMMONIA)
    other = sticks(1.08, 1.0, 0.95, 112.0, 104.0, 100.0, molecule=nh3.AMMONIA)
    for name in ("xps_energy", "xes_energy", "xes_strength", "total_energy"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-4, err_msg=name)
    rest = sticks(*nh3.AMMONIA.equilibrium, molecule=nh3.AMMONIA)
    np.testing.assert_allclose([rest["xps_energy"], rest["xes_energy"][3], rest["xas_energy"][0]],
                               [405.6, 394.75, 400.66], atol=2e-3)  # fmt: skip
    assert rest["xes_energy"][1] == pytest.approx(rest["xes_energy"][2], abs=1e-3), "1e is a pair"


def test_stored_snapshots_recompute(stored):
    for index in np.random.default_rng(5).integers(0, stored.sizes["snapshot"], 2):
        row = stored.isel(snapshot=int(index))
        found = sticks(*row.nh_length.values, *row.hnh_angle.values, molecule=nh3.AMMONIA)
        for name in ("xps_energy", "xes_energy", "xes_energy_ks", "xas_energy", "total_energy"):
            np.testing.assert_allclose(row[name], found[name], atol=5e-3, err_msg=f"{name}, snapshot {index}")
        np.testing.assert_allclose(row.xes_strength, found["xes_strength"], rtol=1e-2)


def test_ground_state_is_that_of_plain_pyscf(stored):
    row = stored.isel(snapshot=0)
    xyz = nh3.positions(*row.nh_length.values, *row.hnh_angle.values)
    mol = gto.M(atom=list(zip("NHHH", xyz, strict=True)), basis="def2-tzvpd", verbose=0)
    plain = dft.RKS(mol, xc="b3lyp")
    plain.grids.level, plain.conv_tol = 1, 1e-9
    assert float(row.total_energy) == pytest.approx(plain.kernel() * HARTREE2EV, abs=1e-3)


def test_the_folder_holds_what_the_file_holds(stored):
    frames = read(DATA / "nh3" / "structures" / "snapshots.xyz", index=":")
    assert len(frames) == stored.sizes["snapshot"]
    assert [atoms.info["trajectory"] for atoms in frames[24:26]] == [0, 1]
    for kind, (low, high) in nh3.WINDOWS.items():
        data = own_data(DATA / "nh3" / "structures", DATA / "nh3" / "spectra" / kind, absorber="N")
        np.testing.assert_allclose(data.X[:, :3], stored.nh_length, atol=1e-5)
        np.testing.assert_allclose(data.X[:, 3:], stored.hnh_angle, atol=1e-3)
        S = h2o_spectra(stored, kind, nh3.FWHM, (low, high), len(data.energy) + 1)
        middle = (S.values[:, 1:] + S.values[:, :-1]) / 2  # a channel's mean between two points of a line
        np.testing.assert_allclose(data.S * S.values.max(), middle, atol=2e-4 * S.values.max())


def test_a_written_folder_is_the_stored_one(stored, tmp_path):
    nh3.write_folder(stored, tmp_path)
    for file in ("structures/snapshots.xyz", "spectra/xes/snapshots.csv"):
        assert (tmp_path / file).read_bytes() == (DATA / "nh3" / file).read_bytes()
