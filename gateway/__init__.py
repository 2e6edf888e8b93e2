"""The front door, the journal and the machine's own work."""

import os

# Before numpy is loaded: its algebra here is of one text at a time, for which threads cost more than they bring (three times as much on
# two busy cores), and a process that has threads is not to be copied.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
