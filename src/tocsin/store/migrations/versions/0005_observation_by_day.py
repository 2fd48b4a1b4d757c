"""Observations are found by day and by origin, so that a read costs what its window holds, not what the ledger does."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index what is asked for; by instant of recording nothing is asked for alone."""
    op.create_index("ix_observation_indicator_observed_on", "observation", ["indicator", "observed_on"])
    op.create_index("ix_observation_origin", "observation", ["origin"])
    op.drop_index("ix_observation_indicator_recorded_at", "observation")
