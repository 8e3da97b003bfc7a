"""The data files: load and check."""

import os
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from nnca.files import replaced
from nnca.schema import GEO2, GEO2_BANDS, GEO2_STICKS, H2O, DataError, check_geo2, check_h2o

__all__ = ["DATA", "GEO2", "GEO2_BANDS", "GEO2_STICKS", "H2O", "DataError", "load_geo2", "load_h2o", "write"]

CHECKOUT = Path(__file__).resolve().parents[2] / "data"
DATA = CHECKOUT if CHECKOUT.is_dir() else Path("data")  # a module installed elsewhere looks where Python was started
WATER = ("xps", "xes", "xas")  # spectra of water, and lines of GeO2: what has a window
LINES = ("K-beta''", "K-beta2")
SIGNATURE = b"\x89HDF\r\n\x1a\n"
LARGEST_RATIO = 2000  # bytes in memory for one in the file; compression reaches about 1000


def load_h2o(path=None, snapshots=None, at_most=None, shift=None, windows=None):
    """The water data: geometries and sticks.  -> xarray.Dataset, dimension `snapshot`

    `path` is a NetCDF-4 file in the schema of the data cards (default: this project's own).  `snapshots` is how many to
    take from its beginning, refused when the file holds fewer; `at_most` takes what there is up to so many.  Default:
    all.  `shift` (eV) is added to the energies of XPS, XES and XAS: three numbers, for calculations with another zero.
    `windows` (eV) are where their spectra begin and end, three pairs (low, high); default: `nnca.spectra.WINDOWS`.
    Raises DataError when anything is missing, malformed, out of range or out of order.
    """
    file = _file(path, "h2o.nc", "make simulate-h2o")
    ds = check_h2o(_read(file), file)
    for kind, by in zip(WATER, _numbers("shift", shift, 3), strict=True):
        ds = _shifted(ds, [name for name in ds if name.startswith(f"{kind}_energy")], by)  # XES may have two schemes
    ds = _with_windows(ds, windows, WATER)
    return ds.isel(snapshot=slice(_count(snapshots, at_most, ds.sizes["snapshot"], "snapshots", file)))


def load_geo2(path=None, sites=None, at_most=None, shift=None, windows=None):
    """The GeO2 data: sites of glasses under pressure and their Ge K-beta sticks.  -> Dataset, dimension `site`

    `path` is a NetCDF-4 file in the schema of the data cards (default: this project's own).  `sites` is how many to
    take, evenly over the file so that every pressure stays, refused when the file holds fewer; `at_most` takes what
    there is up to so many.  Default: all.  `shift` (eV) is added to all energies.
    `windows` (eV), a rising pair for each of K-beta'' and K-beta2, are where moments are taken; default:
    `nnca.moments.GEO2_WINDOWS`.  Raises DataError as `load_h2o` does.
    """
    file = _file(path, "geo2.nc", "make simulate-geo2")
    ds = check_geo2(_read(file), file)
    ds = _shifted(ds, ["xes_energy" if "xes_energy" in ds else "band_energy"], _numbers("shift", shift, 1)[0])
    ds = _with_windows(ds, windows, LINES)
    held = ds.sizes["site"]
    count = _count(sites, at_most, held, "sites", file)
    return ds if count == held else ds.isel(site=np.linspace(0, held - 1, count).round().astype(int))


def _file(path, own, command):
    """The file that a caller means, `~` expanded: their own, or this project's, which `command` computes."""
    ours = path is None or path == ""
    try:
        file = DATA / own if ours else Path(os.fsdecode(path)).expanduser()
        found, folder = file.is_file(), file.is_dir()
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise DataError(f"path must name a file; got {path!r} ({error})") from None
    if folder:
        raise DataError(f"{file}: is a folder; a NetCDF-4 file is expected")
    if not found:
        here = "" if file.is_absolute() else f" in {Path.cwd()}"
        hint = f"; {command} computes it, or copy the repository's folder data there" if ours else ""
        raise DataError(f"{file}: no such file{here}{hint}")
    return file


