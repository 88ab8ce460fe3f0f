"""What every destination keeps to, tried against its stand-in: ours by our tests, those of other
packages by `enrich check-destination`.
"""
