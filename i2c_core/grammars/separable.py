"""Whether the tokens of a grammar can be told apart in a text, whatever they are: shown on automata, or not.

Two tokens that may stand side by side are safe where, with a separator between them or without, no terminal that the
lexer would take in place of the first goes on behind its end. What is not shown here may be so all the same: printing
looks at each text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from i2c_core.errors import I2cError
from i2c_core.grammars.languages import BLANKS, PRINTABLE, alphabet_of, automaton, kind_of, shortest
from i2c_core.grammars.spacing import Spacing
from i2c_core.grammars.trees import Rules, Terminal
from i2c_core.regular import Dfa
from i2c_core.symbols import Bins, Kind, Text

_AHEAD = re.compile(r"\(\?=|\(\?!|\\b|\\B|\$|\\Z")  # what looks behind the end of a text


class _Walk:
    """An automaton with its letters by name."""

    def __init__(self, dfa: Dfa) -> None:
        self.dfa = dfa
        self.letters = {c: i for i, c in enumerate(dfa.alphabet)}
        self.firsts = frozenset(c for c, i in self.letters.items() if dfa.step and dfa.step[0][i] >= 0)
        self.live = [[c for c, i in self.letters.items() if row[i] >= 0] for row in dfa.step]

    def step(self, state: int, letter: str) -> int:
        place = self.letters.get(letter)
        return -1 if place is None else self.dfa.step[state][place]


def lexical_doubt(rules: Rules) -> str:
    """Which terminals are not shown to be told apart, empty where all are."""
    if not rules.lexing.states:
        return ""
    if rules.lexing.mixed:
        shown = rules.terminals[rules.lexing.mixed[0]].shown
        return f"{rules.name}: terminal {shown} may stand where the lexer finds another one"
    try:
        return _Separable(rules).doubt()
    except I2cError as error:
        return f"{rules.name}: {error.fact.removeprefix(f'{rules.name}: ')}"


class _Separable:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._space, self._blank = Spacing(rules).separator
        used: dict[str, bool] = {}
        for alternative in rules.alternatives:
            for item in alternative.items:
                if item.terminal:
                    used[item.name] = used.get(item.name, False) or item.kept
        everything = {c for t in rules.terminals.values() for c in alphabet_of(t)}
        self._alphabet = tuple(sorted(everything | set(PRINTABLE) | set(BLANKS)))
        self._texts = {name: _Walk(self._language(name, kept)) for name, kept in used.items()}
        self._raw: dict[str, _Walk] = {}
        self._begins: dict[str, _Walk] = {}
        self._swallowed: dict[str, Terminal | None] = {}

    def _language(self, name: str, kept: bool) -> Dfa:
        """The texts of a terminal that are ever written."""
        terminal = self._rules.terminals[name]
        if terminal.literal is not None or not kept:
            return automaton(re.escape(shortest(terminal, self._rules)), 0, self._alphabet)
        kind: Kind | None = kind_of(self._rules, name)
        if isinstance(kind, Text):
            return kind.dfa
        assert not isinstance(kind, Bins)
        words = sorted(kind.literals() if kind is not None else (), key=len, reverse=True)
        return automaton("|".join(map(re.escape, words)) or r"[^\s\S]", 0, self._alphabet)

    def _rival(self, terminal: Terminal) -> _Walk:
        if terminal.name not in self._raw:
            regex = re.escape(terminal.literal) if terminal.literal is not None else terminal.bare.regex
            self._raw[terminal.name] = _Walk(automaton(regex, terminal.flags, self._alphabet))
        return self._raw[terminal.name]

    def doubt(self) -> str:
        follow = follows(self._rules)
        for name in last_terminals(self._rules):
            if not self._stands_last(name):
                return f"{self._rules.name}: terminal {self._shown(name)} may not be found at the end of a text"
        for name in self._texts:
            rivals = []
            before = self._before(name)
            text = self._rules.terminals[name].literal
            for rival in before if text is None else (r for r in before if _may_go_on(r, text)):
                walk = self._rival(rival)
                ends = self._ends(self._texts[name], walk)
                rivals += [(rival, walk, ends)] if ends else []
            ahead = _looks_ahead(self._rules.terminals[name])
            if not rivals and not ahead and not any(map(_looks_ahead, before)):
                continue
            for other in sorted(follow[name]):
                met = self._meeting(name, rivals, other)
                if met is not None:
                    return self._told(name, met, other)
        return ""

    def _meeting(self, name: str, rivals: Sequence[tuple[Terminal, _Walk, list[int]]], other: str) -> Terminal | None:
        """The rival that may take a terminal's text and what is behind it, whatever is put between; None for none."""
        found: Terminal | None = None
        for space in ("", self._space) if self._space else ("",):
            met = next((t for t, walk, ends in rivals if self._meets(walk, ends, other, space)), None)
            if met is None and not self._looks(self._rules.terminals[name], other, space):
                met = self._rules.terminals[name]
            if met is None:
                met = next((t for t in self._before(name) if self._takes(t, name, other, space)), None)
            if met is None and space:
                met = self._swallows(other)
            if met is None:
                return None
            found = met
        return found

    def _swallows(self, name: str) -> Terminal | None:
        """The terminal that a lexer may read from a separator on into a terminal behind it."""
        if name not in self._swallowed:
            self._swallowed[name] = None
            beside = frozenset().union(*self._rules.lexing.beside(name))  # what is tried where it is wanted
            for rival in (t for t in self._before(self._blank) if t.name in beside):
                walk = self._rival(rival)
                state = walk.step(0, self._space)
                if state >= 0 and self._goes_on(walk, [state], name, self._space):
                    self._swallowed[name] = rival
                    break
        return self._swallowed[name]

    def _told(self, name: str, rival: Terminal, behind: str) -> str:
        """One pair of terminals as a fact."""
        what = self._shown(name)
        shown = f"{what} before {self._shown(behind)}"
        as_what = "go on" if rival.name == name else f"be read as {rival.shown}"
        return f"{self._rules.name}: terminal {shown} may {as_what}"

    def _shown(self, name: str) -> str:
        return self._rules.terminals[name].shown

    def _before(self, name: str) -> list[Terminal]:
        """The terminals that a lexer tries up to the one that takes a terminal's texts, and that one."""
        scanner = self._rules.lexing.together(name)
        taker = {name} | {r for r, words in scanner.keywords.items() if any(w.name == name for w in words)}
        found: list[Terminal] = []
        for terminal in scanner.terminals:
            found.append(terminal)
            if terminal.name == name:
                break
            if terminal.name in taker and all(t.name != name for t in scanner.terminals):
                break
        return found

    def _ends(self, texts: _Walk, rival: _Walk) -> list[int]:
        """The states of a rival at the end of a text from where it may go on."""
        if texts.firsts.isdisjoint(rival.firsts):
            return []
        seen, pending = {(0, 0)}, [(0, 0)]
        ends: set[int] = set()
        while pending:
            mine, theirs = pending.pop()
            if texts.dfa.accepting[mine] and rival.live[theirs]:
                ends.add(theirs)
            for letter in texts.live[mine]:
                there = rival.step(theirs, letter)
                pair = texts.step(mine, letter), there
                if there >= 0 and pair not in seen:
                    seen.add(pair)
                    pending.append(pair)
        return sorted(ends)

    def _meets(self, rival: _Walk, ends: Sequence[int], other: str, space: str) -> bool:
        """Whether a rival may match beyond the end of a text with another one behind it."""
        if space:
            ends = [e for e in (rival.step(e, space) for e in ends) if e >= 0]
            if any(rival.dfa.accepting[e] for e in ends):
                return True
        return self._goes_on(rival, ends, other, space)

    def _goes_on(self, rival: _Walk, states: Sequence[int], name: str, space: str) -> bool:
        """Whether a rival in one of these states matches with a terminal's text behind, or may go on beyond that."""
        texts = self._texts[name]
        seen = {(s, 0) for s in states}
        pending = list(seen)
        while pending:
            theirs, mine = pending.pop()
            for letter in texts.live[mine] if len(texts.live[mine]) < len(rival.live[theirs]) else rival.live[theirs]:
                there, here = rival.step(theirs, letter), texts.step(mine, letter)
                if there < 0 or here < 0 or (there, here) in seen:
                    continue
                more = rival.step(there, space) >= 0 if space else bool(rival.live[there])
                if rival.dfa.accepting[there] or (texts.dfa.accepting[here] and more):
                    return True
                seen.add((there, here))
                pending.append((there, here))
        return False

    def _begun(self, rival: Terminal) -> _Walk:
        """The texts at whose beginning a terminal is found, whatever it wants to see behind its end."""
        if rival.name not in self._begins:
            self._begins[rival.name] = _Walk(automaton(f"(?>{rival.source})(?s:.*)", 0, self._alphabet))
        return self._begins[rival.name]

    def _takes(self, rival: Terminal, name: str, other: str, space: str) -> bool:
        """Whether a rival that looks ahead may be found where a terminal's text stands before another one."""
        if rival.name == name or not _looks_ahead(rival):
            return False
        begun, texts, behind = self._begun(rival), self._texts[name], self._texts[other]
        states = [self._goes(begun, space, t) for t in self._together(begun, texts, [0])]
        return bool(self._together(begun, behind, [s for s in states if s >= 0]))

    @staticmethod
    def _goes(walk: _Walk, text: str, state: int) -> int:
        for letter in text:
            state = walk.step(state, letter) if state >= 0 else -1
        return state

    @staticmethod
    def _together(walk: _Walk, texts: _Walk, states: Sequence[int]) -> set[int]:
        """Where an automaton is that reads a whole text of another one."""
        seen = {(s, 0) for s in states}
        pending = list(seen)
        for theirs, mine in pending:
            for letter in texts.live[mine]:
                pair = walk.step(theirs, letter), texts.step(mine, letter)
                if pair[0] >= 0 and pair not in seen:
                    seen.add(pair)
                    pending.append(pair)
        return {theirs for theirs, mine in seen if texts.dfa.accepting[mine]}

    def _stands_last(self, name: str) -> bool:
        """Whether a terminal is found where the text ends behind it."""
        terminal, texts = self._rules.terminals[name], self._texts[name]
        if _looks_ahead(terminal):
            plain = automaton(terminal.regex, terminal.flags, self._alphabet)
            if not texts.dfa.minus(plain).is_empty:
                return False
        for rival in self._before(name):
            if rival.name != name and _looks_ahead(rival):
                begun = self._begun(rival)
                if any(begun.dfa.accepting[s] for s in self._together(begun, texts, [0])):
                    return False
        return True

    def _looks(self, terminal: Terminal, other: str, space: str) -> bool:
        """Whether a terminal that looks beyond its end finds its texts there all the same."""
        if not _looks_ahead(terminal):
            return True
        followed = _Walk(automaton(f"(?>{terminal.source})(?s:.)", 0, self._alphabet))
        texts = self._texts[terminal.name]
        letters = [space] if space else self._texts[other].live[0]
        seen, pending = {(0, 0)}, [(0, 0)]
        while pending:
            mine, theirs = pending.pop()
            if texts.dfa.accepting[mine]:
                after = [followed.step(theirs, c) for c in letters]
                if any(a < 0 or not followed.dfa.accepting[a] for a in after):
                    return False
            for letter in texts.live[mine]:
                pair = texts.step(mine, letter), followed.step(theirs, letter)
                if pair[1] < 0:
                    return False
                if pair not in seen:
                    seen.add(pair)
                    pending.append(pair)
        return True


