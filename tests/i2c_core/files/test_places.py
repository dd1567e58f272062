"""What a text names: a path, or a place behind a URL that answers."""

from __future__ import annotations

import builtins
import errno
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import ObjectStore, bucket

from i2c_core.errors import ConfigError
from i2c_core.files import Lines, is_remote, is_url, locate, read_whole, require_local

__all__ = ["bucket"]


@pytest.mark.parametrize(
    "text", ["run", "runs/a", "/run", "C:\\run", "C:/run", "c://run", "\\\\host\\share", "s3:x", ""]
)
def test_a_path_is_a_path(text: str) -> None:
    assert not is_url(text)
    found = locate(text)
    assert (found, is_remote(found)) == (Path(text), False)


def test_a_url_of_a_file_is_a_path(tmp_path: Path) -> None:
    named = tmp_path / "mit Leer zeichen" / "ü"
    assert locate(named.as_uri()) == named
    assert locate(f"file://localhost{named.as_posix()}") == named
    assert isinstance(locate(named.as_uri()), Path)


@pytest.mark.parametrize("text", ["memory://one/run", "simplecache::memory://one/run"])
def test_a_place_behind_a_url_is_used_like_a_path(text: str) -> None:
    found = locate(text)
    assert (is_url(text), is_remote(found), locate(found)) == (True, True, found)
    assert (found / "model.safetensors").suffix == ".safetensors"
    assert not found.exists()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "nonsense://one/run",
            "nonsense://one/run is in no file system that is known: Unsupported filesystem: 'nonsense'\n"
            "  -> check the address",
        ),
        (
            "s3://someone:secret@bucket/run",
            "the s3:// URL has a password in it\n"
            "  -> leave it out, and give it where fsspec looks for it: https://filesystem-spec.rtfd.io",
        ),
        (
            "file://server/run",
            "file://server/run names a file of the machine 'server'\n  -> write file:///folder/file",
        ),
    ],
)
def test_a_url_that_names_nothing(text: str, error: str) -> None:
    with pytest.raises(ConfigError) as caught:
        locate(text)
    assert str(caught.value) == error


@given(
    st.sampled_from(["", "memory://", "file://", "s3://", "a::memory://", "nonsense://", "C:"]),
    st.text(st.sampled_from("ab/:@[]?#%\\ .~\0ü*{}")),
)
def test_any_text_is_a_place_or_one_error(begin: str, rest: str) -> None:
    try:
        found = locate(begin + rest)
    except ConfigError:
        return
    assert is_remote(found) or isinstance(found, Path)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (
            "upath",
            's3://one needs universal-pathlib, which is not installed\n  -> pip install "images-to-code[remote]"',
        ),
        (  # the extra has no store's own package
            "a_store",
            "s3://one needs a package that is not installed: Install a-store to use buckets\n"
            "  -> install that package too, with pip",
        ),
    ],
)
def test_a_package_that_is_not_installed(
    missing: str, told: str, bucket: type[ObjectStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == missing:
            raise ImportError(f"No module named {name!r}")
        return load(name, *args, **more)

    def needs(*args: Any, **more: Any) -> None:
        raise ImportError("Install a-store to use buckets")

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(bucket, "exists", needs)
    with pytest.raises(ConfigError) as caught:
        locate("s3://one")
    assert str(caught.value) == told


def test_a_place_that_does_not_answer(bucket: type[ObjectStore]) -> None:
    bucket.down = True
    with pytest.raises(ConfigError) as caught:
        locate("s3://one/run")
    hint = "check the address, the network, and whether you may use it"
    assert str(caught.value) == f"s3://one/run does not answer: no credentials were found\n  -> {hint}"


def test_what_must_be_on_this_machine(tmp_path: Path) -> None:
    require_local(tmp_path, "pictures drawn before")
    with pytest.raises(ConfigError) as caught:
        require_local(locate("memory://one/cache"), "pictures drawn before")
    fact = "pictures drawn before cannot be kept at memory://one/cache"
    assert str(caught.value) == f"{fact}\n  -> give a path of this machine"


def test_reading_fails_with_an_error_of_the_system_only(bucket: type[ObjectStore], tmp_path: Path) -> None:
    path = locate("s3://one/file")
    with pytest.raises(FileNotFoundError):
        read_whole(path)
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "file")
    path.write_bytes(b"content")
    assert read_whole(path) == b"content"
    bucket.down = True
    with pytest.raises(OSError, match="no credentials were found") as caught:
        read_whole(path)
    assert (caught.value.errno, caught.value.strerror) == (errno.EIO, "no credentials were found")


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_lines_are_there_when_the_file_is_closed(where: str, tmp_path: Path, bucket: type[ObjectStore]) -> None:
    path = tmp_path / "lines" if where == "disk" else locate("s3://one/lines")
    path.write_bytes(b"what was there")
    lines = Lines(path, "begin\n")
    assert path.read_bytes() == b"begin\n"
    lines.write("ü\n")
    assert (path.read_bytes() == "begin\nü\n".encode()) == (where == "disk")
    lines.write("end\n")
    lines.close()
    assert path.read_bytes() == "begin\nü\nend\n".encode()


def test_lines_behind_a_url_are_sent_as_time_passes(bucket: type[ObjectStore]) -> None:
    path = locate("s3://one/lines")
    lines = Lines(path, every=0)
    lines.write("first\n")
    assert path.read_bytes() == b"first\n"
    lines.write("second\n")
    assert path.read_bytes() == b"first\nsecond\n"
