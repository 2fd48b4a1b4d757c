"""Which of a destination's addresses refused a message for good."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what is on its way already, all who do not have it are asked once more."""
    op.add_column("delivery", sa.Column("refused", sa.Text, nullable=False, server_default="[]"))
