-- Tokens that the repair revoked stay revoked: two active ones would lock their user out again.
DROP INDEX __reana.uq_user_token_requested;

DROP INDEX __reana.uq_user_token_active;
