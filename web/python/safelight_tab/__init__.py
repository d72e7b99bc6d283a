"""What answers in the tab: our own engine without a cage of its own; the browser is the cage."""
