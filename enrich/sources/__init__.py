"""Where records come from: a shop on VTEX, or files."""
