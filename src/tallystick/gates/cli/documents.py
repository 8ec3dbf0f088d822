"""Documents: who wants them how, and which are on their way."""

from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for, one_of

app = typer.Typer()
document = typer.Typer(no_args_is_help=True, help="Documents: who wants them how, what is sent.")
app.add_typer(document, name="document")

_CHANNELS = one_of("mail", "webhook", "folder")
_FORMATS = one_of("pdf", "factur-x", "ubl", "cii", "usage-csv")
_STATES = one_of("waiting", "sending", "sent", "failed", "unsure")


@document.command(
    epilog=examples(
        "document wish A-1001 mail ada@customer.example",
        "document wish A-2001 webhook https://sample.example/bills --format ubl",
        "document wish A-1002 folder printer --format pdf --json",
        "document wish A-2001 folder usage --format usage-csv",
    )
)
def wish(
    account: Annotated[str, typer.Argument(help="Whose documents.", show_default=False)],
    channel: Annotated[
        str,
        typer.Argument(parser=_CHANNELS, metavar="mail|webhook|folder", show_default=False),
    ],
    address: Annotated[str, typer.Argument(help="Where they go.", show_default=False)],
    form: Annotated[
        str, typer.Option("--format", parser=_FORMATS, metavar="pdf|factur-x|ubl|cii|usage-csv")
    ] = "pdf",
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Let an account's invoices go out by a channel, from the next one on."""
    from tallystick.domain.documents.models import Channel, DocumentFormat
    from tallystick.domain.documents.operations import wish_delivery
    from tallystick.domain.parties.queries import account_numbered

    present = act_for(operator)
    with acting_for(present.tenant_id):
        held = wish_delivery(
            account_numbered(account),
            channel=Channel(channel),
            address=address,
            format=DocumentFormat(form),
            at=present.at,
        )
    tell(
        {"account": account, "channel": held.channel, "address": address, "format": held.format},
        as_json=as_json,
        said=f"{account} gets its invoices as {form} by {channel} to {address}",
    )


@document.command("list", epilog=examples("document list", "document list --state unsure --json"))
def list_documents(
    state: Annotated[
        str | None,
        typer.Option(parser=_STATES, metavar="waiting|sending|sent|failed|unsure"),
    ] = None,
    limit: Rows = 30,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List documents on their way or sent, the latest first."""
    from tallystick.domain.documents.queries import recent_dispatches

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = recent_dispatches(state=state, count=limit)
        told = [
            {
                "document": one.id,
                "account": one.account.number,
                "invoice": one.invoice.number,
                "channel": one.channel,
                "address": one.address,
                "format": one.format,
                "state": one.state,
                "attempts": one.attempts,
                "sent_at": one.sent_at,
                "answer": one.answer,
            }
            for one in found
        ]
    columns = ["document", "account", "invoice", "channel", "address", "state", "attempts",
               "answer"]  # fmt: skip
    tell(
        {"documents": told},
        as_json=as_json,
        table=table_of(columns, [[row[name] for name in columns] for row in told]),
    )


@document.command(epilog=examples("document resend 17", "document resend 17 --json"))
def resend(
    number: Annotated[int, typer.Argument(help="The document's number.", show_default=False)],
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Send a document again that failed, or of which we are not sure that it arrived."""
    from tallystick.domain.documents.operations import send_again

    present = act_for(operator)
    with acting_for(present.tenant_id):
        send_again(number)
    tell({"document": number}, as_json=as_json, said=f"document {number} goes out again")
