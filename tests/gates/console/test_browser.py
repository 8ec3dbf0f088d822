"""The console in a real browser, served by the real server."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import pytest

from tests.conftest import CHROMIUM

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture(scope="module")
def address(operators, module_database, port, tmp_path_factory):
    """Where the console of the test's database is served; the server ends as Ctrl-C ends it."""
    log = tmp_path_factory.mktemp("served") / "log"
    environment = os.environ | {"DATABASE_URL": module_database.conninfo("postgres")}
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "tallystick.wiring.command", "serve", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)


def _wait_for(address, server, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=10):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"no answer: {log.read_text()}")


@pytest.fixture(scope="module")
def browser():
    """Loaded only here: without a browser the package is not needed either."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def test_a_customer_is_found_without_a_page_load(address, browser):
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/talk/accounts")
    page.evaluate("window.sameDocument = true")
    assert page.locator("#rows tbody tr").count() == 5
    page.keyboard.type("0000002")  # the search has the focus
    page.wait_for_url(re.compile("q=0000002"))
    page.locator("#rows tbody tr").nth(1).wait_for(state="detached")
    assert page.locator("#rows tbody tr").inner_text().startswith("A2")
    page.fill("#q", "")
    page.select_option("#state", "overdue")
    page.wait_for_url(re.compile("state=overdue"))
    page.locator("#rows a", has_text="A3").wait_for()
    assert page.evaluate("window.sameDocument") is True
    page.locator("#rows a", has_text="A3").click()
    page.locator("h1", has_text="Customer 3").wait_for()
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_narrow_screen(address, browser, scheme):
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page = context.new_page()
    invoice = "talk/invoices/INV-2026-000001"
    for path in ("", "talk/", "talk/accounts", "talk/accounts/A2", "talk/invoices", invoice,
                 f"{invoice}/lines/3"):  # fmt: skip
        page.goto(f"{address}/{path}")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(246, 247, 248)", "dark": "rgb(20, 23, 26)"}[scheme]
