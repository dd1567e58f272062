"""Renderers made of one function a symbol, folded over a program from its leaves to its root.

Legend: C channels, H W pixels.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2c_core.errors import FamilyError
from i2c_core.programs import Program
from i2c_core.raster.arguments import foreign_openings
from i2c_core.references import Reference, resolve
from i2c_core.symbols import Bins
from i2c_core.vocabulary import Vocabulary

PictureOf = Callable[[Program, tuple[int, int]], NDArray[np.uint8]]


def accepts(function: Callable[..., Any], keyword: str) -> bool:
    """Whether a function names a parameter so.

    >>> accepts(lambda program, size: None, "size")
    True
    """
    try:
        return keyword in inspect.signature(function).parameters
    except (TypeError, ValueError):  # some functions written in C do not tell
        return False


class Fold:
    """A renderer of one program, made from a function a symbol.

    A symbol's function is called with what the functions of its arguments returned, in order, and with `size`
    (height, width) where it names such a parameter. A literal without a function means itself: an integer, a float
    for a continuous value, a name for a member of an enumeration; a list means a Python list. An argument of a foreign
    type means a function `picture(size) -> (C, H, W) uint8` that has it drawn at a size (height, width). What the
    root's function returns is the picture.

    Args:
        functions: by symbol.
        vocabulary: of the programs.
        owner: who gave them, for errors.
        foreign: the types that another family draws.
    """

    def __init__(
        self,
        functions: Mapping[str, Reference],
        vocabulary: Vocabulary,
        owner: str,
        foreign: Collection[str] = (),
    ) -> None:
        self._functions = {name: resolve(f, owner) for name, f in functions.items()}
        self._sized = {name for name, f in self._functions.items() if accepts(f, "size")}
        declared = {s.name for s in vocabulary.signature.symbols}
        self._foreign = set(foreign_openings(vocabulary, foreign))
        for token in self._own(vocabulary):
            name = token if token in declared else token.partition("[")[0]
            if name in declared and not {token, name} & set(self._functions):
                fact = f"{owner} draws with one function a symbol and has none for {name!r}"
                raise FamilyError(fact, "add one to the mapping in render")

    def _own(self, vocabulary: Vocabulary) -> list[str]:
        """The tokens that are met outside foreign arguments."""
        met, types, pending = set(), {0}, [0]
        while pending:
            productions = vocabulary.production[pending.pop()]
            for token in np.flatnonzero(productions >= 0).tolist():
                if vocabulary.tokens[token] not in self._foreign:
                    met.add(token)
                    fresh = set(vocabulary.productions[productions[token]].args) - types
                    types |= fresh
                    pending += fresh
        return [vocabulary.tokens[t] for t in sorted(met)]

    def _nodes(self, program: Program) -> list[Program]:
        """The nodes in prefix order, none below the root of a foreign argument."""
        found, stack = [], [program]
        while stack:
            node = stack.pop()
            found.append(node)
            if node.name not in self._foreign:
                stack.extend(reversed(node.args))
        return found

    def __call__(self, program: Program, size: tuple[int, int], picture: PictureOf) -> Any:
        done: list[Any] = []
        for node in reversed(self._nodes(program)):
            if node.name in self._foreign:
                done.append(partial(picture, node))
                continue
            arity = len(node.args)
            arguments = done[len(done) - arity :][::-1]
            del done[len(done) - arity :]
            done.append(self._apply(node, arguments, size))
        return _in_order(done[0])

    def _apply(self, node: Program, arguments: list[Any], size: tuple[int, int]) -> Any:
        if node.name == "nil" and node.name not in self._functions:
            return _List()
        if node.name == "cons" and node.name not in self._functions:
            # Lists fold from their end: the rest is this node's alone, so it grows in place, last element first.
            rest: _List = arguments[1]
            rest.append(_in_order(arguments[0]))
            return rest
        name = node.name if node.name in self._functions else node.name.partition("[")[0]
        function = self._functions.get(name)
        if function is not None:
            arguments = [_in_order(a) for a in arguments]
            return function(*arguments, size=size) if name in self._sized else function(*arguments)
        if isinstance(node.signature.kind(node.symbol.result), Bins):
            return node.value
        return int(node.name) if re.fullmatch(r"0|-?[1-9]\d*", node.name) else node.name


class _List(list[Any]):
    """A list on its way, in reverse."""


def _in_order(value: Any) -> Any:
    return list(reversed(value)) if isinstance(value, _List) else value
