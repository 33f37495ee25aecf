"""Reading what was handed in: no link, pipe, device or archive leads anywhere."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import socket
import stat
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import collect as module
from grading.collect import MAX_BYTES, Ungradable, collect, notebooks_in, read_file

NAMES = ["tiny.ipynb"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "ada" / "tiny"
    place.mkdir(parents=True)
    return place


def packed(members: dict[str, bytes], kind: str = "zip") -> bytes:
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=file, mode="w:gz" if kind.endswith("gz") else "w") as archive:
            for name, data in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_only_the_notebook_by_its_name_is_read(folder: Path) -> None:
    (folder / "tiny.ipynb").write_bytes(b"1")
    (folder / "torch.py").write_bytes(b"2")
    (folder / "other.ipynb").write_bytes(b"3")
    assert collect(folder, NAMES) == {"tiny.ipynb": b"1"}


def test_without_it_all_that_may_hold_it(folder: Path) -> None:
    for name in ("a.ipynb", "b.zip", "c.tar.gz", "d.tgz", "e.txt", "f.py"):
        (folder / name).write_bytes(name.encode())
    assert collect(folder, NAMES).keys() == {"a.ipynb", "b.zip", "c.tar.gz", "d.tgz"}


@pytest.mark.parametrize("found", ["nothing", "a text"])
def test_nothing_to_read_is_said(folder: Path, found: str) -> None:
    if found == "a text":
        (folder / "answers.txt").touch()
    with pytest.raises(Ungradable, match=r"no tiny.ipynb; the folder has no notebook"):
        collect(folder, NAMES)


@pytest.mark.parametrize("what", ["notebook", "dangling", "folder", "student"])
def test_links_are_refused(folder: Path, what: str) -> None:
    secret = folder.parents[1] / "secret"
    secret.mkdir()
    (secret / "tiny.ipynb").write_bytes(b"secret")
    if what == "notebook":
        (folder / "tiny.ipynb").symlink_to(secret / "tiny.ipynb")
    elif what == "dangling":
        (folder / "tiny.ipynb").symlink_to(secret / "nowhere")
    elif what == "folder":
        folder.rmdir()
        folder.symlink_to(secret)
    else:
        (folder.parents[1] / "bob").symlink_to(folder.parent)
        folder = folder.parents[1] / "bob" / "tiny"
    with pytest.raises(Ungradable, match="link"):
        collect(folder, NAMES)


@pytest.mark.parametrize("what", ["pipe", "socket", "folder", "device"])
def test_what_is_no_file_is_refused_at_once(folder: Path, what: str) -> None:
    path = folder / "tiny.ipynb"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    elif what == "folder":
        path.mkdir()
    elif os.geteuid() == 0:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero: never ends
    else:
        path = Path("/dev/zero")
    with pytest.raises(Ungradable, match="is not a file"):
        read_file(path)


@pytest.mark.parametrize("how", ["real", "sparse"])
def test_a_huge_file_is_refused_unread(folder: Path, how: str) -> None:
    path = folder / "tiny.ipynb"
    if how == "sparse":
        with path.open("wb") as file:
            file.truncate(1_000_000_000)
    else:
        path.write_bytes(b" " * (MAX_BYTES + 1))
    tracemalloc.start()
    try:
        with pytest.raises(Ungradable, match="clear the outputs"):
            collect(folder, NAMES)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_many_files_are_together_no_more_than_one_may_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    for number in range(3):
        (folder / f"{number}.ipynb").write_bytes(b" " * 400)
    with pytest.raises(Ungradable, match="clear the outputs"):
        collect(folder, NAMES)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_gives_its_notebooks(kind: str) -> None:
    content = packed(
        {
            "work/tiny.ipynb": b"1",
            "work/torch.py": b"2",
            "__MACOSX/work/._tiny.ipynb": b"3",
            "work/.ipynb_checkpoints/tiny-checkpoint.ipynb": b"4",
        },
        kind,
    )
    assert notebooks_in(f"a.{kind}", content) == {"work/tiny.ipynb": b"1"}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_path_out_of_the_archive_leads_nowhere(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is unpacked: such a path is at most a name."""
    monkeypatch.chdir(tmp_path)
    evil = packed({"../../evil.ipynb": b"1", "/tmp/evil.ipynb": b"2"}, kind)
    before = sorted(Path("/tmp").glob("evil*"))
    notebooks_in(f"a.{kind}", evil)
    assert sorted(tmp_path.parent.glob("*evil*")) == []
    assert sorted(Path("/tmp").glob("evil*")) == before


