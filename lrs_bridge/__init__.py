"""xAPI Learning Record Store and LTI tool that turns completed courses into signed learning activities."""

__version__ = "0.1.0"
