"""Files and directories from one place to another: never half under their name, whatever they are called.

What is transferred is first made under a name of chance beside its place, and moved there when it is whole.
Between hosts a directory travels as a tar archive (GNU's form, which every tar reads): names may have any
bytes. Modes (without set-user-id and the like) and times are kept, owners are not; symbolic links stay links.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from drmaa_cli.typed import IO, Callable, NamedTuple

CHUNK = 1 << 17
PERMISSIONS = 0o777
STAGE = ".drmaa_cli."


class Transferred(NamedTuple):
    """How far a transfer has come.

    Attributes:
        path: the file that travels, relative to what is transferred; '' for that itself.
        done: bytes of the files' contents that have been written, of all files.
        total: how many there will be.
    """

    path: str
    done: int
    total: int


Progress = Callable[[Transferred], None]


class Meter:
    """Counts what has been written, and tells it.

    Args:
        total: bytes that there will be.
        progress: who is told; None for nobody.
    """

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def add(self, path: str, count: int) -> None:
        """So many more bytes of a file; 0 at its end."""
        self._done += count
        if self._progress is not None:
            self._progress(Transferred(path, self._done, max(self._total, self._done)))

    def copy(self, path: str, source: IO[bytes], target: IO[bytes], size: int) -> None:
        """So many bytes from one file to another.

        Raises:
            EOFError: there are fewer.
        """
        left = size
        while left:
            data = source.read(min(CHUNK, left))
            if not data:
                raise EOFError(f"{left} of {size} bytes of {path or 'the file'} are missing")
            target.write(data)
            left -= len(data)
            self.add(path, len(data))
        self.add(path, 0)


class Member(NamedTuple):
    """A file, directory or link below what is transferred.

    Attributes:
        name: relative to it; '' for that itself.
        path: where it is.
        about: what it is.
    """

    name: str
    path: Path
    about: os.stat_result


def members(source: Path) -> list[Member]:
    """What there is to be transferred, directories before what is in them; the source may be a link.

    Raises:
        OSError: it cannot be read; EINVAL: there is a socket, device or pipe.
    """
    found: list[Member] = []
    waiting = [Member("", source, source.stat())]
    while waiting:
        member = waiting.pop()
        found.append(member)
        mode = member.about.st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(member.path) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name, reverse=True):
                    name = f"{member.name}/{entry.name}".lstrip("/")
                    waiting.append(Member(name, Path(entry.path), entry.stat(follow_symlinks=False)))
        elif not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            raise OSError(errno.EINVAL, "neither a file, a directory nor a link", str(member.path))
    return found


def size_of(found: list[Member]) -> int:
    """The bytes of all files."""
    return sum(member.about.st_size for member in found if stat.S_ISREG(member.about.st_mode))


def stage_name() -> str:
    """A name for what is not whole yet."""
    return f"{STAGE}{secrets.token_hex(8)}"


@contextlib.contextmanager
def staged(place: Path) -> Iterator[Path]:
    """A path beside the place, whose file or directory is moved there when the block ends well.

    Raises:
        OSError: the place cannot be used: there is no such directory, or a directory, socket, device or pipe
            is in the way.
    """
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, "there is a directory of this name", str(place))
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "there is a socket, device or pipe of this name", str(place))
    if not place.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place.parent))
    stage = place.with_name(stage_name())
    try:
        yield stage
        stage.rename(place)
    except BaseException:
        _remove(stage)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for folder, _, _ in os.walk(path):
            Path(folder).chmod(0o700)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy(source: Path, place: Path, progress: Progress | None) -> None:
    """Copy on this host.

    Raises:
        OSError: the source cannot be read, or the place not written.
    """
    found = members(source)
    meter = Meter(size_of(found), progress)
    with staged(place) as stage:
        for member in found:
            target = stage / member.name if member.name else stage
            if stat.S_ISDIR(member.about.st_mode):
                target.mkdir(0o700)
            elif stat.S_ISLNK(member.about.st_mode):
                target.symlink_to(os.readlink(member.path))  # as text, whatever it is
            else:
                with member.path.open("rb") as opened, create(target) as made:
                    meter.copy(member.name, opened, made, member.about.st_size)
                finish(target, member.about.st_mode, member.about.st_mtime)
        for member in reversed(found):  # a directory may forbid to write into it, and is changed by its files
            if stat.S_ISDIR(member.about.st_mode):
                target = stage / member.name if member.name else stage
                finish(target, member.about.st_mode, member.about.st_mtime)


def create(path: Path) -> IO[bytes]:
    """A new file, the user's alone for now. Raises OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def finish(path: Path, mode: int, modified: float) -> None:
    """Give a file or directory its mode and time."""
    os.utime(path, (modified, modified))
    path.chmod(mode & PERMISSIONS)


