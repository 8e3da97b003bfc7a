"""GeO2 files of other people: what loads, and what is refused with its reason."""

import numpy as np
import pytest

from nnca.data import DataError, load_geo2, write
from nnca.features import coulomb_features
from nnca.glass import beside_experiment, glasses, typical
from nnca.problem import glass_problem
from nnca.reconstruction import ensemble
from nnca.schema import check_geo2
from nnca.spectra import geo2_moments

BROKEN_SITES = {
    "half a box": (lambda ds: ds.drop_vars("cell"), "variable cell .* is missing"),
    "boxes of one species": (
        lambda ds: ds.assign(frame_species=("frame_atom", ["Ge"] * ds.sizes["frame_atom"])),
        "frame_species must hold both Ge and O; it holds Ge alone",
    ),
    "lines exchanged": (lambda ds: ds.assign(line=1 - ds.line), "line must be 0 for the lower bands"),
    "one line": (lambda ds: ds.assign(line=0 * ds.line), "line must hold 0 .* and 1 .*; it holds only 0"),
    "a line without strength": (
        lambda ds: ds.assign(strength=ds.strength * ds.line),
        "strength of site 0 is zero in every band of line 0",
    ),
    "no O": (lambda ds: ds.isel(atom=ds.species.values == "Ge"), "first one Ge and one or more O; they are Ge, Ge"),
    "other numbers": (lambda ds: ds.assign(species=("atom", [14] * 18)), "or their atomic numbers; they are 14, 14"),
    "bohr": (
        lambda ds: ds.assign(position=(ds.position / 0.529).assign_attrs(units="angstrom")),
        r"position has lengths of 3\.\d+ \(median\), which looks like bohr",
    ),
    "nm": (
        lambda ds: ds.assign(position=(ds.position / 10).assign_attrs(units="angstrom")),
        "which looks like nm; it must be in angstrom",
    ),
    "parents in halves": (
        lambda ds: ds.assign(parent=("frame", 0.5 * np.ones(ds.sizes["frame"]))),
        "parent at frame 0 is 0.5 ; it must be a whole number",
    ),
}


@pytest.fixture(scope="module")
def glass():
    """Twenty-two sites of two boxes of this project's own."""
    ds = load_geo2()
    ds = ds.isel(site=np.flatnonzero(np.isin(ds.frame.values, [0, 1]))[::3])
    return ds.isel(frame=[0, 1])


@pytest.mark.parametrize("name", BROKEN_SITES)
def test_broken_sites_are_named(glass, name):
    change, message = BROKEN_SITES[name]
    with pytest.raises(DataError, match=message):
        check_geo2(change(glass.copy(deep=True)), "mine.nc")


@pytest.mark.parametrize("spelt", [bytes, str, lambda symbol: {"Ge": 32, "O": 8}[symbol], lambda symbol: symbol + " "])
def test_species_may_be_text_bytes_or_atomic_numbers(glass, tmp_path, spelt):
    def as_bytes(symbol):
        return symbol.encode() if spelt is bytes else spelt(symbol)

    species, frame_species = (np.array([as_bytes(s) for s in glass[n].values]) for n in ("species", "frame_species"))
    write(glass.assign(species=("atom", species), frame_species=("frame_atom", frame_species)), tmp_path / "geo2.nc")
    found = load_geo2(tmp_path / "geo2.nc")
    assert found.species.values.tolist() == glass.species.values.tolist()
    np.testing.assert_array_equal(coulomb_features(found), coulomb_features(glass))
    assert glasses(found).density.notna().all()


def test_one_pressure_one_box_and_no_boxes_load(glass, tmp_path):
    one = glass.isel(site=np.flatnonzero(glass.frame.values == 0), frame=[0])
    for ds in (one, one.drop_vars(["frame_position", "frame_species", "cell", "coordination", "gap"])):
        ds.attrs = {}
        write(ds, tmp_path / "geo2.nc")
        found = load_geo2(tmp_path / "geo2.nc")
        assert geo2_moments(found).shape == (ds.sizes["site"], 8) and len(glasses(found)) == 1
        table = beside_experiment(glasses(found))
        assert not table.map(lambda cell: "nan" in str(cell)).any(axis=None)


def test_other_numbers_of_atoms_load_and_are_refused_where_they_do_not_fit(glass):
    few = check_geo2(glass.isel(atom=np.r_[0:5, 9:15]))
    assert glass_problem(few).X.shape == (glass.sizes["site"], 55)
    with pytest.raises(DataError, match="species must be 9 Ge and 9 O; got"):
        ensemble(few, np.arange(5))
    with pytest.raises(ValueError, match=r"no site has 12 O within 2\.4 angstrom; sites have [4-7]"):
        typical(few, 12)


def test_parents_are_whole_numbers_of_frames(glass, tmp_path):
    write(glass.assign(parent=("frame", [3.0, 3.0])), tmp_path / "geo2.nc")
    assert load_geo2(tmp_path / "geo2.nc").parent.dtype == int
