"""What the texts of a terminal are: those of its regular expression that the lexer does not give to another terminal.

    finite, at most 256       an enumeration; a range where they are the integers of one
    anything else             free text, one character a token

A text that begins with what the lexer would rather take is cut out by a lookahead, a keyword by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from i2c_core.errors import GrammarError, I2cError
from i2c_core.grammars.lexing import Rivals
from i2c_core.grammars.trees import Alternative, Rules, Terminal
from i2c_core.regular import Dfa
from i2c_core.regular import compile as compile_pattern
from i2c_core.symbols import CONS, NIL, Enumeration, Kind, Range, Text
from i2c_core.symbols.kinds import escaped, unescaped

Stands = dict[tuple[Alternative, int], set[frozenset[str]]]
MOST_WORDS = 256  # strings of a terminal that is an enumeration
PRINTABLE = tuple(map(chr, range(32, 127)))
BLANKS = ("\t", "\n", "\r")
CONTROL = tuple(chr(i) for i in (*range(32), 127) if chr(i) not in BLANKS)
WIDER = tuple(c for c in map(chr, (*range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x410, 0x450))) if c.isprintable())


@lru_cache(maxsize=4096)
def automaton(regex: str, flags: int, alphabet: tuple[str, ...]) -> Dfa:
    """The texts that a lexer takes whole, over an alphabet."""
    return compile_pattern(regex, flags, alphabet)


def alphabet_of(terminal: Terminal) -> tuple[str, ...]:
    """The characters of a terminal's texts: printable ASCII and others that it names."""
    written = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), terminal.literal or terminal.regex)
    named = {c for c in written if not c.isascii()}
    for low, high in re.findall(r"([^\x00-\x7f])-([^\x00-\x7f])", written):
        named |= {chr(c) for c in range(ord(low), min(ord(high), ord(low) + MOST_WORDS) + 1)}
    if terminal.flags & re.IGNORECASE:
        named |= {f for c in named for f in (c.lower(), c.upper()) if len(f) == 1}
    return (*PRINTABLE, *sorted(c for c in named if c.isprintable() and c not in PRINTABLE))


def texts_of(terminal: Terminal, rules_name: str) -> tuple[Dfa, tuple[str, ...]]:
    """A terminal's automaton and its alphabet; raises `GrammarError` naming the terminal where there is none."""
    alphabet = alphabet_of(terminal)
    try:
        found = automaton(terminal.bare.regex, terminal.flags, alphabet)
        for more in (BLANKS, WIDER, CONTROL):
            if found.is_empty:
                alphabet = tuple(dict.fromkeys((*alphabet, *more)))
                found = automaton(terminal.bare.regex, terminal.flags, alphabet)
    except I2cError as error:
        reason = error.fact.partition(" is not compiled: ")[2] or error.fact
        reason = reason[2:] if reason.startswith("it ") else f": {reason}"
        raise GrammarError(f"{rules_name}: terminal {terminal.shown}{reason}", error.hint) from None
    if found.is_empty:
        fact = (
            f"{rules_name}: no text of Latin, Greek or Cyrillic letters is found that terminal {terminal.shown} matches"
        )
        raise GrammarError(fact, "write it as a simpler regular expression, or declare a signature")
    if alphabet != PRINTABLE:
        used = {i for row in found.step for i, there in enumerate(row) if there >= 0}
        alphabet = tuple(c for i, c in enumerate(found.alphabet) if i in used)
        found = automaton(terminal.bare.regex, terminal.flags, alphabet)
    return found, alphabet


def shortest(terminal: Terminal, rules: Rules) -> str:
    """The text that is written for a terminal that means nothing: blanks where it matches them, else the shortest."""
    if terminal.literal is not None:
        return terminal.literal
    for text in (" ", "\n", "\t", "\r\n"):
        if terminal.takes(text) and rules.lexing.finds(terminal.name, text, 0, len(text)):
            return text
    found, _ = texts_of(terminal, rules.name)
    words = found.words(MOST_WORDS)[0]
    ranked = sorted(words, key=_rank)
    return next((w for w in ranked if rules.lexing.finds(terminal.name, w, 0, len(w))), ranked[0])


