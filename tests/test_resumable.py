import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from nnca.resumable import ResumeError, compute

HERE = Path(__file__).parent
COUNT = 120


def simulate(folder, jobs=2, count=COUNT, what="runner"):
    command = [sys.executable, str(HERE / "simulation.py"), what, str(folder), str(count), str(jobs)]
    return subprocess.Popen(command, cwd=HERE, start_new_session=True, stderr=subprocess.DEVNULL)


def killed(start, chunks, times, moments):
    """Start a simulation so many times and kill it at a random moment after its next chunk.  -> finished chunks"""
    for _ in range(times):
        before = len(list(chunks.rglob("*.nc")))
        process = start()
        while process.poll() is None and len(list(chunks.rglob("*.nc"))) == before:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.2))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return set(chunks.rglob("*.nc"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run's final file."""
    folder = tmp_path_factory.mktemp("whole")
    assert simulate(folder).wait(60) == 0
    return (folder / "all.nc").read_bytes()


def test_killed_at_random_moments_the_result_is_the_same(tmp_path, whole):
    chunks = tmp_path / "chunks"
    finished = killed(lambda: simulate(tmp_path), chunks, 10, random.Random(1))
    lines = len((tmp_path / "log").read_text().split())
    assert 10 <= len(finished) < COUNT
    assert simulate(tmp_path).wait(60) == 0
    assert (tmp_path / "all.nc").read_bytes() == whole
    again = (tmp_path / "log").read_text().split()[lines:]
    assert not {chunks / f"{int(index):05d}.nc" for index in again} & finished, "a finished chunk was computed twice"


def test_chains_killed_at_random_moments_end_in_the_same_file(tmp_path):
    pytest.importorskip("ase", reason="ASE is not installed; pip install -e '.[simulate]' brings it")
    assert simulate(tmp_path / "whole", 1, 4, "chains").wait(120) == 0
    folder = tmp_path / "killed"
    finished = killed(lambda: simulate(folder, 1, 4, "chains"), folder / "chunks", 5, random.Random(2))
    assert len(finished) >= 5 and not (folder / "all.nc").exists()
    written = {path: path.stat().st_mtime_ns for path in finished}
    assert simulate(folder, 1, 4, "chains").wait(120) == 0
    assert (folder / "all.nc").read_bytes() == (tmp_path / "whole" / "all.nc").read_bytes()
    assert {path: path.stat().st_mtime_ns for path in finished} == written, "a finished chunk was computed twice"
    ds = xr.load_dataset(folder / "all.nc")
    assert np.unique(ds.parent).tolist() == [0, 3, 5, 6]
    assert ds.attrs["failures"].splitlines() == ["chain 1: ordered", "chain 2: in contact", "chain 4: ordered"]


def test_the_number_of_jobs_changes_nothing(tmp_path, whole):
    assert simulate(tmp_path, jobs=1).wait(60) == 0
    assert (tmp_path / "all.nc").read_bytes() == whole


def value(index):
    return xr.Dataset({"value": ("row", np.arange(3) + index)})


def fails_at_two(index):
    if index == 2:
        raise ArithmeticError("no convergence")
    return value(index)


def always_fails(index):
    raise ArithmeticError("no convergence")


def test_one_failure_spoils_one_chunk(tmp_path):
    with pytest.raises(ResumeError, match=r"1 of 5 chunks failed.*\n.*chunk 2: ArithmeticError: no convergence"):
        compute(fails_at_two, range(5), tmp_path, {})
    assert {path.name for path in tmp_path.glob("*.nc")} == {f"{i:05d}.nc" for i in (0, 1, 3, 4)}
    assert len(compute(value, range(5), tmp_path, {})) == 5


def test_a_damaged_chunk_is_computed_again(tmp_path):
    compute(value, range(3), tmp_path, {})
    damaged = tmp_path / "00001.nc"
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert int(compute(value, range(3), tmp_path, {})[1].value[0]) == 1


def test_a_longer_run_keeps_what_is_there(tmp_path):
    compute(value, range(3), tmp_path, {"seed": 1})
    old = (tmp_path / "00002.nc").stat().st_mtime_ns
    assert len(compute(value, range(6), tmp_path, {"seed": 1})) == 6
    assert (tmp_path / "00002.nc").stat().st_mtime_ns == old


def test_a_folder_without_chunks_takes_any_plan(tmp_path):
    with pytest.raises(ResumeError):
        compute(always_fails, range(2), tmp_path, {"seed": 1})
    assert len(compute(value, range(2), tmp_path, {"seed": 2})) == 2


def test_chunks_of_another_plan_are_refused(tmp_path):
    compute(value, range(2), tmp_path, {"seed": 1})
    with pytest.raises(ResumeError, match="made with seed = 1, this run has 2"):
        compute(value, range(2), tmp_path, {"seed": 2})


def test_two_runs_in_one_folder_are_refused(tmp_path):
    first = simulate(tmp_path, jobs=1)
    while not (tmp_path / "chunks" / "plan.json").exists():
        time.sleep(0.05)
    with pytest.raises(ResumeError, match="another run is writing"):
        compute(value, range(2), tmp_path / "chunks", {"seed": 7})
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
