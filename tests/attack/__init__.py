"""Attacks on real processes and files, and whether the program held."""
