from django.apps import AppConfig


class EpmConfig(AppConfig):
    name = "epm"
    verbose_name = "Email platform"
    default_auto_field = "django.db.models.BigAutoField"
