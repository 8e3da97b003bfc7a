"""Small data and the browser that tests share."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import settings

from nnca.data import H2O, write

BROWSER = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

settings.register_profile("nnca", deadline=None)  # no test measures time
settings.load_profile("nnca")


@pytest.fixture
def water():
    """Forty made-up snapshots in the schema of data/h2o.nc, the XAS rows padded."""
    rng = np.random.default_rng(3)
    n = 40
    xas = np.sort(rng.uniform(533, 541, (n, 6)), axis=1)
    xas[::2, 4:] = np.nan
    values = {
        "oh_length": rng.normal(0.97, 0.05, (n, 2)),
        "hoh_angle": rng.normal(105, 8, n),
        "xps_energy": rng.normal(539.9, 0.2, n),
        "xes_energy": rng.normal([508, 520.5, 525, 526.8], 0.2, (n, 4)),
        "xes_energy_ks": rng.normal([508, 520.5, 525, 526.8], 0.3, (n, 4)),
        "xes_strength": rng.uniform(1, 2, (n, 4)) * [0.05, 1, 1, 1],
        "xas_energy": xas,
        "xas_strength": np.where(np.isnan(xas), np.nan, rng.uniform(0, 1, xas.shape)),
    }
    return xr.Dataset({name: (H2O[name][0], array, {"units": H2O[name][1] or "1"}) for name, array in values.items()})


@pytest.fixture
def water_file(water, tmp_path):
    path = tmp_path / "water.nc"
    write(water, path)
    return path


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium; where it is missing, tests are skipped, loudly, or fail if NNCA_BROWSER=required."""
    if not BROWSER.exists():
        if os.environ.get("NNCA_BROWSER") == "required":
            pytest.fail(f"{BROWSER} is missing: apt-get install chromium")
        warnings.warn(f"NOT TESTED IN A BROWSER: {BROWSER} is missing (apt-get install chromium)", stacklevel=1)
        pytest.skip(f"{BROWSER} is missing: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=str(BROWSER), args=FLAGS)
        yield browser
        browser.close()
