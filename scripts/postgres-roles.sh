#!/bin/sh
# For the first start of PostgreSQL's own image (/docker-entrypoint-initdb.d), or by hand as a superuser: one role owns Veza's
# database and migrates, another serves and owns nothing. Neither is a superuser.
set -eu
: "${VEZA_OWNER_PASSWORD:?}" "${VEZA_SERVING_PASSWORD:?}"
psql -X -q -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
\set owner_password `printf %s "$VEZA_OWNER_PASSWORD"`
\set serving_password `printf %s "$VEZA_SERVING_PASSWORD"`
create role veza_owner login password :'owner_password';
create role veza login password :'serving_password';
create database veza owner veza_owner;
revoke all on database veza from public;
grant connect on database veza to veza;
SQL
