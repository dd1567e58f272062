"""Where files are, and files that are whole or not there."""

from i2c_core.files.lines import Lines
from i2c_core.files.places import is_remote, is_url, locate, read_whole, require_local, system_errors
from i2c_core.files.writing import DiskError, disk_error, make_folder, write_atomically

__all__ = [
    "DiskError",
    "Lines",
    "disk_error",
    "is_remote",
    "is_url",
    "locate",
    "make_folder",
    "read_whole",
    "require_local",
    "system_errors",
    "write_atomically",
]
