"""From a click in a learning platform to a page of ours."""
