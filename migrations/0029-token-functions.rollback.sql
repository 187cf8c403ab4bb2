DROP FUNCTION __reana.grant_token(uuid, uuid, bytea, uuid, uuid, json);

DROP FUNCTION __reana.request_token(uuid, uuid, uuid);
