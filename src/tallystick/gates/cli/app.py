"""All commands of the business, by the noun they are about."""

import typer

from tallystick.gates.cli import (
    account_terms,
    accounts,
    afterwards,
    at_once,
    balances,
    bank,
    bills,
    books,
    cards,
    catalog,
    closing,
    debits,
    deposits,
    disputes,
    documents,
    endings,
    equipment,
    exchange,
    explain,
    grants,
    import_rates,
    included,
    inventory,
    money,
    operator_settings,
    operators,
    payouts,
    posting_rules,
    price,
    simulate,
    statement,
    take_back,
    tax_tables,
    usage,
    vouchers,
    worklist,
)
from tallystick.gates.cli.answers import Commands

app = typer.Typer(cls=Commands, no_args_is_help=True)
endings.join(accounts.contract)
account_terms.join(accounts.account)
included.join(balances.balance)
equipment.join(inventory.inventory)
operator_settings.join(operators.operator)
books.ledger.add_typer(posting_rules.rules, name="rules")
simulate.join(catalog.catalog)
import_rates.join(catalog.catalog)
afterwards.join(usage.usage)
worklist.join(bills.bill)
at_once.join(bill=bills.bill, invoice=bills.invoice, account=accounts.account)
take_back.join(bills.invoice)

for part in (
    operators, catalog, tax_tables, accounts, grants, inventory, usage, bills, documents, statement,
    money, balances, vouchers, bank, debits, cards, payouts, deposits, disputes, exchange, books,
    closing, explain, price,
):  # fmt: skip
    app.add_typer(part.app)
