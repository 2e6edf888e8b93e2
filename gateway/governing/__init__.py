"""What may leave this machine: when, how much, by which road and phone, and who is on duty."""
