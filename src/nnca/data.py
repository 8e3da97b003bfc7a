"""The data files: load and check."""

import difflib
from pathlib import Path

import numpy as np
import xarray as xr

from nnca.files import replaced

DATA = Path(__file__).resolve().parents[2] / "data"

# What a file must hold: dimensions, unit, and the values that make sense (low, high).
H2O = {
    "oh_length": (("snapshot", "bond"), "angstrom", (0.3, 3.0)),
    "hoh_angle": (("snapshot",), "degree", (0.0, 180.0)),
    "xps_energy": (("snapshot",), "eV", (400.0, 700.0)),
    "xes_energy": (("snapshot", "orbital"), "eV", (400.0, 700.0)),
    "xes_energy_ks": (("snapshot", "orbital"), "eV", (400.0, 700.0)),
    "xes_strength": (("snapshot", "orbital"), None, (0.0, np.inf)),
    "xas_energy": (("snapshot", "state"), "eV", (400.0, 700.0)),
    "xas_strength": (("snapshot", "state"), None, (0.0, np.inf)),
}
GEO2 = {
    "pressure": (("site",), "GPa", (0.0, 1e4)),
    "frame": (("site",), None, (0, 1e9)),
    "position": (("site", "atom", "xyz"), "angstrom", (-30.0, 30.0)),
    "coordination": (("site",), None, (0, 20)),
}
GEO2_BANDS = {
    "band_energy": (("frame", "band"), "eV", (-1e3, 1e3)),
    "core_level": (("site",), "eV", (-2e4, 1e3)),
    "strength": (("site", "band"), None, (0.0, np.inf)),
    "line": (("band",), None, (0, 1)),
}
GEO2_STICKS = {  # what a file of the reader's own may hold instead of bands
    "xes_energy": (("site", "state"), "eV", (-1e3, 2e4)),
    "xes_strength": (("site", "state"), None, (0.0, np.inf)),
}
OPTIONAL = {"xes_energy_ks", "coordination"}
PADDED = {"xas_energy", "xas_strength"} | set(GEO2_STICKS)  # NaN stands where a row has fewer lines than the longest
WHOLE = {"frame", "line", "coordination"}


class DataError(ValueError):
    """A data file that cannot be used; the message names the file, the variable and what was expected."""


def load_h2o(path=None, snapshots=None):
    """The water data: geometries and sticks.  -> xarray.Dataset, dimension `snapshot`

    `path` is a NetCDF-4 file in the schema of the data cards (default: this project's own), `snapshots` how many to
    take from its beginning (default: all).  Raises DataError when anything is missing, malformed or out of range.
    """
    path = Path(path or DATA / "h2o.nc")
    ds = _read(path, hint="make simulate-h2o computes it")
    _check(ds, H2O, path)
    _check_size(ds, "bond", 2, path)
    _check_padding(ds, "xas", path)
    return _first(ds, "snapshot", snapshots, path)


def load_geo2(path=None, sites=None):
    """The GeO2 data: sites of glasses under pressure and their Ge K-beta sticks.  -> Dataset, dimension `site`

    `path` is a NetCDF-4 file in the schema of the data cards (default: this project's own), `sites` how many to take,
    evenly over the file so that every pressure stays (default: all).  Raises DataError as `load_h2o` does.
    """
    path = Path(path or DATA / "geo2.nc")
    ds = _read(path, hint="make simulate-geo2 computes it")
    _check(ds, GEO2 | (GEO2_STICKS if "xes_energy" in ds else GEO2_BANDS), path)
    _check_size(ds, "xyz", 3, path)
    _check_species(ds, path)
    if "xes_energy" in ds:
        _check_padding(ds, "xes", path)
    ds = ds.assign({name: ds[name].astype(int) for name in WHOLE if name in ds})  # a file may hold them as floats
    if "frame" in ds.sizes and int(ds.frame.max()) >= ds.sizes["frame"]:
        raise DataError(
            f"{path}: frame counts to {int(ds.frame.max())}; the file holds frames 0 to {ds.sizes['frame'] - 1}"
        )
    if sites is None:
        return ds
    if not 1 <= sites <= ds.sizes["site"]:
        raise DataError(f"{path}: asked for {sites} sites; the file holds {ds.sizes['site']}")
    return ds.isel(site=np.linspace(0, ds.sizes["site"] - 1, sites).round().astype(int))


