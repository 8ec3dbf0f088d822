"""The words of a document in each language; a test holds that none is missing."""

from typing import Final

from tallystick.core.invoice.document import Language, NumberFormat

WORDS: Final[dict[Language, dict[str, str]]] = {
    Language.EN: {
        "invoice": "Invoice", "credit_note": "Credit note", "number": "Number",
        "account": "Account", "date": "Date", "due": "Due", "period": "Period",
        "corrects": "Corrects", "vat_number": "VAT number", "amount_due": "Amount due",
        "pay_by": "Please pay by {date}", "nothing_due": "Nothing to pay",
        "credit_kept": "In your favour", "summary": "Summary", "description": "Description",
        "quantity": "Quantity", "price": "Price", "amount": "Amount", "net": "Net",
        "taxable": "taxable", "gross": "including tax", "total": "Total",
        "previous": "Previous balance", "payment": "Payment", "how_to_pay": "How to pay",
        "reference": "Reference", "holder": "Account holder", "bank": "Bank",
        "details": "Charges in detail", "recurring": "Plans and services", "usage": "Usage",
        "consumption": "Daily consumption", "annex": "Itemised usage", "when": "Date and time",
        "what": "What", "tier": "Rate", "days": "days", "highest": "highest day",
        "average": "average", "page": "Page", "per": "per", "prices_in": "Amounts in {currency}",
        "void_since": "void since {date}",
        "statement": "Statement of account", "opening": "Brought forward",
        "charged": "Charged", "credited": "Paid and credited",
        "closing": "Balance", "balance_on": "as of {date}",
        "fact_invoice_issued": "Invoice", "fact_invoice_voided": "Invoice void",
        "fact_credit_note_issued": "Credit note", "fact_payment_received": "Payment",
        "fact_payment_returned": "Payment returned", "fact_credit_refunded": "Refund",
        "fact_debt_written_off": "Written off",
        "tax_AE": "Reverse charge: the customer accounts for the tax.",
        "tax_E": "Exempt from tax.",
        "tax_at_home": "Tax in the currency of our country: {amount}, at {rates}.",
    },
    Language.DE: {
        "invoice": "Rechnung", "credit_note": "Rechnungskorrektur", "number": "Nummer",
        "account": "Kundenkonto", "date": "Datum", "due": "Fällig", "period": "Zeitraum",
        "corrects": "Korrigiert", "vat_number": "USt-IdNr.", "amount_due": "Zu zahlen",
        "pay_by": "Bitte zahlen Sie bis {date}", "nothing_due": "Nichts zu zahlen",
        "credit_kept": "Zu Ihren Gunsten", "summary": "Übersicht",
        "description": "Beschreibung", "quantity": "Menge", "price": "Preis",
        "amount": "Betrag", "net": "Netto", "taxable": "steuerpflichtig",
        "gross": "inklusive Steuer", "total": "Gesamt", "previous": "Bisheriger Saldo",
        "payment": "Zahlung", "how_to_pay": "So zahlen Sie", "reference": "Verwendungszweck",
        "holder": "Kontoinhaber", "bank": "Bank", "details": "Einzelne Positionen",
        "recurring": "Tarife und Dienste", "usage": "Verbrauch",
        "consumption": "Verbrauch nach Tagen", "annex": "Einzelnachweis",
        "when": "Datum und Zeit", "what": "Was", "tier": "Tarif", "days": "Tage",
        "highest": "höchster Tag", "average": "Durchschnitt", "page": "Seite", "per": "je",
        "prices_in": "Beträge in {currency}",
        "void_since": "storniert am {date}",
        "statement": "Kontoauszug", "opening": "Vortrag",
        "charged": "Berechnet", "credited": "Bezahlt und gutgeschrieben",
        "closing": "Saldo", "balance_on": "Stand {date}",
        "fact_invoice_issued": "Rechnung", "fact_invoice_voided": "Rechnung storniert",
        "fact_credit_note_issued": "Rechnungskorrektur", "fact_payment_received": "Zahlung",
        "fact_payment_returned": "Rücklastschrift", "fact_credit_refunded": "Auszahlung",
        "fact_debt_written_off": "Ausgebucht",
        "tax_AE": "Steuerschuldnerschaft des Leistungsempfängers.",
        "tax_E": "Steuerfrei.",
        "tax_at_home": "Steuer in unserer Landeswährung: {amount}, zu {rates}.",
    },
    Language.ES: {
        "invoice": "Factura", "credit_note": "Factura rectificativa", "number": "Número",
        "account": "Cuenta", "date": "Fecha", "due": "Vencimiento", "period": "Periodo",
        "corrects": "Rectifica", "vat_number": "NIF-IVA", "amount_due": "Importe a pagar",
        "pay_by": "Pague antes del {date} inclusive", "nothing_due": "Nada que pagar",
        "credit_kept": "A su favor", "summary": "Resumen", "description": "Descripción",
        "quantity": "Cantidad", "price": "Precio", "amount": "Importe", "net": "Base imponible",
        "taxable": "base", "gross": "impuestos incluidos", "total": "Total",
        "previous": "Saldo anterior", "payment": "Pago", "how_to_pay": "Cómo pagar",
        "reference": "Referencia", "holder": "Titular", "bank": "Banco",
        "details": "Detalle de cargos", "recurring": "Tarifas y servicios", "usage": "Consumo",
        "consumption": "Consumo por días", "annex": "Consumo detallado",
        "when": "Fecha y hora", "what": "Concepto", "tier": "Tarifa", "days": "días",
        "highest": "día más alto", "average": "media", "page": "Página", "per": "por",
        "prices_in": "Importes en {currency}",
        "void_since": "anulada el {date}",
        "statement": "Extracto de cuenta", "opening": "Saldo anterior",
        "charged": "Cargos", "credited": "Pagos y abonos",
        "closing": "Saldo", "balance_on": "a {date}",
        "fact_invoice_issued": "Factura", "fact_invoice_voided": "Factura anulada",
        "fact_credit_note_issued": "Nota de crédito", "fact_payment_received": "Pago",
        "fact_payment_returned": "Pago devuelto", "fact_credit_refunded": "Reembolso",
        "fact_debt_written_off": "Dado de baja",
        "tax_AE": "Inversión del sujeto pasivo.",
        "tax_E": "Exento de impuestos.",
        "tax_at_home": "Impuesto en la moneda de nuestro país: {amount}, a {rates}.",
    },
}  # fmt: skip

MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    Language.EN: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    Language.DE: (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    Language.ES: (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip

LONG_DATE: Final = {
    Language.EN: "{day} {month} {year}",
    Language.DE: "{day}. {month} {year}",
    Language.ES: "{day} de {month} de {year}",
}

SHORT_DATE: Final = {
    Language.EN: "%d/%m/%Y",
    Language.DE: "%d.%m.%Y",
    Language.ES: "%d/%m/%Y",
}

NUMBERS: Final = {
    Language.EN: NumberFormat.COMMA_POINT,
    Language.DE: NumberFormat.POINT_COMMA,
    Language.ES: NumberFormat.POINT_COMMA,
}

UNIT_WORDS: Final[dict[Language, dict[str, tuple[str, str]]]] = {
    Language.EN: {
        "msg": ("message", "messages"), "event": ("event", "events"), "unit": ("", ""),
        "adjustment": ("", ""),
        "month": ("month", "months"), "year": ("year", "years"), "day": ("day", "days"),
        "week": ("week", "weeks"), "quarter": ("quarter", "quarters"),
    },
    Language.DE: {
        "msg": ("Nachricht", "Nachrichten"), "event": ("Vorgang", "Vorgänge"), "unit": ("", ""),
        "adjustment": ("", ""),
        "month": ("Monat", "Monate"), "year": ("Jahr", "Jahre"), "day": ("Tag", "Tage"),
        "week": ("Woche", "Wochen"), "quarter": ("Quartal", "Quartale"),
    },
    Language.ES: {
        "msg": ("mensaje", "mensajes"), "event": ("evento", "eventos"), "unit": ("", ""),
        "adjustment": ("", ""),
        "month": ("mes", "meses"), "year": ("año", "años"), "day": ("día", "días"),
        "week": ("semana", "semanas"), "quarter": ("trimestre", "trimestres"),
    },
}  # fmt: skip
"""One and several of a unit; what is not here is written as it is spelled."""
