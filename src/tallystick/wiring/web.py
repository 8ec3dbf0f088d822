"""The application that a web server's worker runs: settings and database joined, then Django."""

import os

from django.core.wsgi import get_wsgi_application

from tallystick.wiring.command import database_url
from tallystick.wiring.database import configure_database
from tallystick.wiring.paths import tallystick_home

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallystick.wiring.settings")
application = get_wsgi_application()
configure_database(home=tallystick_home(), url=database_url())
