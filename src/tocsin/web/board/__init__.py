"""The board: pages for people. One file a page; what they show is what the API says, by the same use cases."""
