from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnca.data import DATA, DataError, load_geo2, load_h2o, write
from nnca.problem import Standardiser, split, water_problem
from nnca.spectra import H2O_LINES, WINDOWS, geo2_moments, geo2_spectra, geo2_sticks, h2o_spectra, h2o_sticks


def changed(water, **attributes):
    """The water data with one variable replaced, renamed or removed."""
    for name, change in attributes.items():
        water = change(water, name)
    return water


def with_value(index, value):
    def change(ds, name):
        ds[name].values[index] = value
        return ds

    return change


def with_units(units):
    return lambda ds, name: ds.assign({name: ds[name].assign_attrs(units=units)})


BROKEN = {
    "missing variable": ({"xes_strength": lambda ds, name: ds.drop_vars(name)}, "variable xes_strength .* is missing"),
    "misspelt variable": (
        {"oh_length": lambda ds, name: ds.rename({name: "oh_lenght"})},
        "oh_length .* is missing; is 'oh_lenght' meant",
    ),
    "wrong unit": ({"oh_length": with_units("nm")}, "oh_length must be in angstrom; its units are 'nm'"),
    "no unit": ({"hoh_angle": with_units("")}, "hoh_angle must be in degree"),
    "NaN geometry": (
        {"hoh_angle": with_value(7, np.nan)},
        "hoh_angle at snapshot 7 is nan degree; it must be a finite",
    ),
    "negative length": ({"oh_length": with_value((3, 1), -0.9)}, "oh_length at snapshot 3, bond 1 is -0.9 angstrom"),
    "angle beyond 180": ({"hoh_angle": with_value(0, 1.8e3)}, "must be between 0 and 180"),
    "infinite padding": ({"xas_energy": with_value((0, 5), np.inf)}, "xas_energy at snapshot 0, state 5"),
    "negative strength": ({"xes_strength": with_value((0, 0), -1.0)}, "xes_strength at snapshot 0, orbital 0"),
    "wrong dimensions": ({"xps_energy": lambda ds, name: ds.rename({"snapshot": "frame"})}, "must have dimensions"),
    "three bonds": (
        {"oh_length": lambda ds, name: ds.assign({name: (("snapshot", "bond"), np.ones((40, 3)), ds[name].attrs)})},
        "dimension bond must have length 2; it has 3",
    ),
    "three orbitals": (
        {"xes_energy": lambda ds, name: ds.isel(orbital=slice(1, None))},
        r"dimension orbital must have length 4; it has 3 \(2a1, 1b2, 3a1, 1b1 are meant\)",
    ),
    "one state": (
        {"xas_energy": lambda ds, name: ds.isel(state=[0])},
        r"dimension state must have length 2 or more \(4a1, 2b2\); it has 1",
    ),
    "highest orbital first": (
        {"xes_energy": lambda ds, name: ds.isel(orbital=slice(None, None, -1))},
        r"xes_energy of snapshot 0 falls from 52\d\.\d\d to 52\d\.\d\d eV at orbital 1; orbitals must rise in energy",
    ),
    "other order of scheme ks": (
        {"xes_energy_ks": lambda ds, name: ds.assign({name: ds[name].isel(orbital=[0, 1, 3, 2])})},
        "xes_energy_ks of snapshot 0 falls .* at orbital 3; orbitals must rise in energy",
    ),
    "falling states": (
        {"xas_energy": lambda ds, name: ds.isel(state=[1, 0, 2, 3, 4, 5])},
        "xas_energy of snapshot 0 falls .* at state 1; states must rise in energy",
    ),
    "padding first": (
        {"xas_energy": lambda ds, name: ds.isel(state=[5, 0, 1, 2, 3, 4])},
        "xas_energy of snapshot 0 has NaN before a line; NaN must come last",
    ),
    "radians": (
        {"hoh_angle": lambda ds, name: ds.assign({name: np.deg2rad(ds[name]).assign_attrs(units="degree")})},
        r"hoh_angle lies between 1\.\d+ and 2\.\d+ throughout, which is radians; it must be in degree",
    ),
    "bohr": (
        {"oh_length": lambda ds, name: ds.assign({name: (ds[name] / 0.529177).assign_attrs(units="angstrom")})},
        r"oh_length has lengths of 1\.8\d \(median\), which looks like bohr; it must be in angstrom",
    ),
    "no strength": (
        {"xes_strength": lambda ds, name: ds.assign({name: ds[name] * 0})},
        "xes_energy and xes_strength of snapshot 0 are lines without strength",
    ),
    "half precision": (
        {"xps_energy": lambda ds, name: ds.assign({name: ds[name].astype("float16").assign_attrs(units="eV")})},
        "xps_energy must hold numbers of 32 or 64 bits or integers; its type is float16",
    ),
    "no snapshots": ({"hoh_angle": lambda ds, name: ds.isel(snapshot=[])}, "variable oh_length is empty"),
    "text": (
        {"xps_energy": lambda ds, name: ds.assign({name: ("snapshot", ["539"] * 40, {"units": "eV"})})},
        "xps_energy must hold numbers",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_content_is_named(water, tmp_path, name):
    changes, message = BROKEN[name]
    path = tmp_path / "broken.nc"
    write(changed(water.copy(deep=True), **changes), path)
    with pytest.raises(DataError, match=message) as caught:
        load_h2o(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("load", "name"), [(load_h2o, "h2o"), (load_geo2, "geo2")])
def test_our_own_missing_file_says_how_to_get_it_and_a_reader_s_does_not(tmp_path, monkeypatch, load, name):
    monkeypatch.setattr("nnca.data.DATA", tmp_path)
    with pytest.raises(DataError, match=rf"{name}\.nc: no such file; make simulate-{name} computes it, or copy"):
        load()
    with pytest.raises(DataError, match=r"nowhere\.nc: no such file$"):
        load(tmp_path / "nowhere.nc")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf"^nowhere\.nc: no such file in {tmp_path}$"):
        load("nowhere.nc")


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html>", b"", b"CDF\x01"])
def test_another_format_is_recognised(tmp_path, content):
    path = tmp_path / "page.nc"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a NetCDF-4"):
        load_h2o(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_file_is_recognised(water_file, share):
    content = water_file.read_bytes()
    water_file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match="truncated or damaged"):
        load_h2o(water_file)


def test_snapshots_are_taken_from_the_beginning(water, water_file):
    np.testing.assert_array_equal(load_h2o(water_file, 5).hoh_angle, water.hoh_angle[:5])
    with pytest.raises(DataError, match="asked for 41 snapshots; the file holds 40"):
        load_h2o(water_file, 41)


@pytest.mark.parametrize("load", [load_h2o, load_geo2])
def test_at_most_takes_what_there_is(load):
    held = load(at_most=10**6)
    rows = "snapshot" if load is load_h2o else "site"
    assert held.sizes[rows] == load().sizes[rows] and load(at_most=50).sizes[rows] == 50
    assert load(None, 30.0, at_most=50).sizes[rows] == 30


@pytest.mark.parametrize("number", [0, -3, 2.5, "100", True, float("nan")])
def test_a_number_of_rows_is_whole(number):
    with pytest.raises(DataError, match="snapshots must be a whole number of 1 or more; got"):
        load_h2o(snapshots=number)
    with pytest.raises(DataError, match="at_most must be a whole number of 1 or more; got"):
        load_h2o(at_most=number)


def test_energies_with_another_zero_are_shifted_at_the_door(tmp_path):
    ours, glass = load_h2o(None, 20), load_geo2(None, 20)
    names = [name for name in ours if "_energy" in name and name.startswith("x")]
    write(ours.assign({name: ours[name].astype(float) - 11 for name in names}), tmp_path / "own.nc")
    back = load_h2o(tmp_path / "own.nc", shift=[11, 11, 11])
    for name in names:
        np.testing.assert_allclose(back[name], ours[name], atol=1e-4)
    assert (load_h2o(None, 20, shift=[0, 3, 0]).xas_energy == ours.xas_energy).all()
    moved = load_geo2(None, 20, shift=2.5)
    np.testing.assert_allclose(geo2_sticks(moved)[0], geo2_sticks(glass)[0] + 2.5, atol=2e-3)  # stored as float32


@pytest.mark.parametrize("shift", [3.0, [1, 2], [1, 2, float("nan")], "much"])
def test_a_shift_that_cannot_be_is_refused(shift):
    with pytest.raises(DataError, match=r"shift must be 3 numbers in eV; got "):
        load_h2o(None, 20, shift=shift)


def test_windows_handed_in_with_the_data_are_those_of_spectra_and_moments():
    water = load_h2o(None, 40, windows=[[538, 543], [510, 530], [530, 545.5]])
    for kind, window in zip(("xps", "xes", "xas"), [(538, 543), (510, 530), (530, 545.5)], strict=True):
        task = water_problem(water, kind)
        assert (task.energy[0], task.energy[-1]) == window
        np.testing.assert_allclose(
            task.targets.mean, h2o_spectra(water, kind, window=window)[task.train_rows].mean("snapshot")
        )
    assert water_problem(load_h2o(None, 40), "xes").energy[0] == WINDOWS["xes"][0]

    glass = load_geo2(None, 40, windows=[[-24, -14], [-12, 3]])
    own = {"K-beta''": (-24, -14), "K-beta2": (-12, 3)}
    plain = load_geo2(None, 40)
    np.testing.assert_allclose(geo2_moments(glass), geo2_moments(plain, own), atol=1e-3)  # other channels
    assert np.abs(geo2_moments(glass) - geo2_moments(plain)).max() > 0.01
    wide = geo2_spectra(load_geo2(None, 40, windows=[[-40, -14], [-12, 1]]))
    assert wide.energy[0] == -45 and wide.energy[-1] == geo2_spectra(plain).energy[-1]


@pytest.mark.parametrize("windows", [[1, 2], [[1, 2]], [[1, 2], [3, 4], [6, 5]], "wide", [[1, 2], [3, 4], [5, None]]])
def test_windows_that_cannot_be_are_refused(windows):
    with pytest.raises(DataError, match="windows must be a rising pair in eV for each of xps, xes, xas; got "):
        load_h2o(None, 20, windows=windows)
    with pytest.raises(DataError, match="windows must be a rising pair in eV for each of K-beta'', K-beta2; got "):
        load_geo2(None, 20, windows=windows)


def test_a_path_is_text_or_a_path_and_may_begin_at_home(water_file, monkeypatch):
    monkeypatch.setenv("HOME", str(water_file.parent))
    monkeypatch.chdir(water_file.parent)
    for path in (water_file, str(water_file), f"~/{water_file.name}", Path("~") / water_file.name, water_file.name):
        assert load_h2o(path).sizes["snapshot"] == 40
    with pytest.raises(DataError, match="is a folder; a NetCDF-4 file is expected"):
        load_h2o("~")


@pytest.mark.parametrize("path", [100, [], "nul\0.nc", "~nobody-of-this-name/h2o.nc"])
def test_what_names_no_file_is_refused(path):
    with pytest.raises(DataError):
        load_h2o(path)


def test_a_file_without_what_is_optional_loads(water, water_file):
    bare = water.drop_vars("xes_energy_ks")
    bare.attrs = {}
    for name in bare.data_vars:
        bare[name].attrs = {key: value for key, value in bare[name].attrs.items() if value != "1"}
    write(bare, water_file)
    assert "xes_energy_ks" not in load_h2o(water_file)


@pytest.mark.parametrize("units", ["angstroms", "Å"])
def test_a_unit_may_be_spelt_otherwise(water, water_file, units):
    water.oh_length.attrs["units"] = units
    write(water, water_file)
    assert load_h2o(water_file).sizes["snapshot"] == 40


def test_a_sound_file_with_odd_times_loads(water, water_file):
    """xarray alone would not open it."""
    odd = water.assign(when=("snapshot", np.arange(40.0), {"units": "months since the last beam time"}))
    write(odd, water_file)
    assert load_h2o(water_file).when[3] == 3
    write(water.assign(hoh_angle=water.hoh_angle.assign_attrs(units="days since 1970")), water_file)
    with pytest.raises(DataError, match="hoh_angle must be in degree; its units are 'days since 1970'"):
        load_h2o(water_file)


def test_attributes_that_do_not_decode_are_named(water, water_file):
    write(water, water_file)
    with h5py.File(water_file, "a") as file:
        file["hoh_angle"].attrs["scale_factor"] = "two"
    with pytest.raises(DataError, match=r"the file is sound, but the attributes \{.*'scale_factor': 'two'.* hoh_angle"):
        load_h2o(water_file)


def test_hdf5_that_is_not_netcdf_is_recognised(tmp_path):
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["oh_length"] = np.ones((5, 2))
    with pytest.raises(
        DataError, match=r"plain\.h5: variable oh_length must have .*none: this is plain HDF5, write it with"
    ):
        load_h2o(tmp_path / "plain.h5")


def test_a_file_that_claims_more_than_it_can_hold_is_refused(tmp_path):
    with h5py.File(tmp_path / "huge.nc", "w") as file:
        file.create_dataset("oh_length", (10**6, 10**6), "f4", chunks=(1000, 1000))
    with pytest.raises(DataError, match=r"huge\.nc: claims to hold 4e\+03 GB, which a file of this size cannot"):
        load_h2o(tmp_path / "huge.nc")


def test_a_failed_write_leaves_the_old_file(water, water_file):
    before = water_file.read_bytes()
    with pytest.raises(ValueError):
        write(xr.Dataset({"bad": ("x", np.array([object()]))}), water_file)
    assert water_file.read_bytes() == before
    assert list(water_file.parent.iterdir()) == [water_file]


def test_the_same_data_make_the_same_file(water, tmp_path):
    write(water, tmp_path / "a.nc")
    write(water, tmp_path / "b.nc")
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_our_own_water_data():
    water = load_h2o()
    assert water.sizes["snapshot"] == 10_000
    assert not any(water[name].isnull().any() for name in water.data_vars)
    for name, line in H2O_LINES.items():
        assert abs(h2o_sticks(water, line.kind)[0][:, line.index].mean() - line.energy) < 0.5, name
    assert (DATA / "h2o.nc").stat().st_size < 12e6


def test_split_is_a_seeded_partition():
    train, test = split(1000, 4)
    assert len(test) == 200
    np.testing.assert_array_equal(np.sort(np.r_[train, test]), np.arange(1000))
    np.testing.assert_array_equal(test, split(1000, 4)[1])
    assert not np.array_equal(test, split(1000, 5)[1])


def test_split_keeps_groups_together():
    boxes = np.repeat(np.arange(50), 20)
    train, test = split(1000, 0, groups=boxes)
    assert not set(boxes[train]) & set(boxes[test])
    assert len(test) == 200


@given(arrays(float, (12, 4), elements=st.floats(-1e3, 1e3, width=32), unique=True), st.booleans())
def test_standardising_there_and_back(A, one_scale):
    scaler = Standardiser.fit(A, one_scale)
    Z = scaler.transform(A)
    np.testing.assert_allclose(scaler.inverse_transform(Z), A, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-9)
    spread = Z.std() if one_scale else Z.std(axis=0)
    np.testing.assert_allclose(spread, 1.0, rtol=1e-9)


def test_a_constant_feature_is_refused():
    with pytest.raises(ValueError, match="column 1 does not vary"):
        Standardiser.fit(np.c_[np.arange(5.0), np.ones(5)])
