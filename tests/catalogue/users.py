"""Operations 1 to 19: users and tokens."""

from __future__ import annotations

from reana_db import accounts, tokens, users
from reana_db.accounts import NewUser
from reana_db.encryption import rotation
from tests.catalogue import alone
from tests.catalogue.operation import Operation
from tests.catalogue.world import KEYS, TOKEN

OPERATIONS = [
    Operation(
        1,
        "find_user_by_token",
        tokens.find_owner,
        2,
        lambda conn, _: tokens.find_owner(conn, TOKEN, keys=KEYS),
        "Found by a keyed digest; the second statement writes it, once, for old tokens.",
    ),
    Operation(
        2,
        "get_active_token",
        tokens.active,
        1,
        lambda conn, world: tokens.active(conn, world.owner, keys=KEYS),
        "There cannot be two: the database refuses a second active token.",
    ),
    Operation(
        3,
        "get_latest_token_state",
        tokens.latest,
        1,
        lambda conn, world: tokens.latest(conn, world.owner),
        "Tokens of the same moment are ordered by id.",
    ),
    Operation(
        4,
        "get_user_profile",
        accounts.profile,
        1,
        lambda conn, world: accounts.profile(conn, world.owner, keys=KEYS),
        "A quota period that is over counts as renewed: nobody stays blocked until a cron job.",
    ),
    Operation(
        5,
        "request_access_token",
        tokens.request,
        1,
        lambda conn, world: tokens.request(conn, world.reader),
        "Token and audit entry in one statement.",
    ),
    Operation(
        6,
        "grant_access_token",
        tokens.grant,
        2,
        lambda conn, world: tokens.grant(
            conn, world.reader, token="new", granted_by=users.ADMIN_ID, keys=KEYS
        ),
        "Token and audit entry in one statement; the audit log never holds the token.",
    ),
    Operation(
        7,
        "revoke_access_token",
        tokens.revoke,
        1,
        lambda conn, world: tokens.revoke(conn, world.owner, revoked_by=users.ADMIN_ID),
        "Returns the state of the token, not its value.",
    ),
    Operation(
        8,
        "ensure_access_token",
        tokens.ensure,
        3,
        lambda conn, world: tokens.ensure(conn, world.reader, token="new", keys=KEYS),
        "Where the policy is `auto`; a revoked user stays without token unless `reissue` is given.",
    ),
    Operation(
        9,
        "find_user_by_email",
        users.find_by_email,
        1,
        lambda conn, _: users.find_by_email(conn, "owner@example.org"),
    ),
    Operation(
        10,
        "find_user_by_id",
        users.find_by_id,
        1,
        lambda conn, world: users.find_by_id(conn, world.owner),
    ),
    Operation(
        11, "get_admin_user", users.administrator, 1, lambda conn, _: users.administrator(conn)
    ),
    Operation(
        12,
        "find_user",
        users.find,
        1,
        lambda conn, world: users.find(conn, user_id=str(world.owner)),
        "`users.many` finds many at once.",
    ),
    Operation(
        13,
        "search_users",
        accounts.search,
        1,
        lambda conn, _: list(accounts.search(conn, token=TOKEN, keys=KEYS)),
        "Ordered by e-mail address, streamed, with the state of tokens.",
    ),
    Operation(
        14,
        "create_user",
        accounts.create,
        1,
        lambda conn, _: accounts.create(conn, NewUser(email="a@x.org", token="t"), keys=KEYS),
        "`users.create` makes one without token.",
    ),
    Operation(
        15,
        "create_admin_user",
        accounts.create_administrator,
        2,
        lambda conn, _: accounts.create_administrator(
            conn, email="admin@example.org", token="t", keys=KEYS
        ),
    ),
    Operation(
        16,
        "export_users",
        accounts.export,
        1,
        lambda conn, _: list(accounts.export(conn, keys=KEYS)),
        "Streams.",
    ),
    Operation(
        17,
        "import_users",
        accounts.create_many,
        1,
        lambda conn, _: accounts.create_many(
            conn, [NewUser(email=f"{n}@x.org", token=f"t{n}") for n in range(10)], keys=KEYS
        ),
        "One statement for any number of users.",
    ),
    Operation(
        18,
        "get_owner_token_of_workflow",
        tokens.active,
        1,
        lambda conn, world: tokens.active(conn, world.owner, keys=KEYS),
        "By the owner's id, which every record of a run has.",
    ),
    Operation(
        19,
        "reencrypt_tokens",
        rotation.rotate,
        None,
        None,
        "In batches of its own while services keep writing; can be repeated.",
        alone=alone.rotate_keys,
    ),
]
