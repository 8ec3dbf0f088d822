"""Tallystick: CRM and billing in one, with exact money."""

__version__ = "0.1.0"
