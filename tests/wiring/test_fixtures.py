"""The database fixtures keep their promises."""

import psycopg
import pytest
from django.db import connection, connections

from tallystick.wiring.roles import APP, LOADER, OWNER


def test_db_is_the_application_role(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, current_setting('TimeZone')")
        assert cursor.fetchone() == (APP, "UTC")


def test_db_reaches_the_migrated_tables(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_tenant")
        assert cursor.fetchone() == (0,)


def test_own_database_keeps_commits_to_itself(own_database, request):
    with psycopg.connect(own_database.conninfo(OWNER)) as owner:
        owner.execute("CREATE TABLE public.kept (n int)")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_database(), (SELECT count(*) FROM public.kept)")
        assert cursor.fetchone() == (own_database.name, 0)


def test_own_database_is_fresh(own_database):
    with psycopg.connect(own_database.conninfo(OWNER)) as owner:
        assert owner.execute("SELECT to_regclass('public.kept')").fetchone() == (None,)


def test_db_and_own_database_do_not_share(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.kept')")
        assert cursor.fetchone() == (None,)


def test_application_takes_the_loader_role_but_has_no_rights_of_it(own_database):
    with psycopg.connect(own_database.conninfo("postgres")) as superuser:
        superuser.execute("CREATE TABLE public.loaded (n int)")
        superuser.execute(f"GRANT INSERT ON public.loaded TO {LOADER}")
    with psycopg.connect(own_database.conninfo(APP)) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("INSERT INTO public.loaded VALUES (1)")
        app.rollback()
        app.execute(f"SET LOCAL ROLE {LOADER}")
        app.execute("INSERT INTO public.loaded VALUES (1)")
        app.commit()
        assert app.execute("SELECT current_user").fetchone() == (APP,)


def test_application_cannot_make_tables(own_database):
    with (
        psycopg.connect(own_database.conninfo(APP)) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute("CREATE TABLE public.sneaked (n int)")
