"""Profiles of a store: computed, kept or written, compared between days."""
