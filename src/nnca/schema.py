"""What a data file must hold, and the checks of it: dimensions, units, ranges, order."""

import difflib

import numpy as np

# Dimensions, unit, and the values that make sense (low, high).  Water's four orbitals rise in energy: 2a1, 1b2, 3a1,
# 1b1; so do the states of XAS, the first two of which are 4a1 and 2b2.
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
    "parent": (("frame",), None, (0, 1e9)),  # the glass that a box was compressed from
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
GEO2_BOXES = {  # whole boxes, with the symbols of their atoms in frame_species: all or none
    "frame_position": (("frame", "frame_atom", "xyz"), "angstrom", (-1e4, 1e4)),
    "cell": (("frame", "xyz"), "angstrom", (0.5, 1e4)),
}
OPTIONAL = {"xes_energy_ks", "coordination", "parent"}
PADDED = {"xas_energy", "xas_strength"} | set(GEO2_STICKS)  # NaN stands where a row has fewer lines than the longest
WHOLE = {"frame", "line", "coordination", "parent"}
SPELLINGS = {
    "angstrom": {"angstrom", "angstroms", "Angstrom", "Angstroms", "Å"},
    "degree": {"degree", "degrees", "deg", "°"},
    "eV": {"eV", "ev", "electronvolt"},
    "GPa": {"GPa"},
}
ATOMIC_NUMBERS = {8: "O", 32: "Ge"}
OTHER_UNITS = {  # where the median of a length must lie in angstrom, and in what it was given if it lies elsewhere
    "oh_length": ((0.8, 1.5), {"bohr": 0.529177, "nm": 10.0, "pm": 0.01}),
    "position": ((1.3, 2.5), {"bohr": 0.529177, "nm": 10.0, "pm": 0.01}),  # nearest neighbour of Ge
}


class DataError(ValueError):
    """A data file that cannot be used; the message names the file, the variable and what was expected."""


def check_h2o(ds, path="dataset"):
    """Hold a Dataset against the schema of water; `path` is what messages call it.  -> the Dataset

    Raises DataError when anything is missing, malformed, out of range, out of order or in an odd unit.
    """
    _check(ds, H2O, path)
    _check_size(ds, "bond", 2, "the two O-H bonds", path)
    _check_size(ds, "orbital", 4, "2a1, 1b2, 3a1, 1b1", path)
    if ds.sizes["state"] < 2:
        raise DataError(f"{path}: dimension state must have length 2 or more (4a1, 2b2); it has {ds.sizes['state']}")
    angle = ds.hoh_angle.values
    if angle.max() <= 2 * np.pi:
        raise DataError(
            f"{path}: hoh_angle lies between {angle.min():.3g} and {angle.max():.3g} throughout, which is radians; "
            f"it must be in degree"
        )
    _check_unit_of_length(ds.oh_length.values, "oh_length", path)
    for kind, names in (("xes", "2a1, 1b2, 3a1, 1b1"), ("xas", "4a1, 2b2 and higher")):
        _check_padding(ds, kind, path)
        _check_rise(ds[f"{kind}_energy"], names, path)
    if "xes_energy_ks" in ds:
        _check_rise(ds.xes_energy_ks, "2a1, 1b2, 3a1, 1b1", path)
    return ds


