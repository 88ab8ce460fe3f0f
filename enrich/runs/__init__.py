"""What a run leaves: its row, its progress, the read copy."""
