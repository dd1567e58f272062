"""What commands are about, found or refused before anything large is loaded: a language, and where answers go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from i2c_cli.console import Usage, emit, say
from i2c_core.errors import I2cError
from i2c_core.families import Family
from i2c_core.formats import Format, choose_format
from i2c_core.inputs import STDIN, Shard, listed
from i2c_core.journals import Journal
from i2c_core.plugins import families
from i2c_core.sources import output_names, save

STDOUT = "-"  # as -o's word for it
ANSWERS = "answers.jsonl"  # the journal in a folder of code
LALR, EARLEY = "lalr", "earley"
WHOLE = Shard()

if TYPE_CHECKING:
    from i2c_core.answers import Candidate


@dataclass
class Targets:
    """The inputs of one call, and where what is written about each goes."""

    weights: Path | str  # a checkpoint, or the name of a family with weights of its own
    inputs: list[Path | str]  # those that are known before the work
    listed: Path | None  # a list of more, read as they are needed
    total: int | None  # how many there are; None where only the end of the list tells
    names: list[str]  # of all inputs, where files are named after them
    several: bool
    output: Path | None
    picture: Path | None
    as_json: bool
    snippet: bool = False
    resume: bool = False
    shard: Shard = WHOLE

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
        files_from: Path | None = None,
        resume: bool = False,
        shard: Shard = WHOLE,
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
        if not arguments and files_from is None:
            raise Usage("no image is named", "name one, or a list of them: --files-from FILE")
        if str(files_from) == STDIN and STDIN in arguments:
            raise Usage("standard input cannot be an image and a list of images", "leave one of them out")
        inputs = _find_inputs(arguments)
        total = _count(len(inputs), files_from, shard)
        several = files_from is not None or len(inputs) != 1 or Path(arguments[0]).is_dir()
        if several and output is None and not as_json:
            hint = "add --json, or name a folder: -o DIR"
            raise Usage(f"code of {_many(total)} images does not fit on stdout", hint)
        for option, path in (("-o", None if as_json else output), ("--picture", picture)):
            if several and path is not None and path.is_file():
                raise Usage(f"{_many(total)} images need a folder, {option} {path} is a file", "name a folder")
        if several and picture is not None and picture.suffix.lower() == ".png" and not picture.is_dir():
            hint = f"name a folder: --picture {picture.with_suffix('')}"
            raise Usage(f"{_many(total)} pictures do not fit into {picture}", hint)
        if as_json and output is not None and output.is_dir():
            raise Usage(f"--json writes one file, -o {output} is a folder", f"name a file: -o {output / ANSWERS}")
        if resume and (output is None or not (as_json or several or output.is_dir())):
            raise Usage("--resume needs a file that holds the answers", "add --json -o answers.jsonl")
        for option, given in (("--format", format_name is not None), ("--snippet", snippet)):
            if as_json and given:
                raise Usage(f"--json and {option} exclude each other", "leave one of them out")
        names: list[str] = []
        if (output is not None and not as_json) or picture is not None:
            if files_from is not None:  # names are unique or told, so that all are needed
                inputs, files_from = [*inputs, *listed(files_from)], None
                total = shard.size(len(inputs))
            names = output_names([Path("stdin" if str(p) == STDIN else p) for p in inputs])
        targets = cls(
            source, inputs, files_from, total, names, several, output, picture, as_json, snippet, resume, shard
        )
        if family is not None:
            targets.format(spoken or family, format_name)  # so that a wrong one is told before the network is loaded
        return targets

    @property
    def bulk(self) -> bool:
        """Whether nobody reads a line about each image."""
        return self.listed is not None or self.resume or (self.as_json and self.output is not None)

    def sources(self) -> Iterator[tuple[int, Path | str]]:
        """The inputs of the share by their numbers in the whole; those of a list as they are asked for."""
        more = iter(()) if self.listed is None else listed(self.listed)
        return ((n, source) for n, source in enumerate(chain(self.inputs, more)) if self.shard.takes(n))

    def journal(self) -> Journal | None:
        """Where answers outlive the call: the file of --json, or one in the folder of -o; None where they do not.

        Raises:
            DataError: there are answers, and they are not to be gone on with.
        """
        if self.output is None:
            return None
        path = self.output if self.as_json else self.output / ANSWERS
        return Journal(path, resume=self.resume) if self.as_json or self.resume or path.is_file() else None

    def format(self, family: Family, name: str | None) -> Format:
        """The format of a name, else the one of the ending of -o where that is a file of code."""
        code = None if self.as_json or self._is_folder(self.output) else self.output
        return choose_format(family, name, code, self.snippet)

    def _is_folder(self, path: Path | None) -> bool:
        return path is not None and (self.several or path.is_dir())

    def write(self, index: int, frame: int | None, candidates: list[Candidate], family: Family, format_: Format) -> str:
        """Write the code of input `index` and the picture of its best; what was written, in words.

        Args:
            frame: which picture of the input it is, where that has several.
        """
        from i2c_core.drawing import save_png

        wrote = ""
        if frame is not None:
            self._require_folders(index)
        name = (self.names[index] if self.names else "") + ("" if frame is None else f"#{frame}")
        if self.output is not None and not self.as_json:
            first = self.output
            if self._is_folder(first):
                first = first / f"{name}{format_.extension}"
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
            path = self.picture / f"{name}.png" if self._is_folder(self.picture) else self.picture
            save_png(candidates[0].picture, path)
            wrote += f", drew {path}"
        return wrote

    def _require_folders(self, index: int) -> None:
        """Raise `Usage` where what is written about input `index` has no room for several images."""
        fact = f"{self.inputs[index]} holds several images" if self.inputs else ""
        if self.output is None and not self.as_json:
            raise Usage(f"{fact}, their code does not fit on stdout", "add --json, or name a folder: -o DIR")
        for option, path in (("-o", None if self.as_json else self.output), ("--picture", self.picture)):
            if path is not None and not self._is_folder(path):
                raise Usage(f"{fact}, {option} {path} is one file", f"name a folder: {option} DIR")

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


def _count(known: int, files_from: Path | None, shard: Shard) -> int | None:
    """How many inputs the share has; None where a list has to be read to its end and can be read only once."""
    if files_from is None:
        return shard.size(known)
    if str(files_from) != STDIN and not files_from.exists():
        next(listed(files_from))  # tells that it is not there
    if not files_from.is_file():
        return None
    return shard.size(known + sum(1 for _ in listed(files_from)))


def _many(total: int | None) -> str:
    return "many" if total is None else str(total)


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
