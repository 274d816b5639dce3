from django.apps import AppConfig
from django.db.models.signals import post_migrate

from lib.briefly import forget_with


class EpmConfig(AppConfig):
    name = "epm"
    verbose_name = "Email platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from epm.console.groups import keep_groups

        post_migrate.connect(keep_groups, dispatch_uid="epm.console.groups")
        forget_with(self.get_models())
