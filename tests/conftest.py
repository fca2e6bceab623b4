"""What holds for all tests."""

import signal

# Where a shell runs the tests in the background, Ctrl-C is ignored, and every program that a test starts inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
