"""An object store for tests, as S3 is one: whole objects only, no folders, no renaming, no appending."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fsspec import AbstractFileSystem

OUTAGE = "no credentials were found\nand a second line"


class ObjectStore(AbstractFileSystem):
    """Objects in memory behind `s3://`; what a store cannot do is an error."""

    protocol = "s3"
    objects: dict[str, bytes] = {}  # noqa: RUF012, of the class: all instances are one store
    down = False  # whether it answers with an error of its own
    full_after: int | None = None  # how many more objects it takes

    def ls(self, path: str, detail: bool = True, **more: Any) -> list[Any]:
        self._answer()
        path = self._strip_protocol(path)
        found: dict[str, dict[str, Any]] = {}
        for name, content in self.objects.items():
            if name == path:
                found[name] = {"name": name, "size": len(content), "type": "file"}
            elif name.startswith(path + "/" if path else ""):
                first, deeper, _ = name[len(path) + 1 if path else 0 :].partition("/")
                below = f"{path}/{first}".lstrip("/")
                found[below] = {"name": below, "size": 0 if deeper else len(content)}
                found[below]["type"] = "directory" if deeper else "file"
        if not found:
            raise FileNotFoundError(path)
        return list(found.values()) if detail else list(found)

    def exists(self, path: str, **more: Any) -> bool:
        try:
            return bool(self.ls(path))
        except FileNotFoundError:
            return False

    def _open(self, path: str, mode: str = "rb", *args: Any, **more: Any) -> io.BytesIO:
        self._answer()
        path = self._strip_protocol(path)
        if mode == "rb":
            if path not in self.objects:
                raise FileNotFoundError(path)
            return io.BytesIO(self.objects[path])
        if mode != "wb":
            raise NotImplementedError(f"a store cannot open in mode {mode}")
        return _Upload(path)

    def mkdir(self, *args: Any, **more: Any) -> None:
        raise NotImplementedError("a store has no folders")

    def cp_file(self, *args: Any, **more: Any) -> None:
        raise NotImplementedError("a store cannot copy or rename")

    makedirs, mv, rm_file = mkdir, cp_file, cp_file

    def _answer(self) -> None:
        if ObjectStore.down:
            raise RuntimeError(OUTAGE)


class _Upload(io.BytesIO):
    """An object on its way: it is there when the last byte is."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            if ObjectStore.full_after == 0:
                raise RuntimeError("the quota is used up")
            if ObjectStore.full_after is not None:
                ObjectStore.full_after -= 1
            ObjectStore.objects[self.path] = self.getvalue()
        super().close()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[ObjectStore]]:
    """An empty store behind `s3://`, whether a package that knows the real one is installed or not."""
    monkeypatch.setitem(sys.modules["fsspec.registry"]._registry, "s3", ObjectStore)
    ObjectStore.objects.clear()
    yield ObjectStore
    ObjectStore.objects.clear()
    ObjectStore.down, ObjectStore.full_after = False, None
