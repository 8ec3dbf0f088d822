"""The program's first lines: what works on files alone starts without database and settings.

A command that asks nothing of the database must not wait for the parts that do.
"""

import sys
from typing import Final

import typer

OF_FILES: Final = (("price",), ("catalog", "check"), ("catalog", "schema"))
"""Commands that start so, by their first words."""


def main() -> None:
    """Run one command; a refusal is told in its sentence, with exit status 1."""
    words = tuple(sys.argv[1:])
    if any(words[: len(first)] == first for first in OF_FILES):
        commands_of_files(words[0])(prog_name="tallystick")
    else:
        from tallystick.wiring import command

        command.main()


def commands_of_files(noun: str) -> typer.Typer:
    """The commands about it that need files alone, as the whole program has them."""
    from tallystick.gates.cli.answers import EXIT_CODES, Commands

    if noun == "price":
        from tallystick.gates.cli.price import app as part
    else:
        from tallystick.gates.cli.catalog import app as part

    app = typer.Typer(cls=Commands, pretty_exceptions_enable=False, epilog=EXIT_CODES)
    app.add_typer(part)
    return app


if __name__ == "__main__":
    main()
