"""Short SQL that returns small frozen values; pages decide nothing and never scan the journal."""
