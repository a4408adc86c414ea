"""SAM CLI begun at a given moment: `sam_at.py 2026-04-01T12:00:00+00:00 local start-api …`, by .venv-sam's Python.

SAM gives every request one and the same time: that at which its module with the events' shapes was imported. Here that
is the moment given, so that the tests' clock and the functions' are one. Nothing else of SAM is changed.
"""

import importlib
import sys
import time
from datetime import datetime

if __name__ == "__main__":
    moment = int(datetime.fromisoformat(sys.argv.pop(1)).timestamp() * 1e9)
    clock, time.time_ns = time.time_ns, lambda: moment
    importlib.import_module("samcli.local.events.api_event")
    time.time_ns = clock
    importlib.import_module("samcli.cli.main").cli(prog_name="sam")
