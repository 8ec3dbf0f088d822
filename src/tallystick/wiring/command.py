"""The command line: settings and database joined to what `gates/cli` offers."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import django
import typer
from rich.console import Console
from rich.table import Table

from tallystick.base.refusal import Refusal
from tallystick.wiring.paths import tallystick_home

app = typer.Typer(name="tallystick", no_args_is_help=True, pretty_exceptions_enable=False)
db = typer.Typer(no_args_is_help=True, help="The database: start, stop, look, migrate.")
app.add_typer(db, name="db")

WITHOUT_DATABASE = {"db", "doctor"}


@app.callback()
def connect(context: typer.Context) -> None:
    """Tallystick: CRM and billing as one product."""
    from tallystick.wiring.database import open_database

    asks_for_help = "--help" in sys.argv
    if context.invoked_subcommand not in WITHOUT_DATABASE and not asks_for_help:
        open_database(home=tallystick_home(), url=database_url())


@app.command()
def doctor(port: Annotated[int, typer.Option(help="The web server's port.")] = 8000) -> None:
    """Look at everything Tallystick stands on and say how to mend what is broken."""
    from tallystick.wiring.doctor import examine

    table = Table("", "what", "found", "how to mend it", box=None)
    findings = examine(tallystick_home(), url=database_url(), port=port)
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]no[/]"
        table.add_row(mark, finding.name, finding.detail, finding.mend)
    Console().print(table)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8000,
) -> None:
    """Start the web server with the console, on this machine only, until Ctrl-C."""
    from tallystick.wiring.serve import serve as serve_web
    from tallystick.wiring.serve import try_port

    try_port(port)
    print(f"The console is at http://127.0.0.1:{port}/ (Ctrl-C ends it)", flush=True)
    serve_web(port=port)


@db.command()
def start() -> None:
    """Start the embedded database; other commands do so by themselves."""
    from tallystick.wiring.server import start_server

    server = start_server(tallystick_home())
    print(f"PostgreSQL runs in {server.data_dir}, socket in {server.socket_dir}")


@db.command()
def stop() -> None:
    """Stop the embedded database."""
    from tallystick.wiring.server import stop_server

    print("stopped" if stop_server(tallystick_home()) else "was not running")


@db.command()
def status() -> None:
    """Say in what state the embedded database is."""
    from tallystick.wiring.server import server_state

    print(server_state(tallystick_home()))


@db.command()
def migrate() -> None:
    """Bring the tables up to date."""
    from tallystick.wiring.database import configure_database, migrate_database

    configure_database(home=tallystick_home(), url=database_url())
    print("migrated" if migrate_database(verbosity=1) else "nothing to do")


def database_url() -> str | None:
    """A PostgreSQL of your own, instead of the embedded one."""
    return os.environ.get("DATABASE_URL") or None


def main() -> None:
    """Run one command; a refusal is told in its sentence, with exit status 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallystick.wiring.settings")
    django.setup()
    if find_spec("tallystick.gates.cli"):
        app.add_typer(import_module("tallystick.gates.cli").app)
    from tallystick.wiring.database import naming_lost_connection

    try:
        with naming_lost_connection():
            app()
    except Refusal as refusal:
        print(refusal.sentence(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
