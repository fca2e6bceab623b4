"""A report as text: the site, and the sentence that every command and page begins with. Nothing here measures."""
