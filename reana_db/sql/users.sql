-- name: find_by_email
SELECT
    user_.id_,
    user_.email,
    user_.full_name,
    user_.username,
    user_.created,
    user_.updated
FROM __reana.user_
WHERE user_.email = %(email)s;

-- name: find_by_id
SELECT
    user_.id_,
    user_.email,
    user_.full_name,
    user_.username,
    user_.created,
    user_.updated
FROM __reana.user_
WHERE user_.id_ = %(user_id)s;
