"""Long work in chunks: in parallel, each chunk written once and whole, resumed after any interruption.

The simulators keep Datasets, the search keeps scores.  joblib.Memory would do the same with pickles, which this project
never loads, and would not refuse chunks that another plan made.
"""

import fcntl
import json
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import xarray as xr
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from nnca.data import write
from nnca.files import replaced


class ResumeError(RuntimeError):
    """Work that cannot start, go on from what is there, or that did not finish."""


class Format(NamedTuple):
    """How chunks are kept: `write(value, path)`, and `read(path)`, which fails for a file that is not whole."""

    suffix: str
    write: Callable
    read: Callable


def _read_dataset(path):
    return xr.load_dataset(path, engine="h5netcdf")


def _write_json(value, path):
    with replaced(path) as part:
        part.write_text(json.dumps(value))


def _read_json(path):
    return json.loads(path.read_text())


NETCDF = Format(".nc", write, _read_dataset)
JSON = Format(".json", _write_json, _read_json)


def compute(task, indices, folder, plan, jobs=1, label="chunks", kept=NETCDF, bar=True):
    """Run `task(index)` for every index of a sequence.  -> {index: what the task returned}

    Finished chunks lie in `folder`, one file each, and are never computed again; `plan` (a dict of all that decides
    their content) lies beside them, and a folder made with another plan is refused.  An index is a whole number or a
    text then.  Without a folder nothing is kept.  A task that raises spoils its own chunk only: the others are finished
    before `ResumeError` names the failed ones.  The jobs are joblib's; `joblib.parallel_config(backend="dask")` sends
    them to all workers of a cluster.  This process alone writes chunks, so that workers need not see the folder.
    """
    paths = {index: folder and Path(folder) / f"{_name(index)}{kept.suffix}" for index in indices}
    with _alone_in(folder):
        if folder is not None:
            _check_plan(Path(folder), plan, kept)
        done = {index: value for index, path in paths.items() if (value := _finished(path, kept)) is not None}
        todo = [index for index in paths if index not in done]
        progress = {"desc": label, "total": len(paths), "initial": len(done), "dynamic_ncols": True, "disable": not bar}
        failed = []
        for index, value, error in tqdm(_outcomes(task, todo, jobs), smoothing=0, **progress):
            if error:
                failed.append(f"chunk {index}: {error}")
            elif folder is None:
                done[index] = value
            else:
                kept.write(value, paths[index])
                done[index] = kept.read(paths[index])
    if failed:
        raise ResumeError(
            f"{len(failed)} of {len(paths)} {label} failed; run again to retry them:\n" + "\n".join(failed)
        )
    return {index: done[index] for index in paths}


def _name(index):
    return f"{index:05d}" if isinstance(index, int) else index


def _outcomes(task, todo, jobs):
    """Every index as soon as it is done, with its value, or with what went wrong in words.  -> iterator of triples"""
    client = getattr(get_active_backend()[0], "client", None)  # joblib's backend for Dask has one
    if client is not None:
        return _from_cluster(client, task, todo)
    return Parallel(n_jobs=jobs, return_as="generator_unordered")(delayed(_chunk)(task, index) for index in todo)


def _from_cluster(client, task, todo):
    """The same from a cluster, by Dask's own means.

    joblib's would wait without end for a chunk that kills its workers, run here if the cluster has one worker, and keep
    from work those that come later.
    """
    from distributed import as_completed

    task = client.submit(_itself, task, pure=False)  # sent once; Dask would not know how to replace what is scattered
    futures = {client.submit(_chunk, task, index, pure=False): index for index in todo}
    for future in as_completed(list(futures)):
        index = futures.pop(future)  # and with it the cluster's copy
        if future.cancelled():
            raise ResumeError("the cluster is lost; what is finished is kept: run again to go on")
        error = future.exception()
        yield future.result() if error is None else (index, None, f"{type(error).__name__}: {error}")


def _itself(thing):
    return thing


def _chunk(task, index):
    """One chunk on one thread.  -> index, its value, what went wrong"""
    try:
        with threadpool_limits(1):
            return index, task(index), None
    except Exception as error:  # reported by compute(), which must finish the other chunks first
        return index, None, f"{type(error).__name__}: {error}"


def _finished(path, kept):
    """The content of a finished chunk, else None: renaming makes files whole, yet a disk or a copy can cut one."""
    try:
        return kept.read(path) if path is not None else None
    except (OSError, ValueError, KeyError):
        return None


def _check_plan(folder, plan, kept):
    """Store the plan of a new run; refuse to go on with chunks that another plan made."""
    path, plan = folder / "plan.json", json.loads(json.dumps(plan))
    if not path.exists() or not [chunk for chunk in folder.glob(f"*{kept.suffix}") if chunk != path]:
        _write_json(plan, path)
    stored = _read_json(path)
    for key in stored.keys() | plan.keys():
        if stored.get(key) != plan.get(key):
            raise ResumeError(
                f"{folder} holds chunks made with {key} = {stored.get(key)!r}, this run has {plan.get(key)!r}: "
                "take another folder, or delete this one to start anew"
            )


def _alone_in(folder):
    """Hold a lock on the folder, which is made; two runs side by side would compute the same chunks twice."""
    return nullcontext() if folder is None else _locked(Path(folder))


@contextmanager
def _locked(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ResumeError(f"another run is writing to {folder}: wait for it, or take another folder") from None
        yield
