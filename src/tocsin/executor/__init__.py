"""Where fits run: each way is a concurrent.futures.Executor."""
