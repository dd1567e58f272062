"""One family made of several: programs of the materials stand inside those of the model, wherever types let them.

Everything follows from the parts: signature, grammar, masks, renderer, sampler, canonical form. There is no code for a
pair of families. What needs NumPy, Lark or torch is made on first use, so that composing stays as light as declaring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from i2c_core.composing.late import Examples, Late, LateGrammar, LatePlain
from i2c_core.composing.naming import join, type_names
from i2c_core.composing.parts import Parts
from i2c_core.errors import FamilyError, suggest
from i2c_core.families import MARK, Box, Family
from i2c_core.references import Reference
from i2c_core.symbols import Range, Text
from i2c_core.types import parse_type

LEARNER = "paired"  # the learner that needs nothing but programs and their pictures


def compose(model: Family, *materials: Family, name: str | None = None) -> Family:
    """The family whose programs are the model's, with whole programs of the materials in them.

    A material's programs may stand where the model wants its `material` type, or else the type named as the
    material's root. The model's symbols keep their names, those of a material are qualified by its name:
    `functions.sin`. In texts they stand in brackets: `h [sin(x * 2.0)] B`.

    Args:
        name: of the new family; by default those of its parts, as in `splits+functions`.

    Raises:
        FamilyError: the families' types do not meet, one would be composed with itself, or a material's programs
            cannot be told from the model's by their first symbols.
    """
    called = MARK.join(f.name for f in (model, *materials)) if name is None else name
    _require_distinct(called, model, materials)
    place = _place(model, materials)
    for family in materials:
        _require_own_openings(family)
    parts = Parts(model, materials, place, lambda: composed)
    gamma = join(parts.all_names, ((place, n.type(n.family.root_type)) for n in parts.names))
    channels = max(f.channels for f in (model, *materials))
    composed = replace(
        model,
        name=called,
        signature=gamma,
        grammar=LateGrammar(parts),
        parser="earley" if any(f.parser != "lalr" for f in (model, *materials)) else "lalr",
        render=_render(parts, channels),
        channels=channels,
        semantics=sum(f.semantics for f in (model, *materials)),
        zooms=_zooms(parts),
        foreign={**model.foreign, **{str(n.type(n.family.root_type)): n.family for n in parts.names}},
        normalise=parts.normalise if _has_normal_form(parts) else None,
        sample=Late(parts, "i2c_core.datasets.planting:Planting") if _samples(parts) else None,
        constraint=Late(parts, "i2c_core.decoding.nested:nested") if _constrains(parts) else None,
        soft=Late(parts, "i2c_core.raster.softened:Softened") if _softens(parts) else None,
        formats=(),
        weights=None,
        zoom_weights=None,
        budget=model.budget + max(f.budget for f in materials),
        recipe=_recipe(parts),
        doc=f"{model.doc or model.name}; in it {', '.join(f.doc or f.name for f in materials)}",
        examples=Examples(parts),
        learner=LEARNER,
        start=None,
        material=place,
        strokes=None,
        crops=None,
        tiles=None,
        sketches=None,
        synthesize=None,
        lint=None,
        repair=None,
        loops=None,
    )
    return composed


def _require_distinct(called: str, model: Family, materials: Sequence[Family]) -> None:
    if not materials:
        raise FamilyError(f"{model.name} is composed with nothing", "name a material: compose(model, material)")
    names = [f.name for f in (model, *materials)]
    for family in materials:
        if names.count(family.name) > 1:
            fact = f"{called} composes {family.name} with itself"
            raise FamilyError(fact, "programs of a family are in each other's places already: name two families")
        if MARK in family.name:
            fact = f"{family.name} is a material of {called}, and a composition itself"
            raise FamilyError(fact, "give it a name of its own: compose(model, material, name=...)")


def _place(model: Family, materials: Sequence[Family]) -> str:
    """The model's type whose place all the materials take."""
    known = sorted(type_names(model.gamma), key=lambda name: (name != model.root, name in model.gamma.kinds))
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    if model.material is not None:
        if model.material not in known:
            fact = f"{model.name} declares the material {model.material!r}, which is no type of its signature"
            raise FamilyError(fact, suggest(model.material, known, f"its types are {shown}"))
        return model.material
    roots = {family.root: family for family in materials}
    for root, family in roots.items():
        if root not in known:
            fact = f"programs of {family.name} are of type {root}, and {model.name} has the types {shown}"
            raise FamilyError(fact, f"declare in {model.name} whose place they take: material={known[0]!r}")
    if len(roots) > 1:
        fact = f"the materials of {model.name} are of several types: {', '.join(roots)}"
        raise FamilyError(fact, f"declare in {model.name} whose place they take: material={known[0]!r}")
    return next(iter(roots))


