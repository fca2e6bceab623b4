"""What the probe knows about each array library. Nothing here imports one: it asks `sys.modules`."""
