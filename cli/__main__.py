"""``python -m cli`` is ``gtzan``."""

from cli.main import main

main()
