"""Which older code may still run.

Revision 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

oldest_code = "0006"
"""The oldest revision whose code works with the shape that this one makes; without it, only this one's does."""


def upgrade() -> None:
    op.create_table(
        "schema_compatibility",
        sa.Column("oldest_code", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("oldest_code", name=op.f("pk_schema_compatibility")),
    )


def downgrade() -> None:
    op.drop_table("schema_compatibility")
