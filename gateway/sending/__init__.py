"""What leaves this machine, each once, and what became of it."""
