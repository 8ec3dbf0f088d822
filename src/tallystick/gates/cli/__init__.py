"""The command line: each command asks, calls one flow, operation or query, and answers.

Commands import what they call when they are called, so that `--help` is quick.
"""
