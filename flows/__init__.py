"""The two schedules, as Prefect flows: parameters, retries, artifacts, one call to a job each."""