def test_a_link_in_an_archive_is_no_notebook() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo("tiny.ipynb")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert notebooks_in("a.tar.gz", file.getvalue()) == {}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("tiny.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert notebooks_in("a.zip", file.getvalue()) == {}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "many names", "many notebooks", "gz in gz"])
def test_a_bomb_is_refused_before_it_goes_off(kind: str) -> None:
    zeros = b"\0" * 200_000_000
    if kind == "many names":
        content = packed({f"{number}.txt": b"" for number in range(2000)})
    elif kind == "many notebooks":
        content = packed({f"{number}.ipynb": zeros[: MAX_BYTES // 2] for number in range(5)})
    elif kind == "gz in gz":
        content = gzip.compress(gzip.compress(zeros))
    else:
        content = packed({"tiny.ipynb": zeros}, kind)
    assert len(content) < 1_000_000
    del zeros
    name = "a.tar.gz" if "gz" in kind else "a.zip"
    tracemalloc.start()
    try:
        with pytest.raises(Ungradable, match=r"unpacks to more than 20 MB|cannot be unpacked"):
            notebooks_in(name, content)
        assert tracemalloc.get_traced_memory()[1] < 5 * MAX_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_python_unpacks_whole_is_refused(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.ipynb", b"{}")
    with pytest.raises(Ungradable, match=r"a.zip cannot be unpacked: make an ordinary zip file\."):
        notebooks_in("a.zip", file.getvalue())


def test_a_long_header_of_a_tar_is_refused_unread() -> None:
    """For a number of a million digits some versions of Python take half an hour."""
    body = b"1" * 1_000_000
    header = tarfile.TarInfo("p")
    header.type, header.size = tarfile.XHDTYPE, len(body)
    content = header.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)
    with pytest.raises(Ungradable, match=r"a.tar cannot be unpacked: a header is too long\."):
        notebooks_in("a.tar", content + tarfile.TarInfo("a.ipynb").tobuf() + bytes(1024))


def test_names_are_text_and_nothing_else(folder: Path) -> None:
    (folder / "h\udce9\x1b[31m.ipynb").write_bytes(b"1")
    assert collect(folder, NAMES) == {"h\ufffd\ufffd[31m.ipynb": b"1"}
    inside = notebooks_in("a.zip", packed({"x\x1b]0;\x07.ipynb": b"1", "y" * 999 + ".ipynb": b"2"}))
    assert inside == {"x\ufffd]0;\ufffd.ipynb": b"1", "y" * 194 + ".ipynb": b"2"}


def test_an_encrypted_or_broken_archive_is_refused() -> None:
    content = bytearray(packed({"tiny.ipynb": b"x" * 100}))
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1  # "encrypted"
    with pytest.raises(Ungradable, match=r"a.zip cannot be unpacked"):
        notebooks_in("a.zip", bytes(content))


@given(content=st.binary(), name=st.sampled_from(["a.zip", "a.tar", "a.tar.gz", "a.tgz"]))
def test_any_bytes_as_an_archive(content: bytes, name: str) -> None:
    for data in (content, b"PK\x03\x04" + content, b"\x1f\x8b\x08\x00" + content):
        with contextlib.suppress(Ungradable):
            assert notebooks_in(name, data) == {}


@given(data=st.data(), kind=st.sampled_from(["zip", "tar", "tar.gz"]))
def test_any_damage_to_an_archive(data: st.DataObject, kind: str) -> None:
    content = bytearray(packed({"tiny.ipynb": b"{}" * 50, "b/other.ipynb": b"[]"}, kind))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = notebooks_in(f"a.{kind}", bytes(content))
    except Ungradable:
        return
    assert len(found) <= 2
