"""Refuses to build a package without the browser's libraries, after trying to fetch them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NEEDED = ("htmx.min.js", "hx-sse.min.js", "hx-upsert.min.js")


class VendorHook(BuildHookInterface[BuilderConfig]):
    """Makes sure that static/vendor/ is complete."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build static/vendor/ when something is missing; stop the build when that fails."""
        del build_data
        if version == "editable" or self.is_complete():
            return
        script = Path(self.root) / "tools" / "vendor.py"
        done = subprocess.run([sys.executable, str(script)], check=False)
        if done.returncode or not self.is_complete():
            raise SystemExit(
                "static/vendor/ is incomplete and could not be built: "
                "run `make vendor` where the npm registry can be reached, then build again."
            )

    def is_complete(self) -> bool:
        """Tell whether every library of the browser is there."""
        return all((Path(self.root) / "static" / "vendor" / name).is_file() for name in NEEDED)
