"""The rules of one language: compiled, and programs rewritten by them.

A rule holds wherever its left side stands, so at every type at which the left side is a program the right side must be
one too, with each variable at a place that takes at least what its place on the left takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from weakref import WeakKeyDictionary

import numpy as np

from i2c_core.automata import compiled
from i2c_core.errors import FamilyError
from i2c_core.programs import Program
from i2c_core.rewriting.machine import Machine, make_machine
from i2c_core.rewriting.patterns import Patterns
from i2c_core.rewriting.terms import Rule, Term, parse_rules, require_decreasing
from i2c_core.rewriting.trees import Trees
from i2c_core.vocabulary import Vocabulary

_Work = Program | tuple[Term, dict[str, Program]] | tuple[str, int, Program | None]


_KNOWN: WeakKeyDictionary[Vocabulary, Rules] = WeakKeyDictionary()


def read_rules(source: str, owner: str) -> list[str]:
    """The lines of rules: of the text itself, which has an equals sign, or of a reference `package:file.rules`.

    Raises:
        FamilyError: there is no such file.
    """
    if "=" in source:
        return source.splitlines()
    hint = "give rules as left = right, or package:file.rules"
    package, colon, name = source.partition(":")
    if not colon or not name:
        raise FamilyError(f"{owner}: {source!r} says no rewrite rules", hint)
    try:
        return (resources.files(package) / name).read_text(encoding="utf-8").splitlines()
    except (ImportError, OSError, TypeError):
        raise FamilyError(f"{owner}: no rewrite rules at {source!r}", hint) from None
    except UnicodeDecodeError:
        raise FamilyError(f"{owner}: the rewrite rules {source!r} are not UTF-8", "save them as UTF-8") from None
    except ValueError:  # no name of a package or of a file
        raise FamilyError(f"{owner}: {source!r} says no rewrite rules", hint) from None


class Rules:
    """The rules of a vocabulary.

    Args:
        vocabulary: whose tokens they speak of.
        lines: their text, a rule a line.
        owner: named in errors.

    Raises:
        FamilyError: a rule that says nothing here, or that leads to a larger program, or to none.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lines: Sequence[str],
        owner: str = "",
    ) -> None:
        automaton = compiled(vocabulary)
        if automaton.registers is not None:
            fact = f"{owner or vocabulary.root} has rewrite rules beside orders or relations that are held in registers"
            raise FamilyError(fact, "use smaller ranges, so that these fold into types, or leave out the rules")
        self.production, self.args = automaton.production[1:], automaton.args - 1
        # Not the vocabulary itself: what is known of one must not keep it alive.
        self.tokens, self.ids, self.root = vocabulary.tokens, vocabulary.ids, str(vocabulary.root)
        self._arity, self._continuous = vocabulary.arity, vocabulary.continuous
        self.rules = parse_rules(lines, self.ids, owner)
        self._heads: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self._require(rule, owner)
            self._heads.setdefault(rule.left.name, []).append(rule)

    @staticmethod
    def of(vocabulary: Vocabulary, owner: str = "") -> Rules:
        """The rules that a vocabulary carries; read once."""
        found = _KNOWN.get(vocabulary)
        if found is None:
            found = _KNOWN[vocabulary] = Rules(vocabulary, vocabulary.rules, owner=owner)
        return found

    @cached_property
    def machine(self) -> Machine:
        """What writes irreducible programs in prefix order."""
        return make_machine(self.trees, self.root)

    @cached_property
    def trees(self) -> Trees:
        """The irreducible programs of every type."""
        patterns = Patterns(rule.left for rule in self.rules)
        found = Trees(self.tokens, self.production, self.args, patterns)
        if not found.least[0]:
            fact = f"no program of {self.root} is left by the rules"
            raise FamilyError(fact, "leave out rules until some program is irreducible")
        return found

    def is_normal(self, program: Program) -> bool:
        """Whether no rule changes the program."""
        return not any(
            _match(rule.left, n) is not None for n in program.nodes() for rule in self._heads.get(n.name, ())
        )

    def normal(self, program: Program) -> Program:
        """The program rewritten until no rule changes it: leaves first, and the earliest rule that fits."""
        pending: list[_Work] = [program]
        done: list[Program] = []
        while pending:
            work = pending.pop()
            if isinstance(work, Program):
                pending.append((work.name, len(work.args), work))
                pending.extend(reversed(work.args))
                continue
            if isinstance(work[0], Term):
                term, bound = work[0], work[1]
                assert isinstance(bound, dict)
                if term.is_variable:
                    done.append(bound[term.name])  # normal already
                    continue
                pending.append((term.name, len(term.args), None))
                pending.extend((arg, bound) for arg in reversed(term.args))
                continue
            name, count, node = work
            args = tuple(done[len(done) - count :]) if count else ()
            if count:
                del done[len(done) - count :]
            if node is None or any(a is not b for a, b in zip(args, node.args, strict=True)):
                node = Program(program.signature, name, args)
            for rule in self._heads.get(name, ()):
                found = _match(rule.left, node)
                if found is not None:
                    pending.append((rule.right, found))
                    break
            else:
                done.append(node)
        return done[0]

    def _require(self, rule: Rule, owner: str) -> None:
        where = f"{owner}: " if owner else ""
        ids = self.ids
        for term in (*rule.left.nodes(), *rule.right.nodes()):
            if term.is_variable:
                continue
            arity = int(self._arity[ids[term.name]])
            if len(term.args) != arity:
                fact = f"{where}rule '{rule}': {term.name} has {len(term.args)} arguments, expected {arity}"
                raise FamilyError(fact, "give each symbol its arguments; a variable stands for any program")
            if self._continuous[ids[term.name]]:
                fact = f"{where}rule '{rule}' names {term.name}, a bin of a continuous type"
                raise FamilyError(fact, "let a variable stand for the number")
        require_decreasing(rule, ids, owner)
        somewhere = False
        for type_ in range(len(self.production)):
            left = self._typed(rule.left, type_)
            if left is None:
                continue
            somewhere = True
            right = self._typed(rule.right, type_)
            if right is None or any(not self._holds(right[n], left[n]) for n in right):
                fact = f"{where}rule '{rule}': its right side is not well typed where its left side is"
                raise FamilyError(fact, "write a right side of the same type, each variable at a place of its type")
        if not somewhere:
            fact = f"{where}rule '{rule}': its left side is no part of any program of {self.root}"
            raise FamilyError(fact, "see what begins each type with 'i2c families'")

    def _typed(self, term: Term, type_: int) -> dict[str, int] | None:
        """The types of a term's variables where it stands at a type; None where it cannot."""
        found: dict[str, int] = {}
        pending = [(term, type_)]
        while pending:
            node, at = pending.pop()
            if node.is_variable:
                found[node.name] = at
                continue
            production = int(self.production[at, self.ids[node.name]])
            if production < 0:
                return None
            pending += zip(node.args, (a for a in self.args[production].tolist() if a >= 0), strict=True)
        return found

    def _holds(self, wider: int, narrower: int) -> bool:
        """Whether every program of one type is one of the other."""
        seen, pending = {(wider, narrower)}, [(wider, narrower)]
        while pending:
            one, other = pending.pop()
            if one == other:
                continue
            for token in np.flatnonzero(self.production[other] >= 0).tolist():
                if self.production[one, token] < 0:
                    return False
                pairs = zip(
                    self.args[self.production[one, token]].tolist(),
                    self.args[self.production[other, token]].tolist(),
                    strict=True,
                )
                for pair in pairs:
                    if pair[0] >= 0 and pair not in seen:
                        seen.add(pair)
                        pending.append(pair)
        return True


def _match(pattern: Term, program: Program) -> dict[str, Program] | None:
    """What a pattern's variables stand for where it matches the whole program."""
    found: dict[str, Program] = {}
    pending = [(pattern, program)]
    while pending:
        term, node = pending.pop()
        if term.is_variable:
            found[term.name] = node
            continue
        if term.name != node.symbol.name:
            return None
        pending += zip(term.args, node.args, strict=True)
    return found