def _check_size(ds, dim, size, path):
    if ds.sizes[dim] != size:
        raise DataError(f"{path}: dimension {dim} must have length {size}; it has {ds.sizes[dim]}")


def _check_padding(ds, kind, path):
    """Energies and strengths are padded in the same places, and no row is all padding."""
    energy, strength = (np.isnan(ds[f"{kind}_{name}"].values) for name in ("energy", "strength"))
    for wrong, what in (
        ((energy != strength).any(axis=1), "are NaN in different places"),
        (energy.all(axis=1), "are NaN for every line"),
    ):
        if wrong.any():
            row = f"{ds[f'{kind}_energy'].dims[0]} {int(wrong.argmax())}"
            raise DataError(f"{path}: {kind}_energy and {kind}_strength of {row} {what}; NaN must pad both alike")


def _check_species(ds, path):
    """Sites are a central Ge at the origin with Ge and O around it."""
    if "species" not in ds or ds.species.dims != ("atom",):
        raise DataError(f"{path}: variable species ('atom',) is missing; it must name each atom of a site, Ge first")
    strange = set(ds.species.values) - {"Ge", "O"}
    if strange or ds.species.values[0] != "Ge":
        raise DataError(f"{path}: species must be Ge or O, the first one Ge; they are {', '.join(ds.species.values)}")
    if (np.abs(ds.position.values[:, 0]) > 1e-6).any():
        raise DataError(f"{path}: position must be relative to the central Ge; atom 0 is not always at the origin")


def _read(path, hint):
    """The Dataset in a NetCDF-4 file, in memory."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; {hint}")
    with open(path, "rb") as file:
        head = file.read(8)
    if head != b"\x89HDF\r\n\x1a\n":
        raise DataError(f"{path}: not a NetCDF-4 (HDF5) file; it begins with {head!r}")
    try:
        return xr.load_dataset(path, engine="h5netcdf")
    except Exception as error:  # whatever the HDF5 stack raises, the reader's next step is the same
        raise DataError(f"{path}: cannot be read, probably truncated or damaged ({error})") from error


def _check(ds, schema, path):
    """Hold every variable against the schema: presence, dimensions, unit, type, NaN, range."""
    for name, (dims, unit, (low, high)) in schema.items():
        if name not in ds:
            if name in OPTIONAL:
                continue
            close = difflib.get_close_matches(name, map(str, ds.variables), 1)
            hint = f"; is {close[0]!r} meant to be it?" if close else ""
            raise DataError(f"{path}: variable {name} {dims} is missing{hint}")
        values = ds[name]
        if values.dims != dims:
            raise DataError(f"{path}: variable {name} must have dimensions {dims}; it has {values.dims}")
        if values.dtype.kind not in "fiu":
            raise DataError(f"{path}: variable {name} must hold numbers; its type is {values.dtype}")
        if unit and values.attrs.get("units") != unit:
            raise DataError(f"{path}: variable {name} must be in {unit}; its units are {values.attrs.get('units')!r}")
        _check_values(values, low, high, path)


def _check_values(values, low, high, path):
    """No NaN outside padding, nothing outside the range; the message names the first offender."""
    name = values.name
    bad = ~np.isfinite(values.values)
    if name in PADDED:
        bad &= ~np.isnan(values.values)
    outside = (values.values < low) | (values.values > high)
    broken = (values.values % 1 != 0) if name in WHOLE else np.zeros(values.shape, bool)
    whole_number = "a whole number"
    for wrong, what in ((bad, "a finite number"), (outside, f"between {low:g} and {high:g}"), (broken, whole_number)):
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            place = ", ".join(f"{dim} {i}" for dim, i in zip(values.dims, where, strict=True))
            unit = values.attrs.get("units", "")
            raise DataError(f"{path}: {name} at {place} is {values.values[where]!s} {unit}; it must be {what}")


def _first(ds, dim, count, path):
    """The first `count` rows of a Dataset, or all."""
    if count is None:
        return ds
    if not 1 <= count <= ds.sizes[dim]:
        raise DataError(f"{path}: asked for {count} {dim}s; the file holds {ds.sizes[dim]}")
    return ds.isel({dim: slice(count)})


def write(ds, path):
    """Write a Dataset as NetCDF-4, whole or not at all."""
    packed = {name: {"zlib": True, "complevel": 4, "shuffle": True} for name in ds.data_vars}
    with replaced(path) as part:
        ds.to_netcdf(part, engine="h5netcdf", encoding=packed)
