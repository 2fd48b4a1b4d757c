"""What goes out: one file per way to tell somebody, each an attempt of bounded time that never raises."""
