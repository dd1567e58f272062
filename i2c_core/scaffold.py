"""New families: a pip-installable plugin distribution from a template, a grammar, a tile set, or a family
that is there already."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from i2c_core.datasets.counting import Counts
from i2c_core.datasets.sampling import Sampler
from i2c_core.documents import decode_text
from i2c_core.errors import FamilyError, I2cError
from i2c_core.families import MARK, Family
from i2c_core.grammars import GrammarText, read_grammar
from i2c_core.plugins import Plugins
from i2c_core.programs import Program
from i2c_core.tilesets import language as tile_language
from i2c_core.version import VERSION

SUFFIX = ".template"
KEYWORDS = {"i2c", "core", "commands"}  # names of the entry points that i2c itself uses
_DEVICES = "con|prn|aux|nul|com[0-9]|lpt[0-9]"  # no file of Windows is called so, whatever its ending


@dataclass(frozen=True)
class Names:
    """What a family is called: by people, as a module, and inside identifiers."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.name) or self.name in KEYWORDS:
            hint = "use lower-case letters, digits and hyphens, for example my-language"
            raise FamilyError(f"{self.name!r} is no name for a family", hint)
        if re.fullmatch(_DEVICES, self.name):
            raise FamilyError(f"Windows keeps the name {self.name!r} for a device of its own", "choose another name")

    @property
    def under(self) -> str:
        return self.name.replace("-", "_")

    @property
    def module(self) -> str:
        return f"i2c_family_{self.under}"

    @property
    def distribution(self) -> str:
        return f"i2c-family-{self.name}"

    def fields(self) -> dict[str, str]:
        version = ".".join(VERSION.split(".")[:2])
        return {"name": self.name, "under": self.under, "module": self.module, "version": version}


def new_family(templates: Path, target: Path, name: str) -> list[Path]:
    """Write a distribution with a tiny but real language to edit; returns the files, refuses what is there already."""
    names = Names(name)
    fields = names.fields()
    files = _shared(templates, names, fields)
    package = Path(names.module)
    files |= {
        package / "__init__.py": _fill(templates / "marks" / "__init__.py.template", fields),
        package / f"{name}.lark": _fill(templates / "marks" / "grammar.lark.template", fields),
        package / "render.py": _fill(templates / "marks" / "render.py.template", fields),
    }
    return _write(target, files)


def new_family_from_grammar(templates: Path, target: Path, name: str, language: Family) -> list[Path]:
    """The same from somebody's grammar: symbols derived, a renderer that draws the syntax tree.

    Args:
        language: derived from the grammar, with the parser and the first rule to use. Grammars beside it that it
            imports come along.
    """
    names = Names(name)
    family = replace(language, name=name)
    text = family.grammar
    assert isinstance(text, GrammarText)
    family.syntax  # noqa: B018 - raises where grammar and derived symbols contradict
    examples = [family.show(p) for p in _some_programs(family)]
    table = "\n".join(f"    {line}" for line in family.gamma.show().splitlines())
    how = {"parser": (family.parser, "lalr"), "start": (family.start, "start")}
    fields = names.fields() | {
        "root": family.root,
        "signature": table.replace("\\", "\\\\").replace('"""', '\\"\\"\\"'),
        "how": "".join(f'    {key}="{value}",\n' for key, (value, usual) in how.items() if value not in (None, usual)),
        "budget": str(max(32, 4 * family.vocabulary.shortest)),
        "examples": "\n".join(f"        {json.dumps(e, ensure_ascii=False)}," for e in examples),
    }
    package = Path(names.module)
    files = _shared(templates, names, fields) | {package / f: t for f, t in _neighbours(text).items()}
    files |= {
        package / "__init__.py": _fill(templates / "grammar" / "__init__.py.template", fields),
        package / f"{name}.lark": str(text),
        package / "render.py": _fill(templates / "grammar" / "render.py.template", fields),
    }
    return _write(target, files)


def new_family_from_tiles(templates: Path, target: Path, name: str, tiles: Path) -> list[Path]:
    """The same for levels of a game: a tile set's file, and a declaration of what follows from it.

    Args:
        tiles: the TOML file, copied as it is.

    Raises:
        TileSetError: it cannot be read, or says what cannot be; names the file and the key.
    """
    names = Names(name)
    fields = names.fields()
    family = tile_language(tiles, name=name)
    family.syntax  # noqa: B018 - raises where the grammar cannot be
    package, own = Path(names.module), templates / "tiles"
    files = _shared(templates, names, fields)
    files |= {
        Path("README.md"): _fill(own / "README.md.template", fields),
        Path("tests") / f"test_{names.under}.py": _fill(own / "tests" / "test_family.py.template", fields),
        package / "__init__.py": _fill(own / "__init__.py.template", fields),
        package / "tiles.toml": decode_text(tiles.read_bytes()),
    }
    return _write(target, files)


