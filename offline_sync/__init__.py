"""How nodes share one journal."""
