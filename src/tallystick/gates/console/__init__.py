"""The console: what the operator's people look at. It reads and changes nothing."""