def kind_of(rules: Rules, name: str) -> Kind | None:
    """The kind of a terminal's texts; None where the lexer gives every one of them to others."""
    terminal = rules.terminals[name]
    if terminal.literal is not None:
        return _listed([terminal.literal])
    found, alphabet = texts_of(terminal, rules.name)
    rivals = rules.lexing.rivals(name)
    words, complete = found.words(MOST_WORDS)
    if terminal.flags & re.IGNORECASE and not complete:  # the ways to write a word in upper and lower case are many
        small = tuple(c for c in alphabet if c == c.lower())
        words, complete = automaton(terminal.bare.regex, terminal.flags, small).words(MOST_WORDS)
        complete = complete and bool(words)
    if complete and len(words) <= MOST_WORDS:
        ahead = terminal.bare is not terminal
        found_words = [w for w in words if ahead or rules.lexing.finds(name, w, 0, len(w))]
        if terminal.flags & re.IGNORECASE:  # one way to write each; the others are read as it
            lower = {w.lower(): w for w in found_words}
            found_words = [w if w.lower() not in found_words else w.lower() for w in lower.values()]
        return _listed(found_words)
    return _text(terminal, found, alphabet, rivals, rules.name)


def living(rules: Rules, find: Callable[[], Stands]) -> Rules:
    """The rules without what holds a terminal where the lexer never finds it.

    `find` gives for each terminal in an alternative the states where it is looked for. Raises `GrammarError` where
    nothing is left.
    """
    dead: dict[str, frozenset[frozenset[str]]] = {}
    for name, kept in dict.fromkeys((i.name, i.kept) for a in rules.alternatives for i in a.items if i.terminal):
        terminal = rules.terminals[name]
        if terminal.literal is not None:
            gone = rules.lexing.misses(name, terminal.literal)
        else:
            gone = _deaf(rules, name) if kept and kind_of(rules, name) is None else frozenset()
        if gone:
            dead[name] = gone
    if not dead:
        return rules
    stands = find()
    mixed: list[str] = []
    left: list[Alternative] = []
    for alternative in rules.alternatives:
        fine = True
        for place, item in enumerate(alternative.items):
            states = stands.get((alternative, place), set())
            if item.terminal and item.name in dead and states and states & dead[item.name]:
                if states <= dead[item.name]:
                    fine = False
                elif item.name not in mixed:
                    mixed.append(item.name)
        left += [alternative] * fine
    while True:
        known = {a.rule for a in left}
        fewer = [a for a in left if all(i.terminal or i.name in known for i in a.items)]
        if len(fewer) == len(left):
            break
        left = fewer
    if rules.start not in known:
        name = min(dead)
        taken = " or ".join(t.shown for t in rules.lexing.rivals(name).before[:3]) or "another terminal"
        fact = f"{rules.name}: the lexer gives every text of terminal {rules.terminals[name].shown} to {taken}"
        raise GrammarError(fact, "give it a higher priority, as in NAME.2, or use Earley")
    return replace(rules, alternatives=tuple(left), lexing=replace(rules.lexing, dead=dead, mixed=tuple(mixed)))


def _deaf(rules: Rules, name: str) -> frozenset[frozenset[str]]:
    """The states where the lexer gives every text of a terminal to others; all of them where no text is left over."""
    states = frozenset(rules.lexing.beside(name))
    found: set[frozenset[str]] = set()
    for state in states:
        others = frozenset(states - {state})
        alone = replace(rules, lexing=replace(rules.lexing, dead={name: others}))
        if kind_of(alone, name) is None:
            found.add(state)
    rest = replace(rules, lexing=replace(rules.lexing, dead={name: frozenset(found)}))
    return states if found == states or kind_of(rest, name) is None else frozenset(found)


