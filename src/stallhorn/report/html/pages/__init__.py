"""One file per kind of page: `LINK` (how the navigation names it, or None) and `pages(site)`; see `base`."""
