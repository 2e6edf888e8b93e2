"""The processes of one box: how they are made, started, watched, and how they are."""
