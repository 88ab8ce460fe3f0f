"""One person, removed from everything, and what the law calls access."""
