"""A stand-in for the Graph API: a real HTTP server on this machine that takes our replies and can fail as told."""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Graph:
    """Listens until closed. ``answers`` holds (status, body) for the next requests; then everything succeeds."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: deque[tuple[int, Any]] = deque()
        graph = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                graph.requests.append((self.path, dict(self.headers)))
                if graph.answers:
                    status, answer = graph.answers.popleft()
                else:
                    graph.taken.append(sent)
                    status, answer = 200, {"messages": [{"id": f"wamid.graph.{len(graph.taken)}"}]}
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        """What ``WHATSAPP_API_URL`` has to be."""
        return f"http://127.0.0.1:{self.server.server_port}/v24.0"

    def close(self) -> None:
        """Stops listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
