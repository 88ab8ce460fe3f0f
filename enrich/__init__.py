"""Self-hosted customer enrichment for shops on VTEX."""

__version__ = "0.1.0"
