"""What a text of a resident means to the conversation they have with us, and the one reply that it gets."""
