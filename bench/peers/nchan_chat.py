"""nginx with nchan: writes its configuration into a folder of its own and becomes nginx.

There is no application: nchan keeps the log and fans out what is posted as it is.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from bench.peers.rooms import LOG, arguments

MODULE: Final = "bench/.modules/usr/lib/nginx/modules/ngx_nchan_module.so"
CONFIG: Final = """\
load_module {module};
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  default_type text/html;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  nchan_shared_memory_size 256M;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    keepalive_requests 1000000;
    location ~ ^/rooms/(?<room>\\w+)/events$ {{
      nchan_subscriber eventsource;
      nchan_channel_id $room;
      nchan_eventsource_ping_interval {heartbeat};
      nchan_eventsource_ping_comment ping;
    }}
    location ~ ^/rooms/(?<room>\\w+)/messages$ {{
      nchan_publisher;
      nchan_channel_id $room;
      nchan_message_buffer_length {log};
      nchan_message_timeout 1h;
    }}
  }}
}}
"""


def main() -> None:
    """Become nginx."""
    parser = arguments()
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args()
    text = CONFIG.format(
        module=Path(MODULE).resolve(),
        folder=chosen.folder,
        port=chosen.port,
        heartbeat=max(1, round(chosen.heartbeat)),
        log=LOG,
    )
    file = chosen.folder / "nginx.conf"
    file.write_text(text, "utf-8")
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    os.execv(nginx, ["nginx", "-e", "stderr", "-p", str(chosen.folder), "-c", str(file)])  # noqa: S606 # no shell is wanted


if __name__ == "__main__":
    main()
