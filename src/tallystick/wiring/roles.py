"""Who may do what in the database: the owner makes tables, the application is bound by tenant.

The loader may only add rows in bulk, past row-level security; the application takes that role for
one transaction with `SET LOCAL ROLE` and never has its rights otherwise.
"""

from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from tallystick.base.refusal import Refusal

DATABASE: Final = "tallystick"
OWNER: Final = "tallystick_owner"
APP: Final = "tallystick_app"
LOADER: Final = "tallystick_loader"
VERSION_MIN: Final = 15
SET_OPTION_VERSION: Final = 160000  # GRANT ... WITH INHERIT FALSE, SET TRUE


@dataclass
class DatabaseTooOld(Refusal):
    code = "database_too_old"
    found: str = ""

    def sentence(self) -> str:
        return (
            f"the server runs PostgreSQL {self.found}, Tallystick needs {VERSION_MIN} or newer; "
            "upgrade it, or unset DATABASE_URL to use the embedded one"
        )


@dataclass
class RolesNotPrepared(Refusal):
    code = "roles_not_prepared"
    login: str = ""
    detail: str = ""
    statements: str = ""

    def sentence(self) -> str:
        return (
            f"login {self.login!r} may not prepare this database ({self.detail}); "
            f"let an administrator run this in it, then try again:\n{self.statements}"
        )


@dataclass
class RoleTooStrong(Refusal):
    code = "role_too_strong"
    role: str = ""

    def sentence(self) -> str:
        return (
            f"role {self.role} can bypass row-level security, which keeps operators apart; "
            f"let an administrator run: ALTER ROLE {self.role} NOSUPERUSER NOBYPASSRLS"
        )


def create_database(conninfo: str, *, name: str, template: str = "template0") -> bool:
    """Make the database unless it exists, as a superuser; true when it was made."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is not None:
            return False
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return True


def give_database(conninfo: str, *, name: str) -> None:
    """Make the owner role the database's owner."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )


def prepare_roles(conninfo: str, *, login: bool = False) -> None:
    """Create and grant what is missing of the three roles and the extension; idempotent.

    `login` lets the owner and the application log in by themselves, as on the embedded server;
    otherwise the given login takes their roles.

    :raises DatabaseTooOld: when the server is older than PostgreSQL 15
    :raises RoleTooStrong: when the owner or the application could see past row-level security
    :raises RolesNotPrepared: when the login may not do what is missing, with the SQL that would
    """
    with psycopg.connect(conninfo) as connection:
        version = connection.info.server_version
        if version < VERSION_MIN * 10_000:
            raise DatabaseTooOld(found=str(version // 10_000))
        statements = _missing(connection, version=version, login=login)
        try:
            # One at a time: a role must be there before what it is granted can be looked at.
            for statement in statements:
                connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege as fault:
            connection.rollback()
            raise RolesNotPrepared(
                login=connection.info.user,
                detail=fault.diag.message_primary or "not permitted",
                statements="".join(f"  {statement};\n" for statement in statements),
            ) from fault
        _refuse_strong_roles(connection)


def _missing(connection: psycopg.Connection, *, version: int, login: bool) -> list[str]:
    """The statements that this database still needs, in order."""
    names = [OWNER, APP, LOADER]
    rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [names])
    present = {str(row[0]) for row in rows}
    may_log_in = {OWNER, APP} if login else set()
    # Before PostgreSQL 16 it is the member that inherits or not, not each of its grants.
    alone = {APP} if version < SET_OPTION_VERSION else set()
    statements = [
        f"CREATE ROLE {name} {'LOGIN' if name in may_log_in else 'NOLOGIN'}"
        f"{' NOINHERIT' if name in alone else ''}"
        for name in names
        if name not in present
    ]
    only_set = " WITH INHERIT FALSE, SET TRUE" if version >= SET_OPTION_VERSION else ""
    if not _may_become(connection, APP, LOADER, present):
        statements.append(f"GRANT {LOADER} TO {APP}{only_set}")
    user = connection.info.user
    quoted = sql.Identifier(user).as_string(connection)
    statements += [
        f"GRANT {name} TO {quoted}{only_set}"
        for name in (OWNER, APP)
        if not _may_become(connection, user, name, present)
    ]
    return statements + _missing_rights(connection, present)


def _may_become(connection: psycopg.Connection, member: str, role: str, present: set[str]) -> bool:
    if role not in present or (member in (OWNER, APP) and member not in present):
        return False
    kind = "SET" if connection.info.server_version >= SET_OPTION_VERSION else "MEMBER"
    row = connection.execute("SELECT pg_has_role(%s, %s, %s)", [member, role, kind]).fetchone()
    return bool(row and row[0])


def _missing_rights(connection: psycopg.Connection, present: set[str]) -> list[str]:
    database = sql.Identifier(connection.info.dbname).as_string(connection)
    statements = []
    if not _has(connection, present, OWNER, "database", "CREATE"):
        statements.append(f"GRANT CREATE, CONNECT, TEMPORARY ON DATABASE {database} TO {OWNER}")
    if not _has(connection, present, APP, "database", "TEMPORARY"):
        statements.append(f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {APP}, {LOADER}")
    if not _has(connection, present, OWNER, "schema", "CREATE"):
        statements.append(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    if not _has(connection, present, APP, "schema", "USAGE"):
        statements.append(f"GRANT USAGE ON SCHEMA public TO {APP}, {LOADER}")
    found = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'btree_gist'")
    if found.fetchone() is None:
        statements.append("CREATE EXTENSION btree_gist")
    return statements


def _has(
    connection: psycopg.Connection, present: set[str], role: str, kind: str, right: str
) -> bool:
    if role not in present:
        return False
    if kind == "database":
        probe = "SELECT has_database_privilege(%s, current_database(), %s)"
    else:
        probe = "SELECT has_schema_privilege(%s, 'public', %s)"
    row = connection.execute(probe, [role, right]).fetchone()
    return bool(row and row[0])


def _refuse_strong_roles(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls)",
        [[OWNER, APP, LOADER]],
    ).fetchone()
    if row:
        raise RoleTooStrong(role=str(row[0]))
