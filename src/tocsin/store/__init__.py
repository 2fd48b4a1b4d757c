"""What is kept: the only place that knows SQLAlchemy and Alembic."""
