"""Only the import of pymc-marketing, to tell its start from its work."""

import pymc_marketing.clv.utils  # noqa: F401
