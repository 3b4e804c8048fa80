"""Contents of attachments and packages as files, by their digests."""
