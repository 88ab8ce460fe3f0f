"""Where the files of a file drop appear: a folder here, an SFTP server, an S3-compatible bucket."""
