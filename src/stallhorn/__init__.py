"""stallhorn measures array code across commits, finds what became slower, and says why."""

__version__ = "0.1.0"
