"""Where measurements run: one file per runner."""
