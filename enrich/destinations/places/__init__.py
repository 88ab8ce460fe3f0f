"""Where the files of a file drop appear: a folder here, an SFTP server, an S3-compatible bucket."""

from enrich.destinations.places.local import LocalFolder
from enrich.destinations.places.place import FileEntry, Place
from enrich.destinations.places.s3 import Bucket, S3Settings
from enrich.destinations.places.sftp import SftpFolder, SftpSettings

__all__ = [
    "Bucket",
    "FileEntry",
    "LocalFolder",
    "Place",
    "S3Settings",
    "SftpFolder",
    "SftpSettings",
]
