"""A registry of npm's kind in this process: what it holds, and a newer release of each."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

NEWER: Final = "9999.0.0"


@contextmanager
def running_registry(tarballs: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    """Serve each package's tarball at its version, and claim that there is a newer one."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, _, file = self.path.strip("/").partition("/-/")
            if name not in tarballs:
                self.send_error(404)
                return
            version, tarball = tarballs[name]
            if not file:
                self._answer(json.dumps(self._packument(name, version)).encode())
            elif file == f"{version}.tgz":
                self._answer(tarball)
            else:
                self.send_error(404)

        def _packument(self, name: str, version: str) -> dict[str, Any]:
            versions = {
                each: {
                    "name": name,
                    "version": each,
                    "dist": {"tarball": f"http://{self.headers['Host']}/{name}/-/{each}.tgz"},
                }
                for each in (version, NEWER)
            }
            return {"name": name, "dist-tags": {"latest": NEWER}, "versions": versions}

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
