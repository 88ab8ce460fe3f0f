"""What a source has that the warehouse has not: asked for, loaded, compared."""
