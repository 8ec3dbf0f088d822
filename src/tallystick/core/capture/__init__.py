"""Mediation: decode, normalise and correlate usage. Pure: frames in, frames out."""
