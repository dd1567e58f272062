"""Plugins: what is broken, clashes, is too new or misspelt is told with its owner, and nothing of it is fatal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest

from i2c_core.errors import FamilyError
from i2c_core.families import Family
from i2c_core.formats import Format
from i2c_core.hookspecs import hookimpl
from i2c_core.plugins import Plugin, Plugins, chosen_entry_points, installed


def family(name: str = "toy", **changes: object) -> Family:
    return Family(name, root="Image", signature="B, W : Image", **changes)  # type: ignore[arg-type]


class Toy:
    def __init__(self, *families: object) -> None:
        self.families = families

    @hookimpl
    def i2c_families(self, register: Callable[[object], None]) -> None:
        for found in self.families:
            register(found)


def load(**modules: object) -> Plugins:
    plugins = Plugins()
    for name, module in modules.items():
        plugins.register(module, Plugin(name, name, distribution=f"i2c-{name}"))
    return plugins


def test_shipped_families_come_through_the_hooks() -> None:
    assert {"splits", "splits-rgb"} <= set(installed().families.names())
    assert installed().families.owner("splits").endswith("(splits)")
    assert installed().problems == []


def test_two_families_of_one_name_are_told_and_the_first_stays() -> None:
    first = family()
    plugins = load(one=Toy(first), two=Toy(family(), family("other")))
    assert plugins.families["toy"] is first
    assert plugins.families.names() == ["other", "toy"]
    assert plugins.problems == [
        "plugin i2c-two (two): family 'toy' of i2c-two (two) clashes with the one of i2c-one (one) "
        "(rename one, or choose plugins by name with I2C_LOAD_PLUGINS: see 'i2c plugins')"
    ]


def test_a_misspelt_hook_is_told() -> None:
    class Misspelt(Toy):
        @hookimpl
        def i2c_familys(self, register: object) -> None: ...

    plugins = load(one=Misspelt(family()))
    assert plugins.problems == ["plugin i2c-one (one): has an unknown hook 'i2c_familys': did you mean 'i2c_families'?"]
    assert plugins.families.names() == ["toy"]


def test_a_hook_that_raises_is_told() -> None:
    class Raises:
        @hookimpl
        def i2c_families(self, register: object) -> None:
            raise ValueError("no pictures today")

    plugins = load(one=Raises(), two=Toy(family()))
    assert plugins.problems == ["plugin i2c-one (one): i2c_families raised ValueError: no pictures today"]
    assert plugins.families.names() == ["toy"]


def test_a_hook_with_wrong_arguments_is_told() -> None:
    class Wrong:
        @hookimpl
        def i2c_families(self, registrar: object) -> None: ...

    plugins = load(one=Wrong())
    assert len(plugins.problems) == 1
    assert "registrar" in plugins.problems[0]


def test_too_new_a_plugin_or_family_is_told() -> None:
    module = Toy(family())
    module.I2C_API_VERSION = 99  # type: ignore[attr-defined]
    plugins = load(one=module, two=Toy(family("new", api_version=99), family("old")))
    assert plugins.problems == [
        "plugin i2c-one (one): wants version 99 of the plugin contract, this i2c has 1: upgrade i2c",
        "plugin i2c-two (two): family 'new' wants version 99 of the plugin contract, this i2c has 1 (upgrade i2c)",
    ]
    assert plugins.families.names() == ["old"]


def test_what_is_no_family_is_told() -> None:
    assert load(one=Toy("splits")).problems == ["plugin i2c-one (one): registered str, expected Family (pass a Family)"]


def test_a_plugin_that_cannot_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "i2c_test_broken.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins = Plugins()
    plugins.load([EntryPoint("broken", "i2c_test_broken", "i2c"), EntryPoint("splits", "i2c_plugins.splits", "i2c")])
    assert plugins.problems == [
        "plugin broken: cannot be imported: ModuleNotFoundError: No module named 'a_module_that_is_not_there'"
    ]
    assert "splits" in plugins.families.names()
    sys.modules.pop("i2c_test_broken", None)


def test_plugins_are_chosen_by_name() -> None:
    assert [e.name for e in chosen_entry_points("splits")[0]] == ["splits"]
    assert chosen_entry_points("") == ([], [])
    assert chosen_entry_points("splits,nothing")[1] == ["nothing"]
    assert {"splits", "core"} <= {e.name for e in chosen_entry_points(None)[0]}


def test_a_format_for_somebody_else_s_family() -> None:
    class Formats:
        @hookimpl
        def i2c_formats(self, register: Callable[[str, Format], None]) -> None:
            register("toy", Format("shout", ".shout", lambda f, p: f.show(p).upper()))
            register("nobody", Format("shout", ".shout", lambda f, p: ""))

    plugins = load(one=Formats(), two=Toy(family()))
    plugins.load([])  # formats are added once all families are known
    assert [f.name for f in plugins.families["toy"].all_formats] == ["shout", "text", "json"]
    assert plugins.problems == ["plugin i2c-one (one): format 'shout': unknown family 'nobody' (known families: toy)"]


def test_learners_and_searchers_have_room() -> None:
    class Extra:
        @hookimpl
        def i2c_learners(self, register: Callable[..., None]) -> None:
            register("mine", "some.module:learn", "learns")

        @hookimpl
        def i2c_searchers(self, register: Callable[..., None]) -> None:
            register("mine", "some.module:search", "searches")

    plugins = load(one=Extra(), two=Extra())
    assert plugins.learners["mine"].owner == "i2c-one (one)"
    assert plugins.searchers["mine"].doc == "searches"
    assert (
        plugins.problems
        == ["plugin i2c-two (two): 'mine' clashes with the one of i2c-one (one) (rename one of them)"] * 2
    )


def test_an_unknown_family_gets_the_closest_one() -> None:
    with pytest.raises(FamilyError) as caught:
        load(one=Toy(family("splits")), two=SimpleNamespace()).families["splts"]
    assert str(caught.value) == "unknown family 'splts'\n  -> did you mean 'splits'?"
