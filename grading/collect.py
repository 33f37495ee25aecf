"""Read what a student handed in, without trusting any name, size, link or archive in it.

Nothing is ever unpacked to disk, no link is followed, nothing but regular files is opened, and
every read has a bound.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

MAX_BYTES = 20_000_000  # of a submission, as handed in and unpacked
MAX_NAMES = 1_000  # looked at in a folder or an archive
MAX_NAME = 200  # characters of a path in an archive
MAX_HEADER = 10_000  # bytes of a tar header: Python may take minutes for longer ones
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")


class Ungradable(Exception):
    """The submission cannot be graded; the text says why, in one sentence."""


def collect(folder: Path, names: Collection[str]) -> dict[str, bytes]:
    """Read the notebooks of a submission, or else what may hold them.

    Parameters
    ----------
    folder : Path
        What the student handed in.
    names : collection of str
        The names that the notebooks must have, such as ``shapes.ipynb``.

    Returns
    -------
    dict of str to bytes
        By file name. If a notebook is not there by its name, all other notebooks and archives
        are in it as well: one of them may be it.

    Raises
    ------
    Ungradable
        If there is nothing to read, or something that must not be read.
    """
    for place in (folder, folder.parent):
        if place.is_symlink():
            raise Ungradable(f"{place.name} is a link to somewhere else: hand in the files.")
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.name for entry, _ in zip(entries, range(MAX_NAMES), strict=False))
    except OSError as error:
        raise Ungradable(f"The folder cannot be read: {error.strerror}.") from None
    wanted = [name for name in names if name in found]
    if len(wanted) < len(names):
        wanted += [
            name
            for name in found
            if name not in wanted and name.lower().endswith((".ipynb", *ARCHIVES))
        ]
    if not wanted:
        missing = ", ".join(sorted(names))
        raise Ungradable(f"There is no {missing}; the folder has no notebook and no archive.")
    files: dict[str, bytes] = {}
    for name in wanted:
        files[shown(name)] = read_file(folder / name, MAX_BYTES - sum(map(len, files.values())))
    return files


def shown(name: str) -> str:
    """A name as it can stand in a sentence, on a terminal and in a database."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a regular file of at most `limit` bytes; never a link, a pipe or a device."""
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            raise Ungradable(f"{path.name} is a link to somewhere else: hand in the file itself.")
        if not stat.S_ISREG(kind):
            raise Ungradable(f"{path.name} is not a file: hand in the notebook itself.")
        # It could have been replaced since: so no following, no waiting, and a second look.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Ungradable(f"{path.name} is not a file: hand in the notebook itself.")
            content = b"" if status.st_size > limit else file.read(limit + 1)
            size = max(status.st_size, len(content))
    except OSError as error:
        raise Ungradable(f"{path.name} cannot be read: {error.strerror}.") from None
    if size > limit:
        raise Ungradable(
            f"{path.name} has {size / 1e6:.0f} MB, and a submission may have "
            f"{MAX_BYTES / 1e6:.0f}: clear the outputs of the notebook."
        )
    return content


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVES)


def notebooks_in(name: str, content: bytes, limit: int = MAX_BYTES) -> dict[str, bytes]:
    """Read the notebooks in an archive into memory, at most `limit` bytes, by their paths in it.

    Raises
    ------
    Ungradable
        If it is broken, encrypted, or would unpack to too much.
    """
    unpack = _zip_members if name.lower().endswith(".zip") else _tar_members
    notebooks: dict[str, bytes] = {}
    try:
        for path, data in unpack(content):
            notebooks[shown(path)[-MAX_NAME:]] = data
            if sum(map(len, notebooks.values())) > limit:
                raise _TooMuch
    except _TooMuch:
        who = f"{name} unpacks" if limit == MAX_BYTES else "The archives unpack, together,"
        raise Ungradable(f"{who} to more than {MAX_BYTES / 1e6:.0f} MB.") from None
    except Ungradable:
        raise
    except Exception as error:  # a malformed archive can set off anything in these modules
        reason = shown(str(error))[:MAX_NAME] or type(error).__name__
        raise Ungradable(f"{name} cannot be unpacked: {reason}.") from None
    return notebooks


class _TooMuch(Exception):
    """An archive goes on and on."""


def _wanted(path: str) -> bool:
    """Whether a path in an archive is a notebook that somebody wrote, in a plain place."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    plain = not any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return plain and path.lower().endswith(".ipynb")


def _zip_members(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > MAX_NAMES:
            raise _TooMuch
        for member in members:
            is_link = stat.S_ISLNK(member.external_attr >> 16)
            if _wanted(member.filename) and not member.is_dir() and not is_link:
                # Of the other methods, Python unpacks whatever there is before it counts.
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise NotImplementedError("make an ordinary zip file")
                with archive.open(member) as file:
                    yield member.filename, _bounded(file.read(MAX_BYTES + 1))


def _tar_members(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content[:2] == b"\x1f\x8b":  # unpacked once, with a bound: no member can be a bomb then
        with gzip.open(io.BytesIO(content)) as packed:
            content = _bounded(packed.read(MAX_BYTES + 1))
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:", tarinfo=_Member) as archive:
        for count, member in enumerate(archive):
            if count >= MAX_NAMES:
                raise _TooMuch
            if member.isreg() and not member.issparse() and _wanted(member.name):
                file = archive.extractfile(member)
                assert file is not None  # of a regular file
                yield member.name, _bounded(file.read(MAX_BYTES + 1))


class _Member(tarfile.TarInfo):
    """A file in a tar archive, with short headers."""

    def _proc_pax(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size > MAX_HEADER:
            raise tarfile.TarError("a header is too long")
        return super()._proc_pax(archive)  # type: ignore[misc]


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise _TooMuch
    return data