def pack(found: list[Member], top: str, stream: IO[bytes], meter: Meter) -> None:
    """Write an archive in which the source is called ``top``; an empty file ``top.end`` ends it.

    Raises:
        OSError: the stream or a file fails.
        EOFError: a file has become shorter.
    """
    with tarfile.open(
        fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for member in found:
            about = tarfile.TarInfo(f"{top}/{member.name}" if member.name else top)
            about.mode, about.mtime = member.about.st_mode & PERMISSIONS, int(member.about.st_mtime)
            if stat.S_ISDIR(member.about.st_mode):
                about.type = tarfile.DIRTYPE
                archive.addfile(about)
            elif stat.S_ISLNK(member.about.st_mode):
                about.type, about.linkname = tarfile.SYMTYPE, os.readlink(member.path)
                archive.addfile(about)
            else:
                about.size = member.about.st_size
                with member.path.open("rb") as opened:
                    archive.addfile(about, _Metered(opened, member.name, meter))
                meter.add(member.name, 0)
        archive.addfile(tarfile.TarInfo(f"{top}.end"))


class _Metered:
    """A file that is read into an archive; what has been read is counted."""

    def __init__(self, file: IO[bytes], name: str, meter: Meter) -> None:
        self._file, self._name, self._meter = file, name, meter

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._meter.add(self._name, len(data))
        return data


def unpack(stream: IO[bytes], stage: Path, meter: Meter) -> None:
    """Make what an archive of ``.`` holds, below a directory that is made for it.

    The archive comes from another host, which may be anybody's: nothing of it can get elsewhere, for each
    member's directory must be one that the archive itself has made, no link.

    Raises:
        OSError: something cannot be written.
        EOFError: the archive is cut off or damaged.
        ValueError: it holds something else than files, directories and links.
    """
    folders: dict[PurePosixPath, tuple[int, float]] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
            for member in archive:
                _make(archive, member, stage, folders, meter)
    except tarfile.TarError as err:
        raise EOFError(f"the archive is cut off: {err}") from err
    for name, (mode, modified) in reversed(list(folders.items())):
        finish(stage / name, mode, modified)


def _make(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    stage: Path,
    folders: dict[PurePosixPath, tuple[int, float]],
    meter: Meter,
) -> None:
    name = PurePosixPath(member.name)
    top = PurePosixPath()
    if name.is_absolute() or ".." in name.parts or (name != top and name.parent not in folders):
        raise ValueError(f"the archive holds {member.name!r}, which is not below what was asked for")
    target = stage / name
    if member.isdir():
        target.mkdir(0o700)
        folders[name] = (member.mode, member.mtime)
    elif name == top:
        raise ValueError("the archive is not one of a directory")
    elif member.issym():
        target.symlink_to(member.linkname)
    elif member.islnk():
        link = PurePosixPath(member.linkname)
        if link.is_absolute() or ".." in link.parts or link.parent not in folders:
            raise ValueError(f"the archive holds {member.name!r}, a link to {member.linkname!r}")
        os.link(stage / link, target, follow_symlinks=False)
    elif member.isreg():
        source = archive.extractfile(member)
        assert source is not None
        with source, create(target) as made:
            meter.copy(member.name, source, made, member.size)
        finish(target, member.mode, member.mtime)
    else:
        raise ValueError(f"the archive holds {member.name!r}, neither a file, a directory nor a link")
