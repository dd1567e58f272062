"""The commands that i2c ships, registered by reference: a command's module is imported when it is called."""

from __future__ import annotations

from collections.abc import Callable

from i2c_core.hookspecs import hookimpl
from i2c_core.references import Reference

COMMANDS = {
    "decode": "turn images into code",
    "render": "draw programs as PNG images",
    "parse": "check programs and print them in canonical form",
    "sample": "print random programs of a family, or of any Lark grammar",
    "mask": "show what may come next behind the first tokens of a program, and why",
    "convert": "write programs in another format",
    "lint": "tell what is wrong with programs that are legal, and repair them",
    "synthesize": "find the shortest programs with the same pictures",
    "extrapolate": "continue drawings: run the loops of their programs longer",
    "similar": "rank drawings by how alike their programs are",
    "families": "list the families that are installed",
    "plugins": "list the plugins, what each adds, and what is wrong with it",
    "new-family": "write a new family as an installable plugin",
    "check": "check a family against the contract",
    "measure": "tell what a language is worth: images, redundancy, rewrite rules, bits",
    "gallery": "draw the first images of a family on one sheet",
    "dataset": "build and describe data sets of images and code",
    "train": "train a network that reads a family's images",
    "retrain": "train a family's shipped weights anew, and replace them only by better ones",
    "eval": "measure a network on images held out from training",
    "race": "let networks and searchers find code for the same images, and compare",
    "bench": "take the figures of benchmarks again, and compare them with the last",
    "doctor": "show versions, devices, optional tools and problems",
    "completion": "print the script that completes i2c in a shell",
}


def reference_of(name: str) -> str:
    """Where a shipped command is: a module of its name."""
    return f"i2c_cli.{name.replace('-', '_')}:command"


@hookimpl
def i2c_commands(register: Callable[[str, Reference, str], None]) -> None:
    for name, doc in COMMANDS.items():
        register(name, reference_of(name), doc)
