"""Who wants the newsletter: gathered from every platform, decided, written back."""
