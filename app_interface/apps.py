from django.apps import AppConfig


class AppInterfaceConfig(AppConfig):
    name = "app_interface"
    verbose_name = "Application Interface"
    default_auto_field = "django.db.models.BigAutoField"
