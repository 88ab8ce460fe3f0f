"""The same examples in every run, so that only a change can turn main red.

`pytest --hypothesis-profile explore` looks for new ones.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")
