"""Programs that make a table out of one shop's Parquet files, each a whole process."""
