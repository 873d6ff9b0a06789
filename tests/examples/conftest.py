"""The machine's own browser, and the desk at rest before its rows are wiped."""

from tests.browser.conftest import browser_context_args as browser_context_args
from tests.browser.conftest import browser_type_launch_args as browser_type_launch_args
from tests.browser.conftest import live_desk as live_desk
