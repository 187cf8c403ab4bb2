-- name: _stored
SELECT setting.value
FROM __reana.setting
WHERE setting.name = %(name)s;

-- name: _store
INSERT INTO __reana.setting (name, value)
VALUES (%(name)s, %(value)s)
ON CONFLICT (name) DO UPDATE
    SET value = excluded.value;

-- name: _all_stored
SELECT
    setting.name,
    setting.value,
    setting.updated
FROM __reana.setting;