def _read(path):
    """The Dataset in a NetCDF-4 file, in memory.  Times stay numbers: the schema has none."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(SIGNATURE))
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror})") from error
    if head != SIGNATURE:
        raise DataError(f"{path}: not a NetCDF-4 (HDF5) file; it begins with {head!r}")
    try:
        h5py.File(path).close()  # h5netcdf leaves a damaged file half open
        with xr.open_dataset(path, engine="h5netcdf", decode_cf=False, phony_dims="access") as stored:
            _check_memory(stored.nbytes, path)
            raw = stored.load()
    except DataError:
        raise
    except Exception as error:  # whatever the HDF5 stack raises, the reader's next step is the same
        if _sound(path):
            raise DataError(f"{path}: a sound HDF5 file, but not NetCDF-4 ({error}); write it with xarray") from error
        raise DataError(f"{path}: cannot be read, probably truncated or damaged ({error})") from error
    return _decoded(raw, path)


def _check_memory(size, path):
    if size > LARGEST_RATIO * path.stat().st_size:
        raise DataError(f"{path}: claims to hold {size / 1e9:.3g} GB, which a file of this size cannot; it is damaged")


def _sound(path):
    """Whether everything in an HDF5 file can be read."""
    try:
        with h5py.File(path) as file:
            datasets = []
            file.visititems(lambda name, item: datasets.append(item) if isinstance(item, h5py.Dataset) else None)
            _check_memory(sum(one.nbytes for one in datasets), path)
            for one in datasets:
                one[()]
    except Exception:  # as above: any failure means no
        return False
    return True


def _decoded(raw, path):
    """Fill values, scales and text as the file's attributes say; a variable that they do not fit is named."""
    try:
        return xr.decode_cf(raw, decode_times=False).load()
    except Exception:  # attributes may be anything; the variable is found one by one
        for name in raw.variables:
            try:
                xr.conventions.decode_cf_variable(name, raw.variables[name], decode_times=False).load()
            except Exception as error:
                odd = {key: value for key, value in raw.variables[name].attrs.items() if key != "long_name"}
                raise DataError(
                    f"{path}: the file is sound, but the attributes {odd} do not decode variable {name} ({error})"
                ) from error
        raise DataError(f"{path}: the file is sound, but its attributes do not fit its variables") from None


def _count(asked, at_most, held, what, path):
    """How many rows to take of those that a file holds."""
    for name, number in ((what, asked), ("at_most", at_most)):
        whole = isinstance(number, (int, float, np.number)) and not isinstance(number, bool) and number % 1 == 0
        if number is not None and not (whole and number >= 1):
            raise DataError(f"{name} must be a whole number of 1 or more; got {number!r}")
    if asked is not None and asked > held:
        raise DataError(f"{path}: asked for {int(asked)} {what}; the file holds {held}")
    return int(min(count for count in (asked, at_most, held) if count is not None))


def _shifted(ds, names, by):
    """The Dataset with other zeros of some energies; in double precision, for a shift may be large."""
    return ds.assign({name: ds[name].astype(float) + by for name in names}) if by else ds


def _numbers(name, given, count):
    """So many finite numbers, zeros for None; a single one need not be in a list."""
    values = np.zeros(count) if given is None else np.atleast_1d(np.asarray(given, object))
    try:
        values = values.astype(float)
    except (TypeError, ValueError):
        values = np.array([np.nan])
    if values.shape != (count,) or not np.isfinite(values).all():
        raise DataError(f"{name} must be {'a number' if count == 1 else f'{count} numbers'} in eV; got {given!r}")
    return values


def _with_windows(ds, given, names):
    """The Dataset with its own windows, which `nnca.spectra` asks for, as attributes: `{name} window`."""
    if given is None:
        return ds
    try:
        edges = np.asarray(given, float)
    except (TypeError, ValueError):
        edges = np.array([])
    if edges.shape != (len(names), 2) or not (np.isfinite(edges).all() and (edges[:, 0] < edges[:, 1]).all()):
        raise DataError(f"windows must be a rising pair in eV for each of {', '.join(names)}; got {given!r}")
    return ds.assign_attrs({f"{name} window": tuple(pair) for name, pair in zip(names, edges.tolist(), strict=True)})


def write(ds, path):
    """Write a Dataset as NetCDF-4, whole or not at all."""
    packed = {name: {"zlib": True, "complevel": 4, "shuffle": True} for name in ds.data_vars}
    with replaced(path) as part:
        ds.to_netcdf(part, engine="h5netcdf", encoding=packed)
