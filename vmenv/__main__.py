"""`python -m vmenv`: the command line."""

import sys

from vmenv.cli.main import main

sys.exit(main())
