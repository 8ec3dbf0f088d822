"""The command line says what it can do before anything is set up."""

import subprocess
import sys


def test_commands_are_read_without_django():
    code = "import sys, tallystick.gates.cli.app; sys.exit('django.db.models' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:] or "a command imports models when it is read"
