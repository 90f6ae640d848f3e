#!/usr/bin/env bash
# Run by PostgreSQL's image when its data is made: the application's own role, which owns its database and nothing else.
# It may create the extension pg_trgm, as every owner of a database may.
set -euo pipefail

psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set password="$(cat /run/secrets/postgres_password)" <<'SQL'
CREATE ROLE musubi LOGIN PASSWORD :'password';
CREATE DATABASE musubi OWNER musubi;
REVOKE ALL ON DATABASE musubi FROM PUBLIC;
SQL
