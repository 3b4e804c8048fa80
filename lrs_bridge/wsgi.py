"""What each worker process of ``lrs-bridge serve`` loads."""

import gc
import signal

# A worker is forked with its parent's handlers, which only take note of a signal. Until the server sets its own, a stop must
# end the worker: it serves nobody yet, and would otherwise be waited for in vain.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from lrs_bridge import app  # noqa: E402  what takes its time comes after
from lrs_bridge.rounds import lti  # noqa: E402
from lrs_bridge.web.parts import EXTENSION  # noqa: E402

# What is loaded by now stays for good, so the collector need not go through it again and again, nor after every few requests.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)


def create_app_from_environ() -> app.Application:
    """The application of a worker process, which sends scores to learning platforms beside."""
    made = app.create_app_from_environ()
    lti.keep_delivering(made.extensions[EXTENSION])
    return made