def _listed(words: list[str]) -> Kind | None:
    if not words:
        return None
    numbers = sorted(int(w) for w in words if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", w))
    if len(numbers) == len(words) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return Range(numbers[0], numbers[-1])
    # Names of characters begin with a quote; `cons` and `nil` are lists'.
    if any(w.startswith("'") or not w.isprintable() or w in (CONS.name, NIL.name) for w in words):
        pattern = "|".join(map(re.escape, sorted(words, key=lambda w: (-len(w), w))))
        return Text(unescaped(escaped(pattern)), _over(words))
    return Enumeration(tuple(sorted(words, key=_rank)))


def _text(terminal: Terminal, found: Dfa, alphabet: tuple[str, ...], rivals: Rivals, name: str) -> Kind | None:
    heads = [r.bare for r in rivals.before if _begins(found, r, alphabet)]
    wholes = [r for r in rivals.instead if r not in heads]
    excluded = tuple(w.literal or "" for w in wholes if not w.flags & re.IGNORECASE and _plain(w.literal or ""))
    ends = [w.source for w in wholes if w.literal not in excluded]
    ahead = [_simple(h.source if h.flags or "|" in h.regex else h.regex) for h in heads] + (
        [rf"(?:{'|'.join(ends)})\Z"] if ends else []
    )
    terminal = terminal.bare
    pattern, flags = _tidy(terminal, found, alphabet), terminal.flags
    if ahead:
        pattern, flags = f"(?!{'|'.join(ahead)}){terminal.source if flags else pattern}", 0
    pattern = unescaped(escaped(pattern))  # as the signature's text would give it back
    over = _over(alphabet) if alphabet != PRINTABLE else None
    text = Text(pattern, over, flags, excluded)
    try:
        return None if text.dfa.is_empty else text
    except I2cError as error:
        raise GrammarError(f"{name}: terminal {terminal.shown}: {error.fact}", error.hint) from None


def _tidy(terminal: Terminal, found: Dfa, alphabet: tuple[str, ...]) -> str:
    """The expression without brackets around single characters, which Lark puts there."""
    simple = _simple(terminal.regex)
    try:
        same = simple == terminal.regex or automaton(simple, terminal.flags, alphabet) == found
    except (I2cError, re.error):
        same = False
    return simple if same else terminal.regex


_ONE = r"(?:\[(?:[^\[\]\\]|\\.)+\]|\\[^\d]|[^\\()|?*+\[\]{}.^$])"  # a class, an escaped or a plain character


def _simple(regex: str) -> str:
    for _ in range(4):
        regex = re.sub(rf"\(\?:({_ONE}[?*+]?)\)(?![?*+{{])", r"\1", regex)
        regex = re.sub(rf"\(\?:({_ONE})\)", r"\1", regex)
    return regex


def _plain(word: str) -> bool:
    return re.fullmatch(r"\w+", word) is not None


def _begins(found: Dfa, rival: Terminal, alphabet: tuple[str, ...]) -> bool:
    """Whether a text begins with one of a rival's: both automata are walked side by side until the rival's accepts."""
    try:
        other = automaton(rival.regex, rival.flags, alphabet)
    except I2cError:
        return True  # a rival that cannot be compiled is cut out as it is
    if other.is_empty:
        return False
    letters = {c: i for i, c in enumerate(other.alphabet)}
    columns = [(i, letters[c]) for i, c in enumerate(found.alphabet) if c in letters]
    seen, pending = {(0, 0)}, [(0, 0)]
    while pending:
        mine, theirs = pending.pop()
        if other.accepting[theirs]:
            return True
        for i, j in columns:
            pair = found.step[mine][i], other.step[theirs][j]
            if min(pair) >= 0 and pair not in seen:
                seen.add(pair)
                pending.append(pair)
    return False


def _over(characters: tuple[str, ...] | list[str]) -> str:
    """An alphabet as written inside brackets: ranges where characters follow each other."""
    codes = sorted({ord(c) for word in characters for c in word})
    parts: list[str] = []
    place = 0
    while place < len(codes):
        end = place
        while end + 1 < len(codes) and codes[end + 1] == codes[end] + 1:
            end += 1
        low, high = _escaped(codes[place]), _escaped(codes[end])
        parts.append(low if place == end else low + high if end == place + 1 else f"{low}-{high}")
        place = end + 1
    return "".join(parts)


def _escaped(code: int) -> str:
    character = chr(code)
    named = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
    if character in named:
        return named[character]
    if character in r"\]^-[ ":
        return rf"\x{code:02x}" if character in " [" else "\\" + character
    return character if character.isprintable() else rf"\u{code:04x}"


def _rank(word: str) -> tuple[int, list[tuple[bool, str]]]:
    """Short before long, letters and digits before marks."""
    return len(word), [(not c.isalnum(), c) for c in word]
