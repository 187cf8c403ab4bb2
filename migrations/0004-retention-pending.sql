-- depends: 0003-retention-rules
--
-- A retention rule is pending while its files are being removed (Alembic revision 377cfbfccf75).

ALTER TYPE public.workspaceretentionrulestatus ADD VALUE IF NOT EXISTS 'pending';
