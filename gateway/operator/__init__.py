"""What the operator says at the keyboard, and what is done then."""
