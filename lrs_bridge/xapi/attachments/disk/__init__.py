"""The files that hold attachments' contents."""
