"""The version of this distribution, and nothing else, so that packaging can read it without importing i2c."""

from __future__ import annotations

VERSION = "0.1.0"
