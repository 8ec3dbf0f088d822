"""Every finding of the doctor, on something that is broken in just that way."""

import socket

import psycopg
import pytest

from tallystick.wiring import doctor
from tallystick.wiring.roles import APP, OWNER


def test_healthy_home_has_nothing_to_mend(template, module_database):
    findings = doctor.examine(template.data_dir.parents[1], port=0)
    assert [finding for finding in findings if not finding.ok] == []
    assert {finding.name for finding in findings} >= {"server", "roles", "migrations"}


def test_home_that_does_not_exist_is_left_alone(tmp_path):
    home = tmp_path / "new"
    findings = {finding.name: finding for finding in doctor.examine(home, port=0)}
    assert findings["home"].ok
    assert findings["server"].detail == "absent"
    assert not home.exists()


def lock_of_another_version(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("django==0.1 \\\n    --hash=sha256:0\nno-such-package==1 \\\n")
    return doctor.check_packages(lock)


def home_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    return doctor.check_home(tmp_path / "file" / "home")


def disk_too_small(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "DISK_MIB_MIN", 1 << 40)
    return doctor.check_disk(tmp_path)


def port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as door:
        return doctor.check_port(door.getsockname()[1])


def killed_server(tmp_path):
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    (data / "postmaster.pid").write_text("999999999\n")
    return doctor.check_server(tmp_path)


BROKEN = {
    "python": lambda _, __: doctor.check_python((3, 10)),
    "packages": lambda tmp_path, _: lock_of_another_version(tmp_path),
    "home": lambda tmp_path, _: home_that_is_a_file(tmp_path),
    "disk": disk_too_small,
    "memory": lambda _, __: doctor.check_memory(256 << 20),
    "time zones": lambda _, __: doctor.check_zones("Nowhere/Atlantis"),
    "documents": lambda _, __: doctor.check_documents(b"#no-such-function()"),
    "web port": lambda _, __: port_in_use(),
    "server": lambda tmp_path, _: killed_server(tmp_path),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_home(name, tmp_path, monkeypatch):
    finding = BROKEN[name](tmp_path, monkeypatch)
    assert finding.name == name
    assert not finding.ok
    assert finding.detail
    assert finding.mend


def test_packages_that_differ_are_named(tmp_path):
    detail = lock_of_another_version(tmp_path).detail
    assert "not 0.1" in detail
    assert "no-such-package missing" in detail


def test_server_that_does_not_answer():
    (finding,) = doctor.examine_database("host=127.0.0.1 port=1", mend="mend it")
    assert (finding.name, finding.ok, finding.mend) == ("connection", False, "mend it")


def test_table_open_to_every_tenant(own_database):
    with psycopg.connect(own_database.conninfo(OWNER)) as owner:
        owner.execute("CREATE TABLE public.leaky (tenant_id int)")
    with psycopg.connect(own_database.conninfo("postgres")) as superuser:
        finding = doctor.check_separation(superuser)
    assert (finding.ok, finding.detail) == (False, "leaky")


def test_role_that_is_too_strong(own_database):
    with psycopg.connect(own_database.conninfo("postgres")) as superuser:
        superuser.execute(f"ALTER ROLE {APP} BYPASSRLS")
        finding = doctor.check_roles(superuser)
        superuser.rollback()
    assert (finding.ok, finding.detail) == (False, APP)


def test_migrations_that_wait(own_database):
    with psycopg.connect(own_database.conninfo(OWNER)) as owner:
        owner.execute("DELETE FROM django_migrations")
    finding = doctor.check_migrations()
    assert not finding.ok
    assert "tenants.0001_initial" in finding.detail
