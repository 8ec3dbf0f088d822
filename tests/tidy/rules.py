"""The house rules as functions: each gives the places in one file that break it."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

LINE_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
PARAMETERS_MAX = 7
POSITIONAL_MAX = 1  # a single obvious subject
CLOCK_READS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("timezone", "now"), ("time", "time"), ("time", "time_ns"), ("time", "localtime"),
}  # fmt: skip
CLOCK_READERS = ("src/tallystick/base/clock.py", "src/tallystick/gates/", "src/tallystick/wiring/")
EXACT_FOLDERS = tuple(f"src/tallystick/{name}/" for name in ("base", "core", "domain", "flows"))
FLOATS = re.compile(r"Float(32|64|Field)|DoubleField|float(32|64)")
EMPTY_SUFFIX = re.compile(r".(Manager|Helpers?|Utils?|Service|Impl|Data|Info)$")
EMPTY_MODULE = re.compile(r"(^|_)(managers?|helpers?|utils?|services?|impl|data|info)$")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root, its text and what it parses to."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def read(cls, path: str, text: str) -> "Source":
        return cls(path, text, ast.parse(text))


def long_lines(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if len(line) > LINE_MAX:
            yield f"line {number}"


def long_functions(source: Source) -> Iterator[str]:
    for function in _functions(source):
        assert function.end_lineno is not None
        if function.end_lineno - function.lineno + 1 > FUNCTION_LINES_MAX:
            yield function.name


def long_files(source: Source) -> Iterator[str]:
    generated = "/migrations/" in source.path
    if not generated and len(source.text.splitlines()) > FILE_LINES_MAX:
        yield "file"


def many_parameters(source: Source) -> Iterator[str]:
    for function in _functions(source):
        if len(_positional(function)) + len(function.args.kwonlyargs) > PARAMETERS_MAX:
            yield function.name


def positional_parameters(source: Source) -> Iterator[str]:
    """Public functions of core, flows and the domain's operations are called by keyword."""
    binding = ("src/tallystick/core/", "src/tallystick/flows/")
    operations = source.path.startswith("src/tallystick/domain/") and source.path.endswith(
        "/operations.py"
    )
    if not (operations or source.path.startswith(binding)):
        return
    for node in source.tree.body:
        public = isinstance(node, Function) and not node.name.startswith("_")
        if public and len(_positional(node)) > POSITIONAL_MAX:
            yield node.name


def clock_reads(source: Source) -> Iterator[str]:
    if not source.path.startswith("src/") or source.path.startswith(CLOCK_READERS):
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if (owner, name) in CLOCK_READS:
                    yield f"{owner}.{name}"
            case ast.ImportFrom(module="time", names=names):
                yield from (f"time.{a.name}" for a in names if ("time", a.name) in CLOCK_READS)


def binary_floats(source: Source) -> Iterator[str]:
    if not source.path.startswith(EXACT_FOLDERS):
        return
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Name(id="float")):
                yield "float()"
            case ast.Attribute(attr=name) | ast.Name(id=name) if FLOATS.fullmatch(name):
                yield name


def empty_names(source: Source) -> Iterator[str]:
    module = PurePosixPath(source.path).stem
    if EMPTY_MODULE.search(module):
        yield module
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and EMPTY_SUFFIX.search(node.name):
            yield node.name


def relative_imports(source: Source) -> Iterator[str]:
    """A relative import hides which folder it reaches into."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield "." * node.level + (node.module or "")


RULES: dict[str, Callable[[Source], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        long_lines, long_functions, long_files, many_parameters, positional_parameters,
        clock_reads, binary_floats, empty_names, relative_imports,
    )
}  # fmt: skip


def _functions(source: Source) -> Iterator[Function]:
    return (node for node in ast.walk(source.tree) if isinstance(node, Function))


def _positional(function: Function) -> list[ast.arg]:
    parameters = [*function.args.posonlyargs, *function.args.args]
    return [parameter for parameter in parameters if parameter.arg not in ("self", "cls")]
