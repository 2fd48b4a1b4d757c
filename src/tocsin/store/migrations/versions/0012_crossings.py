"""What was read last before an alert's condition was met."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of alerts that go on it is not known."""
    op.add_column("alert", sa.Column("crossed_from", sa.BigInteger, nullable=False, server_default="0"))
