from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tallystick.gates.console"
    label = "console"
