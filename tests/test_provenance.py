"""Where a page comes from: what is kept of a run, and what its page tells."""

import hashlib

import pytest

from nnca.book.provenance import foot, record, repository_of

RUN = {"start_time": "2024-06-20T08:15:00+00:00", "duration": 90.0, "parameters": {"preset": "quick", "seed": 3}}


def test_a_page_tells_date_minutes_parameters_versions_and_data(tmp_path):
    (tmp_path / "mine.nc").write_bytes(b"data")
    kept = record([tmp_path / "mine.nc"])
    text = foot({"papermill": RUN, "provenance": kept}, "notebooks/01_water.ipynb")
    assert "2024-06-20 08:15 UTC, 1.5 minutes" in text and "`preset='quick'`, `seed=3`" in text
    assert f"SHA-256 of mine.nc | `{hashlib.sha256(b'data').hexdigest()}`" in text and "torch 2" in text
    assert "http" not in text, "no repository, no links"


def test_a_notebook_that_was_not_run_by_the_build_tells_nothing():
    assert foot({"papermill": RUN}, "notebooks/01_water.ipynb") == ""
    assert foot({"provenance": record([])}, "notebooks/01_water.ipynb") == ""


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://github.com/someone/book", "https://github.com/someone/book"),
        ("git@github.com:someone/book.git", "https://github.com/someone/book"),
        ("/somewhere/on/a/disk", ""),
    ],
)
def test_only_an_address_on_the_web_makes_links(given, address):
    assert repository_of(given) == address
    text = foot({"papermill": RUN, "provenance": record([])}, "notebooks/01_water.ipynb", address)
    assert ("colab.research.google.com/github/someone/book/blob/main/notebooks/01_water.ipynb" in text) == bool(address)
