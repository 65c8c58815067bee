"""Write files that are whole or absent after a kill or a power cut: write beside, sync, rename, sync the folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shiftcast.pipelines.state.root import StoreError

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk.

    Parameters
    ----------
    path
        File or folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, content: bytes) -> None:
    """Put a file in place whole, over one that is there.

    Parameters
    ----------
    path
        Where it goes.
    content
        All of its bytes.
    """
    temporary = path.with_name(f".{path.name}.writing")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    move_durably(temporary, path)


def move_durably(here: Path, there: Path) -> None:
    """Move a file or folder, whose files are on the disk already, in one step.

    Parameters
    ----------
    here
        File or folder to move.
    there
        Its new path, on the same disk.
    """
    here.rename(there)
    sync(there.parent)


def remove(path: Path) -> None:
    """Remove a folder with what is in it, or a file; of a link itself, and nothing that it leads to.

    Parameters
    ----------
    path
        What goes; it may be gone already.

    Raises
    ------
    OSError
        If it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_full_told(folder: Path) -> Iterator[None]:
    """Turn a disk that is full into an error that says what to do; the caller leaves nothing half done visible.

    Parameters
    ----------
    folder
        Folder named in the error.

    Yields
    ------
    None
        Nothing; the body of the ``with`` writes.

    Raises
    ------
    StoreError
        If the disk or the quota is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StoreError(
            f"{folder}: the disk is full ({error.strerror}); free space and load again, the store is as it was"
        ) from None
