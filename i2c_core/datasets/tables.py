"""The context-free tables that counting, enumerating and sampling work on.

Without relations and orders these are the vocabulary's own. Where such rules fold into types, they are those of the
compiled automaton: the same tokens over finer types, and exactly the canonical programs. Where registers remain, they
are the vocabulary's again, which hold more programs than are canonical; the automaton says which.

Rewrite rules make sorts of types, a type and what its programs have in them (see `i2c_core.rewriting.trees`). A token
may then begin a sort in several ways, so that such tables are lists; every program has one derivation all the same.

Legend: V tokens, Y types, P productions, A the largest arity.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from i2c_core.automata import FOLD, Automaton, compiled
from i2c_core.errors import DataError
from i2c_core.rewriting import Rules
from i2c_core.rewriting.trees import MAX_ALTERNATIVES
from i2c_core.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class ContextFree:
    """What may begin at a type and what it opens.

    Attributes:
        types: the Y names of types; the root is the first.
        production: (Y, V) int32, the production of a token at a type, -1 where it is impossible.
        args: (P, A) int32, the types that a production opens, -1 beyond its arity.
        automaton: what closes tokens beside these tables; None where they say everything.
        rules: the rewrite rules that the tables keep, or None.
        alternatives: with rules, for each way to begin a sort the sort, its tokens, and the sorts that they open;
            `production` and `args` are those without the rules then.
    """

    types: tuple[str, ...]
    production: NDArray[np.int32]
    args: NDArray[np.int32]
    automaton: Automaton | None = None
    rules: Rules | None = None
    alternatives: tuple[tuple[int, list[int], tuple[int, ...]], ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether these are exactly the canonical programs, as far as the signature says."""
        return self.automaton is None


_KNOWN: WeakKeyDictionary[Vocabulary, ContextFree] = WeakKeyDictionary()


def context_free(vocabulary: Vocabulary) -> ContextFree:
    """The tables of a vocabulary; made once."""
    found = _KNOWN.get(vocabulary)
    if found is None:
        found = _KNOWN[vocabulary] = _make(vocabulary)
    return found


def _make(vocabulary: Vocabulary) -> ContextFree:
    if vocabulary.rules:
        return _of_rules(Rules.of(vocabulary))
    own = ContextFree(tuple(map(str, vocabulary.types)), vocabulary.production, vocabulary.prod_args)
    if not has_rules(vocabulary):
        return own
    automaton = compiled(vocabulary, FOLD)
    if automaton.registers is not None:
        return ContextFree(own.types, own.production, own.args, automaton)
    return ContextFree(automaton.types, automaton.production[1:], automaton.args - 1)


def _of_rules(rules: Rules) -> ContextFree:
    """The tables of irreducible programs.

    Raises:
        DataError: they are too many to be counted.
    """
    try:
        sorts, alternatives = rules.trees.grammar
    except OverflowError:
        fact = f"the rules of {rules.root} divide its programs into more than {MAX_ALTERNATIVES:,} kinds"
        raise DataError(fact, "adopt fewer or smaller rules") from None
    names = tuple(f"{type_}{sorted(states)}" for type_, states in sorts)
    return ContextFree(names, rules.production, rules.args, None, rules, tuple(alternatives))


def has_rules(vocabulary: Vocabulary) -> bool:
    """Whether any relation or order restricts the programs of the root."""
    if any(type_.is_list and type_.increasing for type_ in vocabulary.types):
        return True
    symbols = (vocabulary.signature[token] for token in vocabulary.tokens)
    return any(symbol.order is not None or symbol.has_relations for symbol in symbols)
