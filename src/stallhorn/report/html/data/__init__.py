"""What the scripts of the site read: compact columns, written as scripts because pages from disk cannot fetch."""
