"""The command ``gtzan``, and ``python -m gtzan_cli``."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the command line and run it; Ctrl-C while it is loaded, or when it is done, says nothing."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gtzan_cli.main import main as run

    run()


if __name__ == "__main__":
    main()
