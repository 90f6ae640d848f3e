"""Archives of one's own data.

Revision 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from musubi.core.models import BigId, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

oldest_code = "0006"
"""Tables are added, and nothing that was there changes."""

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "data_exports",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_data_exports_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
        sa.UniqueConstraint("name", name=op.f("uq_data_exports_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_data_exports_user_id_id", "data_exports", ["user_id", "id"])
    op.create_index("ix_data_exports_expires_at", "data_exports", ["expires_at"])

    op.create_table(
        "data_imports",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("archive", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("report", _JSON, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_data_imports_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_imports")),
        sa.UniqueConstraint("name", name=op.f("uq_data_imports_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_data_imports_user_id_id", "data_imports", ["user_id", "id"])

    op.create_table(
        "imported_things",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("archive", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=40), nullable=False),
        sa.Column("import_id", BigId, nullable=False),
        sa.Column("item_id", BigId, nullable=True),
        sa.Column("file_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_imported_things_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["data_imports.id"], name=op.f("fk_imported_things_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_imported_things_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_imported_things_file_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "archive", "thing", name=op.f("pk_imported_things")),
    )
    for column in ("import_id", "item_id", "file_id"):
        op.create_index(f"ix_imported_things_{column}", "imported_things", [column])


def downgrade() -> None:
    for table in ("imported_things", "data_imports", "data_exports"):
        op.drop_table(table)
