from django.apps import AppConfig


class CurrenciesConfig(AppConfig):
    name = "tallystick.domain.currencies"
    label = "currencies"
    default_auto_field = "django.db.models.BigAutoField"
