"""A Prefect server of our own, its password, the name of the installation."""