def _may_go_on(rival: Terminal, text: str) -> bool:
    """Whether a rival may match more than a text: told at a glance where it is a text itself."""
    if rival.literal is None:
        return True
    return rival.literal.startswith(text) or (bool(rival.flags) and rival.literal.lower().startswith(text.lower()))


def _looks_ahead(terminal: Terminal) -> bool:
    return terminal.literal is None and _AHEAD.search(terminal.regex) is not None


def _nullable(rules: Rules) -> set[str]:
    """The rules that may be empty."""
    found: set[str] = set()
    while True:
        fresh = {a.rule for a in rules.alternatives if all(not i.terminal and i.name in found for i in a.items)} - found
        if not fresh:
            return found
        found |= fresh


def _edges(rules: Rules, empty: set[str], turned: bool) -> dict[str, set[str]]:
    """For each rule the terminals that its texts may begin with, or end with."""
    found: dict[str, set[str]] = {rule: set() for rule in rules.by_rule}
    changed = True
    while changed:
        changed = False
        for alternative in rules.alternatives:
            known = found[alternative.rule]
            size = len(known)
            for item in reversed(alternative.items) if turned else alternative.items:
                known |= {item.name} if item.terminal else found[item.name]
                if item.terminal or item.name not in empty:
                    break
            changed = changed or len(known) > size
    return found


def last_terminals(rules: Rules) -> list[str]:
    """The terminals that a text may end with."""
    return sorted(_edges(rules, _nullable(rules), turned=True)[rules.start])


def follows(rules: Rules) -> dict[str, set[str]]:
    """For each terminal those that may stand right behind it."""
    empty = _nullable(rules)
    first, last = _edges(rules, empty, turned=False), _edges(rules, empty, turned=True)
    found: dict[str, set[str]] = {i.name: set() for a in rules.alternatives for i in a.items if i.terminal}
    for alternative in rules.alternatives:
        items = alternative.items
        for place, item in enumerate(items):
            for other in items[place + 1 :]:
                for name in (item.name,) if item.terminal else last[item.name]:
                    found[name] |= {other.name} if other.terminal else first[other.name]
                if other.terminal or other.name not in empty:
                    break
    return found
