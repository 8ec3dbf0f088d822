"""Words everyone uses. Imports nothing of ours, no framework, no clock."""
