"""The command line: settings and database joined to what `gates/cli` offers."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import django
import typer
from rich.console import Console
from rich.table import Table

from tallystick.base.refusal import Refusal
from tallystick.gates.cli.answers import (
    EXIT_CODES,
    NOT_ALL_WELL,
    Commands,
    examples,
    progress_bar,
    tell,
    tell_json,
    tell_refusal,
)
from tallystick.gates.cli.app import app as business
from tallystick.gates.cli.asking import AsJson, Operator, act_for
from tallystick.wiring import scenario
from tallystick.wiring.paths import tallystick_home

app = typer.Typer(
    name="tallystick",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)
db = typer.Typer(no_args_is_help=True, help="The database: start, stop, look, migrate.")
app.add_typer(db, name="db")
serving = typer.Typer(invoke_without_command=True)
app.add_typer(serving, name="serve")

WITHOUT_DATABASE = {"db", "doctor", "init", "price"}
OF_FILES_ALONE = {"check", "schema", "import-urdb"}
"""What `catalog` does with files, wherever they are."""


def needs_database(command: str, *, words: list[str]) -> bool:
    """Whether the command line asks for something that is in the database."""
    if "--help" in words or command in WITHOUT_DATABASE:
        return False
    asked = [word for word in words if not word.startswith("-")]
    if asked[:2] == ["catalog", "diff"]:
        return any(word.isdigit() for word in asked[2:4])
    return not (command == "catalog" and OF_FILES_ALONE & set(asked[1:2]))


@app.callback()
def connect(context: typer.Context) -> None:
    """Tallystick: CRM and billing as one product."""
    from tallystick.wiring.database import open_database

    if needs_database(str(context.invoked_subcommand), words=sys.argv[1:]):
        open_database(home=tallystick_home(), url=database_url())


@app.command(epilog=examples("init", "init --operator hedgerow.yaml"))
def init(
    operator: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Open a first operator as this file describes it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set up home, database, roles and tables; what is there already is left as it is."""
    from tallystick.domain.tenants.operations import TenantExists
    from tallystick.gates.cli.operators import open_from_file
    from tallystick.wiring.database import configure_database, migrate_database
    from tallystick.wiring.settings import read_secret_key

    home = tallystick_home()
    did = [f"{'found' if home.is_dir() else 'made'} the home {home}"]
    read_secret_key(home)
    configure_database(home=home, url=database_url())
    did.append("joined your PostgreSQL" if database_url() else "the embedded PostgreSQL runs")
    did.append("brought its tables up to date" if migrate_database() else "its tables are current")
    if operator is not None:
        try:
            opened = open_from_file(operator).tenant
            did.append(f"opened operator {opened.code} ({opened.name})")
        except TenantExists as known:
            did.append(f"operator {known.tenant} is there already")
    tell({"home": home, "did": did}, as_json=as_json, said="\n".join(did))


@app.command(epilog=examples("doctor", "doctor --port 8080 --json"))
def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The web server's port.")] = 8000,
    as_json: AsJson = False,
) -> None:
    """Look at everything Tallystick stands on and say how to mend what is broken."""
    from tallystick.wiring.doctor import examine

    table = Table("", "what", "found", "how to mend it", box=None)
    findings = examine(tallystick_home(), url=database_url(), port=port)
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]no[/]"
        table.add_row(mark, finding.name, finding.detail, finding.mend)
    well = all(finding.ok for finding in findings)
    tell({"ok": well, "findings": findings}, as_json=as_json, table=table)
    raise typer.Exit(0 if well else 1)


