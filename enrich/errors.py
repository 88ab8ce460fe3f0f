"""Every fault of the program, named by what to do next.

EnrichError
├── Stop            the run cannot go on; somebody must look                     exit 1
│   ├── Refused     VTEX or a platform refused the credentials                   exit 3
│   ├── HeldBack    a check on the data holds the run back                       exit 4
│   └── Locked      another run holds the lock                                   exit 5
├── BadSettings     the command line, the configuration or a file is wrong       exit 2
├── TryAgain        a passing fault; the same call may work later                exit 1
└── SkipRecord      this one record is unusable; set it aside and go on          (stays in a job)

Messages are one line, tell what to do, and never hold a customer's value.
"""


class EnrichError(Exception):
    """A fault with a one-line message for the user and an exit code for the caller."""

    exit_code = 1


class Stop(EnrichError):
    """The run cannot go on."""


class Refused(Stop):
    """VTEX or a platform refused the credentials or the role lacks a permission."""

    exit_code = 3


class HeldBack(Stop):
    """A check on the data holds the run back."""

    exit_code = 4


class Locked(Stop):
    """Another run is writing the warehouse."""

    exit_code = 5


class BadSettings(EnrichError):
    """The command line, the configuration or an input file is wrong."""

    exit_code = 2


class TryAgain(EnrichError):
    """A passing fault; `retry_after_seconds` is what the other side asked for, if it did."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SkipRecord(EnrichError):
    """One record is unusable; the reason holds no customer's value."""
