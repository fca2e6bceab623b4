"""The demo: a throw-away project with a planted history, and what has to be found in it."""
