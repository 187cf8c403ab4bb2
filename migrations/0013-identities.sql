-- depends: 0012-quota-periods
--
-- Who a user is to an identity provider (Alembic revision 25a9293c27cc).

ALTER TABLE __reana.user_
ADD COLUMN idp_issuer character varying(255),
ADD COLUMN idp_subject character varying(255),
ADD CONSTRAINT uq_user__idp_identity UNIQUE (idp_issuer, idp_subject);
