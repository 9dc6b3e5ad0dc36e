"""`python -m vmenv`: the command line."""

import sys

from vmenv.cli import main

sys.exit(main())
