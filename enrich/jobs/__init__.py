"""The use cases: each gathers, decides, applies."""
