"""Damaged and odd files of both schemas, seeded: they load, or DataError says why, and nothing else happens."""

import time
import warnings
from functools import partial

import numpy as np
import pytest
import xarray as xr

from nnca.data import DataError, load_geo2, load_h2o, write
from nnca.schema import GEO2, GEO2_BANDS, GEO2_BOXES, H2O, check_geo2, check_h2o

IN_MEMORY, IN_FILES = 1800, 200  # over both schemas
ODD_VALUES = (np.nan, np.inf, -np.inf, -1.0, 0.0, 0.5, 1e6, 1e300)
ODD_TYPES = (
    "float32",
    "float16",
    "int8",
    "uint64",
    "complex128",
    "bool",
    "U8",
    "S4",
    "datetime64[ns]",
    "object",
    ">f8",
)
ODD_ATTRIBUTES = ("", "nm", "days since 1970-01-01", "months since then", 7, np.array([1.0, 2.0]), "eV\0", "é")
ODD_KEYS = ("units", "_FillValue", "scale_factor", "add_offset", "missing_value", "calendar", "dtype", "coordinates")


@pytest.fixture(scope="module")
def glass():
    """A handful of our own sites: all kinds of variables that the schema knows, little of each."""
    ds = load_geo2(sites=12)
    ds = ds.isel(band=[0, 1, 2, -3, -2, -1])
    ds = ds.assign(strength=ds.strength.astype(float) + 1e-3, line=("band", [0, 0, 0, 1, 1, 1]))
    ds = ds.isel(frame=np.unique(ds.frame.values), frame_atom=[0, 1, -2, -1])
    ds = ds.assign_coords(frame=("site", np.unique(ds.frame.values, return_inverse=True)[1]))
    return ds.assign(parent=("frame", np.arange(ds.sizes["frame"]) // 2))


@pytest.fixture
def small(water, glass):
    return {"h2o": water.isel(snapshot=slice(6)), "geo2": glass}


def one_of(rng, choices):
    return choices[rng.integers(len(choices))]


def drop(ds, name, rng):
    return ds.drop_vars(name)


def rename(ds, name, rng):
    return ds.rename({name: one_of(rng, (name + "s", name.upper(), f"x of {name}", name[:-1]))})


def other_dimension(ds, name, rng):
    values = ds[name].values
    dims = list(ds[name].dims)
    dims[rng.integers(len(dims))] = f"elsewhere of {name}"
    return ds.assign({name: (dims, values, ds[name].attrs)}) if name not in ds.coords else ds.drop_vars(name)


def transpose(ds, name, rng):
    return ds.assign({name: ds[name].T})


def cut(ds, name, rng):
    dim = one_of(rng, ds[name].dims)
    return ds.isel({dim: rng.permutation(ds.sizes[dim])[: rng.integers(ds.sizes[dim] + 1)]})


def retype(ds, name, rng):
    with np.errstate(all="ignore"):
        try:
            return ds.assign({name: ds[name].astype(one_of(rng, ODD_TYPES), keep_attrs=True)})
        except (TypeError, ValueError):
            return ds


def odd_value(ds, name, rng):
    if ds[name].dtype.kind not in "fiu":
        return ds.assign({name: (ds[name].dims, np.full(ds[name].shape, one_of(rng, ["Si", b"Ge", 8, ""])))})
    values = ds[name].values.astype(float)
    values[tuple(rng.integers(values.shape))] = one_of(rng, ODD_VALUES)
    return ds.assign({name: (ds[name].dims, values, ds[name].attrs)})


def all_odd(ds, name, rng):
    factor = one_of(rng, (0.0, -1.0, np.nan, 1e-3, 1e3, np.pi / 180, 1 / 0.529177, 27.2114))
    return ds.assign({name: (ds[name] * factor).assign_attrs(ds[name].attrs)}) if ds[name].dtype.kind in "fiu" else ds


def shuffled(ds, name, rng):
    values = ds[name].values.copy()
    return ds.assign({name: (ds[name].dims, rng.permuted(values, axis=-1), ds[name].attrs)})


def attribute(ds, name, rng):
    attrs = ds[name].attrs | {one_of(rng, ODD_KEYS): one_of(rng, ODD_ATTRIBUTES)}
    return ds.assign({name: ds[name].drop_attrs().assign_attrs(attrs)})


def no_attributes(ds, name, rng):
    return ds.drop_attrs() if rng.random() < 0.2 else ds.assign({name: ds[name].drop_attrs()})


MUTATIONS = (
    drop,
    rename,
    other_dimension,
    transpose,
    cut,
    retype,
    odd_value,
    all_odd,
    shuffled,
    attribute,
    no_attributes,
)


def mutated(ds, rng):
    """A Dataset with one or two of the mutations, each of a variable drawn at random."""
    ds = ds.copy(deep=True)
    for _ in range(rng.integers(1, 3)):
        name = str(one_of(rng, list(ds.variables)))
        ds = one_of(rng, MUTATIONS)(ds, name, rng)
    return ds


def outcome(load):
    """Whether it "loaded" or was "refused", in a second of computing; any other exception is a failed test."""
    start = time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            load()
        except DataError as refusal:
            text = str(refusal)
            assert 10 < len(text) < 2000 and "\n\n" not in text
            return "refused"
        finally:
            assert time.process_time() - start < 1
    return "loaded"


def test_the_small_files_hold_every_variable_of_the_schemas(small):
    assert set(H2O) <= set(small["h2o"].variables)
    assert set(GEO2 | GEO2_BANDS | GEO2_BOXES) <= set(small["geo2"].variables)
    assert check_h2o(small["h2o"]) is not None and check_geo2(small["geo2"]) is not None


@pytest.mark.parametrize(("schema", "check"), [("h2o", check_h2o), ("geo2", check_geo2)])
def test_mutated_data_pass_or_are_refused(small, schema, check):
    rng = np.random.default_rng([15, len(schema)])
    seen = [outcome(partial(check, mutated(small[schema], rng))) for _ in range(IN_MEMORY // 2)]
    assert 0.05 < seen.count("loaded") / len(seen) < 0.6


def flipped(content, rng):
    """Some bytes changed, at the beginning (where the container keeps its structure) or anywhere."""
    content = bytearray(content)
    end = 3000 if rng.random() < 0.5 else len(content)
    for place in rng.integers(8, end, rng.integers(1, 9)):
        content[place] = rng.integers(256)
    return bytes(content)


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def doubled(content, rng):
    place = rng.integers(len(content))
    return content[:place] + content[place // 2 :]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # h5netcdf closes what it never opened
@pytest.mark.parametrize(("schema", "load"), [("h2o", load_h2o), ("geo2", load_geo2)])
def test_mutated_files_load_or_are_refused(small, tmp_path, schema, load):
    rng = np.random.default_rng([16, len(schema)])
    path = tmp_path / "mutated.nc"
    write(small[schema], path)
    sound, seen = path.read_bytes(), []
    for number in range(IN_FILES // 2):
        if number % 4:
            path.write_bytes(one_of(rng, (flipped, flipped, truncated, doubled))(sound, rng))
        else:
            try:
                write(mutated(small[schema], rng), path)
            except (TypeError, ValueError, KeyError, xr.MergeError):  # not to be written as NetCDF at all
                continue
        seen.append(outcome(partial(load, path)))
    assert 0.05 < seen.count("loaded") / len(seen) < 0.8 and len(seen) > 0.9 * IN_FILES // 2
