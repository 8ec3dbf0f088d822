"""Money that came in: which invoices it pays."""
