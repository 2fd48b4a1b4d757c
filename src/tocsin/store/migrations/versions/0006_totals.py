"""Observations may be totals over several days."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the last day that a total covers."""
    op.add_column("observation", sa.Column("through", sa.Date))
