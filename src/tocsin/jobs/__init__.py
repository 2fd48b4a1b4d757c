"""The clock: the timetable, and what runs it. The only place that knows APScheduler."""
