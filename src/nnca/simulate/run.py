"""The runner of both simulators: chunks in parallel, each written once and whole, resumed after any interruption."""

import fcntl
import json
from contextlib import contextmanager
from pathlib import Path

import xarray as xr
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from nnca.data import write
from nnca.files import replaced


class RunError(RuntimeError):
    """A simulation that cannot start or did not finish."""


def compute(task, indices, folder, plan, jobs=1, label="chunks"):
    """Run `task(index) -> Dataset` for every index of a sequence.  -> {index: Dataset}

    Finished chunks lie in `folder`, one NetCDF file each, and are never computed again; `plan` (a dict of all that
    decides their content) lies beside them, and a folder made with another plan is refused.  A task that raises
    spoils its own chunk only: the others are finished before `RunError` names the failed ones.  The jobs are
    joblib's, so `joblib.parallel_config(backend="dask")` sends them to a cluster.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {index: folder / f"{index:05d}.nc" for index in indices}
    with _alone_in(folder):
        _check_plan(folder / "plan.json", plan, new=not any(folder.glob("*.nc")))
        done = {index: _finished(path) for index, path in paths.items()}
        todo = [index for index, ds in done.items() if ds is None]
        outcomes = Parallel(n_jobs=jobs, return_as="generator_unordered")(
            delayed(_chunk)(task, index, paths[index]) for index in todo
        )
        bar = tqdm(
            outcomes, desc=label, total=len(paths), initial=len(paths) - len(todo), smoothing=0, dynamic_ncols=True
        )
        failed = [line for line in bar if line]
    if failed:
        raise RunError(f"{len(failed)} of {len(paths)} {label} failed; run again to retry them:\n" + "\n".join(failed))
    return {index: _finished(paths[index]) if ds is None else ds for index, ds in done.items()}


def _chunk(task, index, path):
    """Compute and write one chunk on one thread; return what went wrong, or None."""
    try:
        with threadpool_limits(1):
            write(task(index), path)
    except Exception as error:  # reported by compute(), which must finish the other chunks first
        return f"chunk {index}: {type(error).__name__}: {error}"


def _finished(path):
    """The Dataset of a finished chunk, else None: renaming makes files whole, yet a disk or a copy can cut one."""
    try:
        return xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError):
        return None


def _check_plan(path, plan, new):
    """Store the plan of a new run; refuse to go on with chunks that another plan made."""
    if new or not path.exists():
        with replaced(path) as part:
            part.write_text(json.dumps(plan, indent=1))
    stored = json.loads(path.read_text())
    for key in stored.keys() | plan.keys():
        if stored.get(key) != plan.get(key):
            raise RunError(
                f"{path.parent} holds chunks made with {key} = {stored.get(key)!r}, this run has {plan.get(key)!r}: "
                "take another folder, or delete this one to start anew"
            )


@contextmanager
def _alone_in(folder):
    """Hold a lock on the folder; two runs side by side would compute the same chunks twice."""
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"another simulation is writing to {folder}: wait for it, or take another folder") from None
        yield
