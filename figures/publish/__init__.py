"""How long a large project takes to publish, and how quick its pages are: results of any size, made from a seed."""
