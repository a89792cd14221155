"""``python -m poseloom``: the command line."""

import sys

from poseloom.cli.main import main

sys.exit(main())
