"""One HTML file beside the programs here, for a browser of this machine: it embeds a sink's player."""
import http.server
import pathlib
import threading


class OnePage:
    def __init__(self, name, port):
        """PORT 0: a free one."""
        self.text = pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")
        self.sink = ""
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = page.text.replace("SINK", page.sink).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, sink):
        """From here on, with the player of the sink at that address."""
        self.sink = sink.rstrip("/")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
