"""The words that residents read: what may stand in them, what they cost as SMS."""
