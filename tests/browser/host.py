"""A host site of its own origin: pages that embed the desk's chat under whatever policy a test wants."""

import http.server
import threading
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.processes import free_port

BODY = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>{path}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{sheet}{scripts}</head>
<body><main><h1>Shop</h1><p><a id="next" href="/next?{query}">Next</a></p>{filler}</main></body></html>"""


class HostSite:
    """Serves `/anything?channel=…&csp=…&coep=1…`; scripts come from the desk, as on a real host."""

    def __init__(self, desk: str) -> None:
        self.desk = desk
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path: str = "/", **options: str) -> str:
        """The address of a page; `channel` is the widget's token, `csp` the policy, data_… options of the loader."""
        return f"{self.url}{path}?{urlencode(options)}"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        options = dict(parse_qsl(parts.query))
        if parts.path.endswith((".css", ".ico")):
            return self._send(request, "*{all:unset!important} #ieum-widget{display:none!important}", "text/css")
        data = {name: value for name, value in options.items() if name.startswith("data-")}
        attributes = " ".join(
            f'{name}="{value}"' for name, value in {"data-channel": options["channel"], **data}.items()
        )
        nonce = 'nonce="abc" ' if "nonce" in options.get("csp", "") else ""
        loader = f'<script {nonce}async src="{self.desk}/w.js" {attributes}></script>'
        body = BODY.format(
            lang=options.get("lang", "en"),
            dir=options.get("dir", "ltr"),
            path=parts.path,
            query=parts.query,
            sheet='<link rel="stylesheet" href="/hostile.css">' if "hostile" in options else "",
            scripts=loader * int(options.get("times", "1")),
            filler="<p>Lorem ipsum dolor sit amet.</p>" * 12,
        )
        return self._send(request, body, "text/html", options)

    def _send(self, request, body: str, kind: str, options: dict[str, str] | None = None) -> None:
        data = body.encode()
        request.send_response(200)
        request.send_header("Content-Type", f"{kind}; charset=utf-8")
        request.send_header("Content-Length", str(len(data)))
        for name, header in (("csp", "Content-Security-Policy"), ("coep", "Cross-Origin-Embedder-Policy")):
            if options and name in options:
                request.send_header(header, options[name])
        request.end_headers()
        request.wfile.write(data)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