def _require_own_openings(material: Family) -> None:
    """Refuse a material whose programs do not begin with symbols of its own, by which they are told apart."""
    root = parse_type(material.root)
    if root.args:
        fact = f"programs of {material.name} are of type {root}, which has no plain name"
        raise FamilyError(fact, f"give {material.name} a root type of one symbol: whole : ({root}) -> Whole")
    for part in material.gamma.parts(root):
        kind = material.gamma.kind(part)
        if isinstance(kind, Range | Text):
            fact = f"a program of {material.name} may be a literal of '{part} = {kind}', which any family may have"
            raise FamilyError(fact, f"give it a symbol: {part.name.lower()} : ({part}) -> {root}")


def _render(parts: Parts, channels: int) -> Reference | Mapping[str, Reference] | None:
    """The model's renderer; helped where a whole program may be a material's, or colours come into a grey picture."""
    model = parts.model
    alone = parts.place in model.gamma.included(model.root_type)
    if model.render is None or not (alone or channels != model.channels):
        return model.render
    if model.batched:
        return Late(parts, "i2c_core.raster.composite:Batched")
    return LatePlain(parts, "i2c_core.raster.composite:OneByOne")


def _zooms(parts: Parts) -> dict[str, Sequence[Box]]:
    """Where arguments live: what the model says, and what the materials say of theirs."""
    return {n.token(token): boxes for n in parts.all_names for token, boxes in n.family.zooms.items()}


def _has_normal_form(parts: Parts) -> bool:
    return any(f.normalise or f.rules for f in parts.materials) or parts.model.normalise is not None


def _samples(parts: Parts) -> bool:
    return any(n.family.sample for n in parts.all_names)


def _constrains(parts: Parts) -> bool:
    return any(n.family.constraint for n in parts.all_names)


def _softens(parts: Parts) -> bool:
    return parts.model.batched and parts.model.render is not None and any(f.soft for f in parts.materials)


def _recipe(parts: Parts) -> dict[str, object]:
    """Training settings: the largest network, the longest run, the model's size and a material's; else the model's."""
    found: dict[str, dict[str, Any]] = {"model": {}, "data": {}}
    for names in parts.all_names:
        for section, settings in names.family.recipe.items():
            if isinstance(settings, Mapping):
                known = found.setdefault(section, {})
                for key, value in settings.items():
                    if section == "model" or (section, key) == ("run", "steps"):
                        known[key] = _larger(known.get(key), value)
                    elif names.family is parts.model:
                        known[key] = value
    found["data"].pop("min_size", None)
    for section, key in (("model", "budget"), ("data", "max_size")):
        most = max(_setting(f, section, key) for f in parts.materials)
        found[section][key] = _setting(parts.model, section, key) + most
    if parts.model.zooms:
        found["model"].setdefault("where", True)  # the place of a part helps to write it
    return {section: settings for section, settings in found.items() if settings}


def _setting(family: Family, section: str, key: str) -> int:
    """What a recipe says of a number of tokens; the family's budget where it says nothing."""
    settings = family.recipe.get(section)
    said = settings.get(key) if isinstance(settings, Mapping) else None
    return said if isinstance(said, int) else family.budget


def _larger(one: Any, other: Any) -> Any:
    """The larger of two numbers; of other values the first that there is."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (one, other))
    return max(one, other) if numbers else other if one is None else one
