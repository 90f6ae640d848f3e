"""Full names are searched in their folded form, like user names and addresses.

Revision 0002
"""

import sqlalchemy as sa
from alembic import op

from musubi.core.text import fold

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("full_name_key", sa.Text(), nullable=True))
    users = sa.table("users", sa.column("id"), sa.column("full_name"), sa.column("full_name_key"))
    connection = op.get_bind()
    named = connection.execute(sa.select(users.c.id, users.c.full_name).where(users.c.full_name.is_not(None))).all()
    for row in named:
        connection.execute(sa.update(users).where(users.c.id == row.id).values(full_name_key=fold(row.full_name)))


def downgrade() -> None:
    op.drop_column("users", "full_name_key")
