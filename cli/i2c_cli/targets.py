"""What commands are about, found or refused before anything large is loaded: a language, and where answers go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from i2c_cli.console import Usage, emit, say
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.formats import Format, choose_format
from i2c_core.plugins import families
from i2c_core.sources import output_names, save

STDOUT = "-"  # as -o's word for it
LALR, EARLEY = "lalr", "earley"

if TYPE_CHECKING:
    from i2c_core.answers import Candidate


@dataclass
class Targets:
    """The inputs of one call, and where what is written about each goes."""

    weights: Path | str  # a checkpoint, or the name of a family with weights of its own
    inputs: list[Path | str]
    names: list[str]
    several: bool
    output: Path | None
    picture: Path | None
    as_json: bool
    snippet: bool = False

    @classmethod
    def plan(
        cls,
        arguments: tuple[str, ...],
        family: Family | None,
        weights: Path | None,
        format_name: str | None,
        output: Path | None,
        picture: Path | None,
        as_json: bool,
        snippet: bool = False,
        spoken: Family | None = None,
    ) -> Targets:
        """Find the inputs; raise `Usage` for options that do not go together.

        `spoken` is the family of the code, where it is not the one that reads.
        """
        output = None if str(output) == STDOUT else output
        if family is None and weights is None:
            ready = [f.name for f in families() if f.weights is not None]
            example = f", as in --family {ready[0]}" if ready else ""
            raise Usage("neither --family nor --weights says what the images show", f"name a family{example}")
        source = weights or (family.name if family else "")
        inputs = _find_inputs(arguments)
        several = len(inputs) != 1 or Path(arguments[0]).is_dir()
        if several and output is None and not as_json:
            hint = "add --json, or name a folder: -o DIR"
            raise Usage(f"code of {len(inputs)} images does not fit on stdout", hint)
        for option, path in (("-o", output), ("--picture", picture)):
            if several and path is not None and path.is_file():
                raise Usage(f"{len(inputs)} images need a folder, {option} {path} is a file", "name a folder")
        if several and picture is not None and picture.suffix.lower() == ".png" and not picture.is_dir():
            hint = f"name a folder: --picture {picture.with_suffix('')}"
            raise Usage(f"{len(inputs)} pictures do not fit into {picture}", hint)
        if as_json and output is not None:
            raise Usage("--json and -o exclude each other", "leave one out, or redirect: --json > FILE")
        for option, given in (("--format", format_name is not None), ("--snippet", snippet)):
            if as_json and given:
                raise Usage(f"--json and {option} exclude each other", "leave one of them out")
        names = output_names([Path("stdin" if str(p) == "-" else p) for p in inputs]) if output or picture else []
        targets = cls(source, inputs, names, several, output, picture, as_json, snippet)
        if family is not None:
            targets.format(spoken or family, format_name)  # so that a wrong one is told before the network is loaded
        return targets

    def format(self, family: Family, name: str | None) -> Format:
        """The format of a name, else the one of the ending of -o where that is a file."""
        return choose_format(family, name, None if self._is_folder(self.output) else self.output, self.snippet)

    def _is_folder(self, path: Path | None) -> bool:
        return path is not None and (self.several or path.is_dir())

    def write(self, index: int, candidates: list[Candidate], family: Family, format_: Format) -> str:
        """Write the code of input `index` and the picture of its best; what was written, in words."""
        from i2c_core.drawing import save_png

        wrote = ""
        if self.output is not None:
            first = self.output
            if self._is_folder(first):
                first = first / f"{self.names[index]}{format_.extension}"
            for number, candidate in enumerate(candidates, 1):
                path = first if number == 1 else first.with_name(f"{first.stem}.{number}{first.suffix}")
                save(family, format_, path, self._text(candidate, family, format_))
            wrote += f", wrote {first}" if len(candidates) == 1 else f", wrote {first} to {path.name}"
        elif not self.as_json:
            codes = [self._text(candidate, family, format_).rstrip("\n") for candidate in candidates]
            # Where code has several lines, nobody would see where the next one begins.
            several = any("\n" in text for text in (*codes, *family.examples))
            emit(("\n\n" if several else "\n").join(codes))
        if self.picture is not None:
            path = self.picture / f"{self.names[index]}.png" if self._is_folder(self.picture) else self.picture
            save_png(candidates[0].picture, path)
            wrote += f", drew {path}"
        return wrote

    def _text(self, candidate: Candidate, family: Family, format_: Format) -> str:
        """A candidate's code; what it leaves unexplained is told where the format has words for it."""
        unexplained = candidate.unexplained if format_.annotated else ()
        return format_.dumps(family, candidate.program, snippet=self.snippet, unexplained=unexplained)


def language(
    family: Family | None, grammar: Path | None, start: str | None, parser: str | None, quiet: bool = False
) -> Family:
    """The family itself, or one derived from nothing but a Lark grammar, named after its file.

    Where no parser is named, a grammar that is not LALR(1) is read with Earley, and that is said.
    """
    if family is not None and grammar is not None:
        raise Usage("--family and --grammar exclude each other", "leave one of them out")
    if family is not None:
        for option, value in (("--start", start), ("--parser", parser)):
            if value is not None:
                raise Usage(f"{option} goes with --grammar", "leave it out")
        return family
    if grammar is None:
        raise Usage("neither --family nor --grammar says which language", "name a family: see 'i2c families'")
    packaged = ":" in str(grammar) and not grammar.exists()
    found = Family.from_grammar(str(grammar) if packaged else grammar, "start" if start is None else start, parser)
    if parser is None and found.parser == EARLEY:
        say("the grammar is not LALR(1), so that Earley reads it; --parser lalr tells why", quiet)
    return found


def _find_inputs(arguments: tuple[str, ...]) -> list[Path | str]:
    """The images that arguments name; a file that is not there stays, and fails when its turn comes."""
    from i2c_core.images import find_images

    found: list[Path | str] = []
    for argument in arguments:
        try:
            found += find_images([argument])
        except I2cError:
            if not argument or Path(argument).is_dir():
                raise
            found.append(argument if argument == "-" else Path(argument))
    return found
