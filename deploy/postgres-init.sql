-- Makes the two roles and the database, once, on an empty server. Run by psql (14 or newer) as a superuser:
--     OWNER_PASSWORD=… APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f deploy/postgres-init.sql
-- compose.yaml hands it to the postgres image. The same as server/embedded_roles.py, with passwords. Why two: docs/decisions/0010.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

create role callisto_owner login password :'owner_password';
create role callisto login password :'app_password';

create database callisto owner callisto_owner;
revoke connect on database callisto from public;
grant connect on database callisto to callisto;

\connect callisto
-- The owner makes things here, nobody else. No default privileges on tables: a migration grants table by table, since
-- a grant that reached the daily partitions of an append-only table would open them beside their parent.
alter schema public owner to callisto_owner;
revoke create on schema public from public;
grant usage on schema public to callisto;
