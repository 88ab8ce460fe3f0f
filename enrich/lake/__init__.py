"""A lake: what a warehouse does, on Parquet files in buckets of people, by many workers."""
