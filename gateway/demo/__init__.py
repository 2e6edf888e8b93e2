"""The demo's outside world: a double of the SMS provider, a phone in the browser, and residents who text."""
