import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnca.data import DATA, DataError, load_geo2, load_h2o, write
from nnca.problem import Standardiser, split
from nnca.spectra import H2O_LINES, h2o_sticks


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
    with pytest.raises(DataError, match=rf"{name}\.nc: no such file; make simulate-{name} computes it$"):
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


def test_the_optional_variable_may_be_absent(water, water_file):
    write(water.drop_vars("xes_energy_ks"), water_file)
    assert "xes_energy_ks" not in load_h2o(water_file)


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
