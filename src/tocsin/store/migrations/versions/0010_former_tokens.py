"""Whether a session's present token was sent, and the tokens that were replaced twice."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column and the table."""
    op.add_column("session", sa.Column("taken_up", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "former_token",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("session", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_former_token"),
        sa.ForeignKeyConstraint(["session"], ["session.id"], name="fk_former_token_session_session"),
    )
    op.create_index("ix_former_token_session", "former_token", ["session"])
