"""One text for many, and polls: written, priced, let go, counted."""
