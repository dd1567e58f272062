"""The public names of i2c_core, as an inventory in git: changing the API is a visible diff.

`python tests/house/test_public_api.py` writes the inventory anew.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = Path(__file__).with_name("public_api.txt")


def public(path: Path) -> list[str]:
    """The names that a module offers: its `__all__`, else what it defines at the top level, without underscore."""
    names: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = [t.id for t in targets if isinstance(t, ast.Name)]
            if found == ["__all__"] and node.value is not None:
                return sorted(str(name) for name in ast.literal_eval(node.value))
            names += found
    return sorted(name for name in names if not name.startswith("_"))


def inventory() -> str:
    lines = []
    for path in sorted((ROOT / "i2c_core").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not any(part.startswith("_") for part in module.split(".")):
            lines += [f"{module}.{name}" for name in public(path)]
    return "\n".join(sorted(lines)) + "\n"


def test_the_public_api_is_the_one_in_the_inventory() -> None:
    found, wanted = set(inventory().split()), set(INVENTORY.read_text(encoding="utf-8").split())
    new, gone = sorted(found - wanted), sorted(wanted - found)
    assert found == wanted, f"new: {new}, gone: {gone}; if that is wanted: python tests/house/test_public_api.py"


if __name__ == "__main__":
    INVENTORY.write_text(inventory(), encoding="utf-8")
