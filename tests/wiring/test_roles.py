"""Roles on a server of one's own, as DATABASE_URL names it."""

import psycopg
import pytest
from django.db import connections

from tallystick.wiring.database import (
    DatabaseUnreachable,
    configure_database,
    join_embedded,
    join_outside,
    migrate_database,
)
from tallystick.wiring.roles import (
    APP,
    LOADER,
    OWNER,
    RolesNotPrepared,
    RoleTooStrong,
    create_database,
    prepare_roles,
)

LOGIN = "outside"


@pytest.fixture
def superuser(template):
    """A superuser on the session's server, where the login and its empty database are made.

    Whoever comes after finds Django joined to the database of before.
    """
    before = connections["default"].settings_dict["NAME"]
    postgres = template.conninfo(user="postgres", database="postgres")
    create_database(postgres, name=LOGIN)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {LOGIN} LOGIN")
        yield connection
        connections.close_all()
        join_embedded(template, database=before)
        connection.execute(f"DROP DATABASE {LOGIN} WITH (FORCE)")
        connection.execute(f"DROP ROLE {LOGIN}")


@pytest.fixture
def url(superuser, template) -> str:
    return f"postgresql://{LOGIN}@/{LOGIN}?host={template.socket_dir}&port={template.port}"


def test_administrator_is_told_the_statements_and_they_suffice(
    superuser, url, template, django_db_blocker
):
    with pytest.raises(RolesNotPrepared) as refused:
        prepare_roles(url)
    assert f"GRANT {OWNER} TO" in refused.value.sentence()
    with psycopg.connect(template.conninfo(user="postgres", database=LOGIN)) as administrator:
        administrator.execute(refused.value.statements.encode())
    prepare_roles(url)
    with django_db_blocker.unblock():
        join_outside(url)
        migrate_database()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT session_user, current_user")
            assert cursor.fetchone() == (LOGIN, APP)
            cursor.execute("SELECT count(*) FROM tenants_tenant")
            cursor.execute(f"BEGIN; SET LOCAL ROLE {LOADER}; SELECT current_user")
            cursor.execute("ROLLBACK")
        connections.close_all()


def test_login_that_may_create_roles_prepares_everything(superuser, url):
    superuser.execute(f"ALTER ROLE {LOGIN} CREATEROLE")
    superuser.execute(f"ALTER DATABASE {LOGIN} OWNER TO {LOGIN}")
    superuser.execute(f"GRANT {OWNER}, {APP}, {LOADER} TO {LOGIN} WITH ADMIN TRUE, SET FALSE")
    prepare_roles(url)
    with psycopg.connect(url, options=f"-c role={OWNER}") as owner:
        owner.execute("CREATE TABLE made (n int)")


@pytest.mark.parametrize("strength", ["BYPASSRLS", "SUPERUSER"])
def test_application_that_sees_past_row_security_is_refused(superuser, template, strength):
    superuser.execute(f"ALTER ROLE {APP} {strength}")
    try:
        with pytest.raises(RoleTooStrong):
            prepare_roles(template.conninfo(user="postgres", database=LOGIN))
    finally:
        superuser.execute(f"ALTER ROLE {APP} NO{strength}")


@pytest.mark.parametrize(
    "wrong", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://[", "no such thing"]
)
def test_url_that_reaches_nothing(wrong, tmp_path):
    with pytest.raises(DatabaseUnreachable) as refused:
        configure_database(home=tmp_path, url=wrong)
    assert "DATABASE_URL" in refused.value.sentence()
