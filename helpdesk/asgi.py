"""Sockets, and in a trial the pages too, on Daphne."""

import os
import sys
from collections.abc import Awaitable
from typing import Any

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
# Under ASGI each request has a thread of its own: without the pool each would open a connection of its own too.
os.environ.setdefault("DB_POOL", "true")

pages: Any = get_asgi_application()
# Load every view now: an error in one is to end the start, and the first visitor is not to wait for it.
assert get_resolver().url_patterns

from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from channels_app.simulator import gateway  # noqa: E402
from conversations.consumers.base import Receive, Send  # noqa: E402
from conversations.consumers.routes import STREAMS, answer  # noqa: E402
from conversations.live.bus import current_bus  # noqa: E402

# A bus that cannot be made ends the process here, not in a page that silently stays still.
current_bus()

# Who connects is each consumer's own question; only pages of this desk may connect at all.
own = AllowedHostsOriginValidator(answer)


def sockets(scope: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
    """Serve a page's socket, or in a trial the gateway of a simulated provider, which no page opens."""
    is_simulated = settings.SIMULATOR and scope["path"].startswith("/simulator/")
    return gateway.serve(scope, receive, send) if is_simulated else own(scope, receive, send)


def requests(scope: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
    """Answer what never ends beside the sockets, and everything else as a page."""
    return STREAMS.get(scope["path"], pages)(scope, receive, send)


application = ProtocolTypeRouter({"http": requests, "websocket": sockets})

# A request that Daphne's end cut short waits in its thread for a loop that is gone, and the process would wait for the thread.
if reactor := sys.modules.get("twisted.internet.reactor"):
    reactor.addSystemEventTrigger("after", "shutdown", os._exit, 0)
