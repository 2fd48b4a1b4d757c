"""What was read before an alert's condition was met, the theater of each message, and who has one already."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of what is there already, none of it is known. Messages are append-only and stay as they are."""
    op.add_column("alert", sa.Column("crossed_from", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("message", sa.Column("theater", sa.Text))
    op.add_column("delivery", sa.Column("had", sa.Text, nullable=False, server_default="[]"))
