from django.urls import path

from app_interface.soap.description import PATH
from app_interface.soap.views import app_intf_ws

urlpatterns = [path(PATH.removeprefix("/"), app_intf_ws, name="app_intf_ws")]
