from django.apps import AppConfig


class BalancesConfig(AppConfig):
    name = "tallystick.domain.balances"
    label = "balances"
    default_auto_field = "django.db.models.BigAutoField"
