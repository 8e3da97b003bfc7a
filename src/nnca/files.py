"""Files written whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path):
    """A temporary path beside `path` that takes its place when the block ends, and vanishes when it fails."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
