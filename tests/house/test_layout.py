"""Who may import whom, what stays light, and what a wheel holds."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From left to right: a module imports only what stands before it.
ORDER = [
    "version",
    "errors",
    "documents",
    "files",
    "memory",
    "ahead",
    "regular",
    "types",
    "symbols",
    "programs",
    "references",
    "vocabulary",
    "legality",
    "automata",
    "rewriting",
    "formats",
    "grammars",
    "families",
    "loops",
    "covers",
    "rerolling",
    "composing",
    "hookspecs",
    "plugins",
    "inputs",
    "journals",
    "images",
    "framing",
    "leftovers",
    "progress",
    "intervals",
    "settings",
    "config",
    "sources",
    "soundness",
    "tilesets",
    "doctor",
    "clusters",
    "raster",
    "synthesis",
    "extrapolating",
    "drawing",
    "charts",
    "datasets",
    "measuring",
    "scaffold",
    "builtins",
    "devices",
    "strokes",
    "photographs",
    "masks",
    "model",
    "descriptions",
    "checkpoints",
    "decoding",
    "refining",
    "calibration",
    "interop",
    "metrics",
    "training",
    "items",
    "tiles",
    "zooming",
    "search",
    "elements",
    "reliability",
    "questions",
    "correction",
    "answers",
    "finishing",
    "reader",
    "bulk",
    "worst",
    "understanding",
    "selftraining",
    "learning",
    "similarity",
    "sheets",
    "report",
    "examples",
    "evaluation",
    "predictions",
    "race",
    "review",
    "cards",
    "retraining",
    "benching",
    "testing",
]
WITHOUT_TORCH = ORDER[: ORDER.index("devices")]


def modules() -> list[Path]:
    return sorted((ROOT / "i2c_core").rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT / "i2c_core").parts[0].removesuffix(".py")


def imported(path: Path, *, at_import: bool = False) -> set[str]:
    """The modules that a file imports; with `at_import` those that importing it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        nodes += ast.iter_child_nodes(node)
    return found


def test_every_room_of_the_core_is_in_the_order() -> None:
    rooms = {room(p) for p in modules()} - {"__init__"}
    assert rooms <= set(ORDER), f"add {sorted(rooms - set(ORDER))} to ORDER"
    assert set(ORDER) <= rooms, f"ORDER names {sorted(set(ORDER) - rooms)}, which are gone"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    if room(path) == "__init__":
        return
    mine = ORDER.index(room(path))
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] not in ("i2c_plugins", "i2c_cli", "i2c_grammars"), f"{path} imports {name}"
        if parts[0] == "i2c_core" and len(parts) > 1 and parts[1] in ORDER:
            assert ORDER.index(parts[1]) <= mine, f"{path.relative_to(ROOT)} imports {name}, which stands after it"


def test_masks_work_alone() -> None:
    allowed = {
        "masks",
        "version",
        "errors",
        "files",
        "types",
        "regular",
        "symbols",
        "programs",
        "vocabulary",
        "automata",
        "rewriting",
    }
    for path in (ROOT / "i2c_core" / "masks").rglob("*.py"):
        for name in imported(path):
            if name.startswith("i2c_core."):
                assert name.split(".")[1] in allowed, f"{path} imports {name}"


def test_families_import_only_the_public_core() -> None:
    for path in (ROOT / "plugins" / "i2c_plugins").rglob("*.py"):
        for name in imported(path):
            if name.startswith("i2c_core"):
                assert not any(part.startswith("_") for part in name.split(".")), f"{path} imports {name}"
            assert not name.startswith("i2c_cli"), f"{path} imports {name}"


def test_generic_code_names_no_family() -> None:
    names = {p.name for p in (ROOT / "plugins" / "i2c_plugins").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert names, "there is a shipped family"
    for path in [*modules(), *(ROOT / "cli").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert node.value not in names, f"{path.relative_to(ROOT)}:{node.lineno} names a family"


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_what_must_stay_light_imports_no_torch(name: str) -> None:
    target = ROOT / "i2c_core" / name
    for path in sorted(target.rglob("*.py")) if target.is_dir() else [target.with_suffix(".py")]:
        assert not {n for n in imported(path, at_import=True) if n.split(".")[0] == "torch"}, f"{path} imports torch"


def test_listing_families_imports_no_torch() -> None:
    code = "import sys, i2c_core; list(i2c_core.families()); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_that_this_test_of_torch_can_fail() -> None:
    code = "import sys, torch; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
