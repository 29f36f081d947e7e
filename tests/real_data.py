"""Where the real data lies that some tests run against; it is not part of this repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def real_data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder named by `RECOVERY_DATA` (default `../shared/data`, from the repository's root).

    Without it the calling test is skipped, with the reason; under `RECOVERY_CI=1` it fails instead, so that
    a green run in CI always means that the real data was read.
    """
    folder = (ROOT / (environ.get("RECOVERY_DATA") or "../shared/data")).resolve()
    if folder.is_dir():
        return folder
    reason = f"the real data is not at {folder}; RECOVERY_DATA may name another folder"
    if environ.get("RECOVERY_CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
