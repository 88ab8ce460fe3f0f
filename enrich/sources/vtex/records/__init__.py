"""The fields of VTEX documents that are kept; everything else is dropped before it is stored.

The models are the allow-list: no card data, no street address. Names are VTEX's own. Every field
but the key is optional, because each of them was seen missing or null somewhere; a field of the
wrong kind is dropped by `parse`, unless losing it would make a number wrong (`is_critical`).
"""
