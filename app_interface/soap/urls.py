from django.urls import path, re_path

from app_interface.soap.description import PATH
from app_interface.soap.views import app_intf_ws, nothing_here

urlpatterns = [
    path(PATH.removeprefix("/"), app_intf_ws, name="app_intf_ws"),
    re_path(r"^soap(?:/|$)", nothing_here),
]
