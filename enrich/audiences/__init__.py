"""Whom a shop reaches for what: members by rule, consent and limit, control groups, lift."""
