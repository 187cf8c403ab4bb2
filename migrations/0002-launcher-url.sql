-- depends: 0001-initial
--
-- Where a run was launched from (Alembic revision d34f3905043c).

ALTER TABLE __reana.workflow
ADD COLUMN launcher_url character varying;