@app.command(epilog=examples("demo", "demo --headless --only isp --json"))
def demo(
    headless: Annotated[bool, typer.Option(help="End after the summary; start no server.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="One business; may be repeated.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8000,
    as_json: AsJson = False,
) -> None:
    """Live through months of three invented businesses: usage, bills, payments, cut-offs, books."""
    from tallystick.wiring.demo import PACKS, demo_figures, run_demo, show_demo
    from tallystick.wiring.serve import try_port

    for name in only or ():
        if name not in PACKS:
            raise typer.BadParameter(f"--only {name}: choose of {', '.join(PACKS)}")
    if not headless:
        try_port(port)
    home = tallystick_home()
    told = run_demo(home=home, names=only or PACKS, console=Console(stderr=True))
    if as_json:
        tell_json(demo_figures(told))
    else:
        show_demo(told, console=Console(), home=home)
    if not all(one.balances for one in told):
        raise typer.Exit(3)
    if not headless:
        serve(port=port)


@serving.callback(epilog=examples("serve", "serve --port 8080", "serve charge --port 8010"))
def serve_console(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8000,
) -> None:
    """Start the web server with the console, on this machine only, until Ctrl-C."""
    if context.invoked_subcommand is None:
        serve(port=port)


@serving.command(epilog=examples("serve charge", "serve charge --port 8010"))
def charge(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where; 0 = any free port.")] = 8010,
    address: Annotated[str, typer.Option(help="On which address of this machine.")] = "127.0.0.1",
) -> None:
    """Start online charging (HTTP, JSON): reserve, extend, commit, event, refund, until Ctrl-C.

    Beyond this machine it needs a secret that clients send: TALLYSTICK_CHARGE_TOKEN.
    """
    from tallystick.wiring.charging import serve_charging

    serve_charging(address=address, port=port)


def serve(*, port: int) -> None:
    """The console, until it is told to end."""
    from tallystick.wiring.serve import serve as serve_web
    from tallystick.wiring.serve import try_port

    try_port(port)
    print(f"The console is at http://127.0.0.1:{port}/ (Ctrl-C ends it)", flush=True)
    serve_web(port=port)


@app.command(epilog=examples("deliver", "deliver --operator hedgerow --json"))
def deliver(operator: Operator = None, as_json: AsJson = False) -> None:
    """Tell the network and the mail what waits to be told; what fails is tried again next time."""
    from tallystick.flows.deliver import deliver_orders
    from tallystick.wiring.couriers import couriers_of

    present = act_for(operator)
    couriers = couriers_of(tallystick_home())
    done = deliver_orders(tenant_id=present.tenant_id, couriers=couriers, at=present.at)
    tell(
        asdict(done),
        as_json=as_json,
        said=f"delivered {done.delivered}, to be tried again {done.failed}, "
        f"without a courier {done.unbound}",
    )


@app.command(epilog=examples("dispatch", "dispatch --operator hedgerow --json"))
def dispatch(operator: Operator = None, as_json: AsJson = False) -> None:
    """Send each issued invoice to whoever wants it, once; what fails is tried again next time.

    TALLYSTICK_SMTP names the mail server, TALLYSTICK_WEBHOOK_SECRET signs what goes to web
    addresses. Exit code 3 when something failed or a person must look.
    """
    from tallystick.flows.dispatch import dispatch_documents
    from tallystick.wiring.couriers import PRINTERS, senders_of

    present = act_for(operator)
    with progress_bar() as progress:
        done = dispatch_documents(
            tenant_id=present.tenant_id,
            senders=senders_of(tallystick_home()),
            printers=PRINTERS,
            at=present.at,
            progress=progress,
        )
    tell(
        asdict(done),
        as_json=as_json,
        said=f"queued {done.queued}, sent {done.sent}, to be tried again {done.failed}, "
        f"without a sender {done.unbound}, unsure {done.unsure}",
    )
    raise typer.Exit(NOT_ALL_WELL if done.failed or done.unbound or done.unsure else 0)


@db.command()
def start(as_json: AsJson = False) -> None:
    """Start the embedded database; other commands do so by themselves."""
    from tallystick.wiring.server import start_server

    server = start_server(tallystick_home())
    tell(
        {"data": server.data_dir, "socket": server.socket_dir},
        as_json=as_json,
        said=f"PostgreSQL runs in {server.data_dir}, socket in {server.socket_dir}",
    )


@db.command()
def stop(as_json: AsJson = False) -> None:
    """Stop the embedded database."""
    from tallystick.wiring.server import stop_server

    ran = stop_server(tallystick_home())
    tell({"stopped": ran}, as_json=as_json, said="stopped" if ran else "was not running")


@db.command()
def status(as_json: AsJson = False) -> None:
    """Say in what state the embedded database is."""
    from tallystick.wiring.server import server_state

    state = str(server_state(tallystick_home()))
    tell({"state": state}, as_json=as_json, said=state)


@db.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the tables up to date."""
    from tallystick.wiring.database import configure_database, migrate_database

    configure_database(home=tallystick_home(), url=database_url())
    migrated = migrate_database(verbosity=0 if as_json else 1)
    tell({"migrated": migrated}, as_json=as_json, said="migrated" if migrated else "nothing to do")


app.add_typer(business)
app.add_typer(scenario.app)


def database_url() -> str | None:
    """A PostgreSQL of your own, instead of the embedded one."""
    return os.environ.get("DATABASE_URL") or None


def main() -> None:
    """Run one command; a refusal is told in its sentence, with exit status 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallystick.wiring.settings")
    django.setup()
    from tallystick.wiring.database import naming_lost_connection

    try:
        with naming_lost_connection():
            app(prog_name="tallystick")
    except Refusal as refusal:
        tell_refusal(refusal, as_json="--json" in sys.argv)
        sys.exit(1)


if __name__ == "__main__":
    main()