def _neighbours(text: GrammarText) -> dict[str, str]:
    """The grammars in a grammar's folder that it imports, and those that they import, by file."""
    found: dict[str, str] = {}
    pending = [str(text)]
    while pending and text.folder is not None:
        for stem in re.findall(r"(?m)^\s*%import\s+\.(\w+)", pending.pop()):
            file = text.folder / f"{stem}.lark"
            if file.name not in found and file.is_file():
                found[file.name] = str(read_grammar(file, "--grammar"))
                pending.append(found[file.name])
    return found


def new_family_like(templates: Path, target: Path, name: str, like: str, plugins: Plugins) -> list[Path]:
    """The same as a copy of an installed family: its package's sources and its grammar, renamed."""
    names = Names(name)
    plugins.families[like]  # raises for one that is not installed
    plugin = next((p for p in plugins.plugins if like in p.families), None)
    if plugin is None:
        fact = f"{like!r} is a composition, which has no sources of its own"
        raise FamilyError(fact, f"copy one of its parts: --like {like.partition(MARK)[0]}")
    spec = importlib.util.find_spec(plugin.module)
    if spec is None or spec.origin is None or not spec.submodule_search_locations:
        fact = f"family {like!r} of {plugin.owner} is not a package whose sources can be copied"
        raise FamilyError(fact, "start from 'i2c new-family NAME' and copy by hand")
    fields = names.fields()
    package = Path(names.module)
    files = _shared(templates, names, fields)
    replaced = {plugin.module: names.module}
    for found in plugin.families:  # one plugin may register variants: splits, splits-rgb
        other = found.replace(like, name, 1) if found.startswith(like) else f"{name}-{found}"
        replaced[f'"{found}"'] = f'"{other}"'
        source = plugins.families[found].grammar
        if isinstance(source, str) and "\n" not in source:
            files[package / f"{other}.lark"] = _grammar_text(plugins.families[found])
            replaced[f'"{source}"'] = f'"{names.module}:{other}.lark"'
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for old, new in sorted(replaced.items(), key=lambda item: -len(item[0])):
            text = text.replace(old, new)
        text = re.sub(r"\n\s*weights=.*", "", text)  # weights of another language would be refused
        files[package / path.relative_to(Path(spec.origin).parent)] = text
    if not re.search(rf'^FAMILY = Family\(\s*"{name}"', files[package / "__init__.py"], re.M):
        test = Path("tests") / f"test_{names.under}.py"
        loaded = f'from i2c_core import get_family\n\nFAMILY = get_family("{name}")'
        files[test] = files[test].replace(f"from {names.module} import FAMILY", loaded)
    return _write(target, files)


def _grammar_text(family: Family) -> str:
    from i2c_core.grammars import read_grammar

    assert family.grammar is not None
    return read_grammar(family.grammar, family.name)


def _some_programs(family: Family, most: int = 3) -> list[Program]:
    """A shortest program and some longer ones, drawn with a fixed seed: examples that parse, whatever the language."""
    vocabulary = family.vocabulary
    longest = vocabulary.shortest + 3 * most
    counts = Counts(vocabulary, longest)
    sizes = [s for s in range(vocabulary.shortest, longest + 1) if counts.of(s) > 0]
    spread = np.linspace(0, len(sizes) - 1, min(most, len(sizes))).round().astype(int)
    chosen = np.array(sizes)[spread]  # (N,)
    ids, values = Sampler(family, longest).sample(np.random.default_rng(0), chosen)  # (N, T)
    return [family.from_tokens(row.tolist(), None if values is None else values[n]) for n, row in enumerate(ids)]


def _shared(templates: Path, names: Names, fields: Mapping[str, str]) -> dict[Path, str]:
    common = templates / "family"
    return {
        Path("pyproject.toml"): _fill(common / "pyproject.toml.template", fields),
        Path("README.md"): _fill(common / "README.md.template", fields),
        Path(".gitignore"): _fill(common / "gitignore.template", fields),
        Path("tests") / f"test_{names.under}.py": _fill(common / "tests" / "test_family.py.template", fields),
    }


def _fill(template: Path, fields: Mapping[str, str]) -> str:
    text = template.read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda m: fields.get(m[1], m[0]), text)


def _write(target: Path, files: Mapping[Path, str]) -> list[Path]:
    there = [p for p in files if (target / p).exists()]
    if there:
        raise FamilyError(f"{target / there[0]} exists already", "name another folder with -o, or remove it")
    written = []
    try:
        for path, text in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8", newline="\n")
            written.append(target / path)
    except OSError as error:
        raise I2cError(f"cannot write {target}: {error.strerror}", "name a folder you may write to with -o") from None
    return written
