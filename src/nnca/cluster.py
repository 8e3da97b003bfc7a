"""A Dask cluster that exists, for work larger than one machine: `make ... CLUSTER=tcp://scheduler:8786`.

make hands the address on as NNCA_CLUSTER.  `python -m nnca.cluster` tries it.
"""

import os
import re
import socket
import sys
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from joblib import parallel_config

ADDRESS = "NNCA_CLUSTER"
EXPECTED = "tcp://host:port of a Dask scheduler that runs is expected (the port of its workers, not of its dashboard)"
PATIENCE = 30  # s, for each answer
PACKAGES = ("nnca", "joblib", "numpy", "scikit-learn", "torch", "xarray")  # decide results, or carry them


class ClusterError(RuntimeError):
    """A cluster that cannot take the work."""


@contextmanager
def cluster(packages=(), reads=None):
    """Inside it the work of `nnca.resumable.compute` goes to the cluster of NNCA_CLUSTER; without one it stays here.

    The workers have one thread each, our versions of PACKAGES and of `packages`, and see the folder `reads`, if the
    work reads from one.  Raises ClusterError, which names the address, where that is not so or no cluster answers.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        yield
        return
    with _client(address) as client:
        _check(client, address, (*PACKAGES, *packages), reads)
        with parallel_config(backend="dask"):
            yield


def _client(address):
    """A connection, which distributed alone would wait for without end where something else answers."""
    place = re.fullmatch(r"tcp://(.+):(\d+)", address)
    if not place:
        raise ClusterError(f"CLUSTER is {address!r}: {EXPECTED}")
    try:
        import distributed
    except ModuleNotFoundError as missing:
        raise ClusterError(
            f"CLUSTER is {address!r}, and the package {missing.name} is not installed: the extra `cluster` brings it, "
            "pip install -e '.[cluster]'"
        ) from None
    try:
        with socket.create_connection((place[1].strip("[]"), int(place[2])), PATIENCE) as line:
            line.recv(1)  # a scheduler speaks first
        return distributed.Client(address, timeout=PATIENCE)
    except (OSError, OverflowError, ValueError) as error:
        raise ClusterError(f"CLUSTER is {address!r}, where no scheduler answers ({error}): {EXPECTED}") from None


def _check(client, address, packages, reads):
    """Raise ClusterError unless there are workers, and all are as the work needs them."""
    wanted = client.submit(os.getpid, pure=False)  # a cluster that grows on demand begins to
    try:
        client.wait_for_workers(1, PATIENCE)
    except TimeoutError:
        raise ClusterError(f"the cluster {address} has no worker: begin again when it has one") from None
    del wanted
    for worker, threads in client.nthreads().items():
        if threads > 1:
            raise ClusterError(
                f"worker {worker} of {address} has {threads} threads; one is expected: start as many workers as cores, "
                "each with --nthreads 1 (in dask-jobqueue: processes equal to cores)"
            )
    for package in packages:
        for worker, found in client.run(version, package, on_error="return").items():
            if found != version(package):
                raise ClusterError(
                    f"worker {worker} of {address} has {package} {found}; {version(package)}, as here, is expected"
                )
    if reads is not None:
        _check_sight(client, address, Path(reads))


def _check_sight(client, address, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=".seen-") as probe:
        blind = [worker for worker, sees in client.run(os.path.exists, probe.name).items() if not sees]
    if blind:
        raise ClusterError(f"worker {blind[0]} of {address} does not see {folder}; a folder that all share is expected")


if __name__ == "__main__":
    try:
        with cluster():
            pass
    except ClusterError as error:
        sys.exit(f"error: {error}")
