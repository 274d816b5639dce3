from django.apps import AppConfig


class EmailProcessorConfig(AppConfig):
    name = "email_processor"
    verbose_name = "Email Processor"
    default_auto_field = "django.db.models.BigAutoField"
