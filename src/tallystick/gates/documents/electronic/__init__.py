"""Invoices that programs read: EN 16931 as UBL 2.1, as CII, and as Factur-X inside the PDF."""
