"""The benchmark: the profile stage and the sync, side by side with what one would use instead."""
