"""How texts come in: checked, kept, taken into the journal, fetched where we were deaf."""
