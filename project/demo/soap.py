"""The SOAP door as a program of another house would use it: zeep and the published WSDL, nothing else."""

from typing import Any

from requests import Session
from requests.auth import HTTPBasicAuth
from zeep import Client, Transport
from zeep.exceptions import Fault

from project.demo.cast import Caller


class SoapDoor:
    def __init__(self, url: str, caller: Caller) -> None:
        session = Session()
        session.auth = HTTPBasicAuth(caller.id, caller.secret)
        self._service = Client(f"{url}/soap/AppIntfWS?wsdl", transport=Transport(session=session)).service

    def send_email(self, parameters: dict[str, Any]) -> str:
        """The message id. Raises zeep's Fault where it is refused."""
        return str(self._service.sendEmail(**parameters).messageID_returned)

    def launch_email(self, parameters: dict[str, Any]) -> str:
        """The session id. Raises zeep's Fault where it is refused."""
        # An answer of a single element: zeep hands over the element itself.
        return str(self._service.launchEmail(**parameters))

    def launch_problem(self, parameters: dict[str, Any]) -> str:
        """The code of the fault that launchEmail answers; empty where it succeeds."""
        try:
            self._service.launchEmail(**parameters)
        except Fault as fault:
            return str(fault.detail.findtext(".//{*}code"))
        return ""

    def states(self, message_id: str) -> list[str]:
        """The states of all recipients, in the order they were given."""
        answer = self._service.getEmailStatus(messageID=message_id)
        return [str(recipient.state) for recipient in answer.recipient]
