"""What changed since each platform last accepted it: planned, sent, recorded."""
