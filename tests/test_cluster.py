"""The same work on a Dask cluster of two workers on this machine, and clusters that cannot take it."""

import os
import signal
import socket
import sys
import threading
import time

import numpy as np
import pytest
import xarray as xr
from test_own_study import made

from nnca import Emulator
from nnca import cluster as module
from nnca.book import hyperparameters
from nnca.cluster import ADDRESS, ClusterError, cluster
from nnca.own.study import study
from nnca.resumable import ResumeError, compute
from nnca.selection import search
from nnca.simulate.__main__ import _parse
from nnca.simulate.__main__ import main as simulate

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def two():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local:
        yield local


@pytest.fixture
def address(two, monkeypatch):
    """The two workers as the cluster of NNCA_CLUSTER, with files of their own where they stand."""
    monkeypatch.setenv(ADDRESS, two.scheduler_address)
    with distributed.Client(two, set_as_default=False) as client:
        client.wait_for_workers(2, 60)
    return two.scheduler_address


def seeded(log):
    """A task, sent by value: a chunk takes a moment, and says at its start who computes it."""

    def chunk(index):
        with open(log, "a") as lines:
            lines.write(f"{index} {os.getpid()}\n")
        time.sleep(0.3)
        return xr.Dataset({"value": ("row", np.random.default_rng([7, index]).normal(size=20))})

    return chunk


def killed(log, after):
    """Kill the process that began a chunk, once so many have begun."""
    while not log.exists() or len(log.read_text().splitlines()) < after:
        time.sleep(0.02)
    who = int(log.read_text().splitlines()[after - 1].split()[1])
    if who != os.getpid():
        os.kill(who, signal.SIGKILL)


def test_a_worker_killed_in_the_middle_loses_nothing(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere, and a relative folder is here
    log = tmp_path / "log"
    killer = threading.Thread(target=killed, args=(log, 5), daemon=True)
    killer.start()
    with cluster():
        found = compute(seeded(log), range(12), "chunks", {}, jobs=1)
    killer.join()
    began = [line.split() for line in log.read_text().splitlines()]
    assert str(os.getpid()) not in {who for _, who in began}, "a chunk was computed here"
    assert len({who for _, who in began}) >= 2
    assert [index for index, _ in began].count(began[4][0]) == 2, "no chunk was lost with its worker and begun again"
    assert sorted(path.name for path in (tmp_path / "chunks").glob("*.nc")) == [f"{i:05d}.nc" for i in range(12)]
    here = compute(seeded(log), range(12), None, None)
    assert all(found[index].equals(here[index]) for index in here)


def test_a_chunk_that_kills_its_workers_spoils_itself_only(two, address, tmp_path, monkeypatch):
    def fatal_at_two(index):
        if index == 2:
            while len(list(tmp_path.glob("0*.nc"))) < 2:  # Dask blames all that waits on a worker for its end
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        return xr.Dataset({"value": index})

    monkeypatch.setattr(two.scheduler, "allowed_failures", 0)
    with cluster(), pytest.raises(ResumeError, match=r"1 of 3 chunks failed.*\n.*chunk 2: KilledWorker"):
        compute(fatal_at_two, range(3), tmp_path, {})
    assert {path.name for path in tmp_path.glob("*.nc")} == {"00000.nc", "00001.nc"}


def test_a_search_is_the_same(address):
    X = np.random.default_rng(0).normal(size=(80, 3))
    space = {"alpha": (1e-6, 1e-2, 1.0), "hidden": ((8,), (8, 8))}
    how = {"n_candidates": None, "cv": 2, "rungs": ((3, 1), (6, 2))}
    results = [search(Emulator(batch_size=20, random_state=0), space, X, np.tanh(X), **how)]
    with cluster(), distributed.get_task_stream() as tasks:
        results.append(search(Emulator(batch_size=20, random_state=0), space, X, np.tanh(X), **how))
    assert tasks.data, "nothing reached the cluster"
    here, there = (one.cv_results_["mean_test_score"] for one in results)
    np.testing.assert_allclose(there, here, atol=1e-6)
    assert results[0].best_params_ == results[1].best_params_


def test_a_study_is_the_same(address, monkeypatch):
    data = {"xes": made(40)}
    with distributed.Client(address) as client, distributed.get_task_stream(client) as tasks:
        (there,) = study(data, [0])["xes"]
    assert tasks.data, "nothing reached the cluster"
    monkeypatch.delenv(ADDRESS)
    (here,) = study(data, [0], jobs=1)["xes"]
    assert there.chosen == here.chosen
    assert there.scores == pytest.approx(here.scores, abs=1e-4)
    np.testing.assert_allclose(there.drop, here.drop, atol=1e-4)


@pytest.mark.parametrize("wrong", ["scheduler:8786", "http://scheduler:8787", "tcp://scheduler", "tcp://127.0.0.1:1"])
def test_a_wrong_address_is_named(wrong, monkeypatch):
    monkeypatch.setenv(ADDRESS, wrong)
    with pytest.raises(ClusterError, match=rf"CLUSTER is '{wrong}'.*tcp://host:port"), cluster():
        pass


def test_what_answers_nothing_is_no_scheduler(monkeypatch):
    """A dashboard waits to be asked; distributed's client would wait for it without end."""
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(ADDRESS, f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ClusterError, match="no scheduler answers"), cluster():
            pass


def test_a_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setenv(ADDRESS, "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"distributed is not installed: .*\[cluster\]"), cluster():
        pass


@pytest.mark.parametrize(
    ("workers", "threads", "message"), [(0, 1, "has no worker"), (1, 2, "has 2 threads; one is expected")]
)
def test_workers_that_do_not_serve(workers, threads, message, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 1)
    how = {"n_workers": workers, "threads_per_worker": threads, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(host="tcp://127.0.0.1", **how) as local:
        monkeypatch.setenv(ADDRESS, local.scheduler_address)
        with pytest.raises(ClusterError, match=message), cluster():
            pass


def test_other_versions_are_refused(address, monkeypatch):
    monkeypatch.setattr(module, "version", lambda package: str(os.getpid()))
    with pytest.raises(ClusterError, match=rf"has nnca \d+; {os.getpid()}, as here, is expected"), cluster():
        pass


def test_work_that_reads_a_folder_needs_one_that_workers_see(address, tmp_path, monkeypatch):
    with cluster(reads=tmp_path / "new"):
        assert list((tmp_path / "new").iterdir()) == []
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    with (
        pytest.raises(ClusterError, match=r"does not see .*new; a folder that all share"),
        cluster(reads=tmp_path / "new"),
    ):
        pass


def test_commands_ask_for_the_cluster_first(tmp_path, monkeypatch):
    monkeypatch.setenv(ADDRESS, "nowhere")
    for command in (
        lambda: simulate(["h2o", "--snapshots", "1", "--folder", str(tmp_path), "--out", str(tmp_path / "h2o.nc")]),
        lambda: hyperparameters.main(["EDNN", "xes", "1"]),
    ):
        with pytest.raises(SystemExit, match="error: CLUSTER is 'nowhere'"):
            command()
    with pytest.raises(ClusterError, match="CLUSTER is 'nowhere'"):
        study({}, [0])
    assert _parse(["geo2"]).steps and not _parse(["nh3"]).steps


def test_without_an_address_nothing_changes(monkeypatch, tmp_path):
    monkeypatch.setenv(ADDRESS, "")
    with cluster():
        compute(seeded(tmp_path / "log"), range(2), None, None, jobs=1)
    assert {line.split()[1] for line in (tmp_path / "log").read_text().splitlines()} == {str(os.getpid())}
