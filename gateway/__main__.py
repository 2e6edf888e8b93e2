"""`python -m gateway` is `barrio`."""

import sys

from gateway.cli import main

sys.exit(main())
