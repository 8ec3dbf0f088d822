"""Charging while a service is used: what may be used, what it costs so far, what is left."""
