"""What people decide, each in one transaction with its entry, and how it is taken back."""
