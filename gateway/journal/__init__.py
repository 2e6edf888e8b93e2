"""The append-only journal: facts, their entries, and the tables that are folded from them."""
