from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("console/", admin.site.urls),
    path("", include("app_interface.urls")),
]
handler400 = "app_interface.rest.answering.bad_request"
handler500 = "app_interface.rest.answering.server_error"