def check_geo2(ds, path="dataset"):
    """Hold a Dataset against the schema of GeO2; `path` is what messages call it.  -> the Dataset

    Whole numbers come back as integers, species as symbols.  Raises DataError as `check_h2o` does.
    """
    sticks = any(name in ds for name in GEO2_STICKS)
    boxes = GEO2_BOXES if {*GEO2_BOXES, "frame_species"} & set(ds.variables) else {}
    _check(ds, GEO2 | (GEO2_STICKS if sticks else GEO2_BANDS) | boxes, path)
    _check_size(ds, "xyz", 3, "x, y, z", path)
    ds = ds.assign(species=("atom", _symbols(ds, "species", "atom", path), ds.species.attrs))
    _check_site(ds, path)
    if boxes:
        symbols = _symbols(ds, "frame_species", "frame_atom", path)
        if set(symbols) != {"Ge", "O"}:
            raise DataError(f"{path}: frame_species must hold both Ge and O; it holds {symbols[0]} alone")
        ds = ds.assign(frame_species=("frame_atom", symbols, ds.frame_species.attrs))
    if sticks:
        _check_padding(ds, "xes", path)
    else:
        _check_lines(ds, path)
    ds = ds.assign({name: ds[name].astype(int) for name in WHOLE if name in ds})  # a file may hold them as floats
    if "frame" in ds.sizes and int(ds.frame.max()) >= ds.sizes["frame"]:
        raise DataError(
            f"{path}: frame counts to {int(ds.frame.max())}; the file holds frames 0 to {ds.sizes['frame'] - 1}"
        )
    return ds


def _check(ds, schema, path):
    """Hold every variable against the schema: presence, dimensions, unit, type, NaN, range."""
    for name, (dims, unit, (low, high)) in schema.items():
        if name not in ds:
            if name in OPTIONAL:
                continue
            raise _missing(ds, name, dims, path)
        values = ds[name]
        if values.dims != dims:
            plain = any(str(dim).startswith("phony_dim") for dim in values.dims)
            found = "none: this is plain HDF5, write it with xarray" if plain else values.dims
            raise DataError(f"{path}: variable {name} must have dimensions {dims}; it has {found}")
        if not values.size:
            raise DataError(f"{path}: variable {name} is empty; its sizes are {dict(values.sizes)}")
        if values.dtype.kind not in "fiu" or values.dtype == np.float16:
            raise DataError(
                f"{path}: variable {name} must hold numbers of 32 or 64 bits or integers; its type is {values.dtype}"
            )
        given = values.attrs.get("units")
        if unit and str(given) not in SPELLINGS[unit]:
            raise DataError(f"{path}: variable {name} must be in {unit}; its units are {given!r}")
        _check_values(values, low, high, path)


def _missing(ds, name, dims, path):
    close = difflib.get_close_matches(name, map(str, ds.variables), 1)
    hint = f"; is {close[0]!r} meant to be it?" if close else ""
    return DataError(f"{path}: variable {name} {dims} is missing{hint}")


def _check_values(values, low, high, path):
    """No NaN outside padding, nothing outside the range; the message names the first offender."""
    name, numbers = values.name, values.values.astype(float)
    bad = np.isinf(numbers) if name in PADDED else ~np.isfinite(numbers)
    outside = (numbers < low) | (numbers > high)
    with np.errstate(invalid="ignore"):
        broken = (numbers % 1 != 0) if name in WHOLE else np.zeros(values.shape, bool)
    whole_number = "a whole number"
    for wrong, what in ((bad, "a finite number"), (outside, f"between {low:g} and {high:g}"), (broken, whole_number)):
        if wrong.any():
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            place = ", ".join(f"{dim} {i}" for dim, i in zip(values.dims, where, strict=True))
            unit = values.attrs.get("units", "")
            raise DataError(f"{path}: {name} at {place} is {values.values[where]!s} {unit}; it must be {what}")


def _check_size(ds, dim, size, what, path):
    if ds.sizes[dim] != size:
        raise DataError(f"{path}: dimension {dim} must have length {size}; it has {ds.sizes[dim]} ({what} are meant)")


def _check_unit_of_length(lengths, name, path):
    """A median far from what the substance has, and right in another unit, is in that unit."""
    (low, high), units = OTHER_UNITS[name]
    median = float(np.median(lengths))
    for unit, angstrom in units.items():
        if not low <= median <= high and low <= median * angstrom <= high:
            raise DataError(
                f"{path}: {name} has lengths of {median:.3g} (median), which looks like {unit}; it must be in angstrom"
            )


