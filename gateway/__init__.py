"""The front door, the journal and the machine's own work."""
