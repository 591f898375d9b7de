"""``python -m gtzan_cli`` is ``gtzan``."""

from gtzan_cli.main import main

main()