def _check_padding(ds, kind, path):
    """Energies and strengths are padded in the same places, and no row is without a line."""
    energy, strength = (np.isnan(ds[f"{kind}_{name}"].values) for name in ("energy", "strength"))
    for wrong, what in (
        ((energy != strength).any(axis=1), "are NaN in different places; NaN must pad both alike"),
        (energy.all(axis=1), "are NaN for every line; a row needs one or more"),
        (np.nansum(ds[f"{kind}_strength"].values, axis=1) == 0, "are lines without strength; a row needs some"),
    ):
        if wrong.any():
            row = f"{ds[f'{kind}_energy'].dims[0]} {int(wrong.argmax())}"
            raise DataError(f"{path}: {kind}_energy and {kind}_strength of {row} {what}")


def _check_rise(energy, names, path):
    """The energies of each row rise, and NaN stands only behind them."""
    values = energy.values
    snapshot, line = energy.dims
    padding = np.isnan(values)
    early = (padding[:, :-1] & ~padding[:, 1:]).any(axis=1)
    if early.any():
        raise DataError(
            f"{path}: {energy.name} of {snapshot} {int(early.argmax())} has NaN before a line; NaN must come last"
        )
    falls = np.argwhere(np.diff(values, axis=1) < 0)
    if len(falls):
        row, first = (int(i) for i in falls[0])
        raise DataError(
            f"{path}: {energy.name} of {snapshot} {row} falls from {values[row, first]:.2f} to "
            f"{values[row, first + 1]:.2f} eV at {line} {first + 1}; {line}s must rise in energy ({names})"
        )


def _symbols(ds, name, dim, path):
    """Chemical symbols, from text, bytes or atomic numbers.  -> (dim,) of "Ge" and "O" """
    if name not in ds or ds[name].dims != (dim,):
        raise DataError(f"{path}: variable {name} {(dim,)} is missing; it must name each atom, Ge or O")
    symbols = [_symbol(value) for value in ds[name].values.tolist()]
    if set(symbols) - {"Ge", "O"}:
        raise DataError(f"{path}: {name} must be Ge or O, or their atomic numbers; they are {', '.join(symbols)}")
    return np.array(symbols)


def _symbol(value):
    if isinstance(value, (int, float)):
        return ATOMIC_NUMBERS.get(value, str(value))
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 ").capitalize()


def _check_site(ds, path):
    """Sites are a central Ge at the origin with O, and mostly Ge, around it."""
    symbols = ds.species.values
    if symbols[0] != "Ge" or "O" not in symbols:
        raise DataError(
            f"{path}: species must be Ge or O, the first one Ge and one or more O; they are {', '.join(symbols)}"
        )
    if (np.abs(ds.position.values[:, 0]) > 1e-6).any():
        raise DataError(f"{path}: position must be relative to the central Ge; atom 0 is not always at the origin")
    nearest = np.linalg.norm(ds.position.values[:, 1:], axis=-1).min(axis=1)
    _check_unit_of_length(nearest, "position", path)


def _check_lines(ds, path):
    """Bands of both lines, K-beta'' below K-beta2, each with strength at every site's box."""
    line, energy = ds.line.values.astype(int), ds.band_energy.values
    if set(line) != {0, 1}:
        raise DataError(f"{path}: line must hold 0 (K-beta'') and 1 (K-beta2); it holds only {line[0]}")
    lower, upper = energy[:, line == 0].mean(), energy[:, line == 1].mean()
    if lower >= upper:
        raise DataError(
            f"{path}: line must be 0 for the lower bands (K-beta'') and 1 for the upper (K-beta2); "
            f"those of 0 lie at {lower:.1f} and of 1 at {upper:.1f} eV"
        )
    for number in (0, 1):
        dark = (ds.strength.values[:, line == number] == 0).all(axis=1)
        if dark.any():
            raise DataError(f"{path}: strength of site {int(dark.argmax())} is zero in every band of line {number}")
