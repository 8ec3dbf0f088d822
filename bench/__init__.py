"""Speed and memory on this machine: `./run bench [NAME ...] [--rows N] [--json]`."""
